"""Overdue instalments: how old, how much, and which step of the reminder ladder a line has reached.

An instalment is overdue from the day after its due date (after moving to a banking day). Its age is in calendar days.
A pause of the reminders stops the clock of the ladder, never the age of the debt. Source: domain.md §7.6 (ladder),
§10 (ages).
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from typing import Final, Protocol

from loans.enums import LadderStep

AGES: Final = (("1-30", 30), ("31-60", 60), ("61-90", 90))
OLDEST_AGE: Final = "90+"
AGE_BANDS: Final = (*(label for label, _last in AGES), OLDEST_AGE)


class Owed(Protocol):
    """What these rules read of a line; `LineState` has it. `remaining` is kroner owed to us."""

    @property
    def number(self) -> int: ...
    @property
    def due(self) -> date: ...
    @property
    def remaining(self) -> Decimal: ...


@dataclass(frozen=True, slots=True)
class Ladder:
    """Days from the due date for each step; the first counts back from it. Defaults as in domain.md §7.6."""

    reminder: int = 7
    call: int = 5
    first_dunning: int = 10
    second_dunning: int = 30
    handover: int = 60

    def __post_init__(self) -> None:
        after = (self.call, self.first_dunning, self.second_dunning, self.handover)
        if self.reminder < 1 or after[0] < 1 or list(after) != sorted(set(after)):
            raise ValueError("the steps of the ladder must follow each other, at least one day from the due date")

    def days_after(self, step: LadderStep) -> int:
        """When a step comes, in days after the due date; negative for the friendly reminder."""
        days: int = getattr(self, step.value)
        return -days if step is LadderStep.REMINDER else days


STEPS: Final = tuple(LadderStep(field.name) for field in fields(Ladder))
AFTER_DUE: Final = STEPS[1:]
# A letter late by an accident must not be followed by the next one on the same day.
LETTER_BEFORE: Final = {
    LadderStep.SECOND_DUNNING: LadderStep.FIRST_DUNNING,
    LadderStep.HANDOVER: LadderStep.SECOND_DUNNING,
}


def age_band(days: int) -> str:
    """The age band of a line `days` (1 or more) past its due date: "1-30", "31-60", "61-90" or "90+" (91 and more)."""
    if days < 1:
        raise ValueError("a line that is not overdue has no age band")
    return next((label for label, last in AGES if days <= last), OLDEST_AGE)


def reminder_due(
    line: Owed,
    ladder: Ladder,
    today: date,
    done: Mapping[LadderStep, date] | None = None,
    paused_days: int = 0,
) -> LadderStep | None:
    """The one step that is due for a line on `today`, or None.

    `done` says when the steps taken so far were taken. `paused_days` (0 or more) is how long the reminders have been
    paused since the due date; whether they are paused *now* is for the caller. The friendly reminder belongs before
    the due date and is never made up for after it. Of the later steps the earliest not yet taken comes first, and a
    letter that was late pushes the next one, so that the citizen always has the days between them.

    Whether a step may be taken at all (an open loan, no deferment, contact attempts) is checked by the services, again
    at the moment of sending.
    """
    if line.remaining <= 0:
        return None
    taken = done or {}
    age = (today - line.due).days
    if age <= 0:
        early = -ladder.reminder <= age < 0 and LadderStep.REMINDER not in taken
        return LadderStep.REMINDER if early else None
    step = next((one for one in AFTER_DUE if one not in taken), None)
    if step is None or age - paused_days < ladder.days_after(step):
        return None
    before = LETTER_BEFORE.get(step)
    if before and (today - taken[before]).days < ladder.days_after(step) - ladder.days_after(before):
        return None
    return step
