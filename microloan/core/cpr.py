"""The Danish personal identification number (danish-rules.md §4 and §7).

`Cpr` never shows itself: its `str`, `repr` and format are masked, and only `.digits` or `.formatted` reveal it, which
the caller logs. Modulus 11 is not demanded: valid numbers without it are issued since 2007.
"""

import hashlib
import hmac
import re
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from microloan.core.danish import Unreadable

MASK = "••••"
FICTITIOUS_DAYS = 60  # day + 60, as STIL suggests for invented people (danish-rules.md §7)

_SEPARATORS = re.compile(r"[\s\u00a0\u202f.\u2010-\u2015-]+")
# Digit 7 and the two-digit year give the century (cpr.dk). Per digit: (last year of the first century, that, else).
_CENTURIES = {
    **dict.fromkeys("0123", (99, 1900, 1900)),
    "4": (36, 2000, 1900),
    **dict.fromkeys("5678", (57, 2000, 1800)),
    "9": (36, 2000, 1900),
}


class Cpr:
    """A CPR number that cannot be shown by accident."""

    __slots__ = ("_digits",)

    def __init__(self, number: "str | Cpr") -> None:
        self._digits = number.digits if isinstance(number, Cpr) else normalise(number)

    @property
    def digits(self) -> str:
        """The ten digits. Whoever shows them logs it."""
        return self._digits

    @property
    def formatted(self) -> str:
        """`010190-1234`. Whoever shows it logs it."""
        return f"{self._digits[:6]}-{self._digits[6:]}"

    @property
    def masked(self) -> str:
        """`010190-••••`."""
        return mask(self._digits)

    @property
    def birth_date(self) -> date:
        return birth_date(self._digits)

    @property
    def is_fictitious(self) -> bool:
        return is_fictitious(self._digits)

    def __str__(self) -> str:
        return self.masked

    def __format__(self, spec: str) -> str:
        return format(self.masked, spec)

    def __repr__(self) -> str:
        return f"<Cpr {self.masked}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Cpr) and hmac.compare_digest(self._digits, other._digits)

    def __hash__(self) -> int:
        return hash(self._digits)

    def __deepcopy__(self, memo: dict[int, Any]) -> "Cpr":
        return self

    def __reduce__(self) -> tuple:
        raise TypeError("A CPR number is not written to caches, queues or files")


def normalise(text: str) -> str:
    """`010190-1234`, `010190 1234` → ten digits. The message of a refusal never repeats the number."""
    digits = _SEPARATORS.sub("", str(text))
    if not re.fullmatch(r"[0-9]{10}", digits):
        raise Unreadable(_("Write the CPR number with ten digits, such as ddmmyy-1234."))
    return digits


def validate(text: str, *, today: date, fictitious: bool | None = None) -> str:
    """The ten digits of a possible number, else `Unreadable`.

    `fictitious` (default: the setting ALLOW_FICTITIOUS_CPR) accepts invented numbers (day + 60) and refuses all
    others, so that a demo never holds a real person and production never an invented one.
    """
    digits = normalise(text)
    fictitious = settings.ALLOW_FICTITIOUS_CPR if fictitious is None else fictitious
    if is_fictitious(digits) and not fictitious:
        raise Unreadable(_("This is an invented CPR number. Write the citizen's own."))
    if fictitious and not is_fictitious(digits):
        raise Unreadable(_("Only invented CPR numbers are taken here: add 60 to the day, such as 72 for the 12th."))
    try:
        born = birth_date(digits)
    except ValueError as error:
        raise Unreadable(_("The first six digits are not a date. Check the CPR number.")) from error
    if born > today:
        raise Unreadable(_("The CPR number gives a date of birth in the future. Check the number.")) from None
    return digits


def is_fictitious(digits: str) -> bool:
    return 61 <= int(digits[:2]) <= 91


def birth_date(digits: str) -> date:
    """The date of birth in the number; raises ValueError when there is no such date."""
    day, month, year = int(digits[:2]), int(digits[2:4]), int(digits[4:6])
    last_year, first, other = _CENTURIES[digits[6]]
    day -= FICTITIOUS_DAYS if is_fictitious(digits) else 0
    try:
        return date(year + (first if year <= last_year else other), month, day)
    except ValueError:
        raise ValueError("The number holds no real date") from None


def registered_sex(digits: str) -> str:
    """`K` or `M` as allocated with the number. A hint for a form to propose, never to be stored unasked."""
    return "M" if int(digits[9]) % 2 else "K"


def mask(digits: str) -> str:
    return f"{digits[:6]}-{MASK}"


def blind_index(number: "str | Cpr") -> str:
    """The keyed hash under which a number is found without being decrypted (HMAC-SHA256 with CPR_INDEX_KEY)."""
    digits = number.digits if isinstance(number, Cpr) else normalise(number)
    return hmac.new(settings.CPR_INDEX_KEY.encode(), digits.encode(), hashlib.sha256).hexdigest()


# --- Logs ------------------------------------------------------------------------------------------------------------

# Day (real or + 60), month, year, optional separator, four digits; not inside a longer number.
_IN_TEXT = re.compile(
    r"(?<![0-9])(?:0[1-9]|[12][0-9]|3[01]|6[1-9]|[78][0-9]|9[01])(?:0[1-9]|1[0-2])[0-9]{2}"
    r"(?:[\s\u00a0\u2010-\u2015-]|%20|%2D|\\u00a0|\\xa0)?[0-9]{4}(?![0-9])"
)
IN_LOGS = "[CPR]"


def holds_number(text: str) -> bool:
    """Whether something in a text is shaped like a CPR number."""
    return _IN_TEXT.search(text) is not None


def mask_text(text: str) -> str:
    """Replace all that is shaped like a CPR number, birthday included."""
    return _IN_TEXT.sub(IN_LOGS, text)
