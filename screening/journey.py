"""What the screenings add to a case: next steps, journey, facts and warnings (domain.md §4, §9)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import queries as case_queries
from cases import registry as cases
from cases.enums import Holder, Phase
from cases.models import CaseFile
from cases.registry import JourneyDetail, NextStep
from microloan.core import danish
from microloan.core.calendars import add_working_days
from microloan.policy.services import rule_set_on
from screening import errands, registry, rules, warning_rules
from screening.enums import BudgetKind, BudgetState, Outcome, ScreeningNumber, ScreeningState
from screening.models import Budget, Screening
from screening.registry import Clock, Fact, Material
from screening.services import budget_totals, latest_budget, not_resubmitted, outcome_words

# The journey's step of each screening (ui-guide.md §2), and of the plan and budget.
STEP_OF = {1: 3, 2: 5, 3: 7, 4: 9}
BUDGET_STEP = 4
# Working days a recommendation waits for the project lead, and a stopped case for its closing.
DECISION_DAYS = 5
PHASE_WEEKS = {
    Phase.RECRUITMENT: "recruitment_weeks",
    Phase.BUSINESS_DEVELOPMENT: "business_development_weeks",
    Phase.COURSES: "courses_weeks",
}


def register() -> None:
    cases.next_steps.register("screening", next_steps, order=20)
    cases.next_step_relations.register("screenings", "screenings")
    cases.next_step_relations.register("budgets", "budgets")
    cases.journey.register("screening", journey, order=20)
    cases.steps.register("screening", steps)
    registry.facts.register("screening", facts, order=10)
    registry.plan_facts.register("screening", plan_facts, order=10)
    registry.clocks.register("screening", clocks, order=10)
    registry.material.register("screening", material, order=10)
    warning_rules.register()
    for code, label, action in (
        ("screening_hold", gettext_lazy("Hold the screening"), gettext_lazy("Open screening")),
        ("screening_finish", gettext_lazy("Finish the screening and send it to the project lead"), gettext_lazy("Open screening")),
        ("screening_decide", gettext_lazy("Decide the screening"), gettext_lazy("Decide screening")),
        ("screening_hearing", gettext_lazy("The citizen answers the hearing"), gettext_lazy("Register answer")),
        ("screening_revise", gettext_lazy("The citizen comes back with improvements"), gettext_lazy("Open screenings")),
        ("screening_stopped", gettext_lazy("Talk with the citizen and close the case"), gettext_lazy("Close case")),
        ("budget_make", gettext_lazy("Make the establishment budget with the citizen"), gettext_lazy("Open budget")),
        ("budget_approve", gettext_lazy("Approve the establishment budget"), gettext_lazy("Open budget")),
    ):  # fmt: skip
        cases.register_task_kind(code, label, action)


def _rounds(case: CaseFile) -> dict[int, Screening]:
    """The newest round of each screening."""
    rounds = sorted(case.screenings.all(), key=lambda screening: (screening.number, screening.round))
    return {screening.number: screening for screening in rounds}


def _number_of(phase: str) -> int | None:
    return next((number for number, of in rules.PHASE_OF.items() if of == phase), None)


def next_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """The screening the phase is left by, its decision, and the budget on the way there (domain.md §3.1, §4)."""
    newest = _rounds(case)
    number = _number_of(case.phase)
    if number is not None:
        yield from _screening_step(case, number, newest.get(number), today)
    if case.phase in (Phase.BUSINESS_DEVELOPMENT, Phase.APPROVAL):
        yield from _budget_step(case, today)


def _screening_step(case: CaseFile, number: int, screening: Screening | None, today: date) -> Iterator[NextStep]:
    what = str(ScreeningNumber(number).label)
    kwargs: dict[str, Any] = {"number": case.number}
    if screening is None or (screening.outcome == Outcome.REVISE):
        if number == ScreeningNumber.FOUR:
            return  # its date follows the living support, which a higher room knows
        if screening is not None:
            yield errands.after_revision(case, screening, today)
            return
        weeks = getattr(rule_set_on(today), PHASE_WEEKS[Phase(case.phase)])
        yield NextStep(
            key=f"screening-{number}-hold",
            kind="screening_hold",
            holder=Holder.TEAM,
            due_on=case.phase_entered_on + timedelta(weeks=weeks),
            why=what,
            link={"name": "screening:list", "kwargs": kwargs},
        )
    elif screening.state == ScreeningState.DRAFT:
        yield NextStep(
            key=f"screening-{number}-finish",
            kind="screening_finish",
            holder=Holder.TEAM,
            due_on=add_working_days(screening.held_on, DECISION_DAYS),
            why=what,
            link={"name": "screening:detail", "kwargs": {**kwargs, "pk": screening.pk}},
        )
    elif screening.hearing_until is not None and today <= screening.hearing_until:
        yield NextStep(
            key=f"screening-{number}-hearing",
            kind="screening_hearing",
            holder=Holder.CITIZEN,
            due_on=screening.hearing_until,
            why=what,
            is_promise=True,
            link={"name": "screening:detail", "kwargs": {**kwargs, "pk": screening.pk}},
        )
    elif screening.state == ScreeningState.RECOMMENDED:
        yield NextStep(
            key=f"screening-{number}-decide",
            kind="screening_decide",
            holder=Holder.PROJECT_LEAD,
            due_on=add_working_days(_can_be_decided_from(screening), DECISION_DAYS),
            why=what,
            link={"name": "screening:decide", "kwargs": {**kwargs, "pk": screening.pk}},
        )
    elif screening.outcome == Outcome.STOP and number != ScreeningNumber.FOUR:
        yield NextStep(
            key=f"screening-{number}-stopped",
            kind="screening_stopped",
            holder=Holder.TEAM,
            due_on=add_working_days(screening.decided_on, DECISION_DAYS),
            why=what,
            link={"name": "cases:close", "kwargs": kwargs},
        )


def _can_be_decided_from(screening: Screening) -> date:
    """The day it was sent, or the last day of a hearing that had to be waited for."""
    sent = danish.local_date(screening.recommended_at)
    return max(sent, screening.hearing_until) if screening.hearing_until else sent


def _number(budget: Budget) -> int:
    return budget.number


def _budget_step(case: CaseFile, today: date) -> Iterator[NextStep]:
    link = {"name": "screening:budget", "kwargs": {"number": case.number}}
    budgets = [budget for budget in case.budgets.all() if budget.kind == BudgetKind.ESTABLISHMENT]
    if not budgets:
        yield NextStep(
            key="budget-make",
            kind="budget_make",
            holder=Holder.TEAM,
            due_on=case.phase_entered_on + timedelta(weeks=6),
            link=link,
        )
    elif case.phase == Phase.APPROVAL and max(budgets, key=_number).state != BudgetState.APPROVED:
        yield NextStep(
            key="budget-approve",
            kind="budget_approve",
            holder=Holder.PROJECT_LEAD,
            due_on=case.phase_entered_on + timedelta(days=7),
            link=link,
        )


def steps(case_ids: list[int]) -> dict[int, int]:
    """A screening begun in its own phase moves the case to that step; decided "continue" it lies behind."""
    found: dict[int, int] = {}
    rows = (
        Screening.objects.filter(case__in=case_ids)
        .exclude(outcome=Outcome.CONTINUE)
        .values_list("case_id", "number", "case__phase", "decided_at")
    )
    for case_id, number, phase, decided_at in rows:
        if rules.PHASE_OF[number] == phase and not (number == ScreeningNumber.FOUR and decided_at):
            found[case_id] = max(found.get(case_id, 0), STEP_OF[number])
    return found


def journey(case: CaseFile, today: date) -> dict[int, JourneyDetail]:
    """Result and address of each screening's newest round; the budget's version."""
    details: dict[int, JourneyDetail] = {}
    for number, screening in _rounds(case).items():
        words = outcome_words(screening) if screening.is_decided else str(screening.get_state_display())
        details[STEP_OF[number]] = JourneyDetail(
            detail=words,
            url=reverse("screening:detail", kwargs={"number": case.number, "pk": screening.pk}),
            state="done" if number == ScreeningNumber.FOUR and _decides_the_end(screening) else "",
        )
    budget = latest_budget(case)
    if budget is not None:
        details[BUDGET_STEP] = JourneyDetail(
            detail=_("Budget v%(number)s") % {"number": budget.number},
            url=reverse("screening:budget", kwargs={"number": case.number}),
        )
    return details


def _decides_the_end(screening: Screening) -> bool:
    """Screening 4 is decided while the support runs on, so it is done before step 8 is."""
    return screening.is_decided and screening.outcome != Outcome.REVISE


def facts(case: CaseFile, number: int, today: date) -> Iterator[Fact]:
    """Attendance reliability with both numbers, and days in the phase (ui-guide.md §3.3); the versions are the material."""
    reliability = case_queries.reliability([case.pk])[case.pk]
    yield Fact(
        "attendance_reliability",
        _("Attendance reliability"),
        _("%(attended)s of %(total)s") % {"attended": reliability.attended, "total": reliability.total},
    )
    yield Fact("days_in_phase", _("Time in this phase"), danish.days((today - case.phase_entered_on).days))


def plan_facts(case: CaseFile, today: date) -> dict[str, Any]:
    """The limits of the rule set, the business, and the establishment budget, for the automatic warnings (domain.md §4)."""
    rule_set = rule_set_on(today)
    business, budget = getattr(case, "business", None), latest_budget(case)
    return {
        "loan_min": rule_set.loan_min,
        "loan_max": rule_set.loan_max,
        "pmv_most": rule_set.pmv_most,
        "vat_from": rule_set.vat_from,
        "living_percent": rule_set.living_percent,
        "sudden_sales_from": rule_set.sudden_sales_from,
        "sudden_sales_times": rule_set.sudden_sales_times,
        "case_form": business.form if business else "",
        "case_trade": business.trade if business else "",
        "has_establishment": budget is not None,
        "loan_need": budget_totals(budget)["loan_need"] if budget else None,
        "not_resubmitted": not_resubmitted(case),
    }


def clocks(case: CaseFile, today: date) -> Iterator[Clock]:
    """Days in the phase, against what the rule set gives it (domain.md §3.1)."""
    weeks = PHASE_WEEKS.get(Phase(case.phase))
    target = getattr(rule_set_on(today), weeks) * 7 if weeks else None
    yield Clock(_("Time in this phase"), (today - case.phase_entered_on).days, target)


def material(case: CaseFile) -> Iterator[Material]:
    """The newest establishment budget, with the loan need (domain.md §4)."""
    budget = latest_budget(case)
    if budget is None:
        return
    totals = budget_totals(budget)
    yield Material(
        code=BudgetKind.ESTABLISHMENT,
        label=str(BudgetKind.ESTABLISHMENT.label),
        version=budget.number,
        figures=(
            (_("Expenses"), danish.kr(totals["expenses"])),
            (_("Own funds and other financing"), danish.kr(totals["own_funds"])),
            (_("Loan need"), danish.kr(totals["loan_need"])),
        ),
        link={"name": "screening:budget", "kwargs": {"number": case.number}, "query": {"version": str(budget.number)}},
    )
