"""Does it pay: CASA's result comes out of CASA's kind of numbers, and every assumption moves it the way it should."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.break_even import Assumptions, actual, calculate, result_for, saved_per_person, sensitivity

TWENTY = Assumptions(
    participants=20,
    programme_cost=Decimal(500000),
    course_cost=Decimal(140000),
    support_cost=Decimal(400000),
    support_instead_percent=Decimal(90),
    loans_lost=Decimal(40000),
    benefit_per_month=Decimal(12000),
    municipal_percent=Decimal("83.3333333333"),
)


def test_one_point_two_of_twenty():
    """720,000 kr. spent, 600,000 kr. saved by each in five years: 1.2 people, 6 % of 20 (E, A)."""
    found = calculate(TWENTY)
    assert found.cost == 720000
    assert [line.amount for line in found.costs] == [500000, 140000, 40000, 40000]
    assert round(found.saved_per_person) == 600000
    assert round(found.break_even_people, 2) == Decimal("1.20")
    assert round(found.break_even_share, 3) == Decimal("0.060")


def test_at_break_even_nothing_is_won_or_lost():
    people = calculate(TWENTY).break_even_people
    assert abs(result_for(TWENTY, people)) < Decimal("0.0001")
    assert result_for(TWENTY, 0) == -720000
    assert result_for(TWENTY, 2) > 0 > result_for(TWENTY, 1)


def test_what_is_saved_later_counts_for_less():
    """With 4 % a year: 100 + 96.15 + 92.46."""
    three = replace(
        TWENTY, years=3, discount_percent=Decimal(4), municipal_percent=Decimal(100), benefit_per_month=Decimal(100)
    )
    assert round(saved_per_person(three) / 12, 2) == Decimal("288.61")


def test_nothing_saved_has_no_break_even():
    assert calculate(replace(TWENTY, benefit_per_month=Decimal(0))).break_even_share is None
    assert sensitivity(replace(TWENTY, benefit_per_month=Decimal(0))) == []


def test_the_widest_swing_comes_first():
    swings = sensitivity(TWENTY)
    assert swings[0].name == "benefit_per_month"
    assert "participants" not in {swing.name for swing in swings}
    widths = [swing.width for swing in swings]
    assert widths == sorted(widths, reverse=True)
    cost = next(swing for swing in swings if swing.name == "programme_cost")
    assert cost.when_lower < calculate(TWENTY).break_even_share < cost.when_higher


def test_the_actual_share_stands_beside_it_with_its_range():
    found = actual(TWENTY, 12)
    assert found.value == Decimal("0.6")
    assert found.low < found.value < found.high


@pytest.mark.parametrize(
    "change",
    [{"participants": 0}, {"years": 0}, {"programme_cost": Decimal(-1)}, {"municipal_percent": Decimal(101)}],
)
def test_out_of_bounds_is_refused(change):
    with pytest.raises(ValueError, match="bounds"):
        calculate(replace(TWENTY, **change))


@given(st.integers(1, 10**7), st.integers(1, 10**5), st.integers(1, 100))
def test_dearer_needs_more_and_saving_more_needs_fewer(cost, benefit, participants):
    base = replace(TWENTY, participants=participants, programme_cost=Decimal(cost), benefit_per_month=Decimal(benefit))
    share = calculate(base).break_even_share
    assert calculate(replace(base, programme_cost=Decimal(cost + 1000))).break_even_share > share
    assert calculate(replace(base, benefit_per_month=Decimal(benefit + 10))).break_even_share < share
