"""The rules of the loan: pure functions on plain values, no database, `today` always an argument.

| module | answers |
|---|---|
| `schedule` | which amounts fall due on which days |
| `deferment` | which months are free, and what moves |
| `changes` | another instalment from a month on, and an arrangement for arrears |
| `allocation` | what the ledger means: paid, owed, handed over, per line and in all |
| `trace` | the same, told step by step, so that any figure can be explained |
| `effects` | what money ahead of plan does (cover, shorten, lower) |
| `preview` | a change before and after, before anyone decides it |
| `arrears` | how old a debt is, and which reminder step it has reached |
| `standing` | all of it for a loan: claims, ages, letters, what is due, what is missing before a hand-over |
| `limitation` | when a claim lapses |
| `periods` | months of living support: ends, extensions, months used |
| `reference` | the +71 payment reference |

A refusal is a `RuleError` with a reason for people and a code for programs.
"""

from loans.rules.allocation import (
    Cause,
    Entry,
    LineState,
    Position,
    Terms,
    allocate,
    effective,
    ledger_balance,
    position,
)
from loans.rules.arrears import Ladder, age_band, reminder_due
from loans.rules.changes import Arrangement, Change, NewAmount
from loans.rules.deferment import Deferment, check_deferments, check_next_deferment
from loans.rules.errors import RuleError
from loans.rules.limitation import Interruption, limitation_date, limitation_warning
from loans.rules.periods import (
    Cost,
    Period,
    SupportLimits,
    base_period,
    extension_period,
    longest_extension,
    months_left,
    months_used,
    support_cost,
    support_end,
)
from loans.rules.preview import Preview, preview_change, preview_entry
from loans.rules.reference import check_reference, payment_line, payment_reference, slip_line
from loans.rules.schedule import Instalment, build_schedule, first_nominal_due
from loans.rules.standing import (
    LETTERS,
    Attempt,
    Claim,
    Effort,
    Gate,
    History,
    Interrupted,
    Span,
    Standing,
    Taken,
    late_lines,
    late_total,
    standing,
)
from loans.rules.trace import LineFacts, Moved, Step, moves_of_entry, moves_of_line, trace

__all__ = [
    "Cost",
    "LETTERS",
    "Taken",
    "Standing",
    "Span",
    "Interrupted",
    "History",
    "Gate",
    "Effort",
    "Claim",
    "Attempt",
    "Arrangement",
    "Cause",
    "Change",
    "Deferment",
    "Entry",
    "Instalment",
    "Interruption",
    "Ladder",
    "LineFacts",
    "LineState",
    "Moved",
    "NewAmount",
    "Period",
    "Position",
    "Preview",
    "RuleError",
    "Step",
    "SupportLimits",
    "Terms",
    "age_band",
    "allocate",
    "base_period",
    "build_schedule",
    "check_deferments",
    "check_next_deferment",
    "check_reference",
    "effective",
    "extension_period",
    "first_nominal_due",
    "late_lines",
    "late_total",
    "ledger_balance",
    "limitation_date",
    "limitation_warning",
    "longest_extension",
    "months_left",
    "months_used",
    "moves_of_entry",
    "moves_of_line",
    "payment_line",
    "payment_reference",
    "position",
    "preview_change",
    "preview_entry",
    "reminder_due",
    "slip_line",
    "standing",
    "support_cost",
    "support_end",
    "trace",
]
