"""Who has the ball: on whom a case waits, and for how long it waited on whom (domain.md §3.1, §3.6).

A case waits on the holder of its soonest open step. Appointments and the rhythm of contact stand beside the steps
(`TaskKind.beside`) and count only where there is nothing else. "Waiting on us" is the team and the project lead.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from django.db import models
from django.db.models import Case, OuterRef, Subquery, Value, When
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cases import registry
from cases.enums import Holder, Phase
from cases.models import CaseFile, HolderChange, PhaseChange, Task


class Side(models.TextChoices):
    US = "us", _("Us")
    CITIZEN = "citizen", _("The citizen")
    OTHERS = "others", _("Others")


OURS = (Holder.TEAM, Holder.PROJECT_LEAD)
OTHERS = (Holder.CASEWORKER, Holder.BENEFITS_OFFICER)
NOT_OURS = (Holder.CITIZEN, *OTHERS)


def side_of(holder: str) -> Side:
    """The team and the project lead are "us". So is nobody: what is not known is not put down to the citizen."""
    if holder == Holder.CITIZEN:
        return Side.CITIZEN
    return Side.OTHERS if holder in OTHERS else Side.US


def waits_on() -> Subquery:
    """The holder of a case's soonest open step, for `annotate`; null where nothing is open."""
    beside = Case(When(kind__in=registry.kinds_beside(), then=Value(1)), default=Value(0))
    steps = Task.objects.filter(case=OuterRef("pk"), done_at__isnull=True).order_by(beside, "due_on", "pk")
    return Subquery(steps.values("holder")[:1])


def last_written() -> Subquery:
    """Whom the case waited on when it was last written down; null where it never was."""
    rows = HolderChange.objects.filter(case=OuterRef("pk")).order_by("-pk")
    return Subquery(rows.values("holder")[:1])


# --- Time (pure) ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stay:
    """Days in a phase: the first day counts, the last belongs to the next phase."""

    phase: Phase
    from_on: date
    to_on: date


@dataclass
class PhaseTime:
    """How many days a case spent in a phase, and on whom it waited; the parts always add up to the whole."""

    phase: Phase
    days: dict[Side, int] = field(default_factory=lambda: dict.fromkeys(Side, 0))

    @property
    def total(self) -> int:
        return sum(self.days.values())

    @property
    def us(self) -> int:
        return self.days[Side.US]

    @property
    def citizen(self) -> int:
        return self.days[Side.CITIZEN]

    @property
    def others(self) -> int:
        return self.days[Side.OTHERS]


def stays(entries: Sequence[tuple[str, date]], today: date) -> list[Stay]:
    """From the phases in the order they were entered. A closed case stays nowhere; the last phase runs until today."""
    ends = [*(on for _phase, on in entries[1:]), today]
    return [
        Stay(Phase(phase), on, max(on, end))
        for (phase, on), end in zip(entries, ends, strict=True)
        if phase != Phase.CLOSED
    ]


def split(stays: Iterable[Stay], changes: Iterable[tuple[date, str]]) -> list[PhaseTime]:
    """Every day of every stay goes to the side that the case waited on when the day ended.

    `changes` come in the order they were written. Before the first of them the time is ours. Days count whole, so that
    the parts add up to the days in the phase; two stays in the same phase are one line.
    """
    by_day = {on: side_of(holder) for on, holder in changes}  # the last of a day counts
    marks = sorted(by_day.items())
    spans = [(date.min, date.max, Side.US)] if not marks else [(date.min, marks[0][0], Side.US)]
    spans += [(start, end, side) for (start, side), (end, _side) in pairwise([*marks, (date.max, Side.US)])]
    found: dict[Phase, PhaseTime] = {}
    for stay in stays:
        time = found.setdefault(stay.phase, PhaseTime(stay.phase))
        for start, end, side in spans:
            time.days[side] += max(0, (min(end, stay.to_on) - max(start, stay.from_on)).days)
    return list(found.values())


# --- Time (read) ---------------------------------------------------------------------------------------------------------


def time_in_phases(case_ids: Iterable[int], today: date) -> dict[int, list[PhaseTime]]:
    """Days per phase, waiting on us, on the citizen and on others, for many cases in two queries."""
    ids = list(case_ids)
    entered: dict[int, list[tuple[str, date]]] = {pk: [] for pk in ids}
    for pk, phase, on in (
        PhaseChange.objects.filter(case__in=ids).order_by("pk").values_list("case_id", "to_phase", "on")
    ):
        entered[pk].append((phase, on))
    changes: dict[int, list[tuple[date, str]]] = {pk: [] for pk in ids}
    for pk, at, holder in (
        HolderChange.objects.filter(case__in=ids).order_by("at", "pk").values_list("case_id", "at", "holder")
    ):
        changes[pk].append((timezone.localdate(at), holder))
    return {pk: split(stays(entered[pk], today), changes[pk]) for pk in ids}


def time_panel(case: CaseFile, user: object, today: date) -> dict[str, object] | None:
    """The box on the case page (`registry.panels`)."""
    times = time_in_phases([case.pk], today)[case.pk]
    if not times:
        return None
    totals = {side: sum(time.days[side] for time in times) for side in Side}
    total = sum(totals.values())
    return {
        "times": times,
        "total": total,
        "us": totals[Side.US],
        "citizen": totals[Side.CITIZEN],
        "others": totals[Side.OTHERS],
    }
