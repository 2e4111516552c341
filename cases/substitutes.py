"""Who stands in for whom today, and what a worker would hand over (domain.md §3.6). Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from cases.enums import ContactState, Holder
from cases.models import Absence, CaseFile, Contact, HandOver, Task
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User

REMEMBERED = "_absences_covered"


def covered_by(user: User, today: date) -> list[Absence]:
    """The absences this person stands in for today; read once per request (the user is the request's own)."""
    known: tuple[date, list[Absence]] | None = getattr(user, REMEMBERED, None)
    if known is None or known[0] != today:
        found = Absence.objects.on(today).filter(substitute=user).select_related("worker").order_by("to_on", "pk")
        known = (today, list(found))
        setattr(user, REMEMBERED, known)
    return known[1]


def covered_tasks(user: User, today: date) -> Q:
    """What falls due for those who are away, up to the day before they are back."""
    condition = Q()
    for absence in covered_by(user, today):
        condition |= Q(owner=absence.worker_id, holder=Holder.TEAM, due_on__lte=absence.to_on)
    return condition


def workers() -> QuerySet[User]:
    """The team, and who has left it with cases still in their name."""
    with_cases = CaseFile.objects.open().filter(coach__isnull=False).values("coach")
    return User.objects.filter(Q(role__in=TEAM, is_active=True) | Q(pk__in=with_cases)).order_by("full_name", "pk")


@dataclass(frozen=True)
class Load:
    """What is in a worker's name."""

    cases: int
    tasks: int
    contacts: int

    @property
    def is_empty(self) -> bool:
        return not (self.cases or self.tasks or self.contacts)


def cases_of(worker: User) -> QuerySet[CaseFile]:
    return CaseFile.objects.live().open().filter(coach=worker).select_related("citizen").order_by("number")


def tasks_of(worker: User) -> QuerySet[Task]:
    """The open tasks in a worker's name, derived or made by hand, in any open case."""
    return Task.objects.filter(owner=worker, done_at__isnull=True).exclude(case__phase="closed")


def contacts_of(worker: User) -> QuerySet[Contact]:
    return Contact.objects.filter(state=ContactState.PLANNED, staff=worker).exclude(case__phase="closed")


def load_of(worker: User) -> Load:
    return Load(cases_of(worker).count(), tasks_of(worker).count(), contacts_of(worker).count())


def may_hand_over_from(user: User) -> QuerySet[User]:
    """The project lead moves anybody's cases, a coach one's own."""
    return workers() if user.role == Role.PROJECT_LEAD else workers().filter(pk=user.pk)


def hand_overs() -> QuerySet[HandOver]:
    """The receipts, newest first, with how many cases moved."""
    return (
        HandOver.objects.select_related("from_worker", "to_worker", "by")
        .annotate(case_count=Count("rows"))
        .order_by("-at", "-pk")
    )


def absences(today: date) -> QuerySet[Absence]:
    """Present and coming absences, soonest first."""
    return (
        Absence.objects.filter(to_on__gte=today, cancelled_at__isnull=True)
        .select_related("worker", "substitute")
        .order_by("from_on", "pk")
    )


def mark(tasks: Iterable[Task], user: User, today: date) -> None:
    """Say on each task that is only seen by way of standing in whose it is (`Task.stands_in_for`)."""
    names = {absence.worker_id: absence.worker.full_name for absence in covered_by(user, today)}
    for task in tasks:
        if task.owner_id is not None and task.owner_id != user.pk:
            task.stands_in_for = names.get(task.owner_id, "")
