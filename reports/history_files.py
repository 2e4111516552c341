"""Opens a workbook or a folder of CSV files and hands over raw tables. Knows nothing of what the sheets mean.

A file that is no workbook, is locked, broken or not UTF-8 gives one clear message (`HistoryFileError`).
"""

import csv
import io
import unicodedata
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from defusedxml.common import DefusedXmlException
from django.utils.translation import gettext as _
from openpyxl import load_workbook
from openpyxl.utils.exceptions import InvalidFileException

from reports.rules.history_rows import RawRow, RawTable

MAX_ROWS = 200_000
MAX_COLUMNS = 200
MAX_UNPACKED = 500 * 1024 * 1024
DELIMITERS = ";,\t"
OLD_EXCEL_OR_LOCKED = bytes.fromhex("d0cf11e0a1b11ae1")

# What openpyxl and the archive and XML readers below it raise on a broken workbook (XML errors are SyntaxErrors).
BROKEN = (
    InvalidFileException,
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    DefusedXmlException,
    KeyError,
    IndexError,
    ValueError,
    TypeError,
    AttributeError,
    EOFError,
    RuntimeError,
    OSError,
)


class HistoryFileError(Exception):
    """The file as a whole cannot be read; the message says what to do."""


def read_tables(path: Path) -> list[RawTable]:
    """The sheets of an .xlsx file, or the .csv files of a folder."""
    if path.is_dir():
        return _read_folder(path)
    return _read_workbook(path)


def _read_workbook(path: Path) -> list[RawTable]:
    _refuse_other_files(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl remarks on styles and extensions that hold no data
        try:
            book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
            try:
                return [_read_worksheet(sheet) for sheet in book.worksheets]
            finally:
                book.close()
        except BROKEN as problem:
            raise HistoryFileError(_("The file cannot be read as a workbook. Save it again as .xlsx.")) from problem


def _refuse_other_files(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(8)
    if start == OLD_EXCEL_OR_LOCKED:
        message = _("The file is an old .xls workbook or has a password. Save it as .xlsx without a password.")
        raise HistoryFileError(message)
    if path.suffix.casefold() == ".csv":
        message = _("Give the folder that holds the four CSV files, not a single one of them.")
        raise HistoryFileError(message)
    if not zipfile.is_zipfile(path):
        message = _("The file is not an .xlsx workbook. Give an .xlsx file, or a folder with the sheets as CSV files.")
        raise HistoryFileError(message)
    with zipfile.ZipFile(path) as archive:
        if sum(info.file_size for info in archive.infolist()) > MAX_UNPACKED:
            raise HistoryFileError(_("The workbook is too large. Split it."))


def _read_worksheet(sheet: Any) -> RawTable:
    sheet.reset_dimensions()  # some programs write a wrong size into the file
    headings: tuple[Any, ...] = ()
    rows: list[RawRow] = []
    for number, cells in enumerate(sheet.iter_rows(values_only=True), start=1):
        if number == 1:
            headings = cells[:MAX_COLUMNS]
        elif any(cell is not None for cell in cells):
            rows.append(RawRow(number, cells))
            _refuse_too_many(rows, sheet.title)
    return RawTable(sheet.title, headings, rows)


def _read_folder(folder: Path) -> list[RawTable]:
    files = sorted(file for file in folder.glob("[!.]*") if file.is_file() and file.suffix.casefold() == ".csv")
    if not files:
        raise HistoryFileError(_("The folder holds no CSV files."))
    return [_read_csv(file) for file in files]


def _read_csv(path: Path) -> RawTable:
    name = unicodedata.normalize("NFC", path.stem)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        message = _("The file %(name)s is not UTF-8. Save it as “CSV UTF-8”.") % {"name": path.name}
        raise HistoryFileError(message) from problem
    try:
        rows = list(_csv_rows(text, name))
    except csv.Error as problem:
        message = _("The file %(name)s cannot be read as CSV. Save it again as “CSV UTF-8”.") % {"name": path.name}
        raise HistoryFileError(message) from problem
    headings = next((row.cells for row in rows if row.number == 1), ())
    return RawTable(name, headings, [row for row in rows if row.number > 1])


def _csv_rows(text: str, name: str) -> Iterator[RawRow]:
    """Rows are numbered as a spreadsheet would: a cell with a line break in it is still one row."""
    lines = io.StringIO(text, newline="")
    headings = lines.readline()
    if headings.casefold().startswith("sep="):
        start = lines.tell()
        headings = lines.readline()
        lines.seek(start)
    else:
        lines.seek(0)
    kept: list[RawRow] = []
    for number, cells in enumerate(csv.reader(lines, delimiter=_delimiter(headings), strict=True), start=1):
        if number == 1 or any(cells):
            kept.append(RawRow(number, tuple(cells)))
            _refuse_too_many(kept, name)
    yield from kept


def _delimiter(headings: str) -> str:
    """The one that splits the headings into most cells; semicolon, the Danish habit, when there is none."""
    return max(DELIMITERS, key=headings.count)


def _refuse_too_many(rows: list[RawRow], name: str) -> None:
    if len(rows) > MAX_ROWS:
        message = _("The sheet %(name)s has more than %(limit)d rows. Split the file.")
        raise HistoryFileError(message % {"name": name, "limit": MAX_ROWS})
