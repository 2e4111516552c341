"""What-if: a change before and after, side by side, before anyone decides it. Source: domain.md §7.3."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from loans.enums import DefermentKind
from loans.rules.allocation import Entry, Position, Terms, position
from loans.rules.changes import Arrangement, Change
from loans.rules.deferment import Deferment, check_next_deferment, last_allowed_due
from loans.rules.errors import RuleError, day_text, month_text
from loans.rules.schedule import first_nominal_due
from loans.rules.standing import late_lines
from microloan.core.calendars import LAST_YEAR, CalendarError
from microloan.core.months import month_start


@dataclass(frozen=True, slots=True)
class Preview:
    """The loan before and after a change, and what people should know about it ("" if nothing)."""

    before: Position
    after: Position
    warning: str = ""

    @property
    def last_due_before(self) -> date:
        """When the last instalment falls due without the change."""
        return self.before.lines[-1].due

    @property
    def last_due_after(self) -> date:
        """When the last instalment falls due with the change."""
        return self.after.lines[-1].due


def preview_change(terms: Terms, entries: Sequence[Entry], existing: Sequence[Change], change: Change) -> Preview:
    """The loan before and after one more change of its plan, or why it is refused.

    `existing` are the changes decided so far, in that order. Raises `RuleError` with the codes `settled`, `handed_over`
    (a part is with recovery), `nothing_due` (nothing would change), `cap` (the plan would pass the last day it may
    have; a mandatory deferment only warns), those of `check_next_deferment`, and for an arrangement `not_overdue`
    (nothing is overdue) or `too_early` (it begins before it was agreed).
    """
    before = position(terms, entries, existing)
    if before.is_settled:
        raise RuleError("settled", _("The loan is settled, so there is nothing left to change."))
    if before.handed_over:
        raise RuleError(
            "handed_over", _("The loan has been handed over to recovery, so the plan cannot be changed here.")
        )
    warning = ""
    if isinstance(change, Deferment):
        deferments = [earlier for earlier in existing if isinstance(earlier, Deferment)]
        warning = check_next_deferment(change, deferments, terms.payout, terms.max_deferment)
    elif isinstance(change, Arrangement):
        _check_arrangement(before, change)
    elif change.from_month < month_start(terms.payout):
        raise RuleError("before_payout", _("The change begins before the loan was paid out."))
    try:
        after = position(terms, entries, [*existing, change])
    except CalendarError:
        raise RuleError("cap", _("The plan would run beyond the year %(year)s.") % {"year": LAST_YEAR}) from None
    refuse_idle(after, change)
    return Preview(before, after, warning or _check_last_day(terms, before, after, change))


def _check_arrangement(before: Position, change: Arrangement) -> None:
    if not late_lines(before, change.agreed_on):
        raise RuleError("not_overdue", _("Nothing is overdue, so there is nothing to make an arrangement for."))
    if change.from_month < month_start(change.agreed_on):
        raise RuleError("too_early", _("The arrangement cannot begin before the month it is agreed in."))


def _check_last_day(terms: Terms, before: Position, after: Position, change: Change) -> str:
    """No plan passes its last instalment plus the cap (domain.md §7.3); what the law gives passes with a warning.

    A plan that is past it already, by a mandatory deferment, may be changed as long as it gets no longer.
    """
    last = last_allowed_due(
        first_nominal_due(terms.payout, terms.due_day), terms.instalments, terms.due_day, terms.max_deferment
    )
    ends = max(line.nominal_due for line in after.lines)
    if ends <= max(last, *(line.nominal_due for line in before.lines)):
        return ""
    message = _("The last instalment would fall due on %(day)s; it may be %(last)s at the latest.") % {
        "day": day_text(ends),
        "last": day_text(last),
    }
    if isinstance(change, Deferment) and change.kind is DefermentKind.MANDATORY:
        return message
    raise RuleError("cap", message)


def preview_entry(terms: Terms, entries: Sequence[Entry], existing: Sequence[Change], entry: Entry) -> Preview:
    """The loan before and after one more ledger entry, such as a payment. Raises as `position` does."""
    return Preview(position(terms, entries, existing), position(terms, [*entries, entry], existing))


def refuse_idle(plan: Position, *asked: Change) -> None:
    """Raise `RuleError` with the code `nothing_due` if one of the changes found no unpaid line to change."""
    for change in plan.idle:
        if change not in asked:
            continue
        if isinstance(change, Deferment):
            raise RuleError(
                "nothing_due",
                _("The deferment from %(month)s has nothing to defer: no unpaid instalment falls due from then on.")
                % {"month": month_text(change.from_month)},
            )
        raise RuleError("nothing_due", _("The plan would stay as it is."))
