"""Budgets as spreadsheets: what stands in which cell (docs/decisions/136). Pure; `sheet_files` writes and reads the files.

Two tabs: the budget, and what the sheet is (case, kind, version, and a mark signed by us that holds no CPR number).
People write in the input cells only; everything else, formulas too, has to come back as it was. The formulas are the
arithmetic of `budget_rules`, of functions that Excel and LibreOffice both have.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from openpyxl.utils import get_column_letter

from microloan.core import danish
from microloan.core.money import ZERO
from microloan.core.months import months_between
from screening.budget_rules import MONEY_IN, MONTHS, WITH_VAT, Frame, Row, TaxRules, vat_settled_in
from screening.enums import BudgetKind, LineKind, RowSection, VatPeriod
from screening.rules import one_line
from screening.services.budgets import LineData
from screening.services.year_budgets import MOST_ROWS, amounts_of, sections_of

LINES, MORE_LINES, MOST_LINES = 30, 10, 80
TEXT, SOURCE, VAT, FIRST = 1, 2, 3, 4  # the columns: what, who says so, VAT, the first amount


@dataclass(frozen=True)
class Cell:
    """`role`: fixed (words or a number of ours), formula, or what people write: text, amount, choice."""

    value: Any
    role: str = "fixed"
    label: str = ""
    choices: tuple[str, ...] = ()
    style: str = ""

    @property
    def is_input(self) -> bool:
        return self.role in ("text", "amount", "choice")


@dataclass(frozen=True)
class Line:
    """The input cells of one line: where its words and its amounts stand."""

    section: str
    text: str
    amounts: tuple[str, ...]
    source: str = ""
    choice: str = ""


@dataclass
class Layout:
    """All cells of the budget's tab, and where the input is."""

    cells: dict[str, Cell] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    opening: str = ""
    b_tax: str = ""
    head_row: int = 0
    columns: int = 1

    def put(self, column: int, row: int, value: Any, role: str = "fixed", **more: Any) -> str:
        place = at(column, row)
        self.cells[place] = Cell(value, role, **more)
        self.columns = max(self.columns, column)
        return place


def at(column: int, row: int) -> str:
    return f"{get_column_letter(column)}{row}"


def yes_no(value: bool) -> str:
    return _("yes") if value else _("no")


def kind_words() -> dict[str, str]:
    return {LineKind.EXPENSE.value: _("expense"), LineKind.OWN_FUNDS.value: _("own funds")}


# --- Establishment -------------------------------------------------------------------------------------------------------


def establishment_layout(lines: Sequence[LineData]) -> Layout:
    """A line for each expense and each sum of own funds; the loan need below."""
    layout = Layout(head_row=4)
    words = kind_words()
    layout.put(1, 1, str(BudgetKind.ESTABLISHMENT.label), style="title")
    layout.put(1, 2, _("Write in the yellow cells only. Amounts in kroner."), style="hint")
    for column, head in enumerate((_("What"), _("Kind"), _("Amount")), start=1):
        layout.put(column, 4, head, style="head")
    room = min(max(LINES, len(lines) + MORE_LINES), MOST_LINES)
    for number in range(room):
        line, row = (lines[number] if number < len(lines) else None), 5 + number
        where = _("line %(number)s") % {"number": number + 1}
        text = layout.put(1, row, one_line(line.text) if line else None, "text", label=where)
        choice = layout.put(
            2, row, words[line.kind] if line else None, "choice", label=where, choices=tuple(words.values())
        )
        amount = layout.put(3, row, line.amount if line else None, "amount", label=where)
        layout.lines.append(Line("", text, (amount,), choice=choice))
    last = 4 + room
    sums = []
    for number, (label, word) in enumerate(
        (
            (_("Expenses in all"), words[LineKind.EXPENSE]),
            (_("Own funds and other financing"), words[LineKind.OWN_FUNDS]),
        )
    ):
        row = last + 1 + number
        layout.put(1, row, label, style="sum")
        sums.append(layout.put(3, row, f'=ROUND(SUMIF(B5:B{last},"{word}",C5:C{last}),2)', "formula", style="sum"))
    layout.put(1, last + 3, _("Loan need"), style="sum")
    layout.put(3, last + 3, f"=MAX(ROUND({sums[0]}-{sums[1]},2),0)", "formula", style="sum")
    return layout


# --- A year --------------------------------------------------------------------------------------------------------------


class YearLayout:
    """The cells of an operating or a liquidity budget."""

    def __init__(self, kind: str, rows: Iterable[Row], frame: Frame, taxes: TaxRules) -> None:
        self.kind, self.rows, self.frame, self.taxes = kind, list(rows), frame, taxes
        self.count = amounts_of(kind)
        self.layout = Layout(head_row=6)
        self.row = 0
        self.spans: dict[str, tuple[int, int]] = {}  # section → first and last line
        self.sums: dict[str, int] = {}  # section → the row of its sums

    @property
    def columns(self) -> range:
        return range(FIRST, FIRST + self.count)

    def build(self) -> Layout:
        self._head()
        if self.kind == BudgetKind.LIQUIDITY:
            self._liquidity()
        else:
            self._operating()
        return self.layout

    def _head(self) -> None:
        put = self.layout.put
        put(1, 1, str(BudgetKind(self.kind).label), style="title")
        put(1, 2, _("Write in the yellow cells only. Amounts in kroner."), style="hint")
        put(1, 3, _("VAT: %(period)s") % {"period": VatPeriod(self.frame.vat_period).label}, style="hint")
        put(1, 4, _("B-tax for the year"))
        self.layout.b_tax = put(FIRST, 4, self.frame.b_tax or None, "amount", label=_("B-tax for the year"))
        put(TEXT, 6, _("What"), style="head")
        put(SOURCE, 6, _("Who says so? (sales)"), style="head")
        put(VAT, 6, _("VAT (yes or no)"), style="head")
        heads = [danish.month_name(month) for month in self.frame.months] if self.count > 1 else [_("The year")]
        for column, head in zip(self.columns, heads, strict=True):
            put(column, 6, head, style="head")
        if self.count > 1:
            put(FIRST + self.count, 6, _("In all"), style="head")
        self.row = 6

    # --- Parts -----------------------------------------------------------------------------------------------------------

    def _section(self, section: RowSection) -> None:
        """A heading, ten lines to write in, and their sum."""
        self.row += 1
        self.layout.put(TEXT, self.row, str(section.label), style="section")
        filled = [row for row in self.rows if row.section == section]
        first = self.row + 1
        for number in range(MOST_ROWS):
            self.row += 1
            self._line(section, number, filled[number] if number < len(filled) else None)
        self.spans[section] = (first, self.row)
        label = _("%(section)s in all") % {"section": section.label}
        self.sums[section] = self._formulas(
            label, lambda column: f"=ROUND(SUM({at(column, first)}:{at(column, first + MOST_ROWS - 1)}),2)"
        )

    def _line(self, section: RowSection, number: int, row: Row | None) -> None:
        put, where = (
            self.layout.put,
            _("%(heading)s, line %(number)s") % {"heading": section.label, "number": number + 1},
        )
        text = put(TEXT, self.row, row.text if row else None, "text", label=where)
        source = choice = ""
        if section == RowSection.SALES:
            source = put(SOURCE, self.row, (row.source or None) if row else None, "text", label=where)
        if section in WITH_VAT:
            vat = yes_no(row.vat) if row else None
            choice = put(VAT, self.row, vat, "choice", label=where, choices=(yes_no(True), yes_no(False)))
        amounts = []
        for index, column in enumerate(self.columns):
            amount = row.amounts[index] if row else ZERO
            month = f", {danish.month_name(self.frame.month(index))}" if self.count > 1 else ""
            amounts.append(put(column, self.row, amount or None, "amount", label=where + month))
        self._total(self.row)
        self.layout.lines.append(Line(section.value, text, tuple(amounts), source=source, choice=choice))

    def _total(self, row: int, style: str = "") -> None:
        if self.count > 1:
            first, last = at(FIRST, row), at(FIRST + self.count - 1, row)
            self.layout.put(FIRST + self.count, row, f"=ROUND(SUM({first}:{last}),2)", "formula", style=style)

    def _formulas(self, label: str, formula: Any, *, style: str = "sum", total: bool = True) -> int:
        """A row of ours: `formula` gives what stands in each column, a formula or a number."""
        self.row += 1
        self.layout.put(TEXT, self.row, label, style=style)
        for column in self.columns:
            value = formula(column)
            role = "formula" if isinstance(value, str) else "fixed"
            self.layout.put(column, self.row, value, role, style=style or "number")
        if total:
            self._total(self.row, style)
        return self.row

    # --- Operating -------------------------------------------------------------------------------------------------------

    def _operating(self) -> None:
        def of(sign: str, *rows: int) -> Any:
            return lambda column: "=ROUND(" + sign.join(at(column, row) for row in rows) + ",2)"

        for section in (RowSection.SALES, RowSection.GOODS):
            self._section(section)
        sales, goods = self.sums[RowSection.SALES], self.sums[RowSection.GOODS]
        contribution = self._formulas(_("Contribution"), of("-", sales, goods))
        self._section(RowSection.COSTS)
        costs = self.sums[RowSection.COSTS]
        profit = self._formulas(_("Profit before tax"), of("-", contribution, costs))
        self._section(RowSection.PRIVATE)
        private = self.sums[RowSection.PRIVATE]
        b_tax = self._formulas(_("B-tax"), lambda column: f"=ROUND({self.layout.b_tax},2)", style="")
        repayment = sum(self.frame.repayments, ZERO)
        loan = self._formulas(_("Instalments of the loan"), lambda column: repayment, style="")
        self._formulas(_("Left when the owner, the tax and the loan are paid"), of("-", profit, private, b_tax, loan))

        def needed(to_cover: str) -> Any:
            def formula(column: int) -> str:
                sold, left = at(column, sales), at(column, contribution)
                words = _("Cannot be worked out")
                return f'=IF(AND({sold}>0,{left}>0),ROUND(({to_cover})*{sold}/{left},2),"{words}")'

            return formula

        letter = get_column_letter(FIRST)
        self._formulas(_("Break-even sales: costs are covered"), needed(f"{letter}{costs}"))
        everything = "+".join(f"{letter}{row}" for row in (costs, private, b_tax, loan))
        self._formulas(_("Sales that also pay the owner, the tax and the loan"), needed(everything))

    # --- Liquidity -------------------------------------------------------------------------------------------------------

    def _liquidity(self) -> None:
        self.layout.put(1, 5, _("Money at the start"))
        opening = self.frame.opening or None
        self.layout.opening = self.layout.put(FIRST, 5, opening, "amount", label=_("Money at the start"))
        sections = sections_of(self.kind)
        for section in (one for one in sections if one in MONEY_IN):
            self._section(section)
        loan = self._given(_("The loan is paid out"), self.frame.loan)
        came = self._sum(_("Money in, in all"), [self.sums[one] for one in sections if one in MONEY_IN] + [loan])
        for section in (one for one in sections if one not in MONEY_IN):
            self._section(section)
        repayment = self._given(_("Instalments of the loan"), self.frame.repayments)
        b_tax = self._b_tax()
        vat = self._vat()
        settled = self._vat_settled(vat)
        spent = [self.sums[one] for one in sections if one not in MONEY_IN]
        went = self._sum(_("Money out, in all"), [*spent, repayment, b_tax, settled])
        self._balance(came, went)
        self._vat_left(vat)

    def _given(self, label: str, amounts: Sequence[Decimal]) -> int:
        return self._formulas(label, lambda column: amounts[column - FIRST], style="")

    def _sum(self, label: str, rows: Sequence[int]) -> int:
        return self._formulas(label, lambda column: "=ROUND(" + "+".join(at(column, row) for row in rows) + ",2)")

    def _b_tax(self) -> int:
        """Equal parts in the months in which B-tax is paid; the last takes the odd øre."""
        columns = [column for column in self.columns if self._month(column).month in self.taxes.b_tax_months]

        def formula(column: int) -> str | Decimal:
            if column not in columns:
                return ZERO
            each, year = f"ROUND($D$4/{len(columns)},2)", "$D$4"
            return f"=ROUND({year}-{each}*{len(columns) - 1},2)" if column == columns[-1] else f"={each}"

        return self._formulas(_("B-tax"), formula, style="")

    def _month(self, column: int) -> date:
        return self.frame.month(column - FIRST)

    def _vat(self) -> int:
        """The VAT of each month's own trade: a share of what is sold less what is bought, where it says yes."""
        if self.frame.vat_period == VatPeriod.NONE:
            return self._formulas(_("VAT of the month"), lambda column: ZERO, style="")
        percent = self.taxes.vat_percent.normalize()
        share = f"{percent:f}/{100 + percent:f}"

        def part(section: RowSection, column: int) -> str:
            first, last = self.spans[section]
            words = f"${at(VAT, first)}:${at(VAT, last)}"
            return f'SUMIF({words},"{yes_no(True)}",{at(column, first)}:{at(column, last)})'

        def formula(column: int) -> str:
            bought = "".join(f"-{part(one, column)}" for one in WITH_VAT if one != RowSection.SALES)
            return f"=ROUND(({part(RowSection.SALES, column)}{bought})*{share},2)"

        return self._formulas(_("VAT of the month"), formula, style="")

    def _settled_in(self, column: int) -> int | None:
        """The column in which the VAT of a month is settled; None: after the twelve months, or never."""
        due = vat_settled_in(self._month(column), self.frame.vat_period, self.taxes)
        index = months_between(self.frame.starts_on, due) if due else MONTHS
        return FIRST + index if index < MONTHS else None

    def _vat_settled(self, vat: int) -> int:
        def formula(column: int) -> str | Decimal:
            months = [at(one, vat) for one in self.columns if self._settled_in(one) == column]
            return f"=ROUND({'+'.join(months)},2)" if months else ZERO

        return self._formulas(_("VAT is settled"), formula, style="")

    def _balance(self, came: int, went: int) -> None:
        row = self.row + 1

        def formula(column: int) -> str:
            before = "$D$5" if column == FIRST else at(column - 1, row)
            return f"=ROUND({before}+{at(column, came)}-{at(column, went)},2)"

        self._formulas(_("Money at the end of the month"), formula, total=False)

    def _vat_left(self, vat: int) -> None:
        later = [at(column, vat) for column in self.columns if self._settled_in(column) is None]
        self.row += 1
        self.layout.put(TEXT, self.row, _("VAT of these months, settled later"))
        if later and self.frame.vat_period != VatPeriod.NONE:
            self.layout.put(FIRST, self.row, f"=ROUND({'+'.join(later)},2)", "formula", style="number")
        else:
            self.layout.put(FIRST, self.row, ZERO, style="number")


def year_layout(kind: str, rows: Iterable[Row], frame: Frame, taxes: TaxRules) -> Layout:
    return YearLayout(kind, rows, frame, taxes).build()


def about_cells(case_number: str, kind: str, version: int, mark: str) -> Iterator[tuple[str, str]]:
    """The second tab: what the sheet is, and how it comes back."""
    rows = (
        (_("Case"), case_number),
        (_("Budget"), str(BudgetKind(kind).label)),
        (_("Version"), str(version) if version else _("none yet")),
        (_("Mark of the sheet"), mark),
        (
            _("How to"),
            _("Write in the yellow cells of the first tab. Save the file as XLSX, and send it back to your coach."),
        ),
        (
            "",
            _(
                "Lines and columns cannot be moved, and the formulas stay as they are: the sheet could not be read then."
            ),
        ),
    )
    for number, (label, value) in enumerate(rows, start=1):
        yield at(1, number), label
        yield at(2, number), value


CASE_CELL, KIND_CELL, VERSION_CELL, MARK_CELL = "B1", "B2", "B3", "B4"
