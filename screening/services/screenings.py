"""A round of a screening on its way to the project lead: opened, drafted, recommended, taken back (domain.md §4)."""

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
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from screening import perms, registry, rules
from screening.enums import ScreeningNumber, ScreeningState
from screening.models import CriteriaSet, Score, Screening
from screening.registry import PlanWarning
from screening.services.criteria import ensure_criteria
from screening.services.findings import freeze_material, warnings_of


def lock_screening(screening: Screening, *, version: int | None = None) -> Screening:
    """The screening and its case, locked and fresh. Raises Conflict where it was decided or saved by someone else meanwhile.

    With the case, so that it is neither closed nor moved on while its screening is sent, heard or decided.
    """
    fresh = Screening.objects.select_for_update().get(pk=screening.pk)
    if fresh.is_decided:
        raise Conflict(_("The screening is decided and locked."))
    fresh.case = cases.lock_case(screening.case)
    if version is not None and fresh.version != version:
        raise Conflict(_("Somebody else saved this screening after you opened it. Both versions are shown; choose."))
    return fresh


def check_phase(case: CaseFile, number: int) -> None:
    """A screening is held, sent and decided in the phase it belongs to (domain.md §3.1)."""
    if case.phase != rules.PHASE_OF[number]:
        raise Refused(
            _("%(screening)s belongs to the phase “%(phase)s”; the case is in “%(now)s”.")
            % {
                "screening": ScreeningNumber(number).label,
                "phase": rules.PHASE_OF[number].label,
                "now": case.get_phase_display(),
            }
        )


def _check_role(by: User, case: CaseFile, number: int) -> None:
    if not perms.may_screen(by, case, number):
        raise Refused(
            _("Screenings are held by the microloan team; the first one also by the referral specialist of the centre.")
        )


@transaction.atomic
def open_screening(*, case: CaseFile, number: int, by: User, today: date) -> Screening:
    """Start a round of a screening in the phase it belongs to. An open round is returned as it is (double click)."""
    case = cases.lock_case(case)
    _check_role(by, case, number)
    check_phase(case, number)
    last = case.screenings.filter(number=number).order_by("-round").first()
    if last is not None and not last.is_decided:
        return last
    if last is not None and not rules.may_begin_round(last.outcome, number, pensioner=case.is_pensioner):
        raise Refused(_("This screening is decided. Only a decision to revise opens a new round."))
    ensure_criteria()
    criteria_set = CriteriaSet.objects.get(number=number, is_current=True)
    screening = Screening.objects.create(
        case=case,
        number=number,
        round=last.round + 1 if last else 1,
        criteria_set=criteria_set,
        held_on=today,
        saved_by=by,
        saved_at=clock.now(),
    )
    Score.objects.bulk_create(
        Score(screening=screening, criterion=criterion)
        for criterion in criteria_set.criteria.all()
        if rules.is_asked(criterion.code, pensioner=case.is_pensioner)
    )
    cases.reconcile_tasks(case=case, today=today)
    return screening


@dataclass(frozen=True)
class ScreeningDraft:
    """What the form holds. `scores` maps criterion id → (rating or None, note); `answers` the warnings' answers."""

    held_on: date
    staff: list[User]
    strengths: str = ""
    person: str = ""
    money: str = ""
    plan: str = ""
    scores: Mapping[int, tuple[int | None, str]] = field(default_factory=dict)
    answers: Mapping[str, str] = field(default_factory=dict)


def current_warnings(screening: Screening, today: date) -> dict[str, PlanWarning]:
    """The warnings the system raises by itself, now; those of a decided round as they were then (domain.md §4)."""
    if screening.is_decided:
        return {code: kept_warning(code, item) for code, item in in_order(screening.warnings)}
    if screening.number != ScreeningNumber.THREE:
        return {}
    return warnings_of(screening.case, today)


def in_order(kept: Mapping[str, Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """What is kept by code in the order it had: the database sorts JSON."""
    return sorted(kept.items(), key=lambda item: item[1].get("order", 0))


def kept_warning(code: str, item: Mapping[str, Any]) -> PlanWarning:
    return PlanWarning(code, item["text"], item.get("why", ""), item.get("source", ""))


@transaction.atomic
def save_draft(*, screening: Screening, draft: ScreeningDraft, version: int | None, by: User, today: date) -> Screening:
    """Save what was typed so far."""
    _check_role(by, screening.case, screening.number)
    screening = lock_screening(screening, version=version)
    check_phase(screening.case, screening.number)
    if screening.state == ScreeningState.RECOMMENDED:
        raise Refused(_("The screening lies with the project lead. Take it back before you change it."))
    if draft.held_on > today:
        raise Refused(_("The screening cannot be held in the future."), field="held_on")
    if draft.held_on < screening.case.opened_on:
        opened = danish.long_date(screening.case.opened_on)
        raise Refused(_("The case was opened on %(date)s. Check the year.") % {"date": opened}, field="held_on")
    screening.held_on = draft.held_on
    for name in rules.TEXTS:
        setattr(screening, name, getattr(draft, name).strip())
    screening.warnings = _kept_warnings(screening, draft.answers, today)
    screening.saved_by, screening.saved_at = by, clock.now()
    screening.version += 1
    screening.save()
    screening.staff.set(draft.staff)
    _save_scores(screening, draft.scores)
    return screening


def _kept_warnings(screening: Screening, answers: Mapping[str, str], today: date) -> dict[str, dict[str, Any]]:
    """The warnings as they are now, each with its answer: what the screening keeps of them."""
    return {
        code: {
            "order": order,
            "text": warning.text,
            "why": warning.why,
            "source": warning.source,
            "answer": answers.get(code, "").strip(),
        }
        for order, (code, warning) in enumerate(current_warnings(screening, today).items())
    }


def freeze_warnings(screening: Screening, today: date) -> None:
    """Keep the warnings that still hold, with the answers given to just those words."""
    found = current_warnings(screening, today)
    answers = {code: answer_to(screening, warning) for code, warning in found.items()}
    screening.warnings = _kept_warnings(screening, answers, today)


def _save_scores(screening: Screening, given: Mapping[int, tuple[int | None, str]]) -> None:
    scores = {score.criterion_id: score for score in screening.scores.all()}
    for criterion_id, (value, note) in given.items():
        score = scores.get(criterion_id)
        if score is None:
            raise Refused(_("The criterion does not belong to this screening."))
        score.value, score.note = value, note.strip()
    Score.objects.bulk_update(scores.values(), ["value", "note"])


@transaction.atomic
def recommend(
    *, screening: Screening, recommendation: str, by: User, today: date, version: int | None = None
) -> Screening:
    """Send the screening to the project lead with a recommendation."""
    _check_role(by, screening.case, screening.number)
    screening = lock_screening(screening, version=version)
    check_phase(screening.case, screening.number)
    if screening.state == ScreeningState.RECOMMENDED:
        raise Conflict(_("The screening has been sent to the project lead already."))
    if missing := missing_of(screening, today):
        raise Refused(*missing.values(), field=next(iter(missing)))
    if recommendation not in rules.outcomes_for(screening.number, pensioner=screening.case.is_pensioner):
        raise Refused(_("Choose a recommendation."), field="recommendation")
    freeze_warnings(screening, today)
    freeze_material(screening)
    screening.state, screening.recommendation = ScreeningState.RECOMMENDED, recommendation
    screening.recommended_by, screening.recommended_at = by, clock.now()
    screening.version += 1
    screening.save()
    cases.add_journal_entry(
        case=screening.case,
        kind=EntryKind.SCREENING,
        title=_("%(screening)s: recommendation sent to the project lead")
        % {"screening": ScreeningNumber(screening.number).label},
        text=outcome_words(screening, recommendation),
        by=by,
        link=link_to(screening),
    )
    cases.reconcile_tasks(case=screening.case, today=today)
    return screening


@transaction.atomic
def take_back(*, screening: Screening, by: User, today: date, version: int | None = None) -> Screening:
    """Make a screening that lies with the project lead a draft again, to put something right.

    A hearing that was held about it stays on record, and counts no more; so a page from before it takes nothing back.
    """
    _check_role(by, screening.case, screening.number)
    screening = lock_screening(screening, version=version)
    check_phase(screening.case, screening.number)
    if screening.state != ScreeningState.RECOMMENDED:
        return screening
    screening.state, screening.recommendation = ScreeningState.DRAFT, ""
    screening.recommended_by = screening.recommended_at = screening.hearing_until = None
    screening.recommendation_number += 1  # the next one is another: the citizen is heard about that one
    screening.version += 1
    screening.save()
    cases.add_journal_entry(
        case=screening.case,
        kind=EntryKind.SCREENING,
        title=_("%(screening)s: taken back as a draft") % {"screening": ScreeningNumber(screening.number).label},
        by=by,
        link=link_to(screening),
    )
    cases.reconcile_tasks(case=screening.case, today=today)
    return screening


def missing_of(screening: Screening, today: date) -> dict[str, str]:
    """What must still be written before the screening goes to the project lead: field of the form → what to do."""
    staff = [user.pk for user in screening.staff.all()]
    texts = {name: getattr(screening, name) for name in rules.TEXTS}
    missing = rules.missing_before_recommendation(number=screening.number, staff=staff, texts=texts)
    for code, warning in unanswered(screening, today).items():
        missing[f"answer_{code}"] = _("Answer in words: %(warning)s") % {"warning": warning.text}
    return missing


def unanswered(screening: Screening, today: date) -> dict[str, PlanWarning]:
    """Warnings without an answer. A warning whose words have changed since, such as another amount, is a new one."""
    return {
        code: warning
        for code, warning in current_warnings(screening, today).items()
        if not answer_to(screening, warning).strip()
    }


def answer_to(screening: Screening, warning: PlanWarning) -> str:
    """The answer given to just these words."""
    kept = screening.warnings.get(warning.code, {})
    return kept.get("answer", "") if kept.get("text") == warning.text else ""


def facts_of(screening: Screening, today: date) -> list[registry.Fact]:
    """What the system knows beside the form; frozen once decided."""
    if screening.is_decided:
        return [registry.Fact(code, item["label"], item["value"]) for code, item in in_order(screening.facts)]
    return [fact for provider in registry.facts for fact in provider(screening.case, screening.number, today)]


def outcome_words(screening: Screening, outcome: str = "") -> str:
    """The decision (or the recommendation given as `outcome`) in the words of this screening."""
    label = rules.outcome_label if outcome else rules.result_label
    outcome = outcome or screening.outcome
    return label(outcome, screening.number, pensioner=screening.case.is_pensioner) if outcome else ""


def link_to(screening: Screening) -> dict[str, Any]:
    return {"name": "screening:detail", "kwargs": {"number": screening.case.number, "pk": screening.pk}}
