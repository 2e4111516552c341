"""The story of one instalment, or of one entry, in sentences: what `rules.trace` tells, put into words (domain.md §7.3)."""

from collections.abc import Iterator
from datetime import date

from django.utils.translation import gettext as _

from loans import rules
from loans.enums import EntryKind, Extra
from loans.models import LedgerEntry, Loan
from loans.queries import changes_of, entries_after_payout, terms_in_force
from loans.rules import LineFacts, Moved
from microloan.core import danish
from microloan.core.calendars import next_banking_day
from microloan.core.money import ONE_KRONE


def steps_of(loan: Loan) -> tuple[rules.Step, ...]:
    """The replay of a loan that has been paid out, step by step."""
    return rules.trace(terms_in_force(loan), entries_after_payout(loan), changes_of(loan))


def story_of_line(loan: Loan, number: int, today: date) -> tuple[LineFacts, list[str], set[int]] | None:
    """What a line is now, its story, and the entries in it; None where the plan has no such line."""
    moves = rules.moves_of_line(steps_of(loan), number)
    facts = moves[-1].after if moves else None
    if facts is None:
        return None
    sentences = [text for move in moves for text in _sentences(loan, move)] + list(_now(facts, today))
    entries = {
        entry.id
        for move in moves
        if isinstance(move.step.cause, tuple)
        for entry in move.step.cause
        if entry.kind is not EntryKind.PAYOUT
    }
    return facts, sentences, entries


def story_of_entry(loan: Loan, entry: LedgerEntry) -> Iterator[str]:
    """Where the money of an entry went, together with what else was booked on its day."""
    if entry.kind == EntryKind.PAYOUT:
        yield _("The payout begins the plan: the first instalment falls due at least a month later.")
        return
    if entry.reverses_id or any(one.reverses_id == entry.pk for one in loan.entries.all()):
        yield _("The entry and its reversal cancel out: the plan stands as if neither had been.")
        return
    moves = rules.moves_of_entry(steps_of(loan), entry.pk)
    for move in moves:
        for text in _sentences(loan, move):
            yield _("No. %(number)s: %(text)s") % {"number": move.number, "text": text}
    if not moves:
        yield _("It moved no instalment.")
    elif entry.kind == EntryKind.PAYMENT:
        yield _("Money goes to the oldest instalment first.")


def _sentences(loan: Loan, move: Moved) -> Iterator[str]:
    if move.before is None and move.step.cause == ():
        yield from _beginning(loan, move.number, move.after)
        return
    cause = _cause_words(move.step)
    before, after = move.before, move.after
    if after is None:
        yield _("%(cause)s: the instalment falls away.") % {"cause": cause}
        return
    if before is None:
        words = {"cause": cause, "amount": danish.kr(after.amount), "day": danish.long_date(after.nominal_due)}
        yield _("%(cause)s: the instalment is new, %(amount)s on %(day)s.") % words
        return
    if before.nominal_due != after.nominal_due:
        words = {
            "cause": cause,
            "before": danish.long_date(before.nominal_due),
            "after": danish.long_date(after.nominal_due),
        }
        yield _("%(cause)s: it is moved from %(before)s to %(after)s.") % words
    if before.amount != after.amount:
        words = {"cause": cause, "before": danish.kr(before.amount), "after": danish.kr(after.amount)}
        yield _("%(cause)s: its amount goes from %(before)s to %(after)s.") % words
    yield from _money_moved(move, before, after, cause)


def _money_moved(move: Moved, before: LineFacts, after: LineFacts, cause: str) -> Iterator[str]:
    words = {"cause": cause, "amount": danish.kr(abs(move.paid))}
    if move.paid > 0:
        yield _("%(cause)s: %(amount)s of it goes to this instalment.") % words
    if move.paid < 0:
        yield _("%(cause)s: %(amount)s is taken off this instalment again.") % words
    for name in ("handed_over", "written_off"):
        given_up = getattr(after, name) - getattr(before, name)
        if given_up > 0:
            yield _("%(cause)s: %(amount)s of it is this instalment.") % {"cause": cause, "amount": danish.kr(given_up)}


def _beginning(loan: Loan, number: int, facts: LineFacts | None) -> Iterator[str]:
    """The line as the schedule made it (domain.md §7.3)."""
    if facts is None:
        return
    terms = terms_in_force(loan)
    lines = terms.schedule()
    words = {
        "principal": danish.kr(terms.principal),
        "count": terms.instalments,
        "amount": danish.kr(lines[0].amount),
        "multiple": danish.kr(terms.multiple),
    }
    if terms.multiple == ONE_KRONE:
        yield _("%(principal)s in %(count)s instalments, rounded up to whole kroner, is %(amount)s a month.") % words
    else:
        yield _("%(principal)s in %(count)s instalments, rounded up to %(multiple)s, is %(amount)s a month.") % words
    if number == lines[-1].number and facts.amount != lines[0].amount:
        yield _("The last instalment is what remains: %(rest)s.") % {"rest": danish.kr(facts.amount)}
    words = {
        "payout": danish.long_date(terms.payout),
        "first": danish.long_date(lines[0].nominal_due),
        "due_day": terms.due_day,
    }
    yield (
        _(
            "The loan was paid out on %(payout)s. The first instalment falls due on the first day %(due_day)s. of a month "
            "that is at least a month later: %(first)s."
        )
        % words
    )
    if number > 1:
        words = {"number": number, "later": danish.months(number - 1), "day": danish.long_date(facts.nominal_due)}
        yield _("No. %(number)s falls due %(later)s after the first: %(day)s.") % words


def _now(facts: LineFacts, today: date) -> Iterator[str]:
    due = next_banking_day(facts.nominal_due)
    if due != facts.nominal_due:
        words = {"day": danish.long_date(facts.nominal_due), "due": danish.long_date(due)}
        yield _("The banks are closed on %(day)s, so it falls due on the next banking day: %(due)s.") % words
    left = facts.amount - facts.paid - facts.handed_over - facts.written_off
    if not left:
        yield _("Nothing is owed on it any more.")
    elif due < today:
        words = {"left": danish.kr(left), "days": danish.days((today - due).days)}
        yield _("%(left)s is missing, and it has been overdue for %(days)s.") % words
    elif facts.paid:
        yield _("%(left)s is missing.") % {"left": danish.kr(left)}
    else:
        yield _("Nothing has been paid on it yet.")


def _cause_words(step: rules.Step) -> str:
    cause = step.cause
    match cause:
        case rules.Deferment():
            words = {"months": danish.months(cause.months), "month": danish.month_name(cause.from_month)}
            return _("Deferment for %(months)s from %(month)s") % words
        case rules.NewAmount():
            words = {"amount": danish.kr(cause.amount), "month": danish.month_name(cause.from_month)}
            return _("New instalment of %(amount)s from %(month)s") % words
        case rules.Arrangement():
            words = {"total": danish.kr(cause.total), "amount": danish.kr(cause.amount)}
            return _("Arrangement for %(total)s that was overdue, %(amount)s a month") % words
    entries = ", ".join(_entry_words(entry) for entry in cause)
    return _("%(entries)s on %(day)s") % {"entries": entries, "day": danish.long_date(step.day)}


def _entry_words(entry: rules.Entry) -> str:
    words = f"{entry.kind.label} {danish.kr(abs(entry.amount))}"
    if entry.extra is not Extra.COVER:
        words += f" ({entry.extra.label})"
    return words
