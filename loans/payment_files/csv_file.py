"""CSV from a bank or a creditor system. The headings say which column is which; others are left alone."""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final, NamedTuple

from django.utils.translation import gettext as _

from loans.payment_files.entries import (
    KRONER,
    MAX_ENTRIES,
    NOTHING,
    BadFile,
    BankEntry,
    PaymentFile,
    refused,
    wrong_amount,
)
from microloan.core import danish

MOST_SIGNS: Final = 500
_POINT: Final = re.compile(r"[+-]?[0-9]+\.[0-9]{2}")
_POWER: Final = re.compile(r"[0-9][.,][0-9]+E\+?[0-9]+", re.IGNORECASE)
_CURRENCY: Final = re.compile(r"[A-Z]{3}")


class Column(NamedTuple):
    """A column: the heading that we print in the guide, and the others that mean the same."""

    name: str
    headings: tuple[str, ...]
    is_needed: bool = False


COLUMNS: Final = (
    Column("booked_on", ("dato", "bogføringsdato", "bogført", "bogført dato", "posteringsdato", "date"), True),
    Column("value_on", ("valørdato", "valør", "rentedato", "value date")),
    Column("amount", ("beløb", "beløb i dkk", "indbetalt", "amount"), True),
    Column("currency", ("valuta", "currency")),
    Column(
        "reference",
        ("betalings-id", "betalingsid", "betalingsreference", "reference", "kreditorreference", "fi-reference", "ocr"),
    ),
    Column("payer", ("indbetaler", "betaler", "afsender", "navn", "payer")),
    Column("text", ("tekst", "meddelelse", "besked", "posteringstekst", "text")),
    Column("bank_ref", ("bankreference", "arkivreference", "arkivnummer", "bankens reference", "bank reference")),
    Column("end_to_end", ("endtoendid", "end-to-end-id", "end to end id")),
    Column("account", ("konto", "kontonummer", "egen konto", "account")),
)
NAMES: Final = {heading: column.name for column in COLUMNS for heading in column.headings}
SHOWN: Final = {column.name: column.headings[0] for column in COLUMNS}


def read_csv(data: bytes) -> PaymentFile:
    """The entries of a CSV file; every line that cannot be read is named."""
    text = _decoded(data)
    if "\0" in text:
        raise BadFile(_("The file is not text. Take it out of the bank as CSV or camt.053/camt.054."))
    rows = _rows(text)
    if not rows:
        raise refused("empty")
    number, headings = rows[0]
    places = _places(number, headings)
    if len(rows) - 1 > MAX_ENTRIES:
        raise refused("many")
    entries: list[BankEntry] = []
    wrong: list[str] = []
    for number, cells in rows[1:]:
        _read_row(number, cells, places, len(headings), entries, wrong)
    if wrong:
        raise BadFile(*wrong)
    if not entries:
        raise refused("nothing")
    return PaymentFile("csv", tuple(entries))


def _decoded(data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    """The lines with something in them, with their numbers. The first one tells what separates the columns."""
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(";,\t", key=first.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    rows: list[tuple[int, list[str]]] = []
    before = 0
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                rows.append((before + 1, [" ".join(cell.split()) for cell in cells]))
            before = reader.line_num
    except csv.Error as error:
        raise BadFile(
            _("Line %(line)s: the quotation marks do not fit together.") % {"line": reader.line_num}
        ) from error
    return rows


def _places(number: int, headings: list[str]) -> dict[str, int]:
    places: dict[str, int] = {}
    for place, heading in enumerate(headings):
        name = NAMES.get(heading.strip().lstrip("\ufeff").casefold())
        if name in places:
            raise BadFile(
                _("Line %(line)s: there are two columns for “%(name)s”.") % {"line": number, "name": SHOWN[name]}
            )
        if name:
            places[name] = place
    missing = [SHOWN[column.name] for column in COLUMNS if column.is_needed and column.name not in places]
    if missing:
        raise BadFile(_("The first line has to hold the headings. Missing: %(names)s.") % {"names": ", ".join(missing)})
    return places


def _read_row(
    number: int, cells: list[str], places: Mapping[str, int], width: int, entries: list[BankEntry], wrong: list[str]
) -> None:
    if len(cells) < width and any(place >= len(cells) for place in places.values()) or len(cells) > width:
        wrong.append(
            _("Line %(line)s: there are %(found)s columns, but the headings are %(wanted)s.")
            % {"line": number, "found": len(cells), "wanted": width}
        )
        return
    values: dict[str, Any] = {}
    for name, message in _read_cells({name: cells[place] for name, place in places.items()}, values):
        wrong.append(
            _("Line %(line)s, %(column)s: %(what)s") % {"line": number, "column": SHOWN[name], "what": message}
        )
    if len(values) == len(places):
        amount = values.pop("amount")
        values.setdefault("value_on", None)
        values["value_on"] = values["value_on"] or values["booked_on"]
        entries.append(BankEntry(position=number, amount=abs(amount), is_credit=amount >= 0, **values))


def _read_cells(cells: dict[str, str], values: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Read each cell into `values`; gives the columns that cannot be read, with the reason."""
    for name, cell in cells.items():
        try:
            values[name] = READERS.get(name, _text)(cell)
        except danish.Unreadable as unreadable:
            yield name, str(unreadable.message)


def _text(cell: str) -> str:
    if len(cell) > MOST_SIGNS:
        raise danish.Unreadable(_("The text is longer than %(most)s characters.") % {"most": MOST_SIGNS})
    return cell


def _amount(cell: str) -> Decimal:
    amount = Decimal(cell) if _POINT.fullmatch(cell) else danish.parse_amount(cell.removeprefix("+"))
    if words := wrong_amount(amount):
        raise danish.Unreadable(words)
    return amount


def _date(cell: str) -> date:
    return danish.parse_date(cell)


def _optional_date(cell: str) -> date | None:
    return danish.parse_date(cell) if cell else None


def _reference(cell: str) -> str:
    if _POWER.fullmatch(cell):
        raise danish.Unreadable(
            _(
                "Excel has shortened the number. Set the column to text in Excel, or take the file straight from the bank."
            )
        )
    return _text(cell)


def _named(cell: str) -> str:
    return "" if cell.upper() in NOTHING else _reference(cell)


def _currency(cell: str) -> str:
    code = cell.upper() or KRONER
    if code in ("KR", "KR."):
        return KRONER
    if not _CURRENCY.fullmatch(code):
        raise danish.Unreadable(_("Write the currency with three letters, such as DKK."))
    return code


READERS: Final[Mapping[str, Callable[[str], Any]]] = {
    "booked_on": _date,
    "value_on": _optional_date,
    "amount": _amount,
    "currency": _currency,
    "reference": _reference,
    "bank_ref": _named,
    "end_to_end": _named,
}
