"""Small numbers about people, hidden so that they cannot be worked out (domain.md §10, ui-guide.md §3.6). Pure.

Who reads only aggregates sees no count under 5. A reader may add and subtract everything shown, so more than the small count
itself has to go. Decisions: docs/decisions/042-small-numbers.md.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any

THRESHOLD = 5
OTHER_KINDS = "other"


class Hidden(Enum):
    """A cell that is not shown. SMALL: the count is 0–4. OTHER: hidden so that a small one cannot be worked out."""

    SMALL = "small"
    OTHER = "other"


Cell = int | Hidden


def suppress_counts(counts: Sequence[int]) -> tuple[list[Cell], Cell]:
    """One row of counts and its total, as both may be shown.

    Small counts go. If the total and the cells still shown would narrow one of them down, the smallest cell still shown goes
    too, until every small count could be anything from 0 to 4. If that is not enough, no cell says which kind it is.
    """
    total = sum(counts)
    if total < THRESHOLD:
        return [Hidden.SMALL] * len(counts), Hidden.SMALL
    small = {i for i, count in enumerate(counts) if count < THRESHOLD}
    others: set[int] = set()
    rest = sorted(set(range(len(counts))) - small, key=lambda i: (counts[i], i))
    while not _is_safe(counts, small, others):
        if not rest:
            return [Hidden.OTHER] * len(counts), total
        others.add(rest.pop(0))
    return _cells(counts, small, others), total


def _is_safe(counts: Sequence[int], small: set[int], others: set[int]) -> bool:
    """With the sum of the hidden known, and which kind each is, could every small one still be anything from 0 to 4?"""
    if not small:
        return True
    top = THRESHOLD - 1
    hidden = sum(counts[i] for i in small | others)
    least_of_rest = THRESHOLD * len(others)
    can_be_top = hidden - least_of_rest >= top
    can_be_zero = bool(others) or hidden <= top * (len(small) - 1)
    return can_be_top and can_be_zero


def _cells(counts: Sequence[int], small: set[int], others: set[int]) -> list[Cell]:
    return [Hidden.SMALL if i in small else Hidden.OTHER if i in others else count for i, count in enumerate(counts)]


def is_safe_share(part: int, whole: int) -> bool:
    """`22 of 23` gives one person away as surely as `1 of 23`."""
    return part >= THRESHOLD and whole - part >= THRESHOLD


def suppress_tables(tables: dict[str, Any]) -> dict[str, Any]:
    """The document of `cohort_tables` as a manager may see it: the same keys, counts as `Cell`, None for what is left out.

    Of tables by cohort and something else, either every cell is harmless or only the totals are shown. Smallest, largest
    and range belong to one person each and always go.
    """
    loans = sum(row["total"] for row in tables["table8"])
    repaid = tables["table8"][-1]["total"]
    shows_open = all(count == 0 or count >= THRESHOLD for count in (repaid, loans - repaid))
    return {
        "as_of": tables["as_of"],
        "cohorts": tables["cohorts"],
        **_people(tables),
        **_self_support(tables),
        "table6": _sizes(tables["table6"]) if shows_open else None,
        **_debts(tables),
        "table8": _degrees(tables["table8"], alone=shows_open),
        "loans": loans if loans >= THRESHOLD else Hidden.SMALL,
        "handed_over": _part(tables["handed_over"], loans),
    }


def _people(tables: dict[str, Any]) -> dict[str, Any]:
    sizes, total = suppress_counts([row["participants"] for row in tables["table1"]])
    sexes, _total = suppress_counts([row["count"] for row in tables["table2"].values()])
    ages, _total = suppress_counts([row["count"] for row in tables["table3"]])
    livelihoods = _together(tables["table4"])
    before, _total = suppress_counts(list(livelihoods.values()))
    known = sum(row["count"] for row in tables["table3"] if row["band"] != "unknown")
    return {
        "table1": [{**row, "participants": cell} for row, cell in zip(tables["table1"], sizes, strict=True)],
        "participants": total,
        "table2": {
            key: {"count": cell, "percent": _kept(row["percent"], cell)}
            for (key, row), cell in zip(tables["table2"].items(), sexes, strict=True)
        },
        "table3": [
            {"band": row["band"], "count": cell, "percent": _kept(row["percent"], cell)}
            for row, cell in zip(tables["table3"], ages, strict=True)
        ],
        "mean_age": tables["mean_age"] if known >= THRESHOLD else None,
        "age_range": None,
        "table4": dict(zip(livelihoods, before, strict=True)),
    }


def _together(counts: dict[str, int]) -> dict[str, int]:
    """Kinds with few people become one: a kind is listed only when it occurs, which says more than 0–4 does."""
    large = {kind: count for kind, count in counts.items() if count >= THRESHOLD}
    few = sum(count for count in counts.values() if count < THRESHOLD)
    return {**large, OTHER_KINDS: few} if few else large


def _kept(value: Any, cell: Cell) -> Any:
    """A rate of a hidden count goes with it."""
    return None if isinstance(cell, Hidden) else value


def _part(part: int, whole: int) -> Cell:
    if part < THRESHOLD:
        return Hidden.SMALL
    return part if is_safe_share(part, whole) else Hidden.OTHER


def _self_support(tables: dict[str, Any]) -> dict[str, Any]:
    """Own course ends are not told apart: such a row is often one person."""
    rows: dict[str, dict[str, Any]] = {}
    for row in tables["table5"]:
        merged = rows.setdefault(row["cohort"], {"cohort": row["cohort"], "delayed": False})
        for key in ("participants", "self_supporting", "days"):
            merged[key] = merged.get(key, 0) + row[key]
    harmless = all(is_safe_share(row["self_supporting"], row["participants"]) for row in rows.values())
    total = tables["table5_total"]
    part = _part(total["self_supporting"], total["participants"])
    return {
        "table5": [{**row, "mean_days": _mean(row)} for row in rows.values()] if harmless else None,
        "table5_total": {
            "participants": total["participants"] if total["participants"] >= THRESHOLD else Hidden.SMALL,
            "self_supporting": part,
            "days": _kept(total["days"], part),
            "mean_days": _kept(total["mean_days"], part),
        },
    }


def _mean(row: dict[str, Any]) -> int:
    return (2 * row["days"] + row["self_supporting"]) // (2 * row["self_supporting"])


def _sizes(table: dict[str, Any]) -> dict[str, Any]:
    cells, total = suppress_counts([row["count"] for row in table["bands"]])
    return {
        "bands": [{**row, "count": cell} for row, cell in zip(table["bands"], cells, strict=True)],
        "count": total,
        "min": None,
        "max": None,
        "mean": table["mean"] if table["count"] >= THRESHOLD else None,
    }


def _debts(tables: dict[str, Any]) -> dict[str, Any]:
    """Sums of money of at least five loans each."""
    not_repaid = tables["table8"][:-1]
    open_loans = [sum(row[cohort] for row in not_repaid) for cohort in tables["cohorts"]]
    return {
        "table7": tables["table7"] if all(count >= THRESHOLD for count in open_loans) else None,
        "table7_total": tables["table7_total"] if sum(open_loans) >= THRESHOLD else None,
    }


def _degrees(rows: Sequence[dict[str, Any]], *, alone: bool) -> list[dict[str, Any]]:
    """Totals only. `alone`: how many loans are repaid can be worked out from table 6, so that cell hides nothing."""
    counts = [row["total"] for row in rows]
    cells: list[Cell] = [*suppress_counts(counts[:-1])[0], counts[-1]] if alone else suppress_counts(counts)[0]
    return [{"band": row["band"], "total": cell} for row, cell in zip(rows, cells, strict=True)]
