"""How the lines of a plan came to be what they are: the replay of `allocation`, told step by step.

Nothing is computed a second way: the steps are what the one replay did (domain.md §7.3, "Explain").
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from loans.rules.allocation import Cause, Entry, Terms, position
from loans.rules.changes import Change
from loans.rules.working import WorkingLine
from microloan.core.money import ZERO


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line at one moment. Kroner; `nominal_due` is the day before moving to a banking day."""

    nominal_due: date
    amount: Decimal
    paid: Decimal = ZERO
    handed_over: Decimal = ZERO
    written_off: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Step:
    """What a day's entries, or a change of plan, made of the lines, by their number."""

    day: date
    cause: Cause
    lines: Mapping[int, LineFacts]


@dataclass(frozen=True, slots=True)
class Moved:
    """One line before and after a step; None where it was not there."""

    step: Step
    number: int
    before: LineFacts | None
    after: LineFacts | None

    @property
    def paid(self) -> Decimal:
        """How much more is paid on it, in kroner; below 0 where money was given back."""
        return (self.after.paid if self.after else ZERO) - (self.before.paid if self.before else ZERO)


def trace(terms: Terms, entries: Iterable[Entry] = (), plan_changes: Sequence[Change] = ()) -> tuple[Step, ...]:
    """The steps of the replay, the plan as it began first. Raises as `position` does."""
    steps: list[Step] = []

    def watch(day: date, cause: Cause, lines: Sequence[WorkingLine]) -> None:
        facts = {
            line.number: LineFacts(line.nominal_due, line.amount, line.paid, line.handed_over, line.written_off)
            for line in lines
        }
        steps.append(Step(day, cause, facts))

    position(terms, entries, plan_changes, watch=watch)
    return tuple(steps)


def moves_of_line(steps: Sequence[Step], number: int) -> list[Moved]:
    """What happened to one line, its beginning first; the steps that left it alone are left out."""
    moves: list[Moved] = []
    before: LineFacts | None = None
    for step in steps:
        after = step.lines.get(number)
        if after != before:
            moves.append(Moved(step, number, before, after))
        before = after
    return moves


def moves_of_entry(steps: Sequence[Step], entry_id: int) -> list[Moved]:
    """What the entries of the day of one entry did to the lines, in the order of the lines' numbers."""
    for before, step in zip(steps, steps[1:], strict=False):
        if isinstance(step.cause, tuple) and any(entry.id == entry_id for entry in step.cause):
            numbers = sorted({*before.lines, *step.lines})
            moves = [Moved(step, number, before.lines.get(number), step.lines.get(number)) for number in numbers]
            return [move for move in moves if move.before != move.after]
    return []
