"""Kaplan and Meier's estimate against figures worked out by hand and against the plain share where nobody is lost."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from reports.rules.survival import Stretch, curve, last_day
from reports.rules.uncertainty import rounded


def test_by_hand():
    """Ten people: one ends on day 20, two are followed to day 40 only, one ends on day 50, six run on.

    9/10 after a month; on day 50 seven are followed, so 9/10 · 6/7 after two. Greenwood: 1/(10·9) + 1/(7·6).
    """
    points = curve([Stretch(20, True), Stretch(40, False, 2), Stretch(50, True), Stretch(100, False, 6)], months=24)
    assert [(point.month, rounded(point.share, "0.0001"), point.at_risk) for point in points] == [
        (0, Decimal(1), 10),
        (1, Decimal("0.9000"), 9),
        (2, Decimal("0.7714"), 6),
        (3, Decimal("0.7714"), 6),
    ]
    # 0.9 to the power of exp(±1.96 · √(1/90) / ln 0.9): 7.106 and 0.141.
    assert rounded(points[1].low, "0.001") == Decimal("0.473")
    assert rounded(points[1].high, "0.001") == Decimal("0.985")


def test_who_leaves_on_the_last_day_of_a_month_was_followed_so_long():
    points = curve([Stretch(last_day(1), False, 4), Stretch(last_day(1) - 1, False, 3)], months=6)
    assert [(point.month, point.at_risk) for point in points] == [(0, 7), (1, 4)]


def test_nobody_and_everybody_lost():
    assert curve([], months=24) == []
    points = curve([Stretch(10, True, 3)], months=24)
    assert [(point.share, point.at_risk) for point in points] == [(Decimal(1), 3)]
    last = curve([Stretch(31, True, 3)], months=24)[-1]
    assert (last.month, last.share, last.low, last.high, last.at_risk) == (1, 0, 0, 0, 3)


@given(st.lists(st.integers(1, 900), min_size=1, max_size=40))
def test_without_losses_it_is_the_plain_share(days):
    """Nobody lost before the end of the axis: the estimate is simply how many are left."""
    points = curve([*(Stretch(day, True) for day in days), Stretch(2000, False)], months=24)
    for point in points:
        left = 1 + sum(day > last_day(point.month) for day in days)
        assert abs(point.share - Decimal(left) / (len(days) + 1)) < Decimal("1e-20")


@given(st.lists(st.tuples(st.integers(0, 900), st.booleans()), max_size=40))
def test_never_rises_and_stays_within_its_range(rows):
    points = curve([Stretch(days, ended) for days, ended in rows], months=24)
    for point in points:
        assert 0 <= point.low <= point.share <= point.high <= 1
        assert point.at_risk == sum(days >= last_day(point.month) for days, _ended in rows)
    shares = [point.share for point in points]
    assert shares == sorted(shares, reverse=True)
