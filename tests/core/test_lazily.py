"""Counts are exact up to 10,000 and at most a minute old above."""

import pytest
from django.core.cache import caches

from microloan.core.lazily import EXACT_UP_TO, counted


@pytest.fixture(autouse=True)
def nothing_kept():
    caches["process"].clear()
    yield
    caches["process"].clear()


def test_small_counts_are_made_each_time():
    numbers = iter([EXACT_UP_TO, 3])
    assert counted("few", lambda: {"all": next(numbers)}) == {"all": EXACT_UP_TO}
    assert counted("few", lambda: {"all": next(numbers)}) == {"all": 3}


def test_large_counts_are_kept_under_their_key():
    numbers = iter([EXACT_UP_TO + 1, 3, 4])
    assert counted("many", lambda: {"all": next(numbers), "late": 1}) == {"all": EXACT_UP_TO + 1, "late": 1}
    assert counted("many", lambda: {"all": next(numbers)}) == {"all": EXACT_UP_TO + 1, "late": 1}
    assert counted("other", lambda: {"all": next(numbers)}) == {"all": 3}


def test_nothing_to_count():
    assert counted("none", dict) == {}
