"""Budgets out as XLSX and back: written with formulas, read cell by cell, refused whole when a cell is not as it went out.

What comes back is compared with the sheet that the signed mark says it was made as. Nothing of the file is believed:
its size is bounded before it is opened, and a number is an amount only if it is one exactly (docs/decisions/136).
"""

import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from copy import copy
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from defusedxml.ElementTree import ParseError, XMLParser
from django.core import signing
from django.utils import translation
from django.utils.translation import gettext as _
from openpyxl import Workbook, load_workbook
from openpyxl.styles import Alignment, Border, Font, PatternFill, Protection, Side
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import coordinate_to_tuple
from openpyxl.worksheet.datavalidation import DataValidation
from PIL import Image

from cases.enums import FileFormat
from cases.files import BROKEN_ZIP, inspect
from cases.models import CaseFile
from microloan.core.errors import Refused
from microloan.core.money import ZERO
from microloan.policy.models import RuleSet
from microloan.policy.services import rule_set_on
from screening import sheets
from screening.budget_rules import Frame, Row
from screening.enums import BudgetKind
from screening.models import Budget
from screening.services.budgets import LineData
from screening.services.year_budgets import FrameData, taxes_of, year_budget_of
from screening.sheets import Cell, Layout

CHUNK = 64 * 1024
LAYOUT, SALT = 1, "microloan.budget_sheet"
MOST_BYTES, MOST_UNPACKED, MOST_CELLS = 3 * 1024 * 1024, 12 * 1024 * 1024, 20_000
# How often these may stand in a file, whatever part they stand in. openpyxl makes an object for each, and one for each cell of
# an area that is put together or is a link, however large the area: our sheets have none.
MOST_ELEMENTS = {"mergeCell": 0, "hyperlink": 0, "c": MOST_CELLS, "row": MOST_CELLS, "sheet": 10}
# And how many of all names together: half a million fonts in a file of 30 kB keep a processor busy for 20 seconds.
MOST_IN_ALL = 100_000
MOST_MESSAGES = 5
MOST = Decimal("9999999.99")
SMALL = Decimal("0.0000001")  # what binary numbers add to an amount of two decimals
MOST_TEXT = {"text": 120, "source": 200}
# What openpyxl raises on a damaged workbook, and Pillow on a picture in it.
BROKEN = (
    *BROKEN_ZIP, LookupError, TypeError, AttributeError, AssertionError, SyntaxError, ArithmeticError,
    Image.DecompressionBombError,
)  # fmt: skip

INPUT = PatternFill("solid", fgColor="FFF6DC")
EDGE = Border(*[Side(style="thin", color="7C8896")] * 4)
SUM_EDGE = Border(top=Side(style="thin", color="1B2430"))


@dataclass(frozen=True)
class Sheet:
    """What a sheet is made of: a version, or nothing yet (version 0) in a frame of its own."""

    case_number: str
    kind: str
    version: int
    rule_set: RuleSet
    frame: Frame | None = None
    rows: tuple[Row, ...] = ()
    lines: tuple[LineData, ...] = ()

    def layout(self) -> Layout:
        if self.frame is None:
            return sheets.establishment_layout(self.lines)
        return sheets.year_layout(self.kind, self.rows, self.frame, taxes_of(self.rule_set))

    def mark(self) -> str:
        """Who the sheet is, signed. The layout depends on nothing else but the version's own lines."""
        told: dict[str, Any] = {
            "y": LAYOUT,
            "c": self.case_number,
            "k": self.kind,
            "n": self.version,
            "r": self.rule_set.pk,
        }
        if self.frame is not None:
            told |= {
                "s": self.frame.starts_on.isoformat(),
                "v": self.frame.vat_period,
                "l": [str(amount) for amount in self.frame.loan],
                "p": [str(amount) for amount in self.frame.repayments],
            }
        else:
            told["w"] = len(self.lines)
        return signing.dumps(told, salt=SALT)


@dataclass(frozen=True)
class Read:
    """What people wrote in a sheet."""

    kind: str
    lines: list[LineData]
    rows: list[Row]
    data: FrameData | None


# --- Out -----------------------------------------------------------------------------------------------------------------


def sheet_of(case: CaseFile, budget: Budget, today: date) -> Sheet:
    """A saved version as a sheet."""
    if budget.kind == BudgetKind.ESTABLISHMENT:
        lines = tuple(LineData(line.kind, line.text, line.amount) for line in budget.lines.all())
        return Sheet(case.number, budget.kind, budget.number, rule_set_on(today), lines=lines)
    year = year_budget_of(budget)
    return Sheet(case.number, budget.kind, budget.number, year.rule_set, frame=year.frame, rows=year.rows)


def write(sheet: Sheet) -> bytes:
    """The sheet as a file, in Danish: citizens fill it in."""
    with translation.override("da"):
        book = Workbook()
        _write_budget(book.active, sheet.layout())
        _write_about(book.create_sheet(_tabs()[1]), sheet)
    book.properties.creator = book.properties.lastModifiedBy = "Mikrolån"
    book.properties.title = f"{sheet.case_number} {BudgetKind(sheet.kind).value}"
    book.calculation.fullCalcOnLoad = True
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _tabs() -> tuple[str, str]:
    return _("Budget"), _("About the sheet")


def _write_budget(tab: Any, layout: Layout) -> None:
    tab.title = _tabs()[0]
    alike: dict[tuple[bool, bool, str], Any] = {}  # the looks of a cell are worked out once
    for place, cell in layout.cells.items():
        target, looks = tab[place], (cell.is_input, _is_number(cell), cell.style)
        target.value = cell.value
        if isinstance(cell.value, str) and cell.role != "formula":
            target.data_type = "s"  # never "f", whatever the text begins with
        if looks in alike:
            target._style = copy(alike[looks]._style)
        else:
            _dress(target, cell)
            alike[looks] = target
    tab.freeze_panes = f"B{layout.head_row + 1}"
    tab.column_dimensions["A"].width = 44
    for column in range(2, layout.columns + 1):
        tab.column_dimensions[get_column_letter(column)].width = 26 if column == 2 else 14
    tab.protection.sheet = True
    tab.protection.formatColumns = False
    tab.page_setup.orientation = "landscape"
    tab.page_setup.fitToWidth, tab.page_setup.fitToHeight = 1, 0
    tab.sheet_properties.pageSetUpPr.fitToPage = True
    for check in _validations(layout):
        tab.add_data_validation(check)


def _is_number(cell: Cell) -> bool:
    return isinstance(cell.value, Decimal) or cell.role in ("amount", "formula")


def _dress(target: Any, cell: Cell) -> None:
    if _is_number(cell):
        target.number_format = "#,##0.00"
    if cell.is_input:
        target.fill, target.border, target.protection = INPUT, EDGE, Protection(locked=False)
    if cell.style in ("head", "section", "sum", "title"):
        target.font = Font(bold=True, size=14 if cell.style == "title" else 11)
    if cell.style == "sum":
        target.border = SUM_EDGE
    if cell.style == "head":
        target.alignment = Alignment(wrap_text=True, vertical="bottom")


def _validations(layout: Layout) -> Iterator[DataValidation]:
    """The spreadsheet's own help while somebody types; what comes back is checked again here."""
    amounts = DataValidation(type="decimal", operator="between", formula1="0", formula2=str(MOST), allow_blank=True)
    amounts.error, amounts.errorTitle = _("Write an amount of 0 or more, as a number."), _("Amount")
    amounts.showErrorMessage = True
    lists: dict[tuple[str, ...], DataValidation] = {}
    for line in layout.lines:
        amounts.add(f"{line.amounts[0]}:{line.amounts[-1]}")
        if line.choice:
            choices = layout.cells[line.choice].choices
            words = ",".join(choices)
            check = lists.setdefault(choices, DataValidation(type="list", formula1=f'"{words}"', allow_blank=True))
            check.add(line.choice)
    for place in filter(None, (layout.opening, layout.b_tax)):
        amounts.add(place)
    yield amounts
    yield from lists.values()


def _write_about(tab: Any, sheet: Sheet) -> None:
    for place, value in sheets.about_cells(sheet.case_number, sheet.kind, sheet.version, sheet.mark()):
        tab[place].value = value
        tab[place].data_type = "s"
        tab[place].alignment = Alignment(wrap_text=True, vertical="top")
    tab.column_dimensions["A"].width, tab.column_dimensions["B"].width = 16, 90
    tab.protection.sheet = True


# --- Back ----------------------------------------------------------------------------------------------------------------


def read(name: str, data: bytes, *, case: CaseFile, kind: str, newest: Budget | None) -> Read:
    """What people wrote in the sheet, or Refused with the cell named. Changes nothing."""
    book = _open(name, data)
    with translation.override("da"):
        tab, about = _both_tabs(book)
        sheet = _identify(about, case, kind, newest)
        layout = sheet.layout()
        problems = [*_changed_about(about, sheet), *_changed(tab, layout)]
        if problems:
            raise _refused(*problems[:MOST_MESSAGES])
        values = _Values(tab, layout)
        found = _read_lines(values, sheet, layout)
        if values.problems:
            raise _refused(*values.problems[:MOST_MESSAGES])
        return found


def _refused(*messages: str) -> Refused:
    return Refused(*messages, field="file")


def _at(place: str, message: str) -> str:
    return _("Cell %(cell)s: %(what)s") % {"cell": place, "what": message}


def _open(name: str, data: bytes) -> Any:
    if len(data) > MOST_BYTES:
        raise _refused(_("The file is too large to be a budget sheet."))
    if inspect(name, data).format != FileFormat.XLSX:
        raise _refused(_("Choose the XLSX file that was downloaded here."))
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            if sum(part.file_size for part in package.infolist()) > MOST_UNPACKED:
                raise _refused(_("The file is too large to be a budget sheet."))
            _check_elements(package)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that other programs add and openpyxl leaves out
            return load_workbook(io.BytesIO(data))
    except BROKEN as error:
        raise _refused(
            _("The file cannot be read. Open it yourself, save it again, and choose the new one.")
        ) from error


class _Elements:
    """Counts the elements of a file as they are read, and keeps none of them."""

    def __init__(self) -> None:
        self.count: Counter[str] = Counter()
        self.in_all = 0

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.in_all += 1
        if self.in_all > MOST_IN_ALL:
            raise _refused(_("The file is too large to be a budget sheet."))
        name = tag.rpartition("}")[2]
        if name not in MOST_ELEMENTS:
            return
        self.count[name] += 1
        if self.count[name] <= MOST_ELEMENTS[name]:
            return
        if name in ("mergeCell", "hyperlink"):
            raise _refused(_("The sheet has merged cells or links. Take them away, and choose the file again."))
        raise _refused(_("The file is too large to be a budget sheet."))

    def close(self) -> None:
        """The parser asks for it; nothing has been built."""


def _check_elements(package: zipfile.ZipFile) -> None:
    """Every part, as any of them may be named as a tab; one that is no XML is no tab."""
    elements = _Elements()
    for part in package.infolist():
        parser = XMLParser(target=elements)
        with package.open(part) as file, suppress(ParseError):
            while chunk := file.read(CHUNK):
                parser.feed(chunk)
            parser.close()


def _both_tabs(book: Any) -> tuple[Any, Any]:
    names = _tabs()
    for name in names:
        if name not in book.sheetnames:
            raise _refused(_("The sheet has no tab “%(tab)s”. Use the sheet that was downloaded here.") % {"tab": name})
    extra = [name for name in book.sheetnames if name not in names]
    if extra:
        raise _refused(
            _("The sheet has a tab of its own, “%(tab)s”. Delete it, and choose the file again.") % {"tab": extra[0]}
        )
    tabs = [book[name] for name in names]
    if any(not hasattr(tab, "_cells") or len(tab._cells) > MOST_CELLS for tab in tabs):
        raise _refused(_("The file is too large to be a budget sheet."))
    return tabs[0], tabs[1]


def _value(tab: Any, place: str) -> Any:
    """The cell's value, without making a cell where there is none."""
    found = tab._cells.get(coordinate_to_tuple(place))
    return None if found is None else found.value


def _identify(about: Any, case: CaseFile, kind: str, newest: Budget | None) -> Sheet:
    """Which sheet of ours it is; another case's, kind's or version's is refused."""
    try:
        told = signing.loads(str(_value(about, sheets.MARK_CELL) or ""), salt=SALT)
    except signing.BadSignature:
        raise _refused(
            _about(sheets.MARK_CELL, _("the mark is not ours. Use the sheet that was downloaded here."))
        ) from None
    if told["c"] != case.number:
        raise _refused(_about(sheets.CASE_CELL, _("the sheet belongs to case %(number)s.") % {"number": told["c"]}))
    if told["k"] != kind:
        label = BudgetKind(told["k"]).label if told["k"] in BudgetKind.values else told["k"]
        raise _refused(_about(sheets.KIND_CELL, _("the sheet is another budget: %(kind)s.") % {"kind": label}))
    number = newest.number if newest else 0
    rule_set = RuleSet.objects.filter(pk=told["r"]).first()
    if told["n"] != number or told["y"] != LAYOUT or rule_set is None:
        raise _refused(
            _about(
                sheets.VERSION_CELL,
                _("the sheet is made from version %(old)s, and the newest is %(new)s. Download the sheet again.")
                % {"old": told["n"], "new": number},
            )
        )
    return _sheet_of_mark(told, rule_set, newest)


def _about(place: str, message: str) -> str:
    return _("Cell %(cell)s on the tab “%(tab)s”: %(what)s") % {"cell": place, "tab": _tabs()[1], "what": message}


def _sheet_of_mark(told: dict[str, Any], rule_set: RuleSet, newest: Budget | None) -> Sheet:
    number, kind = told["n"], told["k"]
    if kind == BudgetKind.ESTABLISHMENT:
        lines = tuple(LineData(line.kind, line.text, line.amount) for line in newest.lines.all()) if newest else ()
        return Sheet(told["c"], kind, number, rule_set, lines=lines)
    frame = Frame(
        starts_on=date.fromisoformat(told["s"]),
        vat_period=told["v"],
        loan=tuple(Decimal(amount) for amount in told["l"]),
        repayments=tuple(Decimal(amount) for amount in told["p"]),
    )
    return Sheet(told["c"], kind, number, rule_set, frame=frame)


def _changed_about(about: Any, sheet: Sheet) -> Iterator[str]:
    mark = str(_value(about, sheets.MARK_CELL))
    expected = dict(sheets.about_cells(sheet.case_number, sheet.kind, sheet.version, mark))
    for place, value in expected.items():
        if _text(_value(about, place)) != _text(value):
            yield _about(place, _("it should say “%(text)s”.") % {"text": value})
    for cell in about._cells.values():
        if cell.coordinate not in expected and _text(cell.value):
            yield _about(cell.coordinate, _("it should be empty."))


def _changed(tab: Any, layout: Layout) -> Iterator[str]:
    """Every cell that is ours and does not stand as it went out, and every cell that should be empty."""
    for place, cell in layout.cells.items():
        if cell.is_input:
            continue
        value = _value(tab, place)
        if cell.role == "formula":
            if _formula(value) != _formula(cell.value):
                yield _at(place, _("the formula has been changed. It should be %(formula)s") % {"formula": cell.value})
        elif isinstance(cell.value, Decimal):
            if _exact(value) != cell.value:
                yield _at(place, _("it should say %(text)s.") % {"text": cell.value})
        elif _text(value) != _text(cell.value):
            yield _at(place, _("it should say “%(text)s”.") % {"text": cell.value})
    for found in tab._cells.values():
        if found.coordinate not in layout.cells and _text(found.value):
            yield _at(found.coordinate, _("it should be empty."))


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _formula(value: Any) -> str:
    """A formula without what programs write in their own way: blanks, absolute signs, capitals."""
    return "".join(value.split()).replace("$", "").upper() if isinstance(value, str) else repr(value)


def _exact(value: Any) -> Decimal | None:
    """A number as an amount of two decimals, if it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
        return None
    try:
        number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
        rounded = number.quantize(Decimal("0.01"))
    except InvalidOperation:
        return None
    return rounded if abs(number - rounded) < SMALL else None


class _Values:
    """The input cells, read strictly. What cannot be is noted in `problems` with its cell."""

    def __init__(self, tab: Any, layout: Layout) -> None:
        self.tab, self.layout = tab, layout
        self.problems: list[str] = []

    def _found(self, place: str) -> Any:
        found = self.tab._cells.get(coordinate_to_tuple(place))
        if found is None or found.value is None:
            return None
        if found.data_type == "f" or not isinstance(found.value, str | int | float | Decimal):
            self._wrong(place, _("write the value itself, not a formula or a date."))
            return None
        return found.value

    def _wrong(self, place: str, message: str) -> None:
        where = self.layout.cells[place].label
        self.problems.append(
            _("Cell %(cell)s (%(where)s): %(what)s") % {"cell": place, "where": where, "what": message}
        )

    def amount(self, place: str) -> Decimal:
        value = self._found(place)
        if value is None or (isinstance(value, str) and not value.strip()):
            return ZERO
        amount = _exact(value)
        if amount is None:
            self._wrong(place, _("write a number with at most two decimals, without text."))
            return ZERO
        if not 0 <= amount <= MOST:
            self._wrong(place, _("write an amount from 0 to 9,999,999.99."))
            return ZERO
        return amount + ZERO

    def text(self, place: str, most: int) -> str:
        if not place:
            return ""
        value = self._found(place)
        words = "" if value is None else " ".join(str(value).split())
        if len(words) > most:
            self._wrong(place, _("write at most %(count)s characters.") % {"count": most})
            return words[:most]
        return words

    def choice(self, place: str) -> str:
        if not place:
            return ""
        words, choices = self.text(place, 200).lower(), self.layout.cells[place].choices
        if words and words not in choices:
            self._wrong(place, _("write %(choices)s.") % {"choices": _(" or ").join(f"“{word}”" for word in choices)})
            return ""
        return words

    def complain(self, place: str, message: str) -> None:
        self._wrong(place, message)


def _read_lines(values: _Values, sheet: Sheet, layout: Layout) -> Read:
    if sheet.frame is None:
        return Read(sheet.kind, _establishment_lines(values, layout), [], None)
    data = FrameData(
        starts_on=sheet.frame.starts_on,
        vat_period=sheet.frame.vat_period,
        opening=values.amount(layout.opening) if layout.opening else ZERO,
        b_tax=values.amount(layout.b_tax),
    )
    return Read(sheet.kind, [], list(_year_rows(values, layout)), data)


def _establishment_lines(values: _Values, layout: Layout) -> list[LineData]:
    kinds = {word: kind for kind, word in sheets.kind_words().items()}
    found = []
    for line in layout.lines:
        text, amount = values.text(line.text, MOST_TEXT["text"]), values.amount(line.amounts[0])
        kind = values.choice(line.choice)
        if _is_whole(values, line, text, has_amount=bool(amount)):
            if not kind:
                values.complain(line.choice, _("choose what kind of amount it is."))
            else:
                found.append(LineData(kinds[kind], text, amount))
    return found


def _year_rows(values: _Values, layout: Layout) -> Iterator[Row]:
    for line in layout.lines:
        text, source = values.text(line.text, MOST_TEXT["text"]), values.text(line.source, MOST_TEXT["source"])
        amounts = tuple(values.amount(place) for place in line.amounts)
        vat = values.choice(line.choice) == sheets.yes_no(True)
        if _is_whole(values, line, text, has_amount=any(amounts)):
            yield Row(line.section, text, amounts, vat=vat, source=source)


def _is_whole(values: _Values, line: sheets.Line, text: str, *, has_amount: bool) -> bool:
    """Whether the line is filled in; half of one is a problem."""
    if text and not has_amount and not values.problems:
        values.complain(line.amounts[0], _("write the amount of “%(what)s”, or empty the line.") % {"what": text})
    elif has_amount and not text:
        values.complain(line.text, _("write what the amount is for, or empty the line."))
    return bool(text) and has_amount
