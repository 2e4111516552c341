"""The way through the programme as a funnel, where people leave it, and how long each phase takes. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from reports.rules.uncertainty import percentile

# The steps in their order (domain.md §10). A case counts in each step up to the furthest that it has come to.
STAGES: tuple[tuple[str, str | Promise], ...] = (
    ("referred", _("Referred")),
    ("interviewed", _("Interviewed")),
    ("screening_1", _("Admitted, screening 1")),
    ("screening_2", _("Courses granted, screening 2")),
    ("courses", _("Began the courses")),
    ("screening_3", _("Ready, screening 3")),
    ("loan", _("Loan paid out")),
)
MONTHS = (0, 6, 12, 24)


@dataclass(frozen=True)
class PhaseTime:
    """Days of the stays in a phase that have ended; `running` still go on. None where none has ended."""

    phase: str
    ended: int
    median: int | None
    ninetieth: int | None
    running: int
    target: int | None


def phase_times(
    stays: Mapping[str, Mapping[int, int]],
    running: Mapping[str, Mapping[int, int]],
    targets: Mapping[str, int | None],
) -> list[PhaseTime]:
    """Median and 90th percentile per phase, in the order of `targets` (phase → days, or None where there is none)."""
    return [
        PhaseTime(
            phase,
            sum(stays.get(phase, {}).values()),
            percentile(stays.get(phase, {}), 50),
            percentile(stays.get(phase, {}), 90),
            sum(running.get(phase, {}).values()),
            target,
        )
        for phase, target in targets.items()
    ]


def drop_out(closings: Mapping[tuple[str, str, str], int]) -> dict[str, dict[str, tuple[int, int]]]:
    """Of cases closed without completing: phase → reason → (citizen's choice, team's decision)."""
    found: dict[str, dict[str, tuple[int, int]]] = {}
    for (phase, reason, choice), count in closings.items():
        if reason == "completed":
            continue
        own, team = found.setdefault(phase, {}).get(reason, (0, 0))
        found[phase][reason] = (own + count, team) if choice == "citizen" else (own, team + count)
    return found
