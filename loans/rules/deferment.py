"""Deferment (*henstand*): whole months in which no unpaid instalment falls due.

A deferment has a window of calendar months. Every instalment that is still unpaid when the window opens, and that is
due in its first month or later, moves by the length of the window, so the months are added to the term, never taken
from inside it. Amounts stay. What is overdue from before the window stays overdue, and what was paid ahead stays where
it is. Windows never overlap; one that begins where another ends is fine, and two of 3 months equal one of 6.

The movement does not depend on the order of the decisions: windows open in calendar order. The cap does: it is asked
about when a deferment is decided, so deferments are given in the order of decision.
Source: domain.md §7.2 (cap), §7.3; danish-rules.md §1.3 (mandatory deferment). Why: docs/decisions/011-deferment.md.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from loans.enums import DefermentKind
from loans.rules.errors import RuleError, month_text
from loans.rules.schedule import nominal_due_of
from microloan.core.months import add_months, month_start

DEFAULT_MAX_DEFERMENT: Final = 36


@dataclass(frozen=True, slots=True)
class Deferment:
    """`months` (1 or more) whole months from the month of `from_month`, which is always the first of a month."""

    from_month: date
    months: int
    kind: DefermentKind = DefermentKind.GRANTED

    def __post_init__(self) -> None:
        object.__setattr__(self, "kind", DefermentKind(self.kind))
        if self.from_month.day != 1:
            raise ValueError("a deferment begins on the first of a month")
        if isinstance(self.months, bool) or not isinstance(self.months, int) or self.months < 1:
            raise ValueError("a deferment lasts at least one whole month")

    @property
    def opens(self) -> date:
        """The day from which it counts: before the entries of that day."""
        return self.from_month

    @property
    def resumes(self) -> date:
        """The first month after the window."""
        return add_months(self.from_month, self.months)

    def overlaps(self, other: "Deferment") -> bool:
        """Whether the two windows share a month."""
        return self.from_month < other.resumes and other.from_month < self.resumes


def months_deferred(deferments: Sequence[Deferment]) -> int:
    """The months of all deferments together, whatever their kind."""
    return sum(deferment.months for deferment in deferments)


def last_allowed_due(
    first_due: date, instalments: int, due_day: int, max_deferment: int = DEFAULT_MAX_DEFERMENT
) -> date:
    """The nominal due date that no plan may pass: the last of `instalments` months from the first due date, and
    `max_deferment` months on top. For a payout on the due day this is payout + instalments + cap; see decision 011."""
    return nominal_due_of(first_due, instalments - 1 + max_deferment, due_day)


def check_deferments(
    deferments: Sequence[Deferment], payout: date, max_deferment: int = DEFAULT_MAX_DEFERMENT
) -> tuple[str, ...]:
    """Check deferments, given in the order they were decided, against each other, the payout and the cap.

    Returns warnings for people: one for each mandatory deferment that passes the cap of `max_deferment` months (0 or
    more). Raises `RuleError` with the code `before_payout` (the window opens before the month of the payout),
    `overlap`, or `cap` (a granted one would bring the months of all kinds together above the cap).
    """
    warnings = []
    for position, deferment in enumerate(deferments):
        earlier = deferments[:position]
        warning = check_next_deferment(deferment, earlier, payout, max_deferment)
        if warning:
            warnings.append(warning)
    return tuple(warnings)


def check_next_deferment(
    deferment: Deferment, existing: Sequence[Deferment], payout: date, max_deferment: int = DEFAULT_MAX_DEFERMENT
) -> str:
    """Check one more deferment beside the `existing` ones; returns a warning or "". See `check_deferments`."""
    if deferment.from_month < month_start(payout):
        raise RuleError(
            "before_payout",
            _("The deferment from %(month)s begins before the loan was paid out (%(payout)s).")
            % {"month": month_text(deferment.from_month), "payout": month_text(payout)},
        )
    for other in existing:
        if deferment.overlaps(other):
            raise RuleError(
                "overlap",
                _("The deferment from %(month)s overlaps the one from %(other)s; instalments resume in %(resumes)s.")
                % {
                    "month": month_text(deferment.from_month),
                    "other": month_text(other.from_month),
                    "resumes": month_text(other.resumes),
                },
            )
    months = months_deferred(existing) + deferment.months
    if months <= max_deferment:
        return ""
    message = ngettext(
        "Deferments would add up to %(months)s month; the rule set allows %(cap)s in all.",
        "Deferments would add up to %(months)s months; the rule set allows %(cap)s in all.",
        months,
    ) % {"months": months, "cap": max_deferment}
    if deferment.kind is DefermentKind.GRANTED:
        raise RuleError("cap", message)
    return message


def later(nominal_due: date, months: int, due_day: int) -> date:
    """The nominal due date `months` months later, on the due day or the last day of that month."""
    return add_months(nominal_due, months, day=due_day)
