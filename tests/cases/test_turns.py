"""Whose turn it is, and how long the case waited on whom (domain.md §3.1, §3.6)."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases import services, turns
from cases.enums import OPEN_PHASES, ContactKind, Holder, Phase
from cases.models import CaseFile, HolderChange, Task
from cases.turns import Side, Stay, split, stays
from microloan.core import clock
from tests.cases import builders
from tests.cases.builders import TODAY

DAY = timedelta(days=1)
START = date(2026, 1, 5)


def held_by(case):
    return list(HolderChange.objects.filter(case=case).order_by("at", "pk").values_list("holder", flat=True))


def add(case, holder, by, days=0, title="Opgave"):
    return services.add_task(case=case, title=title, due_on=TODAY + days * DAY, holder=holder, owner=None, by=by)


# --- Pure ------------------------------------------------------------------------------------------------------------------


def test_every_day_goes_to_the_one_who_had_the_ball_when_it_ended():
    stay = [Stay(Phase.RECRUITMENT, START, START + 10 * DAY)]
    changes = [
        (START, "team"),
        (START + 2 * DAY, "citizen"),
        (START + 5 * DAY, "team"),
        (START + 5 * DAY, "benefits_officer"),  # the last of a day counts
        (START + 9 * DAY, "project_lead"),
    ]
    (time,) = split(stay, changes)
    assert (time.us, time.citizen, time.others, time.total) == (3, 3, 4, 10)


def test_each_holder_has_a_side():
    sides = {
        Holder.TEAM: Side.US,
        Holder.PROJECT_LEAD: Side.US,
        Holder.CITIZEN: Side.CITIZEN,
        Holder.CASEWORKER: Side.OTHERS,
        Holder.BENEFITS_OFFICER: Side.OTHERS,
    }
    assert {holder: turns.side_of(holder) for holder in Holder} == sides
    assert turns.side_of("") == Side.US


def test_before_the_first_row_the_time_is_ours():
    (time,) = split([Stay(Phase.COURSES, START, START + 4 * DAY)], [(START + 3 * DAY, "citizen")])
    assert (time.us, time.citizen) == (3, 1)
    (time,) = split([Stay(Phase.COURSES, START, START + 4 * DAY)], [])
    assert time.us == 4


def test_two_stays_in_a_phase_are_one_line_and_a_closed_case_stays_nowhere():
    entered = [
        ("referred", START),
        ("recruitment", START + 2 * DAY),
        ("closed", START + 5 * DAY),
        ("recruitment", START + 9 * DAY),
    ]
    found = split(stays(entered, START + 10 * DAY), [])
    assert [(time.phase, time.total) for time in found] == [(Phase.REFERRED, 2), (Phase.RECRUITMENT, 4)]


entries = st.lists(
    st.tuples(st.sampled_from([phase.value for phase in Phase]), st.integers(0, 400)), min_size=1, max_size=9
)
changes = st.lists(st.tuples(st.integers(-20, 450), st.sampled_from([*Holder.values, ""])), max_size=30)


@given(entries, changes, st.integers(0, 60))
def test_the_parts_always_add_up_to_the_days_in_the_phases(entered, changed, more):
    entered = [(phase, START + days * DAY) for phase, days in sorted(entered, key=lambda row: row[1])]
    today = entered[-1][1] + more * DAY
    changed = [(START + days * DAY, holder) for days, holder in sorted(changed, key=lambda row: row[0])]
    spent = stays(entered, today)
    found = split(spent, changed)
    whole = sum((stay.to_on - stay.from_on).days for stay in spent)
    assert sum(time.total for time in found) == whole
    by_day = dict(changed)
    slow = dict.fromkeys(Side, 0)
    for stay in spent:
        for offset in range((stay.to_on - stay.from_on).days):
            day = stay.from_on + offset * DAY
            last = max((on for on in by_day if on <= day), default=None)
            slow[turns.side_of(by_day[last] if last else "")] += 1
    assert {side: sum(time.days[side] for time in found) for side in Side} == slow


# --- Written down ----------------------------------------------------------------------------------------------------------


def test_the_ball_goes_over_with_the_tasks(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    assert held_by(case) == ["team"]
    theirs = add(case, Holder.CITIZEN, cast.coach, days=1)
    assert held_by(case) == ["team", "citizen"]
    services.complete_task(task=theirs, by=cast.coach)
    assert held_by(case) == ["team", "citizen", "team"]
    services.undo_complete_task(task=theirs, by=cast.coach)
    assert held_by(case)[-1] == "citizen"
    services.close_case(case=case, reason="illness", choice_of="citizen", text="", by=cast.coach, today=TODAY)
    assert held_by(case)[-1] == ""
    services.reopen_case(case=case, reason="Rask igen", by=cast.lead, today=TODAY)
    assert held_by(case)[-1] == "team"


def test_an_appointment_and_the_rhythm_of_contact_hold_nothing_up(cast):
    case = builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), Phase.MAIN_COURSE)
    services.plan_contact(
        case=case,
        kind=ContactKind.COACHING,
        at=clock.now() + DAY,
        place="",
        staff=[cast.coach],
        by=cast.coach,
        today=TODAY,
    )
    add(case, Holder.CITIZEN, cast.coach, days=9)
    for task in Task.objects.filter(case=case, done_at__isnull=True).exclude(holder=Holder.CITIZEN):
        assert (
            task.kind in {"contact_coaching", "weekly_contact", "three_month_follow_up"}
            or task.due_on > TODAY + 9 * DAY
        )
    assert CaseFile.objects.annotate(now=turns.waits_on()).get(pk=case.pk).now == "citizen"


def test_the_daily_job_writes_nothing_the_second_time(cast):
    for _ in range(3):
        builders.accepted(cast.caseworker, cast.coach)
    services.reconcile_all(TODAY + 20 * DAY)
    before = HolderChange.objects.count()
    services.reconcile_all(TODAY + 20 * DAY)
    assert HolderChange.objects.count() == before


def test_time_is_told_apart_on_the_case_and_for_reports(cast, client_for, django_assert_num_queries):
    with clock.at(TODAY - 30 * DAY) as then:
        case = builders.accepted(cast.caseworker, cast.coach, on=then.date())
    with clock.at(TODAY - 20 * DAY):
        theirs = add(case, Holder.CITIZEN, cast.coach, days=-25)
    with clock.at(TODAY - 12 * DAY):
        services.complete_task(task=theirs, by=cast.coach)
    with django_assert_num_queries(2):
        times = turns.time_in_phases([case.pk], TODAY)[case.pk]
    assert [(t.phase, t.us, t.citizen, t.others) for t in times if t.total] == [(Phase.RECRUITMENT, 22, 8, 0)]
    page = client_for(cast.coach).get(f"/cases/{case.number}/").content.decode()
    assert "Tid i faserne" in page
    assert "På borgeren" in page


@pytest.mark.parametrize("phase", OPEN_PHASES)
def test_every_open_case_has_a_next_action_with_holder_and_date(cast, phase):
    """As long as nobody does anything, through a year of daily jobs (domain.md §3.6)."""
    case = builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), phase)
    for days in (0, 1, 13, 14, 15, 60, 200, 365):
        services.reconcile_all(TODAY + days * DAY)
        task = Task.objects.filter(case=case, done_at__isnull=True).order_by("due_on", "pk").first()
        assert task is not None
        assert task.label
        assert task.holder in Holder.values
        assert task.due_on is not None
