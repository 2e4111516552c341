"""Why a figure of a loan is what it is: the entries, the plan, the rule and its source, as sentences (domain.md §7.3)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from loans import rules
from loans.enums import EntryKind
from loans.models import LedgerEntry, Loan, PlanChange
from loans.queries import (
    changes_of,
    current_plan,
    entries_after_payout,
    not_paid_out,
    payouts_of,
    position_of,
    rule_change,
    rule_set_of,
    terms_in_force,
)
from microloan.core import danish
from microloan.core.money import ZERO


@dataclass(frozen=True)
class Explanation:
    """One figure explained: sentences first, then the entries behind it, then plan, rule and source."""

    title: str
    sentences: Sequence[str]
    entries: Sequence[LedgerEntry] = ()
    rows: Sequence[tuple[str, Any]] = field(default_factory=list)


def explain(loan: Loan, what: str, today: date) -> Explanation | None:
    """`balance`, `paid`, `overdue` or `line-7`; None for what there is not."""
    position = position_of(loan)
    if position is None:
        return None
    simple: dict[str, Callable[[Loan, rules.Position, date], Explanation]] = {
        "balance": _balance,
        "paid": _paid,
        "overdue": _overdue,
    }
    if what in simple:
        return simple[what](loan, position, today)
    number = what.removeprefix("line-")
    line = next((one for one in position.lines if str(one.number) == number), None)
    return _line(loan, position, line) if line is not None and what.startswith("line-") else None


def _rows(loan: Loan) -> list[tuple[str, Any]]:
    plan, rule_set = current_plan(loan), rule_set_of(loan)
    rows: list[tuple[str, Any]] = []
    if plan is not None:
        words = {"version": plan.version, "day": danish.short_date(plan.made_on), "cause": plan.get_cause_display()}
        rows.append((_("Plan"), _("version %(version)s of %(day)s (%(cause)s)") % words))
    rows.append((_("Rule set"), rule_set.name))
    rows.append((_("Source of the rules"), rule_set.source))
    if loan.legal_basis:
        rows.append((_("Legal basis"), loan.legal_basis.reference or loan.legal_basis.title))
    return [row for row in rows if row[1]]


def _standing(loan: Loan) -> list[LedgerEntry]:
    """The entries that count: without those that were reversed, and what reversed them."""
    entries = list(loan.entries.all())
    gone = {entry.reverses_id for entry in entries if entry.reverses_id}
    return [entry for entry in entries if entry.reverses_id is None and entry.pk not in gone]


def _sum(entries: Sequence[LedgerEntry], *kinds: EntryKind) -> Decimal:
    return abs(sum((entry.amount for entry in entries if entry.kind in kinds), ZERO))


def _balance(loan: Loan, position: rules.Position, today: date) -> Explanation:
    entries = _standing(loan)
    owed = position.outstanding - not_paid_out(loan)
    sentences = [
        _("%(amount)s was paid out, %(days)s.")
        % {
            "amount": danish.kr(_sum(entries, EntryKind.PAYOUT)),
            "days": ", ".join(danish.long_date(one.value_date) for one in payouts_of(loan)),
        }
    ]
    sentences += _less(entries)
    sentences.append(_("So %(amount)s is owed to us.") % {"amount": danish.kr(owed)})
    if position.overpaid:
        sentences.append(
            _("%(amount)s has been paid too much and goes back.") % {"amount": danish.kr(position.overpaid)}
        )
    sentences.append(_("The balance is the sum of the entries. There is no interest, and there are no fees."))
    return Explanation(_("Balance: %(amount)s") % {"amount": danish.kr(owed)}, sentences, entries, _rows(loan))


def _less(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    texts = (
        (EntryKind.PAYMENT, _("The citizen has paid %(amount)s in %(count)s entries.")),
        (EntryKind.RECOVERY_PAYMENT, _("Recovery has brought in %(amount)s.")),
        (EntryKind.REFUND, _("%(amount)s has been paid back to the citizen.")),
        (EntryKind.HANDOVER, _("%(amount)s has been handed over to recovery, which is no longer owed to us.")),
        (EntryKind.WRITE_OFF, _("%(amount)s has been written off.")),
    )
    for kind, text in texts:
        of_kind = [entry for entry in entries if entry.kind == kind]
        if of_kind:
            yield text % {"amount": danish.kr(_sum(of_kind, kind)), "count": len(of_kind)}


def _paid(loan: Loan, position: rules.Position, today: date) -> Explanation:
    entries = [one for one in _standing(loan) if one.kind not in (EntryKind.PAYOUT, EntryKind.HANDOVER)]
    sentences = [*_less(entries)] or [_("Nothing has been paid yet.")]
    sentences.append(_("Money goes to the oldest instalment first, by the day it came."))
    if position.taken_off:
        sentences.append(
            _("%(amount)s of it has shortened or lowered the plan, as the citizen asked.")
            % {"amount": danish.kr(position.taken_off)}
        )
    return Explanation(_("Paid: %(amount)s") % {"amount": danish.kr(position.paid)}, sentences, entries, _rows(loan))


def _overdue(loan: Loan, position: rules.Position, today: date) -> Explanation:
    late = [line for line in position.unpaid if line.due < today]
    total = sum((line.remaining for line in late), ZERO)
    sentences = [
        _("Instalment %(number)s fell due on %(day)s; %(amount)s of it is not paid.")
        % {"number": line.number, "day": danish.long_date(line.due), "amount": danish.kr(line.remaining)}
        for line in late
    ] or [_("Nothing is overdue.")]
    sentences.append(_("An instalment is overdue from the day after its due date. A reminder costs nothing."))
    return Explanation(_("Overdue: %(amount)s") % {"amount": danish.kr(total)}, sentences, (), _rows(loan))


# --- One instalment ------------------------------------------------------------------------------------------------------


def _line(loan: Loan, position: rules.Position, line: rules.LineState) -> Explanation:
    paying = list(_paying(loan, line.number))
    sentences = [*_amount_words(loan, position, line), *_date_words(loan, line), *_state_words(line, paying)]
    title = _("Instalment %(number)s: %(amount)s on %(day)s") % {
        "number": line.number,
        "amount": danish.kr(line.amount),
        "day": danish.long_date(line.due),
    }
    return Explanation(title, sentences, [entry for entry, _part in paying], _rows(loan))


def _amount_words(loan: Loan, position: rules.Position, line: rules.LineState) -> Iterator[str]:
    planned = {one.number: one.amount for one in terms_in_force(loan).schedule()}
    terms = terms_in_force(loan)
    words = {"principal": danish.kr(terms.principal), "count": terms.instalments, "amount": danish.kr(line.amount)}
    if planned.get(line.number) != line.amount:
        yield _("The amount has been changed since the loan was granted:")
        yield from (f"{change.in_words}." for change in _in_force(loan))
        if position.taken_off:
            yield _("Extra payments have shortened or lowered the plan.")
    elif line.number == max(planned):
        yield _("The last instalment is what remains when the others are paid: %(amount)s.") % words
    else:
        yield _("%(principal)s in %(count)s monthly instalments, rounded up to whole kroner, is %(amount)s.") % words


def _in_force(loan: Loan) -> list[PlanChange]:
    return sorted((one for one in loan.plan_changes.all() if one.is_in_force), key=lambda one: one.pk)


def _date_words(loan: Loan, line: rules.LineState) -> Iterator[str]:
    terms = terms_in_force(loan)
    planned = {one.number: one.nominal_due for one in terms.schedule()}
    yield _(
        "Instalments fall due on day %(day)s of the month, from the first such day a month after the payout of %(payout)s."
    ) % {"day": terms.due_day, "payout": danish.long_date(terms.payout)}
    before = planned.get(line.number)
    if before is not None and before != line.nominal_due:
        for change in _in_force(loan):
            if isinstance(rule_change(change), rules.Deferment):
                yield _("%(change)s has moved it from %(before)s.") % {
                    "change": change.in_words,
                    "before": danish.long_date(before),
                }
    if line.due != line.nominal_due:
        yield _("%(nominal)s is no banking day, so it falls due on the next one, %(due)s.") % {
            "nominal": danish.long_date(line.nominal_due),
            "due": danish.long_date(line.due),
        }


def _state_words(line: rules.LineState, paying: Sequence[tuple[LedgerEntry, Decimal]]) -> Iterator[str]:
    for entry, part in paying:
        yield _("%(part)s of the payment of %(day)s went to it.") % {
            "part": danish.kr(part),
            "day": danish.long_date(entry.value_date),
        }
    if line.handed_over:
        yield _("%(amount)s of it is with recovery.") % {"amount": danish.kr(line.handed_over)}
    if line.written_off:
        yield _("%(amount)s of it has been written off.") % {"amount": danish.kr(line.written_off)}
    yield (
        _("%(amount)s of it is still to be paid.") % {"amount": danish.kr(line.remaining)}
        if line.remaining
        else _("Nothing more is owed to us on it.")
    )


def _paying(loan: Loan, number: int) -> Iterator[tuple[LedgerEntry, Decimal]]:
    """The entries that put money on an instalment, with how much: what it was after the entry less what it was before.

    Entries are taken in the order of the replay; a day on which nothing happened to the line costs one position.
    """
    entries = sorted(_standing(loan), key=lambda one: (one.value_date, one.pk))
    money = [one for one in entries if one.kind in (EntryKind.PAYMENT, EntryKind.RECOVERY_PAYMENT)]
    terms, made = terms_in_force(loan), changes_of(loan)
    known = {one.id: one for one in entries_after_payout(loan)}
    others = [one for one in known.values() if one.kind not in (EntryKind.PAYMENT, EntryKind.RECOVERY_PAYMENT)]
    standing = {entry.pk for entry in entries}
    others = [one for one in others if one.id in standing]

    def paid_after(count: int) -> Decimal:
        taken = [known[one.pk] for one in money[:count]]
        lines = rules.position(terms, [*others, *taken], made).lines
        return next((line.paid for line in lines if line.number == number), ZERO)

    for first, last in _steps(paid_after, 0, len(money)):
        yield money[last - 1], paid_after(last) - paid_after(first)


def _steps(paid: Callable[[int], Decimal], low: int, high: int) -> Iterator[tuple[int, int]]:
    """Where a growing figure steps up: halved as long as both ends differ, so that few positions are worked out."""
    if low >= high or paid(low) == paid(high):
        return
    if high - low == 1:
        yield low, high
        return
    middle = (low + high) // 2
    yield from _steps(paid, low, middle)
    yield from _steps(paid, middle, high)
