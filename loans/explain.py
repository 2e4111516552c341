"""Why a figure of a loan is what it is: the entries, the plan, the rule and its source, as sentences (domain.md §7.3)."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loans import rules
from loans.enums import EntryKind
from loans.line_story import story_of_entry, story_of_line
from loans.models import LedgerEntry, Loan
from loans.queries import current_plan, not_paid_out, position_of, rule_set_of
from loans.statement import owed_on, position_on
from microloan.core import danish
from microloan.core.calendars import next_banking_day
from microloan.core.money import ZERO

MOST_DIGITS = 5


@dataclass(frozen=True)
class Explanation:
    """One figure explained: sentences first, then the entries behind it, then plan, rule and source."""

    title: str
    sentences: Sequence[str]
    entries: Sequence[LedgerEntry] = ()
    rows: Sequence[tuple[str, Any]] = field(default_factory=list)


def explain(loan: Loan, what: str, today: date, day: date | None = None) -> Explanation | None:
    """`balance`, `paid`, `overdue`, `line-7` or `entry-` with the key of an entry; None for what there is not.

    `day`: the balance as it was at the end of an earlier day.
    """
    position = position_of(loan)
    if position is None:
        return None
    if day is not None and what == "balance":
        return _balance_on(loan, day)
    simple: dict[str, Callable[[Loan, rules.Position, date], Explanation]] = {
        "balance": _balance,
        "paid": _paid,
        "overdue": _overdue,
    }
    if what in simple:
        return simple[what](loan, position, today)
    kind, _dash, number = what.partition("-")
    if kind == "line":
        return _line(loan, number, today)
    return _entry(loan, number) if kind == "entry" else None


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


def _standing(loan: Loan, until: date | None = None) -> list[LedgerEntry]:
    """The entries that count, to the end of a day: without those that were reversed, and what reversed them."""
    entries = [entry for entry in loan.entries.all() if until is None or entry.value_date <= until]
    gone = {entry.reverses_id for entry in entries if entry.reverses_id}
    return [entry for entry in entries if entry.reverses_id is None and entry.pk not in gone]


def _sum(entries: Sequence[LedgerEntry], *kinds: EntryKind) -> Decimal:
    return abs(sum((entry.amount for entry in entries if entry.kind in kinds), ZERO))


def _balance(loan: Loan, position: rules.Position, today: date) -> Explanation:
    owed, entries = position.outstanding - not_paid_out(loan), _standing(loan)
    title = _("Balance: %(amount)s") % {"amount": danish.kr(owed)}
    return Explanation(title, _balance_words(position, owed, entries), entries, _rows(loan))


def _balance_on(loan: Loan, day: date) -> Explanation:
    owed, entries = owed_on(loan, day), _standing(loan, day)
    words = {"day": danish.long_date(day), "amount": danish.kr(owed or ZERO)}
    title = _("Balance on %(day)s: %(amount)s") % words
    if owed is None:
        return Explanation(title, [_("The loan had not been paid out on that day.")], (), _rows(loan))
    return Explanation(title, _balance_words(position_on(loan, day), owed, entries), entries, _rows(loan))


def _balance_words(position: rules.Position, owed: Decimal, entries: Sequence[LedgerEntry]) -> list[str]:
    payouts = [entry for entry in entries if entry.kind == EntryKind.PAYOUT]
    sentences = [
        _("%(amount)s was paid out, %(days)s.")
        % {
            "amount": danish.kr(_sum(payouts, EntryKind.PAYOUT)),
            "days": ", ".join(danish.long_date(one.value_date) for one in payouts),
        }
    ]
    sentences += _less(entries)
    sentences.append(_("So %(amount)s is owed to us.") % {"amount": danish.kr(owed)})
    if position.overpaid:
        sentences.append(
            _("%(amount)s has been paid too much and goes back.") % {"amount": danish.kr(position.overpaid)}
        )
    sentences.append(_("The balance is the sum of the entries. There is no interest, and there are no fees."))
    return sentences


def _less(entries: Sequence[LedgerEntry]) -> Iterator[str]:
    texts = (
        (EntryKind.RECOVERY_PAYMENT, _("Recovery has brought in %(amount)s.")),
        (EntryKind.REFUND, _("%(amount)s has been paid back to the citizen.")),
        (EntryKind.HANDOVER, _("%(amount)s has been handed over to recovery, which is no longer owed to us.")),
        (EntryKind.WRITE_OFF, _("%(amount)s has been written off.")),
    )
    payments = [entry for entry in entries if entry.kind == EntryKind.PAYMENT]
    if payments:
        words = ngettext(
            "The citizen has paid %(amount)s in %(count)s entry.",
            "The citizen has paid %(amount)s in %(count)s entries.",
            len(payments),
        )
        yield words % {"amount": danish.kr(_sum(payments, EntryKind.PAYMENT)), "count": danish.number(len(payments))}
    for kind, text in texts:
        of_kind = [entry for entry in entries if entry.kind == kind]
        if of_kind:
            yield text % {"amount": danish.kr(_sum(of_kind, kind))}


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
    late = rules.late_lines(position, today)
    title = _("Overdue: %(amount)s") % {"amount": danish.kr(rules.late_total(position, today))}
    sentences = [
        _("Instalment %(number)s fell due on %(day)s; %(amount)s of it is not paid.")
        % {"number": line.number, "day": danish.long_date(line.due), "amount": danish.kr(line.remaining)}
        for line in late
    ] or [_("Nothing is overdue.")]
    sentences.append(_("An instalment is overdue from the day after its due date. A reminder costs nothing."))
    return Explanation(title, sentences, (), _rows(loan))


# --- One instalment, one entry -------------------------------------------------------------------------------------------


def _line(loan: Loan, number: str, today: date) -> Explanation | None:
    story = story_of_line(loan, int(number), today) if number.isdecimal() and len(number) < MOST_DIGITS else None
    if story is None:
        return None
    facts, sentences, entries = story
    title = _("Instalment %(number)s: %(amount)s on %(day)s") % {
        "number": number,
        "amount": danish.kr(facts.amount),
        "day": danish.long_date(next_banking_day(facts.nominal_due)),
    }
    return Explanation(title, sentences, [one for one in loan.entries.all() if one.pk in entries], _rows(loan))


def _entry(loan: Loan, number: str) -> Explanation | None:
    entry = next((one for one in loan.entries.all() if str(one.pk) == number), None)
    if entry is None:
        return None
    title = _("%(kind)s of %(amount)s on %(day)s") % {
        "kind": entry.get_kind_display(),
        "amount": danish.kr(abs(entry.amount)),
        "day": danish.long_date(entry.value_date),
    }
    return Explanation(title, list(story_of_entry(loan, entry)), [entry], _rows(loan))
