"""What is read across models. Reads only; every list starts from `CaseFile.objects.visible_to(user)`."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from cases import registry
from cases.enums import ClosingReason, ContactState, Phase
from cases.models import CaseFile, Contact, PhaseChange, Task
from cases.registry import JourneyDetail
from cases.rules import FIRST_STEP, JOURNEY_LABELS, Reliability, step_states
from microloan.accounts.models import User
from microloan.core import danish


def open_tasks(user: User) -> QuerySet[Task]:
    """The open tasks of the cases this person may see, soonest first."""
    visible = CaseFile.objects.visible_to(user).live().open()
    return (
        Task.objects.filter(done_at__isnull=True, case__in=visible)
        .select_related("case__citizen", "owner")
        .order_by("due_on", "pk")
    )


def with_next_task(cases: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
    """Cases with the date of their next task, in the same query."""
    soonest = Task.objects.filter(case=OuterRef("pk"), done_at__isnull=True).order_by("due_on", "pk")
    return cases.annotate(
        next_due_on=Subquery(soonest.values("due_on")[:1]),
        next_kind=Subquery(soonest.values("kind")[:1]),
        next_title=Subquery(soonest.values("title")[:1]),
        next_holder=Subquery(soonest.values("holder")[:1]),
    )


def reliability(case_ids: Iterable[int]) -> dict[int, Reliability]:
    """Attendance reliability over contacts and course sessions (domain.md §3.5), for many cases in a fixed number of queries."""
    ids = list(case_ids)
    counts = {pk: [0, 0] for pk in ids}
    rows = (
        Contact.objects.filter(case__in=ids, state__in=[ContactState.ATTENDED, ContactState.NO_SHOW])
        .order_by()
        .values("case_id")
        .annotate(
            attended=Count("pk", filter=Q(state=ContactState.ATTENDED)),
            no_show=Count("pk", filter=Q(state=ContactState.NO_SHOW)),
        )
    )
    for row in rows:
        counts[row["case_id"]][0] += row["attended"]
        counts[row["case_id"]][1] += row["no_show"]
    for provider in registry.attendance:
        for pk, (attended, no_show) in provider(ids).items():
            counts[pk][0] += attended
            counts[pk][1] += no_show
    return {pk: Reliability(*pair) for pk, pair in counts.items()}


def steps_of(cases: Iterable[CaseFile]) -> dict[int, int]:
    """The step 1–10 each case stands at, for many cases in a fixed number of queries."""
    cases = list(cases)
    closed_from = _phases_closed_from([case.pk for case in cases if not case.is_open])
    steps = {case.pk: FIRST_STEP[Phase(closed_from.get(case.pk, case.phase))] for case in cases}
    for provider in registry.steps:
        for pk, step in provider(list(steps)).items():
            steps[pk] = max(steps[pk], step)
    return steps


def _phases_closed_from(case_ids: list[int]) -> dict[int, str]:
    """The phase each closed case was in before it closed."""
    if not case_ids:
        return {}
    rows = PhaseChange.objects.filter(case__in=case_ids, to_phase=Phase.CLOSED).order_by("pk")
    found = {pk: from_phase for pk, from_phase in rows.values_list("case_id", "from_phase") if from_phase}
    return {pk: found.get(pk, Phase.REFERRED) for pk in case_ids}


def journey(case: CaseFile, today: date) -> list[dict[str, Any]]:
    """The ten steps with number, label, detail, state and address, for the tag `{% journey %}`."""
    details: dict[int, JourneyDetail] = {}
    for provider in registry.journey:
        details.update(provider(case, today))
    completed = case.closing_reason == ClosingReason.COMPLETED
    states = step_states(steps_of([case])[case.pk], stopped=not case.is_open, completed=completed)
    steps = []
    for number, (label, state) in enumerate(zip(JOURNEY_LABELS, states, strict=True), start=1):
        detail = details.get(number, JourneyDetail())
        words = detail.detail
        if state == "stopped" and case.closed_on:
            words = _("Stopped %(date)s") % {"date": danish.day_month(case.closed_on)}
        elif detail.state:
            state = detail.state
        reached = state in ("done", "current", "stopped")
        steps.append(
            {
                "number": number,
                "label": label,
                "detail": words,
                "state": state,
                "url": detail.url if reached else "",
            }
        )
    return steps


def step_label(step: int) -> str:
    """`Trin 8: Lån og start`."""
    return _("Step %(number)s: %(label)s") % {"number": step, "label": JOURNEY_LABELS[step - 1]}


def case_with_everything(user: User) -> QuerySet[CaseFile]:
    """A case as its page shows it."""
    return (
        CaseFile.objects.visible_to(user)
        .select_related("citizen", "coach", "centre", "cohort", "referral__referred_by", "business")
        .prefetch_related(Prefetch("contacts", Contact.objects.order_by("-at", "-pk")))
    )
