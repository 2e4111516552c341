"""The rules of the loan: pure functions on plain values, no database, `today` always an argument."""

from loans.rules.errors import RuleError
from loans.rules.schedule import Instalment, build_schedule, first_nominal_due

__all__ = ["Instalment", "RuleError", "build_schedule", "first_nominal_due"]
