"""What courses cost and how they are attended, over a period (domain.md §5, §9; docs/decisions/155)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum

from courses.enums import ATTENDED, AttendanceMark, EnrolmentState
from courses.models import Attendance, CourseModule, CourseRun, Enrolment
from courses.rules import per_head, shares

CAME = Q(mark__in=ATTENDED)
MISSED = Q(mark=AttendanceMark.ABSENT)


@dataclass(frozen=True)
class Figures:
    """Runs with their seats, attendance and cost. Who has a seat is a participant; an excused absence counts neither way."""

    runs: int
    seats: int
    taken: int
    attended: int
    missed: int
    excused: int
    cost: Decimal

    @property
    def marks(self) -> int:
        return self.attended + self.missed

    @property
    def percent(self) -> int | None:
        """Attended of those that were attended or missed; None where nothing is marked."""
        return round(Decimal(self.attended) * 100 / self.marks) if self.marks else None

    @property
    def per_participant(self) -> Decimal | None:
        return per_head(self.cost, self.taken)


def runs_between(first: date, last: date) -> QuerySet[CourseRun]:
    """Runs that begin in a period; both ends counted."""
    return CourseRun.objects.filter(starts_on__gte=first, starts_on__lte=last)


def with_figures(runs: Iterable[Any]) -> list[Any]:
    """A page of runs, each with `figures`, in two queries."""
    rows = list(runs)
    seats, marks = _seats(rows, "run"), _marks(rows, "enrolment__run")
    for run in rows:
        run.figures = Figures(1, run.capacity, seats.get(run.pk, 0), *marks.get(run.pk, (0, 0, 0)), run.cost)
    return rows


def by_module(first: date, last: date) -> list[tuple[CourseModule, Figures]]:
    """Each module with runs in the period, in four queries."""
    runs = runs_between(first, last)
    seats, marks = _seats(runs, "run__module"), _marks(runs, "enrolment__run__module")
    sums = {
        row["module"]: row
        for row in runs.order_by().values("module").annotate(n=Count("pk"), seats=Sum("capacity"), cost=Sum("cost"))
    }
    return [
        (
            module,
            Figures(
                sums[module.pk]["n"],
                sums[module.pk]["seats"],
                seats.get(module.pk, 0),
                *marks.get(module.pk, (0, 0, 0)),
                sums[module.pk]["cost"],
            ),
        )
        for module in CourseModule.objects.filter(pk__in=sums).order_by("is_voluntary", "order", "title", "pk")
    ]


def total(rows: Iterable[Figures]) -> Figures:
    found = list(rows)
    names = ("runs", "seats", "taken", "attended", "missed", "excused")
    numbers: dict[str, int] = {name: sum(getattr(row, name) for row in found) for name in names}
    return Figures(**numbers, cost=sum((row.cost for row in found), Decimal(0)))


def _seats(runs: Any, group: str) -> dict[int, int]:
    rows = Enrolment.objects.filter(run__in=runs, state=EnrolmentState.ENROLLED).order_by().values_list(group)
    return dict(rows.annotate(number=Count("pk")))


def _marks(runs: Any, group: str) -> dict[int, tuple[int, int, int]]:
    """(attended, missed, excused); of those who still have their seat."""
    rows = Attendance.objects.filter(enrolment__run__in=runs, enrolment__state=EnrolmentState.ENROLLED)
    counted = (
        rows.order_by()
        .values(group)
        .annotate(came=Count("pk", filter=CAME), missed=Count("pk", filter=MISSED), all=Count("pk"))
    )
    return {row[group]: (row["came"], row["missed"], row["all"] - row["came"] - row["missed"]) for row in counted}


def cost_of_cases(case_ids: Iterable[int]) -> dict[int, Decimal]:
    """What the courses of each case cost: its share, to the øre, of every run on which it has a seat. The shares of a run
    add up to what the run cost. Guests bear theirs too."""
    ids = set(case_ids)
    runs = CourseRun.objects.filter(enrolments__case__in=ids, enrolments__state=EnrolmentState.ENROLLED).distinct()
    seats: dict[int, list[int | None]] = {}
    rows = Enrolment.objects.filter(run__in=runs, state=EnrolmentState.ENROLLED).order_by("run_id", "pk")
    for run_id, case_id in rows.values_list("run_id", "case_id"):
        seats.setdefault(run_id, []).append(case_id)
    found = dict.fromkeys(ids, Decimal(0))
    for run in runs:
        for one, share in zip(seats[run.pk], shares(run.cost, len(seats[run.pk])), strict=True):
            if one is not None and one in found:
                found[one] += share
    return found
