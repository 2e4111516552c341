"""What is shown to managers cannot be turned back into a small count."""

import copy
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.rules.suppression import THRESHOLD, Hidden, is_safe_share, suppress_counts, suppress_tables
from tests.reports.review_data import PUBLISHED

S, X = Hidden.SMALL, Hidden.OTHER


@pytest.mark.parametrize(
    ("counts", "cells", "total"),
    [
        ([16, 18], [16, 18], 34),
        ([2, 13, 11, 8], [S, 13, 11, X], 34),
        ([30, 3], [X, S], 33),
        ([0, 0, 10], [S, S, X], 10),
        ([5, 3], [X, X], 8),
        ([2, 2], [S, S], S),
        ([1, 1, 1, 1, 1], [S, S, S, S, S], 5),
        ([4, 4], [X, X], 8),
        ([], [], S),
        ([5], [5], 5),
    ],
)
def test_one_row(counts, cells, total):
    assert suppress_counts(counts) == (cells, total)


def possible_rows(cells, total):
    """Every row of counts that a reader must hold possible."""
    known = sum(cell for cell in cells if isinstance(cell, int))
    rest = total - known
    ranges = [[cell] if isinstance(cell, int) else range(THRESHOLD) if cell is S else range(rest + 1) for cell in cells]
    if S in cells:  # the others are then known to be no small ones
        ranges = [
            range(THRESHOLD, rest + 1) if cell is X else values for cell, values in zip(cells, ranges, strict=True)
        ]
    return [row for row in product(*ranges) if sum(row) == total]


@given(st.lists(st.integers(0, 12), min_size=1, max_size=4))
def test_every_small_count_could_be_any_small_count(counts):
    cells, total = suppress_counts(counts)
    assert all(cell == count for cell, count in zip(cells, counts, strict=True) if isinstance(cell, int))
    assert not any(isinstance(cell, int) and cell < THRESHOLD for cell in [*cells, total])
    if total is S:
        return
    rows = possible_rows(cells, total)
    assert tuple(counts) in rows
    for place, cell in enumerate(cells):
        if cell is S:
            assert {row[place] for row in rows} == set(range(THRESHOLD))
        if cell is X and S not in cells:
            assert {row[place] for row in rows} >= set(range(THRESHOLD))


@pytest.mark.parametrize(("part", "whole", "safe"), [(22, 23, False), (4, 30, False), (5, 10, True), (0, 9, False)])
def test_shares(part, whole, safe):
    assert is_safe_share(part, whole) is safe


def test_the_review_as_a_manager_sees_it():
    shown = suppress_tables(PUBLISHED)
    assert [row["participants"] for row in shown["table1"]] == [10, 9, 6, 9]
    assert shown["table2"]["K"] == {"count": 16, "percent": 47}
    assert shown["table3"][0] == {"band": "27-30", "count": S, "percent": None}
    assert shown["table3"][3] == {"band": "51-60", "count": X, "percent": None}
    assert (shown["mean_age"], shown["age_range"]) == (43, None)
    assert shown["table4"] == {"cash_benefit": 5, "unknown": 21, "other": 8}
    assert shown["table5"] is None
    assert shown["table5_total"] == {"participants": 34, "self_supporting": 21, "days": 7880, "mean_days": 375}
    assert [row["count"] for row in shown["table6"]["bands"]] == [7, 13, 5, S, S]
    assert shown["table6"]["min"] is shown["table6"]["max"] is None
    assert shown["table7"] is None
    assert shown["table7_total"]["repaid_percent"] == 27
    assert [row["total"] for row in shown["table8"]] == [X, 14, S, S, 5]
    assert shown["handed_over"] == 12


def test_few_repaid_loans_hide_the_table_of_open_loans():
    tables = copy.deepcopy(PUBLISHED)
    tables["table8"][4] = {"band": "100", "M3": 0, "M4": 0, "M5": 0, "M6": 2, "total": 2}
    shown = suppress_tables(tables)
    assert shown["table6"] is None
    assert shown["table8"][4]["total"] is S


def test_harmless_tables_by_cohort_are_shown_with_delayed_people_among_the_others():
    tables = copy.deepcopy(PUBLISHED)
    tables["cohorts"] = ["M6"]
    tables["table5"] = [
        {"cohort": "M6", "delayed": False, "participants": 18, "self_supporting": 9, "days": 901, "mean_days": 100},
        {"cohort": "M6", "delayed": True, "participants": 1, "self_supporting": 1, "days": 110, "mean_days": 110},
    ]
    shown = suppress_tables(tables)
    assert shown["table5"] == [
        {"cohort": "M6", "delayed": False, "participants": 19, "self_supporting": 10, "days": 1011, "mean_days": 101}
    ]
    assert shown["table7"] is not None


def test_nothing_at_all_is_small():
    empty = {
        **PUBLISHED,
        "cohorts": [],
        "table1": [],
        "table2": {},
        "table3": [],
        "table4": {"unknown": 0},
        "table5": [],
        "table5_total": {"participants": 0, "self_supporting": 0, "days": 0, "mean_days": None},
        "table6": {"bands": [], "count": 0, "min": None, "max": None, "mean": None},
        "table8": [{"band": band, "total": 0} for band in ("0-24", "100")],
        "handed_over": 0,
    }
    shown = suppress_tables(empty)
    assert shown["participants"] is S
    assert shown["handed_over"] is S
    assert shown["table7_total"] is None
