from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from microloan.core.money import kroner, round_half_up, round_up, split_up

D = Decimal


@pytest.mark.parametrize(
    ("value", "places", "expected"),
    [
        (D("0.125"), 2, "0.13"),
        (D("0.135"), 2, "0.14"),
        (D("2.5"), 0, "3"),
        (D("-2.5"), 0, "-3"),
        (D("46.5"), 0, "47"),
        (D("26337.931"), 2, "26337.93"),
        (7, 2, "7.00"),
    ],
)
def test_halves_go_up(value, places, expected):
    assert str(round_half_up(value, places)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [("596", "596.00"), (" 12.5 ", "12.50"), (0, "0.00"), (D("-0.001"), "0.00"), (D("1.005"), "1.01")],
)
def test_kroner_have_two_decimals(value, expected):
    assert str(kroner(value)) == expected


@pytest.mark.parametrize("value", [1.5, True, None, b"1"])
def test_what_is_no_exact_number_is_refused(value):
    with pytest.raises(TypeError):
        kroner(value)


@pytest.mark.parametrize("value", ["abc", "", "NaN", "Infinity", "1,50", "10000000000", "9999999999.995"])
def test_what_is_no_amount_is_refused(value):
    with pytest.raises(ValueError, match=r"amount|finite|larger"):
        kroner(value)


@pytest.mark.parametrize(
    ("value", "multiple", "expected"),
    [("595.24", "1", "596.00"), ("596.00", "1", "596.00"), ("0.01", "50", "50.00"), ("10.01", "0.25", "10.25")],
)
def test_round_up(value, multiple, expected):
    assert str(round_up(D(value), D(multiple))) == expected


@pytest.mark.parametrize(
    ("total", "parts", "multiple", "count", "each", "last"),
    [
        ("50000", 84, "1", 84, "596.00", "532.00"),
        ("35000", 84, "1", 84, "417.00", "389.00"),
        ("100", 84, "1", 50, "2.00", "2.00"),
        ("84", 84, "1", 84, "1.00", "1.00"),
        ("0.50", 84, "1", 1, "0.50", "0.50"),
        ("1000.37", 12, "1", 12, "84.00", "76.37"),
        ("50000", 1, "1", 1, "50000.00", "50000.00"),
        ("1000", 3, "0.01", 3, "333.34", "333.32"),
        ("50000", 84, "50", 84, "600.00", "200.00"),
    ],
)
def test_split_up(total, parts, multiple, count, each, last):
    amounts = split_up(D(total), parts, D(multiple))
    assert (len(amounts), str(amounts[0]), str(amounts[-1])) == (count, each, last)
    assert sum(amounts) == D(total)


def test_nothing_splits_into_nothing():
    assert split_up(D("0.00"), 12) == ()


@pytest.mark.parametrize(
    ("total", "parts", "multiple"),
    [("-1", 3, "1"), ("0.001", 3, "1"), ("10", 0, "1"), ("10", 3, "0"), ("10", 3, "0.001"), ("10", 3, "-1")],
)
def test_impossible_splits_are_refused(total, parts, multiple):
    with pytest.raises(ValueError, match=r"part|total|multiple"):
        split_up(D(total), parts, D(multiple))


ore = st.integers(1, 10_000_000_00).map(lambda n: Decimal(n).scaleb(-2))


@given(total=ore, parts=st.integers(1, 600), multiple=st.sampled_from([D("0.01"), D("0.25"), D("1.00"), D("50.00")]))
def test_split_is_exact_equal_and_ends_with_the_remainder(total, parts, multiple):
    amounts = split_up(total, parts, multiple)
    assert sum(amounts) == total
    assert 1 <= len(amounts) <= parts
    assert len(set(amounts[:-1])) <= 1
    assert 0 < amounts[-1] <= amounts[0]
    if len(amounts) > 1:
        assert amounts[0] % multiple == 0
        assert amounts[0] - multiple < total / parts <= amounts[0]
