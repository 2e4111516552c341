"""The figures of the results page, counted by the database in one statement (`sql/outcomes.sql`).

What comes back are counts only: no name, no number, no case leaves the database on this way.
"""

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from django.db import connection

from microloan.policy.services import rule_set_on
from reports.rules.funnel import STAGES
from reports.rules.survival import Stretch

SQL = Path(__file__).parent / "sql" / "outcomes.sql"


@dataclass(frozen=True, kw_only=True)
class Selection:
    """Which cases are counted, and up to which day. An empty choice means all."""

    as_of: date
    opened_from: date | None = None
    opened_to: date | None = None
    cohorts: tuple[int, ...] = ()
    centres: tuple[int, ...] = ()
    livelihoods: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()
    sexes: tuple[str, ...] = ()
    born_from: int | None = None
    born_to: int | None = None

    def parameters(self) -> dict[str, Any]:
        lists = ("cohorts", "centres", "livelihoods", "channels", "sexes")
        return {
            "as_of": self.as_of,
            "opened_from": self.opened_from,
            "opened_to": self.opened_to,
            "born_from": self.born_from,
            "born_to": self.born_to,
            "completion": rule_set_on(self.as_of).completion_percent,
            **{name: list(getattr(self, name)) or None for name in lists},
        }


@dataclass(frozen=True)
class Milestone:
    """Of `followed` participants, how many support themselves at a point after the course."""

    followed: int = 0
    supporting: int = 0

    def __add__(self, other: "Milestone") -> "Milestone":
        return Milestone(self.followed + other.followed, self.supporting + other.supporting)


@dataclass(frozen=True)
class Outcomes:
    """Counts of cases. A stage of the funnel counts those who came so far or further."""

    funnel: tuple[int, ...]
    by_channel: Mapping[str, tuple[int, ...]]
    by_centre: Mapping[int | None, tuple[int, ...]]
    participants: Mapping[int | None, int]  # by cohort
    milestones: Mapping[tuple[int | None, int], Milestone]  # by cohort and month
    borrowers: Mapping[int, Milestone]  # by month, of those with a loan
    stretches: tuple[Stretch, ...]
    closings: Mapping[tuple[str, str, str], int]  # phase left, reason, whose choice
    stays: Mapping[str, Mapping[int, int]]  # phase → days → finished stays
    open_stays: Mapping[str, Mapping[int, int]]  # the same of those that still run at the cut-off
    payouts: Mapping[int, int] = field(default_factory=dict)  # days from residential course to payout → cases


def outcomes(selection: Selection) -> Outcomes:
    """All figures for a selection: one query, and one for the rule set."""
    with connection.cursor() as cursor:
        cursor.execute(_statement(), selection.parameters())
        (found,) = cursor.fetchone()
    return _read(found if isinstance(found, dict) else json.loads(found))


@cache
def _statement() -> str:
    return SQL.read_text(encoding="utf-8")


def _read(rows: dict[str, Any]) -> Outcomes:
    milestones: dict[tuple[int | None, int], Milestone] = defaultdict(Milestone)
    borrowers: dict[int, Milestone] = defaultdict(Milestone)
    for row in rows["milestones"]:
        counted = Milestone(row["followed"], row["supporting"])
        milestones[row["cohort"], row["month"]] += counted
        if row["borrower"]:
            borrowers[row["month"]] += counted
    return Outcomes(
        funnel=_reached(rows["funnel"]),
        by_channel=_by(rows["funnel"], "channel"),
        by_centre=_by(rows["funnel"], "centre"),
        participants={row["cohort"]: row["count"] for row in rows["participants"]},
        milestones=dict(milestones),
        borrowers=dict(borrowers),
        stretches=tuple(Stretch(row["days"], row["ended"], row["count"]) for row in rows["stretches"]),
        closings={(row["phase"], row["reason"], row["choice"]): row["count"] for row in rows["closings"]},
        stays=_stays(rows["stays"], still_open=False),
        open_stays=_stays(rows["stays"], still_open=True),
        payouts={row["days"]: row["count"] for row in rows["payouts"]},
    )


def _reached(rows: list[dict[str, Any]]) -> tuple[int, ...]:
    furthest: Counter[int] = Counter()
    for row in rows:
        furthest[row["stage"]] += row["count"]
    return tuple(sum(count for stage, count in furthest.items() if stage >= step) for step in range(len(STAGES)))


def _by(rows: list[dict[str, Any]], key: str) -> dict[Any, tuple[int, ...]]:
    groups: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        groups[row[key]].append(row)
    return {name: _reached(members) for name, members in groups.items()}


def _stays(rows: list[dict[str, Any]], *, still_open: bool) -> dict[str, dict[int, int]]:
    found: dict[str, dict[int, int]] = defaultdict(dict)
    for row in rows:
        if row["open"] == still_open:
            found[row["phase"]][row["days"]] = row["count"]
    return dict(found)
