"""How Danes write amounts, dates and times: parsers that refuse the ambiguous, and the formats of screens and letters.

Sources: danish-rules.md §4 (numbers), ui-guide.md §2 (what fields take) and §6 (formats). The parsers raise
`Unreadable`, whose message says in the user's language what to write instead. `docs/decisions/020` has the rules.
"""

import re
from datetime import date, datetime, time
from decimal import Decimal

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from microloan.core.clock import COPENHAGEN

NBSP = "\u00a0"
MONTHS = (
    "januar",
    "februar",
    "marts",
    "april",
    "maj",
    "juni",
    "juli",
    "august",
    "september",
    "oktober",
    "november",
    "december",
)
SHORT_MONTHS = ("jan.", "feb.", "mar.", "apr.", "maj", "jun.", "jul.", "aug.", "sep.", "okt.", "nov.", "dec.")
WEEKDAYS = ("mandag", "tirsdag", "onsdag", "torsdag", "fredag", "lørdag", "søndag")
MAX_WHOLE_DIGITS = 10  # numeric(12,2)
FIRST_YEAR, LAST_YEAR = 1900, 2199

_SPACES = re.compile(r"[\s\u00a0\u202f\u2009]+")
_UNIT = re.compile(r"\s*(?:kr\.?|kroner|dkk)$|^(?:kr\.?|dkk)\s*", re.IGNORECASE)
_PLAIN = re.compile(r"[0-9]+")
_GROUPED = re.compile(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+")
_SPACED = re.compile(r"[1-9][0-9]{0,2}(?: [0-9]{3})+")
_DATE = re.compile(r"([0-9]{1,2}) ?[./-] ?([0-9]{1,2}) ?[./ -] ?([0-9]{4}|[0-9]{2})")
_ISO_DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
_DIGIT_DATE = re.compile(r"([0-9]{2})([0-9]{2})([0-9]{4}|[0-9]{2})")
_WORD_DATE = re.compile(r"([0-9]{1,2})\.? ([a-z]+)\.? ([0-9]{4})")
_TIME = re.compile(r"([0-9]{1,2})[.:]([0-9]{2})")
_DIGIT_TIME = re.compile(r"([0-9]{1,2})([0-9]{2})?")


class Unreadable(ValueError):
    """The text cannot be read, or could be read in two ways. `message` tells the user what to write."""

    def __init__(self, message: object) -> None:
        self.message = message
        super().__init__(message)


# --- Amounts ---------------------------------------------------------------------------------------------------------


def parse_amount(text: str) -> Decimal:
    """`35000`, `35.000`, `35.000,00 kr.`, `35 000` and `416,67` → kroner with two decimals.

    A point groups thousands, a comma starts the øre. One group alone, as in `1.234`, could also be an English
    decimal number: it is read only when it ends in `000`, or when øre or `kr.` follow. A leading minus is read;
    whether it is allowed is for the field to say.
    """
    body = _SPACES.sub(" ", str(text)).strip()
    sign = -1 if body[:1] in ("-", "\u2212", "\u2013") else 1
    body = body[1:].lstrip() if sign < 0 else body
    stripped = _UNIT.sub("", body)
    has_unit = stripped != body
    whole, comma, oere = stripped.removesuffix(",-").partition(",")
    if comma and not re.fullmatch(r"[0-9]{1,2}", oere):
        raise _unreadable_oere(whole, oere)
    digits = _whole_digits(whole, certain=bool(comma) or has_unit or stripped.endswith(",-"))
    if len(digits.lstrip("0")) > MAX_WHOLE_DIGITS:
        raise Unreadable(_("The amount is too large."))
    return sign * Decimal(f"{digits}.{oere.ljust(2, '0')}")


def _whole_digits(whole: str, *, certain: bool) -> str:
    if _PLAIN.fullmatch(whole):
        return whole
    if _SPACED.fullmatch(whole):
        return whole.replace(" ", "")
    if _GROUPED.fullmatch(whole):
        if not certain and whole.count(".") == 1 and not whole.endswith(".000"):
            plain = whole.replace(".", "")
            raise Unreadable(
                _("Write %(plain)s or %(grouped)s,00, so the point cannot be misread.")
                % {"plain": plain, "grouped": whole}
            )
        return whole.replace(".", "")
    if re.fullmatch(r"[0-9]+\.[0-9]{1,2}", whole):
        raise Unreadable(_("Write %(amount)s: a comma comes before the øre.") % {"amount": whole.replace(".", ",")})
    raise Unreadable(_("Write an amount in figures, such as 35.000 or 416,67."))


def _unreadable_oere(whole: str, oere: str) -> Unreadable:
    english = f"{whole},{oere}"
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]{1,2})?", english):
        suggestion = english.replace(",", "").replace(".", ",")
        return Unreadable(_("Write %(amount)s: a comma comes before the øre.") % {"amount": suggestion})
    if re.fullmatch(r"[0-9]+", oere):
        return Unreadable(_("Write at most two figures after the comma."))
    return Unreadable(_("Write an amount in figures, such as 35.000 or 416,67."))


def kr(amount: Decimal | int) -> str:
    """`35.000 kr.`, `416,67 kr.`: øre only when there are some, a no-break space before the unit."""
    return f"{grouped(amount)}{NBSP}kr."


def grouped(amount: Decimal | int) -> str:
    """`35.000`, `416,67`: the amount without its unit."""
    amount = _exact(amount)
    whole, oere = divmod(abs(amount), 1)
    sign = "-" if amount < 0 else ""
    text = sign + f"{int(whole):,}".replace(",", ".")
    return f"{text},{int(oere * 100):02d}" if oere else text


def amount_input(amount: Decimal | int) -> str:
    """An amount as it stands in a form field, without grouping: `35500`, `416,67`. `parse_amount` reads it back."""
    return grouped(amount).replace(".", "")


def _exact(amount: Decimal | int) -> Decimal:
    if isinstance(amount, bool) or not isinstance(amount, Decimal | int):
        raise TypeError(f"Amounts are Decimal, not {type(amount).__name__}")
    exact = Decimal(amount)
    if exact != round(exact, 2):
        raise ValueError("An amount has at most two decimals")
    return round(exact, 2)


def number(value: Decimal | int, decimals: int = 0) -> str:
    """`12.345`, `3,5`: a count or a measure with Danish separators, rounded half up."""
    quantum = Decimal(1).scaleb(-decimals)
    text = f"{Decimal(value).quantize(quantum, rounding='ROUND_HALF_UP'):,f}"
    return text.translate(str.maketrans(",.", ".,"))


def percent(value: Decimal | int, decimals: int = 0) -> str:
    """`54 %` from 54."""
    return f"{number(value, decimals)}{NBSP}%"


# --- Dates and times -------------------------------------------------------------------------------------------------

_DATE_FORM = _("Write the date as dd-mm-yyyy, such as 05-03-2027.")


def parse_date(text: str, *, last_short_year: int = 68) -> date:
    """`5/3-2026`, `05-03-2026`, `5.3.2026`, `3/5-27`, `050326`, `27. november 2026` and `2026-03-05`; day before month.

    Two-digit years: 00–68 are 2000–2068, 69–99 are 1969–1999; `last_short_year` is the last one read as 20xx.
    """
    body = _SPACES.sub(" ", str(text)).strip().lower()
    if iso := _ISO_DATE.fullmatch(body):
        year, month, day = iso.groups()
        return _real_date(day, month, year, last_short_year)
    for pattern in (_DATE, _DIGIT_DATE):
        if match := pattern.fullmatch(body):
            return _real_date(match[1], match[2], match[3], last_short_year)
    if match := _WORD_DATE.fullmatch(body):
        return _real_date(match[1], str(_month_number(match[2])), match[3], last_short_year)
    raise Unreadable(_DATE_FORM)


def _month_number(word: str) -> int:
    names = [i for i, name in enumerate(MONTHS, 1) if name == word or SHORT_MONTHS[i - 1].rstrip(".") == word]
    if not names:
        raise Unreadable(_DATE_FORM)
    return names[0]


def _real_date(day_text: str, month_text: str, year_text: str, last_short_year: int) -> date:
    day, month, year = int(day_text), int(month_text), int(year_text)
    if len(year_text) == 2:
        year += 2000 if year <= last_short_year else 1900
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Unreadable(_("The year %(year)s cannot be right. Write the date as dd-mm-yyyy.") % {"year": year})
    if not 1 <= month <= 12:
        raise Unreadable(
            _("There is no month %(month)s. Write the date as dd-mm-yyyy, with the day first.") % {"month": month}
        )
    if not 1 <= day <= 31:
        raise Unreadable(_DATE_FORM)
    try:
        return date(year, month, day)
    except ValueError:
        name = MONTHS[month - 1].capitalize()
        message = _("%(month)s %(year)s does not have %(day)s days. Write the date as dd-mm-yyyy.")
        raise Unreadable(message % {"day": day, "month": name, "year": year}) from None


def parse_time(text: str) -> time:
    """`10.15`, `10:15`, `1015`, `kl. 10.15` and `10` (the whole hour)."""
    body = _SPACES.sub("", str(text)).lower().removeprefix("kl.").removeprefix("kl")
    match = _TIME.fullmatch(body) or _DIGIT_TIME.fullmatch(body)
    if match:
        hour, minute = int(match[1]), int(match[2] or 0)
        if hour <= 23 and minute <= 59:
            return time(hour, minute)
    raise Unreadable(_("Write the time of day as hh.mm, such as 10.15."))


def local_date(moment: date | datetime) -> date:
    """The Danish date of an aware moment (never the day in UTC); dates pass through."""
    if not isinstance(moment, datetime):
        return moment
    if moment.tzinfo is None:
        raise ValueError("Moments are aware")
    return moment.astimezone(COPENHAGEN).date()


def long_date(day: date | datetime) -> str:
    """`27. november 2026`, for text."""
    day = local_date(day)
    return f"{day.day}. {MONTHS[day.month - 1]} {day.year}"


def short_date(day: date | datetime) -> str:
    """`27. nov. 2026`, for tables."""
    day = local_date(day)
    return f"{day.day}. {SHORT_MONTHS[day.month - 1]} {day.year}"


def day_month(day: date | datetime) -> str:
    """`27. nov.`, where the year is clear from the place."""
    day = local_date(day)
    return f"{day.day}. {SHORT_MONTHS[day.month - 1]}"


def weekday_date(day: date | datetime) -> str:
    """`fredag 27. november 2026`."""
    return f"{WEEKDAYS[local_date(day).weekday()]} {long_date(day)}"


def weekday_day_month(day: date) -> str:
    """`fredag 27. nov.`, where the year is clear from the place."""
    return f"{WEEKDAYS[day.weekday()]} {day_month(day)}"


def input_date(day: date) -> str:
    """`27-11-2026`, as it stands in a form field."""
    return f"{day.day:02d}-{day.month:02d}-{day.year:04d}"


def month_name(day: date) -> str:
    """`november 2026`."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def clock_time(moment: time | datetime) -> str:
    """`kl. 10.15`, in Danish time."""
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise ValueError("Moments are aware")
        moment = moment.astimezone(COPENHAGEN).time()
    return f"kl.{NBSP}{input_time(moment)}"


def time_span(start: datetime, end: datetime) -> str:
    """`kl. 10.15–11.45`, in Danish time."""
    return f"{clock_time(start)}–{input_time(end.astimezone(COPENHAGEN).time())}"


def input_time(moment: time) -> str:
    """`10.15`, as it stands in a form field."""
    return f"{moment.hour:02d}.{moment.minute:02d}"


def date_and_time(moment: datetime) -> str:
    """`27. nov. 2026 kl. 10.15`."""
    return f"{short_date(moment)} {clock_time(moment)}"


# --- Words -----------------------------------------------------------------------------------------------------------


def days(count: int) -> str:
    """`1 dag`, `7 dage`."""
    return ngettext("%(count)s day", "%(count)s days", count) % {"count": number(count)}


def months(count: int) -> str:
    """`1 måned`, `84 måneder`."""
    return ngettext("%(count)s month", "%(count)s months", count) % {"count": number(count)}


def weeks(count: int) -> str:
    """`1 uge`, `4 uger`."""
    return ngettext("%(count)s week", "%(count)s weeks", count) % {"count": number(count)}


def relative_day(day: date | datetime, today: date) -> str:
    """`i dag`, `i morgen`, `i går`, `om 7 dage`, `for 3 dage siden`."""
    distance = (local_date(day) - today).days
    words = {0: gettext("today"), 1: gettext("tomorrow"), -1: gettext("yesterday")}
    if distance in words:
        return words[distance]
    if distance > 0:
        return gettext("in %(days)s") % {"days": days(distance)}
    return gettext("%(days)s ago") % {"days": days(-distance)}


def due_words(due: date, today: date) -> str:
    """A deadline in words: `om 7 dage`, `i morgen`, `i dag`, `2 dage over` (ui-guide.md §2)."""
    overdue = (today - due).days
    if overdue > 0:
        return gettext("%(days)s overdue") % {"days": days(overdue)}
    return relative_day(due, today)
