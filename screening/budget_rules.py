"""The rules of the operating and the liquidity budget: pure functions on plain values (domain.md §4, danish-rules.md §9).

The operating budget is a year without VAT; the liquidity budget is twelve months of money as it moves, VAT in it where
the business is registered. What nobody types is worked out here: VAT settlements, B-tax, loan and repayment, balances.
Every amount is kroner with two decimals; the spreadsheets hold the same arithmetic as formulas.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from microloan.core.money import MAX_AMOUNT, ZERO, kroner
from microloan.core.months import add_months, months_between
from screening.enums import RowSection, VatPeriod

MONTHS = 12
NOTHING = (ZERO,) * MONTHS
SECTIONS_OF_YEAR = (RowSection.SALES, RowSection.GOODS, RowSection.COSTS, RowSection.PRIVATE)
SECTIONS_OF_MONTHS = (
    RowSection.SALES,
    RowSection.OTHER_IN,
    RowSection.GOODS,
    RowSection.COSTS,
    RowSection.START,
    RowSection.PRIVATE,
)
MONEY_IN = (RowSection.SALES, RowSection.OTHER_IN)
# Where VAT can be: what the owner takes out and puts in has none.
WITH_VAT = (RowSection.SALES, RowSection.GOODS, RowSection.COSTS, RowSection.START)


@dataclass(frozen=True)
class Row:
    """One line: one amount in an operating budget, twelve in a liquidity budget. `source`: who says that it will be sold."""

    section: str
    text: str
    amounts: tuple[Decimal, ...]
    vat: bool = False
    source: str = ""

    @property
    def total(self) -> Decimal:
        return sum(self.amounts, ZERO)


@dataclass(frozen=True)
class TaxRules:
    """The dated data of the rule set: the rate, and in which months VAT and B-tax are paid."""

    vat_percent: Decimal
    vat_quarter_months: tuple[int, ...]
    vat_half_year_months: tuple[int, ...]
    b_tax_months: tuple[int, ...]

    @property
    def vat_share(self) -> Decimal:
        """The share of an amount with VAT that is VAT: 25 of 125."""
        return self.vat_percent / (100 + self.vat_percent)

    def vat_months(self, period: str) -> tuple[int, ...]:
        """The months in which the VAT of each period of a year is paid, in the order of the periods."""
        return {
            VatPeriod.QUARTER.value: self.vat_quarter_months,
            VatPeriod.HALF_YEAR.value: self.vat_half_year_months,
        }.get(str(period), ())


@dataclass(frozen=True)
class Frame:
    """What goes with the lines. `loan` and `repayments` are what comes in and goes out each month from `starts_on`."""

    starts_on: date
    vat_period: str
    opening: Decimal = ZERO
    b_tax: Decimal = ZERO
    loan: tuple[Decimal, ...] = NOTHING
    repayments: tuple[Decimal, ...] = NOTHING

    def month(self, index: int) -> date:
        return add_months(self.starts_on, index)

    @property
    def months(self) -> list[date]:
        return [self.month(index) for index in range(MONTHS)]


# --- The operating budget ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Operating:
    """A year without VAT. `left` is what remains when the owner, the tax and the loan have had theirs."""

    sums: Mapping[str, Decimal]
    contribution: Decimal
    profit: Decimal
    b_tax: Decimal
    repayment: Decimal
    left: Decimal
    break_even: Decimal | None
    break_even_all: Decimal | None

    @property
    def sales(self) -> Decimal:
        return self.sums[RowSection.SALES]


def operating(rows: Iterable[Row], frame: Frame) -> Operating:
    """Contribution (what the sales leave when the goods are paid), profit, and the sales at which nothing is lost."""
    sums = sums_of(rows, SECTIONS_OF_YEAR)
    contribution = sums[RowSection.SALES] - sums[RowSection.GOODS]
    profit = contribution - sums[RowSection.COSTS]
    repayment = sum(frame.repayments, ZERO)
    beyond = sums[RowSection.PRIVATE] + frame.b_tax + repayment
    return Operating(
        sums=sums,
        contribution=contribution,
        profit=profit,
        b_tax=frame.b_tax,
        repayment=repayment,
        left=profit - beyond,
        break_even=break_even(sums[RowSection.SALES], contribution, sums[RowSection.COSTS]),
        break_even_all=break_even(sums[RowSection.SALES], contribution, sums[RowSection.COSTS] + beyond),
    )


def break_even(sales: Decimal, contribution: Decimal, to_cover: Decimal) -> Decimal | None:
    """The sales that just cover `to_cover`, at the same share of goods. None where a sale leaves nothing."""
    if sales <= 0 or contribution <= 0:
        return None
    needed = to_cover * sales / contribution
    return kroner(needed) if needed <= MAX_AMOUNT else None


def in_order(rows: Iterable[Row], sections: Sequence[str]) -> tuple[Row, ...]:
    """The lines section by section; those of one section stay in their order."""
    return tuple(row for section in sections for row in rows if row.section == section)


def sums_of(rows: Iterable[Row], sections: Sequence[str]) -> dict[str, Decimal]:
    sums = {str(section): ZERO for section in sections}
    for row in rows:
        sums[row.section] += row.total
    return sums


# --- The liquidity budget ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Month:
    """One month. `vat` is the VAT of the month's own trade; `vat_paid` is what is settled in it, below zero if we get it."""

    starts_on: date
    sums: Mapping[str, Decimal]
    loan: Decimal
    repayment: Decimal
    vat: Decimal
    vat_paid: Decimal
    b_tax: Decimal
    money_in: Decimal
    money_out: Decimal
    balance: Decimal

    @property
    def change(self) -> Decimal:
        return self.money_in - self.money_out


@dataclass(frozen=True)
class Liquidity:
    """Twelve months. `vat_left` is the VAT of these months that is settled after them."""

    opening: Decimal
    months: tuple[Month, ...]
    vat_left: Decimal

    @property
    def closing(self) -> Decimal:
        return self.months[-1].balance

    @property
    def lowest(self) -> Month:
        """The month that ends with least; the first of several."""
        return min(self.months, key=lambda month: month.balance)

    @property
    def below_zero(self) -> list[Month]:
        return [month for month in self.months if month.balance < 0]

    def total(self, name: str) -> Decimal:
        """A column of the months added up."""
        return sum((getattr(month, name) for month in self.months), ZERO)

    def section_total(self, section: str) -> Decimal:
        return sum((month.sums[section] for month in self.months), ZERO)


def liquidity(rows: Iterable[Row], frame: Frame, taxes: TaxRules) -> Liquidity:
    """Month by month: what comes in, what goes out, and what is left (domain.md §4)."""
    rows = list(rows)
    vat = [_vat_of_month(rows, index, frame, taxes) for index in range(MONTHS)]
    settled, vat_left = vat_settlements(vat, frame, taxes)
    b_tax = b_tax_instalments(frame, taxes)
    months, balance = [], frame.opening
    for index in range(MONTHS):
        sums = {
            str(section): sum((row.amounts[index] for row in rows if row.section == section), ZERO)
            for section in SECTIONS_OF_MONTHS
        }
        came = sum((sums[section] for section in MONEY_IN), ZERO) + frame.loan[index]
        went = sum((amount for section, amount in sums.items() if section not in MONEY_IN), ZERO)
        went += frame.repayments[index] + settled[index] + b_tax[index]
        balance += came - went
        months.append(
            Month(
                starts_on=frame.month(index),
                sums=sums,
                loan=frame.loan[index],
                repayment=frame.repayments[index],
                vat=vat[index],
                vat_paid=settled[index],
                b_tax=b_tax[index],
                money_in=came,
                money_out=went,
                balance=balance,
            )
        )
    return Liquidity(frame.opening, tuple(months), vat_left)


def _vat_of_month(rows: Iterable[Row], index: int, frame: Frame, taxes: TaxRules) -> Decimal:
    """VAT on what is sold less VAT on what is bought; nothing where the business is not registered."""
    if frame.vat_period == VatPeriod.NONE:
        return ZERO
    signed = (
        row.amounts[index] if row.section == RowSection.SALES else -row.amounts[index]
        for row in rows
        if row.vat and row.section in WITH_VAT
    )
    return kroner(sum(signed, ZERO) * taxes.vat_percent / (100 + taxes.vat_percent))


def vat_settled_in(month: date, period: str, taxes: TaxRules) -> date | None:
    """The month in which the VAT of `month` is paid; None where none is. Periods are calendar quarters and half-years."""
    due_months = taxes.vat_months(period)
    if not due_months:
        return None
    length = 12 // len(due_months)
    number = (month.month - 1) // length
    due, last = due_months[number], (number + 1) * length
    return date(month.year + (1 if due <= last else 0), due, 1)


def vat_settlements(vat: Sequence[Decimal], frame: Frame, taxes: TaxRules) -> tuple[list[Decimal], Decimal]:
    """What is settled in each month, and what of these months is settled after them."""
    settled, left = [ZERO] * MONTHS, ZERO
    for index, amount in enumerate(vat):
        due = vat_settled_in(frame.month(index), frame.vat_period, taxes)
        place = months_between(frame.starts_on, due) if due else None
        if place is not None and place < MONTHS:
            settled[place] += amount
        else:
            left += amount
    return settled, left


def b_tax_instalments(frame: Frame, taxes: TaxRules) -> list[Decimal]:
    """The B-tax of the twelve months on the months it is paid in, equal parts; the last takes the odd øre."""
    places = [index for index, month in enumerate(frame.months) if month.month in taxes.b_tax_months]
    parts = [ZERO] * MONTHS
    if not places:
        return parts
    each = kroner(frame.b_tax / len(places))
    for index in places:
        parts[index] = each
    parts[places[-1]] = frame.b_tax - each * (len(places) - 1)
    return parts


def by_month(starts_on: date, payments: Iterable[tuple[date, Decimal]]) -> tuple[Decimal, ...]:
    """Payments on the twelve months from `starts_on`; what falls outside is left out."""
    sums = [ZERO] * MONTHS
    for day, amount in payments:
        index = months_between(starts_on, day)
        if 0 <= index < MONTHS:
            sums[index] += amount
    return tuple(sums)


# --- What if -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """What if the sales are `percent` of the budget (80: a fifth less), and begin `delay` months later?

    Goods follow the sales unless they are bought already.
    """

    percent: int = 80
    delay: int = 2
    goods_follow: bool = True


def what_if(rows: Iterable[Row], question: Question) -> list[Row]:
    """The same budget with other sales. Nothing is saved."""
    moved = {RowSection.SALES.value}
    if question.goods_follow:
        moved.add(RowSection.GOODS.value)
    return [replace(row, amounts=_moved(row.amounts, question)) if row.section in moved else row for row in rows]


def _moved(amounts: tuple[Decimal, ...], question: Question) -> tuple[Decimal, ...]:
    scaled = tuple(kroner(amount * question.percent / 100) for amount in amounts)
    if len(scaled) == 1:  # a year: the months of the delay are lost
        return (kroner(scaled[0] * (MONTHS - question.delay) / MONTHS),)
    return ((ZERO,) * question.delay + scaled)[:MONTHS]
