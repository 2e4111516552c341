"""The project lead's decision: checked, given effect, locked and told to the citizen (domain.md §4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.policy.services import basis_for_letters, rule_set_on
from screening import perms, registry, rules
from screening.enums import Outcome, ScreeningNumber, ScreeningState
from screening.letters import send_outcome_letter
from screening.models import Screening
from screening.services.findings import freeze_material, versions_now
from screening.services.goals import standings
from screening.services.hearings import check_hearing
from screening.services.screenings import (
    check_phase,
    facts_of,
    freeze_warnings,
    link_to,
    lock_screening,
    outcome_words,
    unanswered,
)


@dataclass(frozen=True)
class ScreeningDecision:
    """The project lead's decision. `values` are the cleaned fields of the higher rooms' decision parts."""

    outcome: str
    reasons: str = ""
    improvements: str = ""
    return_by: date | None = None
    hearing: str = ""
    hearing_note: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def decide(
    *,
    screening: Screening,
    decision: ScreeningDecision,
    by: User,
    today: date,
    version: int | None = None,
    rests_on: str | None = None,
) -> Screening:
    """Decide and lock a screening; give what the decision gives; move the case on; send the outcome letter.

    Raises Refused for anyone but the project lead, while something is not assessed, without reasons where the
    decision is not wholly favourable (danish-rules.md §2.1), or where a part refuses; Conflict where it was decided
    or changed after `version`, or where a newer budget or plan has come than `rests_on` names.
    """
    screening = lock_screening(screening, version=version)
    case = screening.case
    if rests_on is not None:
        check_versions(screening, rests_on)
    check_decision(screening=screening, decision=decision, by=by, today=today)
    screening.facts = {
        fact.code: {"order": order, "label": fact.label, "value": fact.value}
        for order, fact in enumerate(facts_of(screening, today))
    }
    freeze_warnings(screening, today)
    freeze_material(screening)
    screening.gives = _apply_parts(screening, decision, by=by, today=today)
    _write(screening, decision, by=by, today=today)
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.SCREENING,
        title=_("%(screening)s decided: %(outcome)s")
        % {"screening": ScreeningNumber(screening.number).label, "outcome": outcome_words(screening)},
        text=screening.improvements or screening.reasons,
        by=by,
        for_referrer=True,
        link=link_to(screening),
    )
    send_outcome_letter(screening=screening, by=by, today=today, goals=_open_goals(screening, today))
    if decision.outcome == Outcome.CONTINUE and screening.number in rules.NEXT_PHASE:
        cases.enter_phase(case=case, phase=rules.NEXT_PHASE[screening.number], by=by, today=today)
    else:
        cases.reconcile_tasks(case=case, today=today)
    return screening


def check_versions(screening: Screening, rests_on: str) -> None:
    """Raise Conflict where a budget or plan has come in a version that the page did not show: it would be locked unseen."""
    if rests_on != versions_now(CaseFile.objects.get(pk=screening.case_id)):
        raise Conflict(_("A budget or plan has come in a newer version since you opened the page. Look at it first."))


def check_decision(*, screening: Screening, decision: ScreeningDecision, by: User, today: date) -> None:
    """Everything that would refuse this decision, before anything is done: also asked by the check page."""
    if not perms.may_decide(by):
        raise Refused(_("Only the project lead decides a screening."))
    if screening.is_decided:
        raise Conflict(_("The screening is decided and locked."))
    if screening.state != ScreeningState.RECOMMENDED:
        raise Refused(_("The screening has not been sent to the project lead yet."))
    check_phase(screening.case, screening.number)
    if decision.outcome not in rules.outcomes_for(screening.number, pensioner=screening.case.is_pensioner):
        raise Refused(_("Choose a decision."), field="outcome")
    if missing := unfinished(screening, today):
        raise Refused(missing)
    _check_words(screening, decision, today)
    for part in _parts(screening, decision):
        part.check(screening.case, _values(decision), today)
    if decision.outcome == Outcome.CONTINUE and screening.number in rules.NEXT_PHASE:
        _check_next_phase(screening.case, rules.NEXT_PHASE[screening.number], today)


def _open_goals(screening: Screening, today: date) -> list[str]:
    """What the citizen goes on with, where the letter tells it."""
    if screening.number != ScreeningNumber.FOUR or not screening.case.is_pensioner:
        return []
    return [standing.goal.text for standing in standings(screening.case, today) if standing.is_open]


def worked_out(*, screening: Screening, decision: ScreeningDecision, today: date) -> list[tuple[str, str]]:
    """What the decision comes to, such as the last day of an extension. For one that `check_decision` has let pass."""
    values = _values(decision)
    return [row for part in _parts(screening, decision) for row in part.preview(screening.case, values, today)]


def unfinished(screening: Screening, today: date) -> str:
    """What the team has to write before a decision can be made, in words; empty where nothing is missing."""
    if screening.scores.filter(value__isnull=True).exists():
        return _("Some criteria are not assessed. All must be before the decision.")
    if unanswered(screening, today):
        return _("Answer each warning in words before the screening goes on.")
    return ""


def _check_words(screening: Screening, decision: ScreeningDecision, today: date) -> None:
    if rules.needs_reasons(decision.outcome) and not decision.reasons.strip():
        raise Refused(_("Write the reasons for the decision."), field="reasons")
    if decision.outcome == Outcome.REVISE:
        if not decision.improvements.strip():
            raise Refused(_("Write what must be better."), field="improvements")
        if refusal := rules.return_day_refusal(decision.return_by, today):
            raise Refused(refusal, field="return_by")
    if rules.needs_hearing(decision.outcome, screening.number):
        for name, what in rules.missing_hearing(decision.hearing, decision.hearing_note).items():
            raise Refused(what, field=name)
        check_hearing(screening, decision.hearing, today)


def _check_next_phase(case: CaseFile, phase: str, today: date) -> None:
    if missing := cases.missing_for(case, phase, today):
        raise Refused(*[f"{m.text} ({m.source})" if m.source else m.text for m in missing])


def _parts(screening: Screening, decision: ScreeningDecision) -> list[registry.DecisionPart]:
    return [part for part in registry.parts_of(screening.number) if decision.outcome in part.outcomes]


def _apply_parts(screening: Screening, decision: ScreeningDecision, *, by: User, today: date) -> dict[str, Any]:
    gives: dict[str, Any] = {}
    values = _values(decision)
    for part in _parts(screening, decision):
        gives.update(part.apply(screening=screening, values=values, by=by, today=today))
    return gives


def _values(decision: ScreeningDecision) -> dict[str, Any]:
    return {**decision.values, "reasons": decision.reasons}


def _write(screening: Screening, decision: ScreeningDecision, *, by: User, today: date) -> None:
    """What is kept of the decision. Fields that do not belong to its outcome stay empty, whatever was typed."""
    screening.outcome, screening.reasons = decision.outcome, decision.reasons.strip()
    if decision.outcome == Outcome.REVISE:
        screening.improvements, screening.return_by = decision.improvements.strip(), decision.return_by
    if rules.needs_hearing(decision.outcome, screening.number):
        screening.hearing, screening.hearing_note = decision.hearing, decision.hearing_note.strip()
    screening.state = ScreeningState.DECIDED
    screening.decided_by, screening.decided_at, screening.decided_on = by, clock.now(), today
    screening.rule_set = rule_set_on(today)
    if screening.number != ScreeningNumber.FOUR:  # the living support keeps the basis of its loan
        screening.legal_basis = basis_for_letters(today)
        screening.appeal_variant = screening.legal_basis.appeal_variant
    screening.version += 1
    screening.save()
