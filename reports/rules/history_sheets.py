"""The four sheets of former cohorts: from raw cells to checked rows, with every mistake named.

`read_history(tables)` takes what `reports.history_files` found in a workbook or folder, and returns the rows, all
errors and all warnings. It never stops at the first mistake: the person who mends the sheet sees everything at once.
Decisions: `docs/decisions/041-history-import.md`.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from typing import Any, NamedTuple

from django.utils.translation import gettext as _

from reports.rules import history_values as values
from reports.rules.history_checks import check_history
from reports.rules.history_rows import History, LivelihoodRow, LoanRow, ParticipantRow, PaymentRow, RawTable
from reports.rules.history_values import CellError, clean, folded, shown


class Column(NamedTuple):
    name: str
    danish: tuple[str, ...]
    read: Callable[[Any], Any]


class Sheet(NamedTuple):
    name: str
    danish: tuple[str, ...]
    columns: tuple[Column, ...]


CASE_REF = Column("case_ref", ("sag", "sagsnr", "sagsnummer", "sags-id", "sagsreference"), values.required_text)
SHEETS = (
    Sheet(
        "participants",
        ("deltagere", "deltager"),
        (
            CASE_REF,
            Column("cohort", ("hold", "holdnavn"), values.cohort),
            Column("cohort_start", ("hold start", "holdets start", "hold startdato"), values.required_date),
            Column("cohort_end", ("hold slut", "holdets slut", "hold slutdato"), values.required_date),
            Column(
                "course_end", ("forløb slut", "eget forløb slut", "egen slutdato", "kursus slut"), values.optional_date
            ),
            Column("sex", ("køn",), values.sex),
            Column("birth_year", ("fødselsår", "fødeår"), values.birth_year),
            Column(
                "livelihood_before",
                ("forsørgelse før", "forsørgelsesgrundlag før", "forsørgelsesgrundlag"),
                values.livelihood,
            ),
        ),
    ),
    Sheet(
        "loans",
        ("lån", "udlån"),
        (
            CASE_REF,
            Column("principal", ("hovedstol", "lånebeløb", "lån", "beløb"), values.amount),
            Column("payout_date", ("udbetalingsdato", "udbetalt", "udbetalt den"), values.required_date),
            Column(
                "handed_over_on",
                ("overdraget", "oversendt", "overdraget den", "oversendt den", "overdraget til inddrivelse"),
                values.optional_date,
            ),
        ),
    ),
    Sheet(
        "payments",
        ("betalinger", "indbetalinger", "afdrag"),
        (
            CASE_REF,
            Column("date", ("dato", "betalingsdato", "indbetalingsdato"), values.required_date),
            Column("amount", ("beløb", "indbetalt"), values.amount),
            Column("reference", ("bilag", "bilagsnr", "bilagsnummer", "ref"), values.text),
        ),
    ),
    Sheet(
        "livelihoods",
        ("forsørgelse", "forsørgelser", "forsørgelsesperioder"),
        (
            CASE_REF,
            Column("kind", ("art", "type", "forsørgelse", "forsørgelsesgrundlag"), values.required_livelihood),
            Column("from", ("fra", "fra dato", "fra og med"), values.required_date),
            Column("to", ("til", "til dato", "til og med"), values.optional_date),
        ),
    ),
)
# What a person who mends the file looks for: English name → the first Danish one.
DANISH_NAMES = {
    name: danish[0] for sheet in SHEETS for name, danish in (sheet[:2], *(one[:2] for one in sheet.columns))
}
SHEET_NAMES = {folded(name): sheet.name for sheet in SHEETS for name in (sheet.name, *sheet.danish)}
ROWS: dict[str, Callable[..., Any]] = {
    "participants": ParticipantRow,
    "loans": LoanRow,
    "payments": PaymentRow,
    "livelihoods": LivelihoodRow,
}


def read_history(tables: Iterable[RawTable], *, today: date) -> History:
    """Every row of every sheet, read and checked against the others. For use only when nothing is wrong."""
    history = History()
    found = _match_sheets(tables, history)
    for sheet in SHEETS:
        if sheet.name in found:
            getattr(history, sheet.name).extend(_read_sheet(sheet, found[sheet.name], history))
    check_history(history, today=today)
    order = {sheet.name: index for index, sheet in enumerate(SHEETS)}
    history.errors.sort(key=lambda error: (order[error.sheet], error.row))
    return history


def _match_sheets(tables: Iterable[RawTable], history: History) -> dict[str, RawTable]:
    found: dict[str, RawTable] = {}
    for table in tables:
        name = SHEET_NAMES.get(folded(table.name))
        if name is None:
            history.note(shown(table.name), 0, "", _("The sheet is not used."))
        elif name in found:
            names = {"first": shown(found[name].name), "second": shown(table.name)}
            history.wrong(name, 0, "", _("The sheet is there twice: %(first)s and %(second)s.") % names)
        else:
            found[name] = table
    for sheet in SHEETS:
        if sheet.name not in found:
            names = {"name": sheet.name, "danish": sheet.danish[0]}
            message = _("The sheet is missing. Call it %(name)s or %(danish)s; it must be there also when it is empty.")
            history.wrong(sheet.name, 0, "", message % names)
    return found


def _match_columns(sheet: Sheet, table: RawTable, history: History) -> dict[str, int]:
    known = {folded(name): column.name for column in sheet.columns for name in (column.name, *column.danish)}
    found: dict[str, int] = {}
    for index, heading in enumerate(table.headings):
        label = clean(heading)
        if not label:
            continue
        name = known.get(folded(label))
        if name is None:
            history.note(sheet.name, 1, shown(label), _("The column is not used."))
        elif name in found:
            history.wrong(sheet.name, 1, name, _("The column is there twice."))
        else:
            found[name] = index
    for column in sheet.columns:
        if column.name not in found:
            names = {"name": column.name, "danish": column.danish[0] if column.danish else column.name}
            message = _(
                "The column is missing. Call it %(name)s or %(danish)s; it must be there also when it is empty."
            )
            history.wrong(sheet.name, 1, column.name, message % names)
    return found


def _read_sheet(sheet: Sheet, table: RawTable, history: History) -> list[Any]:
    """The rows whose every cell could be read. Rows without any content are passed over."""
    places = _match_columns(sheet, table, history)
    if len(places) < len(sheet.columns):
        return []
    named = history.named.setdefault(sheet.name, set())
    rows = []
    for raw in table.rows:
        if not any(clean(cell) for cell in raw.cells):
            continue
        cells = [raw.cells[places[c.name]] if places[c.name] < len(raw.cells) else None for c in sheet.columns]
        named.add(clean(cells[0]))
        if _has_more_cells(raw.cells, len(table.headings)):
            message = _("The row has more cells than there are headings. Is there a separator inside a cell?")
            history.wrong(sheet.name, raw.number, "", message)
            continue
        row = _read_row(sheet, raw.number, cells, history)
        if row is not None:
            rows.append(row)
    return rows


def _has_more_cells(cells: Sequence[Any], headings: int) -> bool:
    """In CSV also when the last one is empty: `596,30,` under three headings is an amount cut in two, not a reference 30.

    The rows of a workbook may be wider than its headings, with nothing (None) in the cells.
    """
    is_csv = all(isinstance(cell, str) for cell in cells)
    return len(cells) > headings and (is_csv or any(clean(cell) for cell in cells[headings:]))


def _read_row(sheet: Sheet, number: int, cells: Sequence[Any], history: History) -> Any:
    read: list[Any] = []
    for column, cell in zip(sheet.columns, cells, strict=True):
        try:
            read.append(column.read(cell))
        except CellError as problem:
            history.wrong(sheet.name, number, column.name, str(problem))
    return ROWS[sheet.name](number, *read) if len(read) == len(sheet.columns) else None
