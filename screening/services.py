"""What happens in a screening and its material: opened, drafted, recommended, decided; budgets versioned and approved."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.policy.services import rule_set_on
from screening import registry, rules
from screening.defaults import CRITERIA
from screening.enums import BudgetKind, BudgetState, LineKind, Outcome, ScreeningNumber, ScreeningState
from screening.letters import send_outcome_letter
from screening.models import Budget, BudgetLine, CriteriaSet, Criterion, Score, Screening


@transaction.atomic
def ensure_criteria() -> None:
    """Put in version 1 of each criteria set where there is none; changes nothing that is there."""
    for number, criteria in CRITERIA.items():
        criteria_set, created = CriteriaSet.objects.get_or_create(number=number, version=1)
        if created:
            Criterion.objects.bulk_create(
                Criterion(
                    criteria_set=criteria_set, code=code, order=order, weight=weight, title=title, low=low, high=high
                )
                for order, (code, weight, title, low, high) in enumerate(criteria, start=1)
            )


def lock_screening(screening: Screening, *, version: int | None = None) -> Screening:
    """The screening, locked and fresh. Raises Conflict where it was decided or saved by someone else meanwhile."""
    fresh = Screening.objects.select_for_update(of=("self",)).select_related("case").get(pk=screening.pk)
    if fresh.is_decided:
        raise Conflict(_("The screening is decided and locked. Start a new round to change it."))
    if version is not None and fresh.version != version:
        raise Conflict(_("Somebody else saved this screening after you opened it. Both versions are shown; choose."))
    return fresh


@transaction.atomic
def open_screening(*, case: CaseFile, number: int, by: User, today: date) -> Screening:
    """Start a round of a screening in the phase it belongs to. An open round is returned as it is (double click)."""
    case = cases.lock_case(case)
    open_round = case.screenings.filter(number=number, decided_at__isnull=True).first()
    if open_round is not None:
        return open_round
    if case.phase != rules.PHASE_OF[number]:
        raise Refused(
            _("%(screening)s belongs to the phase “%(phase)s”; the case is in “%(now)s”.")
            % {
                "screening": ScreeningNumber(number).label,
                "phase": rules.PHASE_OF[number].label,
                "now": case.get_phase_display(),
            }
        )
    last = case.screenings.filter(number=number).order_by("-round").first()
    if last is not None and last.outcome != Outcome.REVISE and number != ScreeningNumber.FOUR:
        raise Refused(_("This screening is decided. Only a decision to revise opens a new round."))
    criteria_set = CriteriaSet.objects.get(number=number, is_current=True)
    screening = Screening.objects.create(
        case=case,
        number=number,
        round=last.round + 1 if last else 1,
        criteria_set=criteria_set,
        held_on=today,
    )
    Score.objects.bulk_create(
        Score(screening=screening, criterion=criterion) for criterion in criteria_set.criteria.all()
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


def current_warnings(screening: Screening, today: date) -> dict[str, str]:
    """The warnings the system raises by itself, now: code → text (domain.md §4)."""
    if screening.is_decided:
        return {code: item["text"] for code, item in screening.warnings.items()}
    if screening.number != ScreeningNumber.THREE:
        return {}
    found: dict[str, str] = {}
    for provider in registry.warnings:
        found.update(provider(screening.case, today))
    return found


@transaction.atomic
def save_draft(*, screening: Screening, draft: ScreeningDraft, version: int | None, by: User, today: date) -> Screening:
    """Save what was typed so far. A recommended screening that is changed becomes a draft again."""
    screening = lock_screening(screening, version=version)
    if draft.held_on > today:
        raise Refused(_("The screening cannot be held in the future."), field="held_on")
    screening.held_on = draft.held_on
    for name in ("strengths", "person", "money", "plan"):
        setattr(screening, name, getattr(draft, name).strip())
    screening.warnings = {
        code: {"text": text, "answer": draft.answers.get(code, "").strip()}
        for code, text in current_warnings(screening, today).items()
    }
    screening.state, screening.recommendation = ScreeningState.DRAFT, ""
    screening.version += 1
    screening.save()
    screening.staff.set(draft.staff)
    scores = {score.criterion_id: score for score in screening.scores.all()}
    for criterion_id, (value, note) in draft.scores.items():
        score = scores.get(criterion_id)
        if score is None:
            raise Refused(_("The criterion does not belong to this screening."))
        score.value, score.note = value, note.strip()
    Score.objects.bulk_update(scores.values(), ["value", "note"])
    return screening


@transaction.atomic
def recommend(*, screening: Screening, recommendation: str, by: User, today: date) -> Screening:
    """Send the screening to the project lead with a recommendation."""
    screening = lock_screening(screening)
    staff = list(screening.staff.values_list("pk", flat=True))
    texts = {name: getattr(screening, name) for name in ("strengths", "person", "money", "plan")}
    missing = rules.missing_before_recommendation(number=screening.number, staff=staff, texts=texts)
    if missing:
        raise Refused(*missing.values(), field=next(iter(missing)))
    if recommendation not in Outcome.values:
        raise Refused(_("Choose a recommendation."), field="recommendation")
    _check_answers(screening, today)
    screening.state, screening.recommendation = ScreeningState.RECOMMENDED, recommendation
    screening.recommended_by, screening.recommended_at = by, clock.now()
    screening.version += 1
    screening.save()
    cases.add_journal_entry(
        case=screening.case,
        kind=EntryKind.SCREENING,
        title=_("%(screening)s: recommendation sent to the project lead")
        % {"screening": ScreeningNumber(screening.number).label},
        text=str(Outcome(recommendation).label),
        by=by,
        link=_link(screening),
    )
    cases.reconcile_tasks(case=screening.case, today=today)
    return screening


def _check_answers(screening: Screening, today: date) -> None:
    answers = {code: item.get("answer", "") for code, item in screening.warnings.items()}
    for code in current_warnings(screening, today):
        if not answers.get(code, "").strip():
            raise Refused(_("Answer each warning in words before the screening goes on."), field=f"answer_{code}")


@dataclass(frozen=True)
class ScreeningDecision:
    """The project lead's decision. `values` are the cleaned fields of the higher rooms' decision parts."""

    outcome: str
    reasons: str = ""
    improvements: str = ""
    return_by: date | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def decide(*, screening: Screening, decision: ScreeningDecision, by: User, today: date) -> Screening:
    """Decide and lock a screening; give what the decision gives; move the case on; send the outcome letter.

    Raises Refused for anyone but the project lead, while something is not assessed, without reasons where the
    decision is not wholly favourable (danish-rules.md §2.1), or where a part refuses.
    """
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead decides a screening."))
    screening = lock_screening(screening)
    case = cases.lock_case(screening.case)
    screening.case = case
    _check_decision(screening, decision, today)
    gives: dict[str, Any] = {}
    screening.facts = {fact.code: {"label": fact.label, "value": fact.value} for fact in facts_of(screening, today)}
    for part in registry.parts_of(screening.number):
        if decision.outcome in part.outcomes:
            gives.update(
                part.apply(
                    screening=screening, values={**decision.values, "reasons": decision.reasons}, by=by, today=today
                )
            )
    screening.gives = gives
    screening.outcome, screening.reasons = decision.outcome, decision.reasons.strip()
    screening.improvements, screening.return_by = decision.improvements.strip(), decision.return_by
    screening.state = ScreeningState.DECIDED
    screening.decided_by, screening.decided_at, screening.decided_on = by, clock.now(), today
    screening.rule_set = rule_set_on(today)
    screening.version += 1
    screening.save()
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.SCREENING,
        title=_("%(screening)s decided: %(outcome)s")
        % {"screening": ScreeningNumber(screening.number).label, "outcome": outcome_words(screening)},
        text=screening.improvements or screening.reasons,
        by=by,
        for_referrer=True,
        link=_link(screening),
    )
    send_outcome_letter(screening=screening, by=by, today=today)
    if decision.outcome == Outcome.CONTINUE and screening.number in rules.NEXT_PHASE:
        cases.enter_phase(case=case, phase=rules.NEXT_PHASE[screening.number], by=by, today=today)
    else:
        cases.reconcile_tasks(case=case, today=today)
    return screening


def _check_decision(screening: Screening, decision: ScreeningDecision, today: date) -> None:
    if screening.state != ScreeningState.RECOMMENDED:
        raise Refused(_("The screening has not been sent to the project lead yet."))
    if decision.outcome not in Outcome.values:
        raise Refused(_("Choose a decision."), field="outcome")
    if screening.scores.filter(value__isnull=True).exists():
        raise Refused(_("Some criteria are not assessed. All must be before the decision."))
    _check_answers(screening, today)
    if decision.outcome != Outcome.CONTINUE and not decision.reasons.strip():
        raise Refused(_("Write the reasons for the decision."), field="reasons")
    if decision.outcome == Outcome.REVISE:
        if not decision.improvements.strip():
            raise Refused(_("Write what must be better."), field="improvements")
        if decision.return_by is None or decision.return_by <= today:
            raise Refused(_("Write a date after today by which the citizen comes back."), field="return_by")


def facts_of(screening: Screening, today: date) -> list[registry.Fact]:
    """What the system knows beside the form; frozen once decided."""
    if screening.is_decided:
        return [registry.Fact(code, item["label"], item["value"]) for code, item in screening.facts.items()]
    return [fact for provider in registry.facts for fact in provider(screening.case, screening.number, today)]


def outcome_words(screening: Screening) -> str:
    """The decision in words; screening 3 says green, yellow or red (domain.md §4)."""
    rating = rules.rating(screening.outcome)
    if screening.number == ScreeningNumber.THREE and rating is not None:
        return str(rating.label)
    return str(screening.get_outcome_display())


def _link(screening: Screening) -> dict[str, Any]:
    return {"name": "screening:detail", "kwargs": {"number": screening.case.number, "pk": screening.pk}}


# --- Budgets ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class LineData:
    kind: str
    text: str
    amount: Decimal


@transaction.atomic
def save_budget(
    *, case: CaseFile, lines: Iterable[LineData], note: str, by: User, today: date, base_number: int | None = None
) -> Budget:
    """Save an establishment budget as a new version; earlier versions stay exactly as they were (domain.md §4).

    `base_number` is the version the form was drawn from (0 for none): a Conflict where somebody saved one since.
    """
    case = cases.lock_case(case)
    kind = BudgetKind.ESTABLISHMENT
    rows = list(lines)
    if not any(row.kind == LineKind.EXPENSE for row in rows):
        raise Refused(_("Write at least one expense with an amount."))
    if any(row.amount <= 0 for row in rows):
        raise Refused(_("Write amounts above 0 kr."))
    newest = case.budgets.filter(kind=kind).aggregate(newest=Max("number"))["newest"] or 0
    if base_number is not None and base_number != newest:
        raise Conflict(_("Somebody else saved a newer version of the budget. Both are shown; choose."))
    budget = Budget.objects.create(case=case, kind=kind, number=newest + 1, note=note.strip(), created_by=by)
    BudgetLine.objects.bulk_create(
        BudgetLine(budget=budget, order=order, kind=row.kind, text=row.text, amount=row.amount)
        for order, row in enumerate(rows, start=1)
    )
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.SCREENING,
        title=_("Establishment budget, version %(number)s") % {"number": budget.number},
        by=by,
        link={"name": "screening:budget", "kwargs": {"number": case.number}},
    )
    cases.reconcile_tasks(case=case, today=today)
    return budget


@transaction.atomic
def approve_budget(*, budget: Budget, by: User, today: date) -> Budget:
    """Approve the newest version; it is locked from then on, and the loan is proposed on it (domain.md §7.1)."""
    if by.role != Role.PROJECT_LEAD:
        raise Refused(_("Only the project lead approves a budget."))
    case = cases.lock_case(budget.case)
    budget = Budget.objects.select_for_update().get(pk=budget.pk)
    if budget.state == BudgetState.APPROVED:
        return budget
    if case.budgets.filter(kind=budget.kind, number__gt=budget.number).exists():
        raise Conflict(_("There is a newer version of the budget. Approve that one."))
    budget.state, budget.approved_by, budget.approved_at = BudgetState.APPROVED, by, clock.now()
    budget.save()
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.SCREENING,
        title=_("Establishment budget, version %(number)s, approved") % {"number": budget.number},
        by=by,
    )
    cases.reconcile_tasks(case=case, today=today)
    return budget


def budget_totals(budget: Budget) -> dict[str, Decimal]:
    """Expenses, own funds and loan need, in kroner."""
    sums = {kind: Decimal("0.00") for kind in LineKind.values}
    for line in budget.lines.all():
        sums[line.kind] += line.amount
    expenses, own = sums[LineKind.EXPENSE], sums[LineKind.OWN_FUNDS]
    return {"expenses": expenses, "own_funds": own, "loan_need": rules.loan_need(expenses, own)}


def latest_budget(case: CaseFile, *, approved: bool = False) -> Budget | None:
    budgets = case.budgets.filter(kind=BudgetKind.ESTABLISHMENT).order_by("-number")
    return budgets.filter(state=BudgetState.APPROVED).first() if approved else budgets.first()


def may_screen(user: User) -> bool:
    return user.role in TEAM
