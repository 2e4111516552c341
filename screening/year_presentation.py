"""Operating and liquidity budgets as pages and papers show them: tables, finding, chart, dates."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from microloan.core import charts, danish
from microloan.core.calendars import next_deadline_day
from microloan.core.money import round_half_up
from microloan.core.months import add_months
from screening.budget_rules import MONEY_IN, SECTIONS_OF_MONTHS, Liquidity, Operating, Question, Row, liquidity, what_if
from screening.enums import BudgetKind, RowSection, VatPeriod
from screening.services import YearBudget
from screening.year_forms import month_words

MOST_NAMED = 3  # more months than these are counted, not named


@dataclass(frozen=True)
class TableRow:
    """A line of the table. `tone`: head (a heading), line, sum, balance."""

    label: str
    values: Sequence[Decimal] = ()
    total: Decimal | None = None
    tone: str = "line"
    note: str = ""


@dataclass
class Shown:
    """What a page needs of one version."""

    year: YearBudget
    finding: str
    rows: list[TableRow]
    facts: list[tuple[str, str]]
    heads: list[str] = field(default_factory=list)
    chart: SafeString = SafeString("")
    dates: list[tuple[str, str]] = field(default_factory=list)


def shown(year: YearBudget) -> Shown:
    if year.kind == BudgetKind.LIQUIDITY:
        result = year.liquidity()
        return Shown(
            year=year,
            finding=finding_of(result),
            rows=list(_liquidity_rows(year, result)),
            facts=_facts(year),
            heads=[month_words(month.starts_on) for month in result.months],
            chart=balance_chart(result),
            dates=_dates(year, result),
        )
    sums = year.operating()
    return Shown(
        year=year,
        finding=_finding_of_year(sums),
        rows=list(_operating_rows(year, sums)),
        facts=_facts(year),
        dates=[],
    )


# --- Liquidity -----------------------------------------------------------------------------------------------------------


def months_in_words(months: Iterable[date]) -> str:
    """`marts og april 2027`, `december 2026 og januar 2027`."""
    months = list(months)
    parts = [
        danish.month_name(month)
        if index == len(months) - 1 or months[index + 1].year != month.year
        else danish.MONTHS[month.month - 1]
        for index, month in enumerate(months)
    ]
    if len(parts) < 2:
        return "".join(parts)
    return _("%(first)s and %(last)s") % {"first": ", ".join(parts[:-1]), "last": parts[-1]}


def finding_of(result: Liquidity) -> str:
    """The headline of the chart: where the money runs out, else where it is least."""
    lowest = result.lowest
    words = {"month": danish.month_name(lowest.starts_on), "amount": danish.kr(lowest.balance)}
    if not result.below_zero:
        return _("There is money in all twelve months; least in %(month)s: %(amount)s") % words
    below = result.below_zero
    months = months_in_words(month.starts_on for month in below)
    if len(below) > MOST_NAMED:
        months = _("%(count)s of the 12 months") % {"count": len(below)}
    return _("There is too little money in %(months)s; least in %(month)s: %(amount)s") % {"months": months, **words}


def balance_chart(result: Liquidity, key: str = "balance") -> SafeString:
    return charts.columns(
        key=key,
        title=finding_of(result),
        description=_("Columns with the money at the end of each month. The table has the same numbers."),
        labels=[danish.MONTHS[month.starts_on.month - 1][:3] for month in result.months],
        values=[month.balance for month in result.months],
    )


def _liquidity_rows(year: YearBudget, result: Liquidity) -> Iterator[TableRow]:
    months = result.months
    openings = [result.opening, *(month.balance for month in months[:-1])]
    yield TableRow(_("Money at the start of the month"), openings, None, "sum")
    yield TableRow(_("Money in"), tone="head")
    yield from _section_rows(year, [section for section in SECTIONS_OF_MONTHS if section in MONEY_IN])
    if any(month.loan for month in months):
        yield _column(result, "loan", _("The loan is paid out"))
    yield _column(result, "money_in", _("Money in, in all"), "sum")
    yield TableRow(_("Money out"), tone="head")
    yield from _section_rows(year, [section for section in SECTIONS_OF_MONTHS if section not in MONEY_IN])
    if any(month.repayment for month in months):
        yield _column(result, "repayment", _("Instalments of the loan"))
    if year.frame.b_tax:
        yield _column(result, "b_tax", _("B-tax"))
    if year.frame.vat_period != VatPeriod.NONE:
        note = _("below 0: money back") if any(month.vat_paid < 0 for month in months) else ""
        yield _column(result, "vat_paid", _("VAT is settled"), note=note)
    yield _column(result, "money_out", _("Money out, in all"), "sum")
    yield TableRow(_("Money at the end of the month"), [month.balance for month in months], result.closing, "balance")


def _column(result: Liquidity, name: str, label: str, tone: str = "line", note: str = "") -> TableRow:
    return TableRow(label, [getattr(month, name) for month in result.months], result.total(name), tone, note)


def _section_rows(year: YearBudget, sections: Iterable[RowSection]) -> Iterator[TableRow]:
    for section in sections:
        lines = [row for row in year.rows if row.section == section]
        if lines:
            yield TableRow(str(section.label), tone="section")
        for row in lines:
            yield TableRow(row.text, row.amounts, row.total, note=_note_of(row, year))


def _note_of(row: Row, year: YearBudget) -> str:
    parts = []
    if row.vat and year.frame.vat_period != VatPeriod.NONE and year.kind == BudgetKind.LIQUIDITY:
        parts.append(_("with VAT"))
    if row.source:
        parts.append(row.source)
    return " · ".join(parts)


def _dates(year: YearBudget, result: Liquidity) -> list[tuple[str, str]]:
    """When VAT and B-tax are to be paid: the days of the rule set, moved to a working day."""
    rules = year.rule_set
    vat = [
        f"{danish.short_date(_day(month.starts_on, rules.vat_day))}: {danish.kr(month.vat_paid)}"
        for month in result.months
        if month.vat_paid
    ]
    b_tax = [month for month in result.months if month.b_tax]
    rows = []
    if vat:
        rows.append((_("VAT is settled"), "\n".join(vat)))
    if result.vat_left:
        rows.append((_("VAT of these months, settled later"), danish.kr(result.vat_left)))
    if b_tax:
        words = _("%(amount)s by %(dates)s") % {
            "amount": danish.kr(b_tax[0].b_tax),
            "dates": ", ".join(danish.day_month(_day(month.starts_on, rules.b_tax_day)) for month in b_tax),
        }
        rows.append((_("B-tax"), words))
    return rows


def _day(month: date, day: int) -> date:
    return next_deadline_day(add_months(month, 0, day=day))


# --- Operating -----------------------------------------------------------------------------------------------------------


def _operating_rows(year: YearBudget, sums: Operating) -> Iterator[TableRow]:
    for section in (RowSection.SALES, RowSection.GOODS):
        yield from _lines_and_sum(year, section, sums)
    yield TableRow(_("Contribution"), total=sums.contribution, tone="sum", note=_("sales less goods and materials"))
    yield from _lines_and_sum(year, RowSection.COSTS, sums)
    yield TableRow(_("Profit before tax"), total=sums.profit, tone="balance")
    yield from _lines_and_sum(year, RowSection.PRIVATE, sums)
    yield TableRow(_("B-tax"), total=sums.b_tax)
    yield TableRow(_("Instalments of the loan"), total=sums.repayment)
    yield TableRow(_("Left when the owner, the tax and the loan are paid"), total=sums.left, tone="balance")


def _lines_and_sum(year: YearBudget, section: RowSection, sums: Operating) -> Iterator[TableRow]:
    yield TableRow(str(section.label), tone="section")
    for row in year.rows:
        if row.section == section:
            yield TableRow(row.text, total=row.total, note=_note_of(row, year))
    label = _("%(section)s in all") % {"section": section.label}
    yield TableRow(label, total=sums.sums[section], tone="sum")


def _finding_of_year(sums: Operating) -> str:
    if sums.break_even_all is None:
        return _("The sales leave nothing to pay the costs with")
    words = {"needed": danish.kr(sums.break_even_all), "sales": danish.kr(sums.sales)}
    if sums.left < 0:
        return _("The sales of %(sales)s are too small: %(needed)s are needed") % words
    return _("The sales of %(sales)s are enough: %(needed)s are needed") % words


def break_even_rows(year: YearBudget) -> list[tuple[str, str]]:
    sums = year.operating()
    return [
        (_("Break-even sales: costs are covered"), _kr_or_none(sums.break_even)),
        (_("Sales that also pay the owner, the tax and the loan"), _kr_or_none(sums.break_even_all)),
        (_("That is in a month"), _kr_or_none(sums.break_even_all, 12)),
    ]


def _kr_or_none(amount: Decimal | None, parts: int = 1) -> str:
    return danish.kr(round_half_up(amount / parts)) if amount is not None else _("Cannot be worked out")


def _facts(year: YearBudget) -> list[tuple[str, str]]:
    rows = [
        (_("First month"), danish.month_name(year.frame.starts_on)),
        (_("VAT"), str(VatPeriod(year.frame.vat_period).label)),
        (_("B-tax for the year"), danish.kr(year.frame.b_tax)),
    ]
    if year.loan_amount:
        word = _("granted") if year.loan_is_decided else _("the need of the establishment budget")
        rows.append((_("Loan"), f"{danish.kr(year.loan_amount)} ({word})"))
    return rows


# --- What if -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Compared:
    """The budget and the question side by side."""

    heads: list[str]
    months: list[tuple[str, Decimal, Decimal, Decimal]]
    facts: list[tuple[str, str, str]]
    finding: str
    chart: SafeString


def compared(year: YearBudget, question: Question) -> Compared:
    before = year.liquidity()
    after = liquidity(what_if(year.rows, question), year.frame, year.taxes)
    finding = finding_of(after)
    labels = [danish.MONTHS[month.starts_on.month - 1][:3] for month in before.months]
    chart = charts.lines(
        key="what-if",
        title=finding,
        description=_("Two lines with the money at the end of each month. The table has the same numbers."),
        labels=labels,
        series=[
            charts.Series(_("Budget"), [month.balance for month in before.months]),
            charts.Series(_("What if"), [month.balance for month in after.months]),
        ],
    )
    return Compared(
        heads=labels,
        months=[
            (danish.month_name(one.starts_on), one.balance, other.balance, other.balance - one.balance)
            for one, other in zip(before.months, after.months, strict=True)
        ],
        facts=_compared_facts(before, after),
        finding=finding,
        chart=chart,
    )


def _compared_facts(before: Liquidity, after: Liquidity) -> list[tuple[str, str, str]]:
    def facts(result: Liquidity) -> list[str]:
        return [
            danish.kr(result.section_total(RowSection.SALES)),
            f"{danish.kr(result.lowest.balance)} ({danish.month_name(result.lowest.starts_on)})",
            months_in_words(month.starts_on for month in result.below_zero) or _("none"),
            danish.kr(result.closing),
        ]

    labels = [_("Sales"), _("Least money"), _("Months below 0"), _("Money after twelve months")]
    return list(zip(labels, facts(before), facts(after), strict=True))
