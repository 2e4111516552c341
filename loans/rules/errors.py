"""What a rule answers when it says no."""

from datetime import date

from django.utils.formats import date_format

from microloan.core.errors import Refused


class RuleError(Refused):
    """A rule refuses what was asked for. `str()` is the reason for people; `code` is its stable name for programs.

    Wrong types and values that no screen can send (a float, a due day of 40) raise plain `TypeError` or `ValueError`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def day_text(day: date) -> str:
    """A date as people read it in the active language, such as 02.03.2026."""
    return date_format(day, "SHORT_DATE_FORMAT")


def month_text(month: date) -> str:
    """A month as people read it in the active language, such as "marts 2027"."""
    return date_format(month, "F Y")
