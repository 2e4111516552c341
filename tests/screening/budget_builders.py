"""Operating and liquidity budgets for tests, saved by the service as the screens do."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from cases.models import CaseFile
from microloan.accounts.enums import Role
from screening import services
from screening.budget_rules import Frame, Row, TaxRules
from screening.enums import BudgetKind, RowSection, VatPeriod
from screening.models import Budget
from tests.support.world import World

START = date(2027, 1, 1)
TAXES = TaxRules(
    vat_percent=Decimal("25"),
    vat_quarter_months=(6, 9, 12, 3),
    vat_half_year_months=(9, 3),
    b_tax_months=(1, 2, 3, 4, 5, 7, 8, 9, 10, 11),
)
FRAME = Frame(starts_on=START, vat_period=VatPeriod.NONE.value)
DATA = services.FrameData(starts_on=START, vat_period=VatPeriod.QUARTER.value)


def kr(*amounts: object) -> tuple[Decimal, ...]:
    return tuple(Decimal(str(amount)).quantize(Decimal("0.01")) for amount in amounts)


def each(amount: object) -> tuple[Decimal, ...]:
    return kr(*[amount] * 12)


def sales(*amounts: object, text: str = "Syning", source: str = "", vat: bool = True) -> Row:
    return Row(RowSection.SALES.value, text, kr(*amounts), vat=vat, source=source)


def row(section: str, text: str, amounts: Sequence[Decimal], *, vat: bool = False) -> Row:
    return Row(str(section), text, tuple(amounts), vat=vat)


def frame(**changes: Any) -> Frame:
    return replace(FRAME, **changes)


def liquidity_rows() -> list[Row]:
    return [
        sales(*[0, 2000, 4000, *[9000] * 9], source="To faste kunder har sagt ja"),
        row(RowSection.GOODS, "Stof", each(1000), vat=True),
        row(RowSection.COSTS, "Husleje", each(2500), vat=True),
        row(RowSection.START, "Symaskine", kr(12000, *[0] * 11), vat=True),
    ]


def operating_rows() -> list[Row]:
    return [
        sales(100000, source="To faste kunder har sagt ja"),
        row(RowSection.GOODS, "Stof", kr(20000), vat=True),
        row(RowSection.COSTS, "Husleje", kr(30000), vat=True),
        row(RowSection.PRIVATE, "Privatforbrug", kr(24000)),
    ]


def year_budget(
    world: World, case: CaseFile, rows: Sequence[Row] = (), *, kind: str = BudgetKind.LIQUIDITY, **changes: Any
) -> Budget:
    usual = liquidity_rows() if kind == BudgetKind.LIQUIDITY else operating_rows()
    values = {"data": DATA, "note": "", "by": world.user(Role.COACH), "today": world.today, **changes}
    return services.save_year_budget(case=case, kind=kind, rows=rows or usual, **values)
