"""Tables out as CSV and XLSX: streamed, readable by a Danish Excel, and without formulas that run on opening.

Who may export, and the log of it, is the caller's business; this module only writes.
"""

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any, TypeVar

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font

from microloan.core.clock import COPENHAGEN
from microloan.core.cpr import Cpr

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
BOM = "\ufeff"
SPOOL_BYTES = 5 * 1024 * 1024
# A cell that begins with one of these is taken for a formula or a command by spreadsheets (OWASP, CSV injection).
_DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")

# Signs that a spreadsheet cannot hold; they come along when text is pasted from a PDF or a slide.
_UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")

Row = Sequence[Any]
R = TypeVar("R", bound=HttpResponseBase)


def harmless(text: str) -> str:
    """The text with an apostrophe before it, where a spreadsheet would otherwise run it; without signs it cannot hold."""
    text = _UNSEEN.sub(" ", text)
    return f"'{text}" if text.lstrip(" \u00a0").startswith(_DANGEROUS) or text.startswith(_DANGEROUS) else text


def csv_value(value: Any) -> str:
    """Danish notation: decimal comma without grouping, ISO dates, local times without zone."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return str(value).replace(".", ",")
    if isinstance(value, int):
        return str(value)
    if isinstance(value, datetime):
        return value.astimezone(COPENHAGEN).strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    return harmless(str(value))


def csv_lines(headings: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """The file line by line: byte order mark and `;`, as a Danish Excel expects."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=";", lineterminator="\r\n")
    yield BOM
    for row in chain([headings], rows):
        writer.writerow([csv_value(cell) for cell in row])
        yield buffer.getvalue()
        buffer.seek(0)
        buffer.truncate()


def csv_response(filename: str, headings: Sequence[str], rows: Iterable[Row]) -> StreamingHttpResponse:
    response = StreamingHttpResponse(csv_lines(headings, rows), content_type=CSV_TYPE)
    return _as_download(response, f"{filename}.csv")


def xlsx_value(value: Any) -> Any:
    """Numbers and dates stay what they are; everything else is text that cannot become a formula."""
    if value is None or isinstance(value, bool | int | Decimal):
        return value
    if isinstance(value, datetime):
        return value.astimezone(COPENHAGEN).replace(tzinfo=None)
    if isinstance(value, date):
        return value
    return harmless(str(value))


def write_xlsx(target: Any, sheets: dict[str, tuple[Sequence[str], Iterable[Row]]]) -> None:
    """Write sheets (title → headings and rows) in constant memory."""
    book = Workbook(write_only=True)
    for title, (headings, rows) in sheets.items():
        sheet = book.create_sheet(title[:31])
        sheet.freeze_panes = "A2"
        sheet.append([_heading(sheet, text) for text in headings])
        for row in rows:
            sheet.append([_cell(sheet, value) for value in row])
    book.save(target)


def xlsx_response(filename: str, sheets: dict[str, tuple[Sequence[str], Iterable[Row]]]) -> FileResponse:
    """A response from a temporary file that is deleted with it."""
    spool = tempfile.SpooledTemporaryFile(max_size=SPOOL_BYTES)  # noqa: SIM115  (the response closes it)
    write_xlsx(spool, sheets)
    spool.seek(0)
    response = FileResponse(spool, content_type=XLSX_TYPE)
    return _as_download(response, f"{filename}.xlsx")


def _heading(sheet: Any, text: str) -> WriteOnlyCell:
    cell = _cell(sheet, str(text))
    cell.font = Font(bold=True)
    return cell


def _cell(sheet: Any, value: Any) -> WriteOnlyCell:
    cell = WriteOnlyCell(sheet, value=xlsx_value(value))
    if isinstance(value, Decimal):
        cell.number_format = "#,##0.00"
    elif isinstance(value, str | Cpr):
        cell.data_type = "s"  # never "f", whatever the text begins with
    return cell


def _as_download(response: R, filename: str) -> R:
    response["Content-Disposition"] = f'attachment; filename="{filename}"'
    response["Cache-Control"] = "no-store"
    return response
