"""The figures once more, from the bare tables with pandas and the slowest way that cannot be misunderstood: day by day."""

from collections import Counter
from datetime import date, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from django.db import connection

OWN = {"own_business", "employment", "education", "mixed_self_support"}
PATH = ["screening_1", "screening_2", "courses", "screening_3", "loan"]
ONE = timedelta(days=1)
COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def table(name: str) -> pd.DataFrame:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {name} ORDER BY id")
        return pd.DataFrame(cursor.fetchall(), columns=[column.name for column in cursor.description], dtype=object)


class Town:
    """All tables as they are, cut at a day."""

    def __init__(self, as_of: date, keep: Any = None) -> None:
        self.as_of = as_of
        citizens = table("cases_citizen").set_index("id")
        cohorts = table("cases_cohort").set_index("id")
        cases = table("cases_casefile")
        cases = cases[cases.opened_on <= as_of]
        if keep is not None:
            cases = cases[[bool(keep(case, citizens.loc[case.citizen_id])) for case in cases.itertuples()]]
        self.cases = list(cases.itertuples())
        self.ends = {
            case.id: case.course_end_on or (cohorts.loc[case.cohort_id].end_on if pd.notna(case.cohort_id) else None)
            for case in self.cases
        }
        ids = {case.id for case in self.cases}
        changes = table("cases_phasechange")
        changes = changes[[row.case_id in ids and row.on <= as_of for row in changes.itertuples()]]
        self.steps = {
            case: list(rows.sort_values(["on", "id"]).itertuples()) for case, rows in changes.groupby("case_id")
        }
        periods = table("cases_livelihoodperiod")
        self.own_days: dict[int, set[date]] = {}
        for row in periods.itertuples():
            if row.kind in OWN and row.from_on <= as_of:
                days = self.own_days.setdefault(row.citizen_id, set())
                last = min(row.to_on or as_of, as_of)
                days.update(row.from_on + ONE * n for n in range((last - row.from_on).days + 1))
        self._reached()

    def _reached(self) -> None:
        screenings, contacts = table("screening_screening"), table("cases_contact")
        entries, loans = table("loans_ledgerentry"), table("loans_loan").set_index("id")
        self.done: dict[int, set[str]] = {case.id: set() for case in self.cases}
        for case, steps in self.steps.items():
            if any(step.to_phase == "courses" for step in steps):
                self.done[case].add("courses")
        for row in screenings.itertuples():
            if (
                row.case_id in self.done
                and row.outcome == "continue"
                and row.decided_on <= self.as_of
                and row.number < 4
            ):
                self.done[row.case_id].add(f"screening_{row.number}")
        for row in contacts.itertuples():
            held = row.at.astimezone(COPENHAGEN).date()
            first = row.kind in {"telephone_interview", "first_meeting"} and row.state == "attended"
            if row.case_id in self.done and first and held <= self.as_of:
                self.done[row.case_id].add("interviewed")
        undone = {row.reverses_id for row in entries.itertuples() if row.value_date <= self.as_of}
        for row in entries.itertuples():
            loan = loans.loc[row.loan_id]
            stands = row.kind == "payout" and loan.kind == "loan" and row.id not in undone
            if stands and row.value_date <= self.as_of and loan.case_id in self.done:
                self.done[loan.case_id].add("loan")

    def took_part(self, case: Any) -> bool:
        steps = self.steps.get(case.id, [])
        return case.source == "history" or any(step.to_phase == "main_course" for step in steps)

    def funnel(self) -> list[int]:
        order = ["interviewed", *PATH]
        counts = [sum(case.source == "live" for case in self.cases)]
        for place in range(len(order)):
            later = set(order[place:])
            counts.append(sum(case.source == "live" and bool(self.done[case.id] & later) for case in self.cases))
        return counts

    def milestones(self) -> dict[int, tuple[int, int]]:
        found = {}
        for month in (0, 6, 12, 24):
            states = []
            for case in self.cases:
                end = self.ends[case.id]
                if not self.took_part(case) or end is None:
                    continue
                day = end + ONE if month == 0 else (pd.Timestamp(end) + pd.DateOffset(months=month)).date()
                if day <= self.as_of:
                    states.append(day in self.own_days.get(case.citizen_id, set()))
            if states:
                found[month] = (len(states), sum(states))
        return found

    def stretches(self) -> Counter[tuple[int, bool]]:
        found: Counter[tuple[int, bool]] = Counter()
        for case in self.cases:
            end, days = self.ends[case.id], self.own_days.get(case.citizen_id, set())
            after = sorted(day for day in days if end is not None and day > end)
            if not (self.took_part(case) and after):
                continue
            day = first = after[0]
            while day in days:
                day += ONE
            found[((day - first).days, True) if day <= self.as_of else ((self.as_of - first).days, False)] += 1
        return found

    def closings(self) -> Counter[tuple[str, str, str]]:
        last = [steps[-1] for steps in self.steps.values()]
        return Counter(
            (step.from_phase, step.closing_reason, step.closed_by_choice_of)
            for step in last
            if step.to_phase == "closed"
        )

    def stays(self) -> Counter[tuple[str, bool, int]]:
        found: Counter[tuple[str, bool, int]] = Counter()
        for steps in self.steps.values():
            for step, after in zip(steps, [*steps[1:], None], strict=True):
                if step.to_phase != "closed":
                    until = after.on if after else self.as_of
                    found[step.to_phase, after is None, (until - step.on).days] += 1
        return found
