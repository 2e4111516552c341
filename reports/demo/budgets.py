"""The operating and liquidity budgets of the demo: a small shop of one."""

from decimal import Decimal

from screening.budget_rules import MONTHS, Row
from screening.enums import BudgetKind, RowSection

SOURCE = "To faste kunder har sagt ja, og prøvesalget på torvet gav 4.200 kr."
GROWTH = (6, 8, 10, 11, 12, 12, 13, 13, 14, 14, 15, 16)  # thousands of kroner a month, VAT in them


def year_budget_rows(first_sales: int) -> dict[str, list[Row]]:
    """Sales from month `first_sales` on (1 is the first), and what they cost. In the operating budget without VAT."""
    sold = ([0] * (first_sales - 1) + list(GROWTH))[:MONTHS]
    sales = _months(*(amount * 1000 for amount in sold))
    goods = _months(*(amount * 300 for amount in sold))
    source = SOURCE if first_sales == 1 else ""
    months = [
        Row(RowSection.SALES.value, "Salg i butik og på nettet", sales, vat=True, source=source),
        Row(RowSection.GOODS.value, "Materialer", goods, vat=True),
        Row(RowSection.COSTS.value, "Husleje og strøm", _months(*[2500] * MONTHS), vat=True),
        Row(RowSection.COSTS.value, "Forsikring", _months(1800, *[0] * 11)),
        Row(RowSection.COSTS.value, "Telefon og hjemmeside", _months(*[400] * MONTHS), vat=True),
        Row(RowSection.START.value, "Udstyr, varelager og skilt", _months(11000, 3000, *[0] * 10), vat=True),
        Row(RowSection.PRIVATE.value, "Privatforbrug", _months(*[0] * 8, *[3000] * 4)),
    ]
    year = [
        Row(row.section, row.text, (_net(row),), vat=row.vat, source=row.source)
        for row in months
        if row.section != RowSection.START
    ]
    return {BudgetKind.OPERATING.value: year, BudgetKind.LIQUIDITY.value: months}


def _months(*amounts: int) -> tuple[Decimal, ...]:
    return tuple(Decimal(amount).quantize(Decimal("0.01")) for amount in amounts)


def _net(row: Row) -> Decimal:
    """The year without VAT, in whole kroner."""
    share = Decimal("0.8") if row.vat else Decimal(1)
    return (row.total * share).quantize(Decimal(1)).quantize(Decimal("0.01"))
