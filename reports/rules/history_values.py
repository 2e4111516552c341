"""One cell of a history sheet, as a machine or a Danish office writes it, into one plain value.

Every function takes a raw cell (text from CSV, or text, number or date from a workbook) and returns the value, or
raises `CellError` with a sentence that says what to write instead. Nothing is guessed: what can be read in two ways
is refused, and a number from a workbook never brings binary noise along.
"""

import re
import unicodedata
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from django.utils.translation import gettext as _

from cases.enums import Livelihood, Sex
from microloan.core.cpr import mask_text
from microloan.core.danish import Unreadable, parse_date

MAX_AMOUNT = Decimal("9999999999.99")
MAX_TEXT = 60
MAX_COHORT = 20
FIRST_YEAR, LAST_YEAR = 1990, 2100

LIVELIHOODS: dict[Livelihood, tuple[str, ...]] = {
    Livelihood.UNEMPLOYMENT_INSURANCE: ("Dagpenge", "Arbejdsløshedsdagpenge", "A-dagpenge", "Dagpenge, fuld ledighed"),
    Livelihood.DISABILITY_PENSION: ("Førtidspension", "Førtidspensionist"),
    Livelihood.CASH_BENEFIT: ("Kontanthjælp", "Kontanthjælp, passiv"),
    Livelihood.CASH_BENEFIT_JOB_TRAINING: (
        "Kontanthjælp, virksomhedspraktik",
        "Kontanthjælp med virksomhedspraktik",
        "Kontanthjælp, virksomhedspraktik, privat",
        "Kontanthjælp, virksomhedspraktik, offentlig",
    ),
    Livelihood.STUDENT_GRANT_WITH_BENEFIT: ("SU med ydelse",),
    Livelihood.SICKNESS_BENEFIT: ("Sygedagpenge", "Sygedagpenge, passiv"),
    Livelihood.EDUCATION_BENEFIT: ("Uddannelseshjælp",),
    Livelihood.REHABILITATION_BENEFIT: ("Revalideringsydelse", "Revalidering"),
    Livelihood.FLEX_JOB_ALLOWANCE: ("Ledighedsydelse",),
    Livelihood.OTHER: ("Andet", "Anden forsørgelse"),
    Livelihood.OWN_BUSINESS: ("Egen virksomhed", "Selvstændig", "Selvstændig virksomhed"),
    Livelihood.EMPLOYMENT: ("Beskæftigelse", "Ansættelse", "Ansat", "Job", "Ordinært arbejde", "Lønarbejde"),
    Livelihood.EDUCATION: ("Uddannelse", "Uddannelse uden ydelse"),
    Livelihood.MIXED_SELF_SUPPORT: ("Blandet selvforsørgelse", "Blandet"),
    Livelihood.UNKNOWN: ("Ukendt", "Vides ikke", "Ikke kendt"),
}
SEXES = {"k": Sex.FEMALE, "kvinde": Sex.FEMALE, "f": Sex.FEMALE, "m": Sex.MALE, "mand": Sex.MALE}

DANISH_GROUPED = re.compile(r"[1-9]\d{0,2}(?:\.\d{3})+(?:,\d{1,2})?")
SPACED = re.compile(r"[1-9]\d{0,2}(?: \d{3})+(?:,\d{1,2})?")
ENGLISH_GROUPED = re.compile(r"[1-9]\d{0,2}(?:,\d{3})+\.\d{1,2}")
PLAIN = re.compile(r"\d+(?:[.,]\d{1,2})?")
SHEET_ERRORS = frozenset({"#N/A", "#I/T", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NULL!", "#NUM!"})


class CellError(ValueError):
    """The cell cannot be read. The message is for the person who fills in the sheet; it never holds a CPR number."""


def clean(cell: Any) -> str:
    """The cell as trimmed text. A whole number from a workbook loses its '.0'; odd spaces become plain ones."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "SAND" if cell else "FALSK"
    if isinstance(cell, int | float | Decimal):
        return _plain_number(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    text = unicodedata.normalize("NFC", str(cell)).replace("\ufeff", "")
    return re.sub(r"\s+", " ", text).strip()


def shown(cell: Any) -> str:
    """The cell for use in a message: short, and with anything like a CPR number taken out."""
    text = mask_text(clean(cell))
    return f"»{text[:39]}…«" if len(text) > 40 else f"»{text}«"


def _plain_number(number: int | float | Decimal) -> str:
    """15 significant digits, as the spreadsheet shows it: 596.3000000000001 is 596.3."""
    exact = Decimal(f"{number:.15g}") if isinstance(number, float) else Decimal(number)
    if not exact.is_finite():
        return str(exact)
    return f"{exact.to_integral_value() if exact == exact.to_integral_value() else exact:f}"


def text(cell: Any, *, limit: int = MAX_TEXT) -> str:
    """A name, case number or reference."""
    value = clean(cell)
    if len(value) > limit:
        raise CellError(
            _("The text %(value)s is too long. Write at most %(limit)d characters.")
            % {"value": shown(value), "limit": limit}
        )
    if value.upper() in SHEET_ERRORS:
        raise CellError(_("The formula in the cell gives the error %(value)s.") % {"value": value})
    if any(unicodedata.category(char) == "Cc" for char in value):
        raise CellError(_("The text holds characters that cannot be shown. Write it again."))
    if mask_text(value) != value:
        raise CellError(_("This looks like a CPR number. Use a case number or another reference."))
    return value


def required_text(cell: Any, *, limit: int = MAX_TEXT) -> str:
    value = text(cell, limit=limit)
    if not value:
        raise CellError(_("The cell is empty. Fill it in."))
    return value


def cohort(cell: Any) -> str:
    return required_text(cell, limit=MAX_COHORT)


def amount(cell: Any) -> Decimal:
    """A positive amount with at most two decimals: 50000, 50000.00, 1.234,56, 25.000 kr."""
    value = clean(cell)
    if not value:
        raise CellError(_("The amount is missing. Write an amount above 0."))
    number = _number(value) if isinstance(cell, str) else _cell_number(value)
    if number is None:
        raise CellError(
            _("%(value)s is not an amount. Write for example 50000.00 or 1.234,56.") % {"value": shown(value)}
        )
    if number <= 0:
        raise CellError(_("The amount is %(value)s. Write an amount above 0.") % {"value": shown(value)})
    if number > MAX_AMOUNT:
        raise CellError(_("The amount %(value)s is too large.") % {"value": shown(value)})
    return number.quantize(Decimal("0.01"))


def _number(value: str) -> Decimal | None:
    bare = re.sub(r"^(?:kr\.?|dkk)\s*|\s*(?:kr\.?|dkk|,-)$", "", value.casefold()).strip()
    sign, digits = (-1, bare[1:].strip()) if bare[:1] in {"-", "−"} else (1, bare)
    if DANISH_GROUPED.fullmatch(digits) or SPACED.fullmatch(digits):
        plain = digits.replace(".", "").replace(" ", "").replace(",", ".")
    elif ENGLISH_GROUPED.fullmatch(digits):
        plain = digits.replace(",", "")
    elif PLAIN.fullmatch(digits):
        plain = digits.replace(",", ".")
    else:
        return None
    return sign * Decimal(plain)


def _cell_number(value: str) -> Decimal | None:
    """A number cell of a workbook, already as plain text with a point: 1.234 here is no thousand."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    exponent = number.normalize().as_tuple().exponent
    return number if isinstance(exponent, int) and exponent >= -2 else None  # not a whole øre, or not a number


def required_date(cell: Any) -> date:
    value = optional_date(cell)
    if value is None:
        raise CellError(_("The date is missing. Write it as 31-12-2016."))
    return value


def optional_date(cell: Any) -> date | None:
    if isinstance(cell, datetime):
        return _in_range(cell.date())
    if isinstance(cell, date):
        return _in_range(cell)
    value = clean(cell)
    if not value:
        return None
    if isinstance(cell, int | float | Decimal):
        raise CellError(
            _("The number %(value)s is not a date. Give the cell a date format, or write 31-12-2016.")
            % {"value": shown(value)}
        )
    try:
        return _in_range(parse_date(re.sub(r"[T ]00:00(?::00(?:\.0+)?)?$", "", value)))
    except Unreadable as problem:
        raise CellError(f"{shown(value)}: {problem.message}") from None


def _in_range(value: date) -> date:
    if not FIRST_YEAR <= value.year <= LAST_YEAR:
        raise CellError(
            _("The year %(year)d cannot be right. Write a date between %(first)d and %(last)d.")
            % {"year": value.year, "first": FIRST_YEAR, "last": LAST_YEAR}
        )
    return value


def sex(cell: Any) -> str:
    value = clean(cell)
    if not value:
        return ""
    if value.casefold() not in SEXES:
        raise CellError(
            _("%(value)s cannot be used here. Write K or M, or leave the cell empty.") % {"value": shown(value)}
        )
    return SEXES[value.casefold()]


def birth_year(cell: Any) -> int | None:
    value = clean(cell)
    if not value:
        return None
    if not re.fullmatch(r"(?:1[89]|20)[0-9]{2}", value):
        raise CellError(
            _("%(value)s is not a year. Write the year of birth with four digits, such as 1973.")
            % {"value": shown(value)}
        )
    return int(value)


def folded(value: str) -> str:
    """For comparing headings, sheet names and labels: no case, spaces, signs; æ, ø, å also as ae, oe, aa."""
    plain = unicodedata.normalize("NFC", value).casefold()
    for letter, pair in (("æ", "ae"), ("ø", "oe"), ("å", "aa")):
        plain = plain.replace(letter, pair)
    return re.sub(r"[\W_]+", "", plain)


LIVELIHOOD_NAMES = {folded(name): code for code, labels in LIVELIHOODS.items() for name in (code, *labels)}


def livelihood(cell: Any) -> str:
    value = clean(cell)
    if not value:
        return Livelihood.UNKNOWN
    if folded(value) not in LIVELIHOOD_NAMES:
        raise CellError(
            _("%(value)s is not a known livelihood. Use a code such as cash_benefit.") % {"value": shown(value)}
        )
    return LIVELIHOOD_NAMES[folded(value)]


def required_livelihood(cell: Any) -> str:
    if not clean(cell):
        raise CellError(_("The livelihood is missing. Write a code such as own_business."))
    return livelihood(cell)
