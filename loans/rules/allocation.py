"""From ledger entries to what is paid on which instalment.

The ledger is append-only; this module says what it means. Allocation is a function of the *set* of entries: they are
replayed by value date, and those of one day are added up before they are applied (in the order of `_apply_day`), so the
order in which they were typed cannot matter. A reversal takes itself and the entry it names out of the replay, so
applying an entry and reversing it is exactly the state before. A deferment opens its window before the payments of the
same day. At every moment

    paid + outstanding + handed over + written off = principal.

Source: domain.md §7.4, §7.5. Why: docs/decisions/013-replay.md.
"""

from collections import defaultdict, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from django.utils.translation import gettext as _

from loans.enums import EntryKind, Extra
from loans.rules import changes, effects
from loans.rules.changes import Arrangement, Change, NewAmount
from loans.rules.deferment import DEFAULT_MAX_DEFERMENT, Deferment, later
from loans.rules.errors import RuleError, day_text
from loans.rules.schedule import DEFAULT_DUE_DAY, DEFAULT_INSTALMENTS, Instalment, build_schedule, check_amount
from loans.rules.working import WorkingLine
from microloan.core.calendars import next_banking_day
from microloan.core.money import ONE_KRONE, ZERO, kroner

RAISES_DEBT: Final = frozenset({EntryKind.PAYOUT, EntryKind.REFUND})
EITHER_WAY: Final = frozenset({EntryKind.CORRECTION, EntryKind.REVERSAL})


@dataclass(frozen=True, slots=True)
class Entry:
    """A ledger entry as the rules see it.

    `amount`: kroner, signed as in the ledger. What raises the debt is positive (payout, refund), what lowers it is
    negative (payment, hand-over, recovery payment, write-off); a correction is either, a reversal minus its target.
    `reverses`: the id a reversal names. `extra`: what a payment does with money ahead of plan. `claims`: the instalment
    numbers a hand-over is for; empty means the oldest lines, up to its amount.
    """

    id: int
    kind: EntryKind
    value_date: date
    amount: Decimal
    reverses: int | None = None
    extra: Extra = Extra.COVER
    claims: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        # A row from the database brings plain strings; one that is no kind at all must not pass as "something else".
        object.__setattr__(self, "kind", EntryKind(self.kind))
        object.__setattr__(self, "extra", Extra(self.extra))
        check_amount(abs(self.amount))
        if self.kind not in EITHER_WAY and (self.amount > 0) != (self.kind in RAISES_DEBT):
            raise ValueError(f"the sign of {self.amount} does not fit a {self.kind}")
        if (self.kind is EntryKind.REVERSAL) != (self.reverses is not None):
            raise ValueError("a reversal names the entry it reverses, and nothing else does")


# What moved the lines: the entries of a day (none: the plan as it began) or a change of plan.
Cause = tuple[Entry, ...] | Change
Watch = Callable[[date, Cause, Sequence[WorkingLine]], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """What a loan was decided on: kroner, the payout day, and the rule set's figures (domain.md §7.2)."""

    principal: Decimal
    payout: date
    instalments: int = DEFAULT_INSTALMENTS
    due_day: int = DEFAULT_DUE_DAY
    multiple: Decimal = ONE_KRONE
    max_deferment: int = DEFAULT_MAX_DEFERMENT

    def schedule(self) -> tuple[Instalment, ...]:
        """The plan before anything has happened."""
        return build_schedule(self.principal, self.payout, self.instalments, self.due_day, self.multiple)


@dataclass(frozen=True, slots=True)
class LineState:
    """A line with what has happened to it. amount = paid + handed_over + written_off + remaining.

    `paid_on` is the value date of the money that made it fully paid, else None.
    """

    number: int
    nominal_due: date
    due: date
    amount: Decimal
    paid: Decimal
    handed_over: Decimal
    written_off: Decimal
    paid_on: date | None

    @property
    def remaining(self) -> Decimal:
        """What is still owed to us on this line, in kroner."""
        return self.amount - self.paid - self.handed_over - self.written_off

    @property
    def is_settled(self) -> bool:
        """Whether nothing more is owed to us on it."""
        return self.remaining == 0


@dataclass(frozen=True, slots=True)
class Position:
    """Where a loan stands. All amounts are kroner, 0 or above unless said otherwise.

    `paid`: money that has reduced the debt, from the citizen or through recovery, without what is overpaid; negative
    only if more was refunded than ever came in. `outstanding`: owed to us. `handed_over`: with recovery. `overpaid`: to
    be refunded. `taken_off`: the part of `paid` that shortened or lowered the plan and so lies on no line.
    `excess`: what hand-overs and write-offs were larger than the debt they were for, as when a payment with an earlier
    value date turns up; someone must write down or recall it. `idle`: changes of plan that found no unpaid line.
    """

    lines: tuple[LineState, ...]
    principal: Decimal
    paid: Decimal
    outstanding: Decimal
    handed_over: Decimal
    written_off: Decimal
    overpaid: Decimal
    taken_off: Decimal
    excess: Decimal
    idle: tuple[Change, ...] = ()

    @property
    def is_settled(self) -> bool:
        """Nothing is owed to us or to recovery. A loan written off in full is settled too."""
        return self.outstanding == 0 and self.handed_over == 0

    @property
    def unpaid(self) -> tuple[LineState, ...]:
        """The lines on which something is owed to us, oldest first."""
        return tuple(line for line in self.lines if line.remaining)


def position(
    terms: Terms,
    entries: Iterable[Entry] = (),
    plan_changes: Sequence[Change] = (),
    as_of: date | None = None,
    watch: Watch | None = None,
) -> Position:
    """Where a loan on `terms` stands after its entries and the changes of its plan: the one computation of a plan.

    With `as_of`, only entries with a value date up to and including that day count. Changes are taken as they are;
    `check_deferments` and `preview_change` say whether they may be. A deferment moves the lines that are unpaid at the
    end of the day before its window opens. `watch` is told the lines at the start and after each day and change.

    Raises `RuleError` with the code `before_payout` for an entry dated before the payout, or `ledger` for entries that
    contradict each other (see `effective`).
    """
    counting = effective(_up_to(entries, as_of))
    for entry in counting:
        if entry.value_date < terms.payout:
            raise RuleError(
                "before_payout",
                _("The entry of %(day)s is dated before the loan was paid out (%(payout)s).")
                % {"day": day_text(entry.value_date), "payout": day_text(terms.payout)},
            )
    replay = _Replay(_working(terms.schedule()), terms.multiple, watch=watch)
    replay.tell(terms.payout, ())
    return replay.run(counting, plan_changes, terms.due_day)


def allocate(
    lines: Sequence[Instalment],
    entries: Iterable[Entry],
    *,
    multiple: Decimal = ONE_KRONE,
    as_of: date | None = None,
) -> Position:
    """Where a plan with these lines, dates fixed, stands after the entries.

    For a plan that is not made by `Terms` alone, such as an imported one. Give the lines as they were *before* any
    shortening or lowering, since the replay does that again. Raises as `position` does, the payout day excepted.
    """
    return _Replay(_working(lines), multiple).run(effective(_up_to(entries, as_of)), (), DEFAULT_DUE_DAY)


def effective(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """The entries that count: without reversals and what they reverse.

    Raises `RuleError` with the code `ledger` if two entries share an id, or if a reversal names an entry that is not
    there, is itself a reversal, is reversed twice, has another amount, or is dated after the reversal.
    """
    by_id: dict[int, Entry] = {}
    for entry in entries:
        if entry.id in by_id:
            raise RuleError("ledger", _("Two ledger entries have the number %(id)s.") % {"id": entry.id})
        by_id[entry.id] = entry
    gone: set[int] = set()
    for entry in by_id.values():
        if entry.reverses is not None:
            _check_reversal(entry, by_id, gone)
            gone |= {entry.id, entry.reverses}
    return tuple(entry for entry in by_id.values() if entry.id not in gone)


def ledger_balance(entries: Iterable[Entry]) -> Decimal:
    """The sum of the ledger: what is owed to us, in kroner; negative while something is overpaid.

    Recovery payments are left out: they are paid on what the hand-over has already taken off. Equals `outstanding -
    overpaid` of the position of the same entries when nothing is in excess and recovery brought in no more than it had.
    """
    return sum((entry.amount for entry in effective(entries) if entry.kind is not EntryKind.RECOVERY_PAYMENT), ZERO)


def _check_reversal(reversal: Entry, by_id: Mapping[int, Entry], gone: set[int]) -> None:
    target = by_id.get(reversal.reverses or 0)
    if (
        target is None
        or target.kind is EntryKind.REVERSAL
        or target.id in gone
        or target.amount != -reversal.amount
        or target.value_date > reversal.value_date
    ):
        raise RuleError(
            "ledger",
            _("Ledger entry %(id)s cannot reverse %(target)s.") % {"id": reversal.id, "target": reversal.reverses},
        )


def _up_to(entries: Iterable[Entry], as_of: date | None) -> list[Entry]:
    return [entry for entry in entries if as_of is None or entry.value_date <= as_of]


def _working(lines: Sequence[Instalment]) -> list[WorkingLine]:
    return [WorkingLine(line.number, line.nominal_due, kroner(line.amount)) for line in lines]


@dataclass(slots=True)
class _Replay:
    """The state while entries and deferments are replayed."""

    lines: list[WorkingLine]
    multiple: Decimal
    overpaid: Decimal = ZERO
    deficit: Decimal = ZERO
    taken_off: Decimal = ZERO
    excess: Decimal = ZERO
    idle: list[Change] = field(default_factory=list)
    watch: Watch | None = None

    def tell(self, day: date, cause: Cause) -> None:
        if self.watch is not None:
            self.watch(day, cause, self.lines)

    def run(self, entries: Sequence[Entry], plan_changes: Sequence[Change], due_day: int) -> Position:
        principal = sum((line.amount for line in self.lines), ZERO)
        days: dict[date, list[Entry]] = defaultdict(list)
        for entry in entries:
            days[entry.value_date].append(entry)
        coming = deque(changes.in_order(plan_changes))
        for day in sorted(days):
            while coming and coming[0].opens <= day:
                self._change(coming.popleft(), due_day)
            self._apply_day(day, days[day])
            self.tell(day, tuple(days[day]))
        for change in coming:
            self._change(change, due_day)
        return self._freeze(principal)

    def _change(self, change: Change, due_day: int) -> None:
        before = [(line.number, line.nominal_due, line.amount) for line in self.lines]
        match change:
            case Deferment():
                self._defer(change, due_day)
            case Arrangement():
                self.lines = changes.arrange(self.lines, change, due_day)
            case NewAmount():
                self.lines = changes.renew(self.lines, change, due_day)
        if [(line.number, line.nominal_due, line.amount) for line in self.lines] == before:
            self.idle.append(change)
        self.tell(change.opens, change)

    def _defer(self, window: Deferment, due_day: int) -> None:
        moving = [line for line in self.lines if line.remaining and line.nominal_due >= window.from_month]
        for line in moving:
            line.nominal_due = later(line.nominal_due, window.months, due_day)

    def _apply_day(self, day: date, entries: Sequence[Entry]) -> None:
        """The entries of one day, added up by what they do: first money in, then money out, then what gives up a claim.

        A payment on the day of a hand-over therefore still counts against the debt that is handed over.
        """
        paid: dict[Extra, Decimal] = dict.fromkeys(Extra, ZERO)
        sums: dict[EntryKind, Decimal] = defaultdict(lambda: ZERO)
        for entry in entries:
            if entry.kind is EntryKind.PAYMENT:
                paid[entry.extra] -= entry.amount
            elif entry.kind is EntryKind.CORRECTION and entry.amount < 0:
                paid[Extra.COVER] -= entry.amount
            elif entry.kind is EntryKind.CORRECTION:
                sums[EntryKind.REFUND] += entry.amount
            else:
                sums[entry.kind] += abs(entry.amount)
        for extra, money in paid.items():
            self._receive(money, day, extra)
        self._receive_from_recovery(sums[EntryKind.RECOVERY_PAYMENT], day)
        self._give_back(sums[EntryKind.REFUND])
        for entry in sorted(entries, key=lambda one: (not one.claims, one.claims)):
            if entry.kind is EntryKind.HANDOVER:
                self._hand_over(entry)
        self._write_off(sums[EntryKind.WRITE_OFF])

    def _receive(self, money: Decimal, day: date, extra: Extra) -> None:
        money = self._fill_deficit(money)
        if not money:
            return
        if extra is not Extra.COVER:
            money = effects.pay_due(self.lines, money, day)
            if money and money < sum((line.remaining for line in self.lines), ZERO):
                self._take_off(money, day, extra)
                return
        money = effects.cover(self.lines, money, day)
        self.overpaid += self._pay_claims(money, day)

    def _take_off(self, money: Decimal, day: date, extra: Extra) -> None:
        if extra is Extra.SHORTEN:
            self.lines = effects.shorten(self.lines, money)
        else:
            self.lines = effects.lower(self.lines, money, day, self.multiple)
        self.taken_off += money

    def _receive_from_recovery(self, money: Decimal, day: date) -> None:
        self._receive(self._pay_claims(money, day), day, Extra.COVER)

    def _pay_claims(self, money: Decimal, day: date) -> Decimal:
        for line in self.lines:
            if not money:
                break
            money = line.pay_claim(money, day)
        return money

    def _fill_deficit(self, money: Decimal) -> Decimal:
        part = min(money, self.deficit)
        self.deficit -= part
        return money - part

    def _give_back(self, money: Decimal) -> None:
        part = min(money, self.overpaid)
        self.overpaid -= part
        money -= part
        for line in reversed(self.lines):
            if not money:
                break
            money = line.unpay(money)
        self.deficit += money

    def _hand_over(self, entry: Entry) -> None:
        claim = -entry.amount
        for line in self.lines:
            if not entry.claims or line.number in entry.claims:
                claim = line.hand_over(claim)
        self.excess += claim

    def _write_off(self, loss: Decimal) -> None:
        if not loss:
            return
        for line in self.lines:
            loss = line.write_off(loss)
        for line in self.lines:
            loss = line.write_off_claim(loss)
        self.excess += loss

    def _freeze(self, principal: Decimal) -> Position:
        lines = tuple(
            LineState(
                line.number,
                line.nominal_due,
                next_banking_day(line.nominal_due),
                line.amount,
                line.paid,
                line.handed_over,
                line.written_off,
                line.paid_on,
            )
            for line in self.lines
        )
        return Position(
            lines=lines,
            principal=principal,
            paid=sum((line.paid for line in lines), ZERO) + self.taken_off - self.deficit,
            outstanding=sum((line.remaining for line in lines), ZERO) + self.deficit,
            handed_over=sum((line.handed_over for line in lines), ZERO),
            written_off=sum((line.written_off for line in lines), ZERO),
            overpaid=self.overpaid,
            taken_off=self.taken_off,
            excess=self.excess,
            idle=tuple(self.idle),
        )
