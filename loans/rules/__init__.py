"""The rules of the loan: pure functions on plain values, no database, `today` always an argument.

| module | answers |
|---|---|
| `schedule` | which amounts fall due on which days |
| `deferment` | which months are free, and what moves |
| `allocation` | what the ledger means: paid, owed, handed over, per line and in all |
| `effects` | what money ahead of plan does (cover, shorten, lower) |
| `arrears` | how old a debt is, and which reminder step it has reached |
| `limitation` | when a claim lapses |
| `periods` | months of living support: ends, extensions, months used |
| `reference` | the +71 payment reference |

A refusal is a `RuleError` with a reason for people and a code for programs.
"""

from loans.rules.allocation import Entry, LineState, Position, Terms, allocate, effective, ledger_balance, position
from loans.rules.deferment import Deferment, check_deferments, check_next_deferment, defer
from loans.rules.errors import RuleError
from loans.rules.schedule import Instalment, build_schedule, first_nominal_due

__all__ = [
    "Deferment",
    "Entry",
    "Instalment",
    "LineState",
    "Position",
    "RuleError",
    "Terms",
    "allocate",
    "build_schedule",
    "check_deferments",
    "check_next_deferment",
    "defer",
    "effective",
    "first_nominal_due",
    "ledger_balance",
    "position",
]
