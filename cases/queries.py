"""What is read across models. Reads only; every list starts from `CaseFile.objects.visible_to(user)`."""

from collections.abc import Iterable
from datetime import date

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from cases import registry
from cases.enums import ContactState
from cases.models import CaseFile, Contact, Task
from cases.registry import JourneyDetail
from cases.rules import JOURNEY_LABELS, Reliability
from microloan.accounts.models import User


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


def journey(case: CaseFile, today: date) -> list[dict]:
    """The ten steps with number, label, detail, state and address, for `includes/_journey.html`."""
    details: dict[int, JourneyDetail] = {}
    for provider in registry.journey:
        details.update(provider(case, today))
    steps = []
    for number, label in enumerate(JOURNEY_LABELS, start=1):
        detail = details.get(number, JourneyDetail())
        steps.append(
            {
                "number": number,
                "label": label,
                "detail": detail.detail,
                "state": detail.state or "todo",
                "url": detail.url,
            }
        )
    return steps


def case_with_everything(user: User) -> QuerySet[CaseFile]:
    """A case as its page shows it."""
    return (
        CaseFile.objects.visible_to(user)
        .select_related("citizen", "coach", "centre", "cohort", "referral__referred_by", "business")
        .prefetch_related(Prefetch("contacts", Contact.objects.order_by("-at", "-pk")))
    )
