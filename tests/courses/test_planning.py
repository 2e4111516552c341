"""The planner: pure, so tried on many dates at once."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courses import planning
from courses.enums import Rhythm
from courses.planning import Closed, Format, NoRoom, Wanted, propose_pre_course, session_days
from microloan.core.calendars import is_public_holiday

FIRST = st.dates(date(2024, 1, 1), date(2035, 12, 31))
HOURS = Decimal("3")
WINTER = (date(2026, 2, 14), date(2026, 2, 22))
WEEKLY = Format(Rhythm.WEEKLY, 8, HOURS)
FOUR_DAYS = Format(Rhythm.CONSECUTIVE, 4, HOURS)


@st.composite
def closed_days(draw) -> Closed:
    starts = draw(st.lists(FIRST, max_size=3))
    periods = tuple((first, first + timedelta(days=draw(st.integers(0, 20)))) for first in starts)
    return Closed(periods, july=draw(st.booleans()), sundays=draw(st.booleans()))


def test_weekly_meetings_pass_over_holidays_and_keep_the_weekday():
    days = session_days(date(2026, 2, 5), WEEKLY, Closed((WINTER,)))
    assert [day.day for day in days] == [5, 12, 26, 5, 12, 19, 26, 9]  # not in week 8, nor on Maundy Thursday
    assert {day.weekday() for day in days} == {3}


def test_a_stretch_begins_where_all_its_days_are_open():
    # Ascension Day is Thursday 14 May 2026, and Sunday is no course day: the stretch begins on Monday.
    assert session_days(date(2026, 5, 13), FOUR_DAYS, Closed())[0] == date(2026, 5, 18)


def test_july_and_sundays_are_passed_over_only_where_that_is_wished():
    wished = Closed(july=True)
    assert session_days(date(2026, 6, 29), FOUR_DAYS, wished)[0] == date(2026, 8, 1) + timedelta(days=2)
    sunday = date(2026, 6, 7)
    assert session_days(sunday, WEEKLY, Closed())[0] == sunday + timedelta(days=1)
    assert session_days(sunday, WEEKLY, Closed(sundays=False))[0] == sunday


def test_where_everything_is_closed_the_planner_gives_up():
    with pytest.raises(NoRoom):
        session_days(date(2026, 1, 1), WEEKLY, Closed(((date(2025, 1, 1), date(2035, 1, 1)),)))


@given(FIRST, st.integers(1, 12), st.sampled_from(Rhythm.values), closed_days())
def test_every_session_lies_on_an_open_day_in_the_rhythm_of_the_module(first, count, rhythm, closed):
    form = Format(rhythm, count, HOURS)
    days = session_days(first, form, closed)
    assert len(days) == count
    assert days == sorted(set(days))
    assert days[0] >= first
    assert all(closed.is_open(day) and not is_public_holiday(day) for day in days)
    if closed.sundays:
        assert all(day.weekday() != planning.SUNDAY for day in days)
    if form.is_in_a_row and count <= planning.SUNDAY:
        assert days[-1] - days[0] == timedelta(days=count - 1)
        # No earlier stretch would do.
        for back in range((days[0] - first).days):
            stretch = [first + timedelta(days=back + index) for index in range(count)]
            assert not all(closed.is_open(day) for day in stretch)
    elif not form.is_in_a_row and count > 1:
        assert len({day.weekday() for day in days}) == 1
        # No open week is passed over.
        passed = {days[0] + timedelta(days=7 * week) for week in range((days[-1] - days[0]).days // 7)} - set(days)
        assert not any(closed.is_open(day) for day in passed)


def a_pre_course(count: int) -> list[Wanted]:
    formats = [
        WEEKLY,
        Format(Rhythm.CONSECUTIVE, 2, HOURS),
        Format(Rhythm.HALF_DAYS, 3, HOURS),
        Format(Rhythm.EVENING, 1, HOURS),
    ]
    modules = [Wanted(key, formats[key % len(formats)]) for key in range(count)]
    return [*modules, Wanted(99, FOUR_DAYS, is_residential=True)]


@given(FIRST, st.integers(0, 5), st.integers(16, 30), closed_days())
def test_a_pre_course_is_a_stair_that_ends_with_the_residential_course(first, count, weeks, closed):
    wanted = a_pre_course(count)
    main = first + timedelta(weeks=weeks)
    plan = propose_pre_course(wanted, first=first, main_course_on=main, max_days=14, closed=closed)
    assert [run.key for run in plan.runs] == [module.key for module in wanted]
    everything = [day for run in plan.runs for day in run.days]
    assert len(everything) == len(set(everything))
    begins = [run.days[0] for run in plan.runs[:-1]]
    assert begins == sorted(begins)
    residential = plan.days_of(99)
    if not plan.warnings:
        assert all(run.days[-1] < residential[0] for run in plan.runs[:-1])
        assert timedelta(0) < main - residential[-1] <= timedelta(days=14)
    assert plan == propose_pre_course(wanted, first=first, main_course_on=main, max_days=14, closed=closed)


def test_with_plain_weeks_there_is_nothing_to_warn_of():
    plan = propose_pre_course(
        a_pre_course(4), first=date(2026, 8, 10), main_course_on=date(2026, 11, 9), max_days=14, closed=Closed()
    )
    assert plan.warnings == ()
    assert plan.days_of(99)[-1] == date(2026, 11, 2) or plan.days_of(99)[-1] < date(2026, 11, 9)


def test_a_date_that_is_chosen_stays_and_is_warned_of():
    early = [Wanted(1, WEEKLY), Wanted(99, FOUR_DAYS, is_residential=True, first=date(2026, 9, 7))]
    plan = propose_pre_course(
        early, first=date(2026, 8, 10), main_course_on=date(2026, 11, 9), max_days=14, closed=Closed()
    )
    assert plan.days_of(99)[0] == date(2026, 9, 8)  # Monday is taken by the weekly meeting
    assert plan.warnings == (planning.RESIDENTIAL_NOT_LAST, planning.RESIDENTIAL_TOO_EARLY)
    without = propose_pre_course(
        early[:1], first=date(2026, 8, 10), main_course_on=date(2026, 9, 9), max_days=14, closed=Closed()
    )
    assert without.warnings == (planning.RESIDENTIAL_MISSING, planning.MODULE_TOO_LATE)


@pytest.mark.parametrize("first", [date(1950, 1, 2), date(2100, 12, 28), date(2150, 1, 1), date(2199, 12, 31)])
def test_no_day_is_open_where_the_calendars_end(first):
    for plan in (
        lambda: session_days(first, WEEKLY, Closed()),
        lambda: session_days(first, FOUR_DAYS, Closed(july=True)),
    ):
        with pytest.raises(planning.NoRoom):
            plan()
    with pytest.raises(planning.NoRoom):
        planning.monthly_days(first, 3, Closed())


def test_july_is_open_unless_it_is_closed_and_the_fourteenth_day_is_the_last_that_is_near_enough():
    assert planning.Closed().is_open(date(2026, 7, 1))
    assert not planning.Closed(july=True).is_open(date(2026, 7, 1))
    wanted = [planning.Wanted(99, planning.Format("consecutive", 1, Decimal(8)), is_residential=True)]
    found = {}
    for days in (0, 1, 14, 15):
        run = planning.Planned(99, (date(2026, 9, 21) - timedelta(days=days),))
        found[days] = list(planning.check_pre_course(wanted, [run], date(2026, 9, 21), 14))
    assert found == {0: [planning.RESIDENTIAL_TOO_LATE], 1: [], 14: [], 15: [planning.RESIDENTIAL_TOO_EARLY]}
