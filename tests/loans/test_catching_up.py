"""Days in a row and the same days in random gaps leave the same rows (docs/decisions/182). The long form: `make days`."""

from datetime import date, timedelta
from random import Random

import pytest

from cases import services as cases
from cases.enums import ContactKind
from cases.letters.models import Letter
from cases.models import Task
from loans.models import Loan
from microloan.accounts.enums import Role
from microloan.core import clock, jobs
from microloan.core.models import JobRun
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support import rows

DAYS, GAPS = 60, 10


def municipality() -> Loan:
    """A little of everything that falls due: a loan nobody pays, living support that ends, a case that goes quiet."""
    world = builders.small_world()
    loan = builders.paid_out(world)
    case = world.case
    coach = world.user(Role.COACH)
    at = clock.now() + timedelta(days=9)
    cases.plan_contact(
        case=case, kind=ContactKind.COACHING, at=at, place="Rådhuset", staff=[coach], by=coach, today=TODAY
    )
    world.refer("7203809999", "Cilla Prøvesen")
    return loan


def in_gaps(chance: Random) -> list[date]:
    """The days on which somebody runs the jobs; the last one is the same."""
    between = chance.sample(range(1, DAYS), GAPS - 1)
    return [TODAY + timedelta(days=day) for day in (*sorted(between), DAYS)]


def row_by_row(days: list[date]) -> rows.Database:
    jobs.run_jobs(TODAY)
    for day in days:
        jobs.run_jobs(day)
    return rows.read()


@pytest.mark.django_db(transaction=True)
def test_days_in_a_row_and_days_in_gaps_leave_the_same_rows() -> None:
    municipality()
    kept = rows.keep()
    daily = row_by_row([TODAY + timedelta(days=day) for day in range(1, DAYS + 1)])
    assert Letter.objects.filter(kind="instalment_reminder").count() == 1
    assert Letter.objects.filter(kind="first_dunning").count() == 1
    assert Task.objects.filter(kind="call_about_payment").exists()
    assert Letter.objects.exclude(status="dispatched").count() == 0
    rows.put_back(kept)
    gaps = row_by_row(in_gaps(Random(26)))  # noqa: S311
    assert JobRun.objects.filter(job="reconcile_tasks").count() == DAYS + 1
    assert rows.differences(daily, gaps) == []
