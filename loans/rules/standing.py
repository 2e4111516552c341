"""Where a loan stands with what it owes late: the one function that screen, job, lists and dossier ask (domain.md §7.6).

What falls due on one day is one claim. Each claim has an age, the letters it has had, the step that is due today, and
what is still missing before it may be handed over. Nothing here knows of rows or of sending; `today` is an argument.
Why it works this way: docs/decisions/166-arrears.md.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Final

from loans.enums import LadderStep, Obstacle
from loans.rules.allocation import LineState, Position
from loans.rules.arrears import AFTER_DUE, AGE_BANDS, LETTER_BEFORE, Ladder, Owed, age_band, reminder_due
from loans.rules.deferment import Deferment
from loans.rules.limitation import ORDINARY_YEARS, WARNING_MONTHS, Interruption, limitation_date, limitation_warning
from microloan.core.calendars import next_banking_day
from microloan.core.money import ZERO

LETTERS: Final = (LadderStep.FIRST_DUNNING, LadderStep.SECOND_DUNNING)
ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Span:
    """Days from `first` to `last`, both counted."""

    first: date
    last: date

    def holds(self, day: date) -> bool:
        """Whether a day lies in it."""
        return self.first <= day <= self.last


@dataclass(frozen=True, slots=True)
class Attempt:
    """A logged attempt to reach the citizen; `reached` where they were talked with."""

    on: date
    channel: str
    reached: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """A letter of the ladder that was made for the claim due on `due`. `on`: the day it was sent; None if it was not."""

    due: date
    step: LadderStep
    on: date | None


@dataclass(frozen=True, slots=True)
class Interrupted:
    """What starts a new period of limitation; `due` names the claim, None all of them."""

    event: Interruption
    due: date | None = None


@dataclass(frozen=True, slots=True)
class History:
    """What has happened around a late loan."""

    taken: Sequence[Taken] = ()
    attempts: Sequence[Attempt] = ()
    pauses: Sequence[Span] = ()
    interruptions: Sequence[Interrupted] = ()


@dataclass(frozen=True, slots=True)
class Gate:
    """What a hand-over demands (domain.md §7.6); `minimum` is kroner. Defaults as in the rule set."""

    attempts: int = 3
    channels: int = 2
    notice_days: int = 14
    minimum: Decimal = Decimal("100")
    limitation_years: int = ORDINARY_YEARS
    warning_months: int = WARNING_MONTHS


@dataclass(frozen=True, slots=True)
class Claim:
    """What fell due on one day and is not paid.

    `sent`: when each letter was sent. `due_step`: the step that is due today, `next_step` and `next_on` the one that
    comes next and when, as things stand today. `obstacles` is empty when the claim may be handed over.
    """

    due: date
    numbers: tuple[int, ...]
    remaining: Decimal
    days: int
    sent: Mapping[LadderStep, date]
    waiting: tuple[LadderStep, ...]
    due_step: LadderStep | None
    next_step: LadderStep | None
    next_on: date | None
    obstacles: tuple[Obstacle, ...]
    limitation_on: date
    warns: bool

    @property
    def age_band(self) -> str:
        """The age band it counts in."""
        return age_band(self.days)

    @property
    def is_ready(self) -> bool:
        """Whether it may be handed over."""
        return not self.obstacles

    @property
    def needs_notice(self) -> bool:
        """Whether the notice is all that is missing."""
        return self.obstacles == (Obstacle.NOTICE,) and not self.waiting


@dataclass(frozen=True, slots=True)
class Effort:
    """What has been done to reach the citizen since a day."""

    attempts: int
    days: int
    channels: int
    reached_on: date | None


@dataclass(frozen=True, slots=True)
class Standing:
    """All that is late on a loan, oldest first. `stopped`: no letter goes out today, for this reason."""

    claims: tuple[Claim, ...]
    total: Decimal
    by_age: Mapping[str, Decimal]
    stopped: Obstacle | None
    stopped_until: date | None
    effort: Effort

    def __bool__(self) -> bool:
        return bool(self.claims)

    @property
    def days(self) -> int:
        """The age of the oldest claim, 0 if there is none."""
        return max((claim.days for claim in self.claims), default=0)

    @property
    def ready(self) -> tuple[Claim, ...]:
        """The claims that may be handed over."""
        return tuple(claim for claim in self.claims if claim.is_ready)

    def due_for(self, step: LadderStep) -> tuple[Claim, ...]:
        """The claims for which a step is due today."""
        return tuple(claim for claim in self.claims if claim.due_step is step)


@dataclass(frozen=True, slots=True)
class _Line:
    """A claim as `reminder_due` sees it."""

    number: int
    due: date
    remaining: Decimal


@dataclass(slots=True)
class _Case:
    """What all claims of a loan share."""

    ladder: Ladder
    gate: Gate
    history: History
    today: date
    deferments: Sequence[Span]
    stopped: Obstacle | None = None
    stopped_until: date | None = None
    quiet: list[Span] = field(default_factory=list)


def standing(
    position: Position,
    today: date,
    history: History | None = None,
    *,
    ladder: Ladder | None = None,
    gate: Gate | None = None,
    deferments: Iterable[Deferment] = (),
) -> Standing:
    """What is late on `today`, how old, what is to be done, and what may be handed over.

    Days on which the reminders were paused or the loan deferred are no days of the ladder; the debt ages all the same.
    While anything is with recovery no letters go out and nothing is stepped on, but the claims and their ages stand.
    """
    history = history or History()
    windows = [Span(one.from_month, one.resumes - ONE_DAY) for one in deferments]
    case = _Case(ladder or Ladder(), gate or Gate(), history, today, windows, quiet=[*history.pauses, *windows])
    case.stopped, case.stopped_until = _stop(case)
    claims: list[Claim] = []
    for due, lines in _by_due(late_lines(position, today)):
        claim = _claim(case, due, lines, after_recovery=position.handed_over > 0)
        if claim.is_ready and any(not older.is_ready for older in claims):
            claim = _with_obstacle(claim, Obstacle.OLDER_FIRST)
        claims.append(claim)
    by_age = dict.fromkeys(AGE_BANDS, ZERO)
    for claim in claims:
        by_age[claim.age_band] += claim.remaining
    since, first_letter = today, None
    if claims:
        since, first_letter = claims[0].due, claims[0].sent.get(LadderStep.FIRST_DUNNING)
    return Standing(
        tuple(claims),
        sum((claim.remaining for claim in claims), ZERO),
        by_age,
        case.stopped,
        case.stopped_until,
        _effort(history.attempts, since, today, first_letter),
    )


def late_lines(position: Position, today: date) -> list[LineState]:
    """What is overdue, oldest first: a line is late from the day after its banking day, as long as something is left of it.

    Every figure of what is late, on a page, in a letter or in a list, is a sum of these.
    """
    late = [line for line in position.lines if line.remaining > 0 and line.due < today]
    return sorted(late, key=lambda line: (line.due, line.number))


def late_total(position: Position, today: date) -> Decimal:
    """Kroner that are overdue."""
    return sum((line.remaining for line in late_lines(position, today)), ZERO)


def _by_due(lines: Iterable[LineState]) -> Iterator[tuple[date, list[LineState]]]:
    for due, group in groupby(lines, key=lambda line: line.due):
        yield due, list(group)


def _stop(case: _Case) -> tuple[Obstacle | None, date | None]:
    for spans, why in ((case.deferments, Obstacle.DEFERRED), (case.history.pauses, Obstacle.PAUSED)):
        until = max((span.last for span in spans if span.holds(case.today)), default=None)
        if until is not None:
            return why, until
    return None, None


def quiet_days(due: date, today: date, spans: Iterable[Span]) -> int:
    """How many of the days after `due`, up to and including `today`, lie in one of the spans."""
    days, counted_to = 0, due
    for span in sorted(spans, key=lambda one: (one.first, one.last)):
        first, last = max(span.first, counted_to + ONE_DAY), min(span.last, today)
        if first <= last:
            days += (last - first).days + 1
            counted_to = last
    return days


def _claim(case: _Case, due: date, lines: Sequence[LineState], *, after_recovery: bool) -> Claim:
    remaining = sum((line.remaining for line in lines), ZERO)
    taken = [one for one in case.history.taken if one.due == due]
    sent = {one.step: one.on for one in taken if one.on is not None and one.on <= case.today}
    waiting = tuple(one.step for one in taken if one.step not in sent)
    paused = quiet_days(due, case.today, case.quiet)
    # The call is a task beside the letters; it holds none of them up (docs/decisions/166-arrears.md).
    done: dict[LadderStep, date] = {LadderStep.CALL: due, **{step: sent[step] for step in LETTERS if step in sent}}
    goes_on = not waiting and case.stopped is None and not after_recovery
    line = _Line(lines[0].number, due, remaining)
    due_step = reminder_due(line, case.ladder, case.today, done, paused) if goes_on else None
    next_step, next_on = _next(case, line, done, paused) if not after_recovery else (None, None)
    limitation_on = _limitation(case, due)
    return Claim(
        due,
        tuple(one.number for one in lines),
        remaining,
        (case.today - due).days,
        sent,
        waiting,
        due_step,
        next_step,
        next_on,
        tuple(_obstacles(case, line, sent, paused)),
        limitation_on,
        case.today >= limitation_warning(limitation_on, case.gate.warning_months),
    )


def _next(
    case: _Case, line: Owed, done: Mapping[LadderStep, date], paused: int
) -> tuple[LadderStep | None, date | None]:
    step = next((one for one in AFTER_DUE if one not in done), None)
    if step is None:
        return None, None
    left = (case.stopped_until - case.today).days if case.stopped_until else 0
    day = line.due + timedelta(days=case.ladder.days_after(step) + paused + left)
    before = LETTER_BEFORE.get(step)
    if before is not None and before in done:
        distance = case.ladder.days_after(step) - case.ladder.days_after(before)
        day = max(day, done[before] + timedelta(days=distance))
    return step, max(day, case.today)


def _obstacles(case: _Case, line: Owed, sent: Mapping[LadderStep, date], paused: int) -> Iterator[Obstacle]:
    """What stands in the way of a hand-over, in the order a person would put it right."""
    ladder, gate, today = case.ladder, case.gate, case.today
    if line.remaining < gate.minimum:
        yield Obstacle.TOO_SMALL
    if case.stopped is not None:
        yield case.stopped
    letters = [sent.get(step) for step in LETTERS]
    second = letters[-1]
    distance = timedelta(days=ladder.handover - ladder.second_dunning)
    if (today - line.due).days - paused < ladder.handover or (second is not None and today < second + distance):
        yield Obstacle.TOO_YOUNG
    first = letters[0]
    if first is None or second is None:
        yield Obstacle.LETTERS
    if not _has_tried(gate, _effort(case.history.attempts, line.due, today, first)):
        yield Obstacle.CONTACT
    notice = sent.get(LadderStep.NOTICE)
    if notice is None:
        yield Obstacle.NOTICE
    elif today <= next_banking_day(notice + timedelta(days=gate.notice_days)):
        yield Obstacle.NOTICE_RUNS


def _has_tried(gate: Gate, effort: Effort) -> bool:
    """The citizen was reached since the claim fell due, or often enough tried after the first letter (domain.md §7.6)."""
    return effort.reached_on is not None or (effort.days >= gate.attempts and effort.channels >= gate.channels)


def _effort(attempts: Iterable[Attempt], due: date, today: date, first_letter: date | None) -> Effort:
    known = [one for one in attempts if due <= one.on <= today]
    counting = [one for one in known if first_letter is not None and one.on > first_letter]
    return Effort(
        attempts=len(known),
        days=len({one.on for one in counting}),
        channels=len({one.channel for one in counting}),
        reached_on=max((one.on for one in known if one.reached), default=None),
    )


def _limitation(case: _Case, due: date) -> date:
    events = [one.event for one in case.history.interruptions if one.due in (None, due)]
    return limitation_date(due, case.gate.limitation_years, events)


def _with_obstacle(claim: Claim, obstacle: Obstacle) -> Claim:
    return replace(claim, obstacles=(*claim.obstacles, obstacle))
