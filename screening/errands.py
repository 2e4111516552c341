"""What the team has to get done with the citizen beside the screenings: derived tasks that close themselves (domain.md §4).

The material that screening 3 looks at; a budget that was sent back and has not come again; forms that wait to be read in.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db.models import Prefetch
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry as cases
from cases.enums import ContactState, Holder, Phase
from cases.models import CaseFile
from cases.registry import NextStep
from microloan.core.calendars import add_working_days
from microloan.policy.services import rule_set_on
from screening.citizen_forms.kinds import form_kinds
from screening.enums import BudgetKind, Outcome, ScreeningNumber, ScreeningState
from screening.models import ReceivedForm, Screening
from screening.paper_journey import plans_read
from screening.papers.enums import READABLE, PaperKind, PlanStage
from screening.services.budgets import PATHS
from screening.services.findings import has_come_again

READ_FORMS = "forms_waiting"
# The material is there so long before the screening is due, and a form is read in within so many working days.
MATERIAL_BEFORE = timedelta(days=14)
FORM_DAYS = 3
# Working days until the team calls, calls again, and holds the screening anew once the budget has come.
CALL_DAYS, CALL_AGAIN_DAYS, HOLD_DAYS = 1, 5, 5


def register() -> None:
    cases.next_steps.register("material of screening 3", material_step, order=30)
    cases.next_steps.register("forms that came back", forms_waiting, order=35)
    waiting = ReceivedForm.objects.filter(result__in=READABLE, settled_at__isnull=True).defer("values")
    cases.next_step_relations.register("forms waiting", Prefetch("received_forms", waiting, to_attr=READ_FORMS))
    for code, label, action, beside in (
        ("screening_material", gettext_lazy("Make what screening 3 looks at, with the citizen"), gettext_lazy("Open it"), True),
        ("screening_call_budget", gettext_lazy("Call the citizen: the budget has not come again"), gettext_lazy("Open screenings"), False),
        ("screening_call", gettext_lazy("Call the citizen: what was to be improved has not come"), gettext_lazy("Open screenings"), False),
        ("form_received", gettext_lazy("Read in a form from the citizen"), gettext_lazy("Look at the form"), True),
    ):  # fmt: skip
        cases.register_task_kind(code, label, action, beside=beside)


def material_step(case: CaseFile, today: date) -> Iterator[NextStep]:
    """The plan in detail and the three budgets, a fortnight before screening 3; after a yellow, by the day agreed."""
    if case.phase != Phase.COURSES:
        return
    thirds = (round for round in case.screenings.all() if round.number == ScreeningNumber.THREE)
    third = max(thirds, key=lambda row: row.round, default=None)
    if third is not None and (third.state == ScreeningState.RECOMMENDED or third.outcome == Outcome.STOP):
        return
    missing = list(_missing(case))
    if not missing:
        return
    by = case.phase_entered_on + timedelta(weeks=rule_set_on(today).courses_weeks) - MATERIAL_BEFORE
    yield NextStep(
        key="screening-3-material",
        kind="screening_material",
        holder=Holder.TEAM,
        due_on=third.return_by if third is not None and third.return_by else by,
        why=_("Missing: %(what)s") % {"what": ", ".join(label for label, _link in missing)},
        link=missing[0][1],
    )


def _missing(case: CaseFile) -> Iterator[tuple[str, dict[str, Any]]]:
    """What is not there yet, and where it is made."""
    kwargs: dict[str, Any] = {"number": case.number}
    plans = plans_read(case, PaperKind.BUSINESS_PLAN)
    newest = max(plans, key=lambda plan: plan.number, default=None)
    if newest is None or newest.stage != PlanStage.DETAILED:
        link = {"name": "screening:paper", "kwargs": {**kwargs, "kind": PaperKind.BUSINESS_PLAN.value}}
        yield _("detailed business plan"), link
    made = {budget.kind for budget in case.budgets.all()}
    for kind in BudgetKind:
        if kind in made:
            continue
        if kind == BudgetKind.ESTABLISHMENT:
            yield str(kind.label).lower(), {"name": "screening:budget", "kwargs": kwargs}
        else:
            yield str(kind.label).lower(), {"name": "screening:year_budget", "kwargs": {**kwargs, "kind": PATHS[kind]}}


def after_revision(case: CaseFile, back: Screening, today: date) -> NextStep:
    """The citizen has the ball until the day agreed; then somebody calls. A budget that has come again is screened anew."""
    link = {"name": "screening:list", "kwargs": {"number": case.number}}
    what, number = str(ScreeningNumber(back.number).label), back.number
    agreed = back.return_by or today  # a round that sends back always names a day
    is_budget = number == ScreeningNumber.THREE
    if is_budget and has_come_again(case, back):
        came = max(timezone.localdate(budget.created_at) for budget in case.budgets.all())
        due = add_working_days(came, HOLD_DAYS)
        return NextStep(f"screening-{number}-again", "screening_hold", Holder.TEAM, due, why=what, link=link)
    if today <= agreed:
        return NextStep(
            key=f"screening-{number}-revise",
            kind="screening_revise",
            holder=Holder.CITIZEN,
            due_on=agreed,
            why=what,
            is_promise=True,
            link=link,
        )
    kind = "screening_call_budget" if is_budget else "screening_call"
    return NextStep(f"screening-{number}-call", kind, Holder.TEAM, _call_by(case, agreed), why=what, link=link)


def _call_by(case: CaseFile, agreed: date) -> date:
    """The first working day after the day agreed; where they have talked since, a week after that."""
    held = [timezone.localdate(row.at) for row in case.contacts.all() if row.state == ContactState.ATTENDED]
    talked = max((day for day in held if day > agreed), default=None)
    return add_working_days(talked, CALL_AGAIN_DAYS) if talked else add_working_days(agreed, CALL_DAYS)


def forms_waiting(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Each form that came back and has been neither taken over nor set aside."""
    waiting: list[ReceivedForm] | None = getattr(case, READ_FORMS, None)
    for form in case.received_forms.all() if waiting is None else waiting:
        kind = form_kinds.get(form.kind)
        if form.is_waiting:
            yield NextStep(
                key=f"form-{form.pk}",
                kind="form_received",
                holder=Holder.TEAM,
                due_on=add_working_days(timezone.localdate(form.received_at), FORM_DAYS),
                why=kind.label if kind else "",
                link={"name": "screening:form_received", "kwargs": {"number": case.number, "pk": form.pk}},
            )
