"""Every figure of the results page, against pandas and plain SQL on municipalities made by chance (domain.md §10)."""

from collections import Counter
from datetime import date

import pytest
from django.db import connection

from cases.models import Cohort
from microloan.accounts.models import Centre
from reports.outcomes import Outcomes, Selection, outcomes
from tests.reports.by_pandas import Town
from tests.reports.towns import random_town

DAYS = (date(2026, 11, 20), date(2025, 3, 31))


def _stays(found: Outcomes) -> Counter[tuple[str, bool, int]]:
    return Counter(
        {
            (phase, running, days): count
            for running, stays in ((False, found.stays), (True, found.open_stays))
            for phase, histogram in stays.items()
            for days, count in histogram.items()
        }
    )


def _milestones(found: Outcomes) -> dict[int, tuple[int, int]]:
    months = {month for _cohort, month in found.milestones}
    return {
        month: (
            sum(row.followed for (_c, m), row in found.milestones.items() if m == month),
            sum(row.supporting for (_c, m), row in found.milestones.items() if m == month),
        )
        for month in months
    }


def assert_same(found: Outcomes, town: Town) -> None:
    assert list(found.funnel) == town.funnel()
    assert _milestones(found) == town.milestones()
    assert Counter({(row.days, row.ended): row.count for row in found.stretches}) == town.stretches()
    assert Counter(found.closings) == town.closings()
    assert _stays(found) == town.stays()


@pytest.mark.parametrize("seed", range(10))
def test_equal_to_pandas_in_ten_towns(db, seed):
    random_town(seed)
    for day in DAYS:
        found = outcomes(Selection(as_of=day))
        assert_same(found, Town(day))
    assert found.stretches
    assert found.closings


# The funnel, step by step and without thinking of an order: who has this or anything later.
PLAIN_FUNNEL = """
SELECT count(*) FROM cases_casefile c WHERE c.source = 'live' AND c.opened_on <= %(day)s AND (
    (%(step)s <= 0)
 OR (%(step)s <= 1 AND EXISTS (SELECT FROM cases_contact k WHERE k.case_id = c.id AND k.state = 'attended'
        AND k.kind IN ('telephone_interview', 'first_meeting') AND k.at < (%(day)s + 1)::timestamp AT TIME ZONE 'Europe/Copenhagen'))
 OR EXISTS (SELECT FROM screening_screening s WHERE s.case_id = c.id AND s.outcome = 'continue' AND s.decided_on <= %(day)s
        AND ((s.number = 1 AND %(step)s <= 2) OR (s.number = 2 AND %(step)s <= 3) OR (s.number = 3 AND %(step)s <= 5)))
 OR (%(step)s <= 4 AND EXISTS (SELECT FROM cases_phasechange p WHERE p.case_id = c.id AND p.to_phase = 'courses' AND p."on" <= %(day)s))
 OR (%(step)s <= 6 AND EXISTS (SELECT FROM loans_ledgerentry e JOIN loans_loan l ON l.id = e.loan_id
        WHERE l.case_id = c.id AND l.kind = 'loan' AND e.kind = 'payout' AND e.value_date <= %(day)s
        AND e.id NOT IN (SELECT reverses_id FROM loans_ledgerentry u WHERE u.reverses_id IS NOT NULL AND u.value_date <= %(day)s))))
"""
PLAIN_CLOSINGS = """
SELECT from_phase, closing_reason, closed_by_choice_of, count(*) FROM cases_phasechange p
WHERE to_phase = 'closed' AND "on" <= %(day)s
  AND NOT EXISTS (SELECT FROM cases_phasechange later WHERE later.case_id = p.case_id AND later."on" <= %(day)s
                  AND (later."on", later.id) > (p."on", p.id))
GROUP BY 1, 2, 3
"""
PLAIN_DAYS_TO_PAYOUT = """
SELECT payout.on_day - run.ends_on, count(*)
FROM (SELECT l.case_id, min(e.value_date) AS on_day FROM loans_ledgerentry e JOIN loans_loan l ON l.id = e.loan_id
      WHERE e.kind = 'payout' AND e.value_date <= %(day)s AND l.kind = 'loan'
      AND e.id NOT IN (SELECT reverses_id FROM loans_ledgerentry u
                       WHERE u.reverses_id IS NOT NULL AND u.value_date <= %(day)s) GROUP BY 1) payout
JOIN courses_enrolment seat ON seat.case_id = payout.case_id AND seat.state = 'enrolled'
JOIN courses_courserun run ON run.id = seat.run_id AND run.ends_on <= %(day)s
JOIN courses_coursemodule module ON module.id = run.module_id AND module.is_residential
WHERE 0.8 <= (SELECT count(*) FILTER (WHERE a.mark IN ('present', 'late'))::numeric / count(*)
              FROM courses_coursesession s LEFT JOIN courses_attendance a ON a.session_id = s.id AND a.enrolment_id = seat.id
              WHERE s.run_id = run.id)
GROUP BY 1
"""


def _rows(statement: str, **values: object) -> list[tuple]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def test_equal_to_plain_sql(db):
    random_town(21, cases=150)
    for day in DAYS:
        found = outcomes(Selection(as_of=day))
        assert list(found.funnel) == [_rows(PLAIN_FUNNEL, day=day, step=step)[0][0] for step in range(7)]
        assert dict(found.closings) == {tuple(row[:3]): row[3] for row in _rows(PLAIN_CLOSINGS, day=day)}
        assert dict(found.payouts) == dict(_rows(PLAIN_DAYS_TO_PAYOUT, day=day))
    assert found.payouts


def test_every_choice_counts_only_its_own(db):
    random_town(33, cases=150)
    cohort, centre = Cohort.objects.order_by("pk")[1], Centre.objects.order_by("pk")[0]
    day = DAYS[0]
    for selection, keep in (
        (Selection(as_of=day, cohorts=(cohort.pk,)), lambda case, citizen: case.cohort_id == cohort.pk),
        (Selection(as_of=day, centres=(centre.pk,)), lambda case, citizen: case.centre_id == centre.pk),
        (Selection(as_of=day, sexes=("K",)), lambda case, citizen: citizen.sex == "K"),
        (
            Selection(as_of=day, channels=("inquiry", "press")),
            lambda case, citizen: case.channel in {"inquiry", "press"},
        ),
        (
            Selection(as_of=day, livelihoods=("cash_benefit",), born_from=1970, born_to=1989),
            lambda case, citizen: case.livelihood == "cash_benefit" and 1970 <= citizen.birth_date.year <= 1989,
        ),
        (
            Selection(as_of=day, opened_from=date(2024, 1, 1), opened_to=date(2024, 12, 31)),
            lambda case, citizen: case.opened_on.year == 2024,
        ),
    ):
        found = outcomes(selection)
        assert found.funnel[0] > 0
        assert_same(found, Town(day, keep))


def test_the_parts_add_up(db):
    random_town(5)
    found = outcomes(Selection(as_of=DAYS[0]))
    for parts in (found.by_channel, found.by_centre):
        assert [sum(column) for column in zip(*parts.values(), strict=True)] == list(found.funnel)


def test_one_statement_at_any_size(db, django_assert_num_queries):
    random_town(2, cases=20)
    with django_assert_num_queries(2):
        outcomes(Selection(as_of=DAYS[0]))
