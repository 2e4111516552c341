"""What-if: a change before and after, side by side, before anyone decides it. Source: domain.md §7.3."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from loans.rules.allocation import Entry, Position, Terms, position
from loans.rules.deferment import Deferment, check_next_deferment
from loans.rules.errors import RuleError, month_text


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


def preview_deferment(
    terms: Terms, entries: Sequence[Entry], existing: Sequence[Deferment], deferment: Deferment
) -> Preview:
    """The loan before and after one more deferment, or why it is refused.

    `existing` are the deferments decided so far, in that order. Raises `RuleError` with the codes of
    `check_next_deferment`, or `settled`, `handed_over` (a part is with recovery), `nothing_due` (no line would move).
    """
    before = position(terms, entries, existing)
    if before.is_settled:
        raise RuleError("settled", _("The loan is settled, so there is nothing to defer."))
    if before.handed_over:
        raise RuleError("handed_over", _("The loan has been handed over to recovery, so it cannot be deferred here."))
    warning = check_next_deferment(deferment, existing, terms.payout, terms.max_deferment)
    after = position(terms, entries, [*existing, deferment])
    refuse_idle(after, deferment)
    return Preview(before, after, warning)


def preview_entry(terms: Terms, entries: Sequence[Entry], deferments: Sequence[Deferment], entry: Entry) -> Preview:
    """The loan before and after one more ledger entry, such as a payment. Raises as `position` does."""
    return Preview(position(terms, entries, deferments), position(terms, [*entries, entry], deferments))


def refuse_idle(plan: Position, *deferments: Deferment) -> None:
    """Raise `RuleError` with the code `nothing_due` if one of the deferments found no unpaid line to move."""
    for window in plan.idle:
        if window in deferments:
            raise RuleError(
                "nothing_due",
                _("The deferment from %(month)s has nothing to defer: no unpaid instalment falls due from then on.")
                % {"month": month_text(window.from_month)},
            )
