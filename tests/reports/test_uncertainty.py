"""Intervals against published figures and against their definitions."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.uncertainty import mean_change, percentile, rounded, share


def test_wilson_as_in_the_textbooks():
    """Newcombe 1998, table I: 81 of 263 is 0.2553–0.3662, 15 of 148 0.0624–0.1605, 0 of 20 0–0.1611, 1 of 29 0.0061–0.1718."""
    for part, whole, low, high in (
        (81, 263, "0.2553", "0.3662"),
        (15, 148, "0.0624", "0.1605"),
        (0, 20, "0.0000", "0.1611"),
        (1, 29, "0.0061", "0.1718"),
    ):
        found = share(part, whole)
        assert (rounded(found.low, "0.0001"), rounded(found.high, "0.0001")) == (Decimal(low), Decimal(high))


@given(whole=st.integers(1, 500), data=st.data())
def test_a_share_lies_in_its_range(whole, data):
    part = data.draw(st.integers(0, whole))
    found = share(part, whole)
    assert 0 <= found.low <= found.value <= found.high <= 1
    assert found.low < found.high
    mirrored = share(whole - part, whole)
    assert abs(mirrored.low - (1 - found.high)) < Decimal("1e-20")


def test_a_share_of_nobody_is_none_and_of_too_few_is_refused():
    assert share(0, 0) is None
    with pytest.raises(ValueError, match="within"):
        share(3, 2)


def test_mean_of_changes_by_student():
    """Five changes with mean 1 and standard deviation 1: 1 ± 2.776 · 1/√5 = 1 ± 1.2415."""
    found = mean_change([0, 0, 1, 2, 2])
    assert found.value == 1
    assert rounded(found.high - found.value, "0.001") == Decimal("1.241")
    assert found.value - found.low == found.high - found.value
    assert mean_change([1]) is None
    assert mean_change([2] * 40).low == 2


@given(st.lists(st.integers(0, 40), min_size=1, max_size=60), st.integers(1, 100))
def test_percentile_is_the_smallest_that_covers_enough(values, wanted):
    histogram = {value: values.count(value) for value in set(values)}
    found = percentile(histogram, wanted)
    within = [value for value in values if value <= found]
    below = [value for value in values if value < found]
    assert len(within) * 100 >= wanted * len(values) > len(below) * 100
    assert percentile({}, 50) is None
