"""The arithmetic of operating and liquidity budgets: pure, to the øre (domain.md §4, danish-rules.md §9)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from screening import budget_rules as rules
from screening.enums import RowSection, VatPeriod
from tests.screening.budget_builders import START, TAXES, each, frame, kr, liquidity_rows, operating_rows, row, sales

AMOUNT = st.decimals("0", "9999999.99", places=2)


def test_the_operating_budget_says_what_a_year_leaves():
    year = rules.operating(operating_rows(), frame(b_tax=Decimal("5000"), repayments=kr(0, *[500] * 11)))
    assert (year.sales, year.contribution, year.profit) == (Decimal(100000), Decimal(80000), Decimal(50000))
    assert year.repayment == Decimal("5500")
    assert year.left == Decimal("15500")  # 50,000 less the owner's 24,000, the tax and the instalments
    assert year.break_even == Decimal("37500")  # 30,000 of costs at 80 % contribution
    assert year.break_even_all == Decimal("80625")


@pytest.mark.parametrize("goods", [100000, 120000])
def test_there_is_no_break_even_where_a_sale_leaves_nothing(goods):
    rows = [sales(100000), row(RowSection.GOODS, "Stof", kr(goods))]
    year = rules.operating(rows, frame())
    assert (year.break_even, year.break_even_all) == (None, None)


def test_at_the_break_even_nothing_is_lost():
    year = rules.operating(operating_rows(), frame())
    share = year.break_even / year.sales
    scaled = [
        replace(one, amounts=(one.amounts[0] * share,)) if one.section in ("sales", "goods") else one
        for one in operating_rows()
    ]
    assert rules.operating(scaled, frame()).profit == 0


def test_money_month_by_month():
    result = rules.liquidity(liquidity_rows(), frame(opening=Decimal("5000"), loan=kr(20000, *[0] * 11)), TAXES)
    first, second = result.months[:2]
    assert (first.money_in, first.money_out, first.balance) == (Decimal(20000), Decimal(15500), Decimal(9500))
    assert second.change == Decimal(2000 - 3500)
    assert result.closing == Decimal(5000 + 20000 - 12000 + 2000 + 4000 + 9 * 9000 - 12 * 3500)


def test_repayment_begins_in_the_second_month_and_is_paid_from_the_money():
    result = rules.liquidity(
        [sales(*[1000] * 12)],
        frame(repayments=rules.by_month(START, [(date(2027, 2, 1), Decimal(500)), (date(2027, 3, 1), Decimal(500))])),
        TAXES,
    )
    assert [month.repayment for month in result.months[:4]] == [0, 500, 500, 0]
    assert result.closing == 11000


@pytest.mark.parametrize(
    ("month", "period", "settled"),
    [
        (date(2027, 1, 1), "quarter", date(2027, 6, 1)),
        (date(2027, 3, 1), "quarter", date(2027, 6, 1)),
        (date(2027, 4, 1), "quarter", date(2027, 9, 1)),
        (date(2027, 9, 1), "quarter", date(2027, 12, 1)),
        (date(2027, 10, 1), "quarter", date(2028, 3, 1)),
        (date(2027, 6, 1), "half_year", date(2027, 9, 1)),
        (date(2027, 7, 1), "half_year", date(2028, 3, 1)),
        (date(2027, 1, 1), "none", None),
    ],
)
def test_when_vat_is_settled(month, period, settled):
    assert rules.vat_settled_in(month, period, TAXES) == settled


def test_vat_is_what_is_sold_less_what_is_bought():
    rows = [
        sales(*[1250] * 12),
        row(RowSection.GOODS, "Stof", each(250), vat=True),
        row(RowSection.COSTS, "Forsikring", each(100)),
    ]
    result = rules.liquidity(rows, frame(vat_period=VatPeriod.QUARTER.value), TAXES)
    assert {month.vat for month in result.months} == {Decimal(200)}
    assert [(month.starts_on.month, month.vat_paid) for month in result.months if month.vat_paid] == [
        (6, 600),
        (9, 600),
        (12, 600),
    ]
    assert result.vat_left == 600
    assert all(month.vat == 0 for month in rules.liquidity(rows, frame(), TAXES).months)


def test_vat_comes_back_where_more_is_bought():
    rows = [row(RowSection.START, "Ovn", kr(12500, *[0] * 11), vat=True)]
    result = rules.liquidity(rows, frame(vat_period=VatPeriod.HALF_YEAR.value), TAXES)
    assert result.months[8].vat_paid == -2500
    assert result.closing == -10000


def test_b_tax_is_paid_in_ten_months_to_the_ore():
    parts = rules.b_tax_instalments(frame(b_tax=Decimal("1000.05")), TAXES)
    assert parts[5] == parts[11] == 0  # not in June and December
    assert sum(parts) == Decimal("1000.05")
    assert set(parts) == {Decimal(0), Decimal("100.01"), Decimal("99.96")}


def test_sales_a_fifth_smaller_and_two_months_later():
    rows = [
        sales(*range(100, 1300, 100)),
        row(RowSection.GOODS, "Stof", each(10)),
        row(RowSection.COSTS, "Leje", each(7)),
    ]
    smaller = rules.what_if(rows, rules.Question(percent=80, delay=2))
    assert smaller[0].amounts == kr(0, 0, *(amount * 80 for amount in range(1, 11)))
    assert smaller[1].amounts == kr(0, 0, *[8] * 10)
    assert smaller[2] == rows[2]
    assert rules.what_if(rows, rules.Question(goods_follow=False))[1] == rows[1]
    assert rules.what_if(rows, rules.Question(percent=100, delay=0)) == rows
    assert rules.what_if([sales(1200)], rules.Question(percent=80, delay=2))[0].amounts == kr(800)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(list(rules.SECTIONS_OF_MONTHS)), st.lists(AMOUNT, min_size=12, max_size=12), st.booleans()
        ),
        max_size=6,
    ),
    st.sampled_from(list(VatPeriod)),
    st.integers(0, 11),
    AMOUNT,
)
def test_nothing_is_lost_between_the_months(lines, period, offset, b_tax):
    rows = [rules.Row(section.value, "Linje", tuple(amounts), vat=vat) for section, amounts, vat in lines]
    around = frame(starts_on=date(2027, 1 + offset, 1), vat_period=period.value, b_tax=b_tax)
    result = rules.liquidity(rows, around, TAXES)
    assert result.closing == result.opening + result.total("money_in") - result.total("money_out")
    assert result.total("vat") == result.total("vat_paid") + result.vat_left
    assert result.total("b_tax") == b_tax
    assert all(
        later.balance == earlier.balance + later.change
        for earlier, later in zip(result.months, result.months[1:], strict=False)
    )
