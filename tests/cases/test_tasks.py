"""Derived tasks: what the state of a case asks for, reconciled one by one and for all cases at night."""

from datetime import date, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases import registry, services
from cases.enums import ContactKind, ContactState, Holder, Phase
from cases.letters.bulk import write_to_many
from cases.models import CaseFile, Task
from cases.registry import NextStep
from microloan.core import clock, jobs
from microloan.core.errors import Refused
from tests.cases import builders
from tests.cases.builders import TODAY


def open_kinds(case):
    return set(Task.objects.filter(case=case, done_at__isnull=True).values_list("kind", flat=True))


def test_recruitment_goes_through_its_conversations_in_order(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    staff = [cast.coach, cast.lead]
    assert "telephone_interview" in open_kinds(case)
    builders.held(case, ContactKind.TELEPHONE_INTERVIEW, staff)
    assert "first_meeting" in open_kinds(case)
    services.plan_contact(
        case=case,
        kind=ContactKind.FIRST_MEETING,
        at=clock.now() + timedelta(days=2),
        place="",
        staff=staff,
        by=cast.coach,
        today=TODAY,
    )
    assert open_kinds(case) >= {"contact_first_meeting"}
    assert not open_kinds(case) & {"first_meeting", "second_meeting"}
    builders.held(case, ContactKind.FIRST_MEETING, staff)
    assert "second_meeting" in open_kinds(case)


def test_silence_becomes_a_task_when_time_passes_and_ends_with_a_contact(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    assert "no_contact" not in open_kinds(case)
    with clock.at(TODAY + timedelta(days=14)) as now:
        services.reconcile_all(now.date())
        assert "no_contact" in open_kinds(case)
        builders.held(case, ContactKind.COACHING, [cast.coach])
        assert "no_contact" not in open_kinds(case)


def test_the_main_course_has_a_weekly_and_a_monthly_rhythm(cast):
    case = builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), Phase.MAIN_COURSE)
    due = dict(Task.objects.filter(case=case, done_at__isnull=True).values_list("kind", "due_on"))
    assert due["weekly_contact"] == TODAY + timedelta(days=7)
    assert due["network_meeting"] == date(2026, 12, 20)
    builders.held(case, ContactKind.NETWORK_MEETING, [cast.coach], state=ContactState.NO_SHOW)
    assert Task.objects.get(case=case, key="network_meeting", done_at=None).due_on == date(2026, 12, 20)
    with clock.at(date(2026, 12, 15)):  # held, though this citizen did not come: it is voluntary
        builders.held(case, ContactKind.NETWORK_MEETING, [cast.coach], state=ContactState.NO_SHOW)
    assert Task.objects.get(case=case, key="network_meeting", done_at=None).due_on == date(2027, 1, 14)


@pytest.mark.parametrize("phase", [Phase.RECRUITMENT, Phase.COURSES, Phase.APPROVAL, Phase.MAIN_COURSE])
def test_the_caseworker_follows_up_every_third_month_throughout(cast, phase):
    case = builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), phase)
    due_on = TODAY + timedelta(days=91)
    assert "three_month_follow_up" not in open_kinds(case)
    with clock.at(due_on - timedelta(days=21)) as now:
        services.reconcile_all(now.date())
        task = Task.objects.get(case=case, key="three_month_follow_up", done_at=None)
        assert (task.due_on, task.holder, task.is_promise, task.owner) == (due_on, Holder.CASEWORKER, True, None)
        builders.held(case, ContactKind.FOLLOW_UP, [cast.coach])
        assert "three_month_follow_up" not in open_kinds(case)


def test_nobody_follows_up_in_aftercare(cast):
    case = builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), Phase.AFTERCARE)
    services.reconcile_all(TODAY + timedelta(days=200))
    assert "three_month_follow_up" not in open_kinds(case)


@pytest.mark.parametrize("phase", [phase for phase in Phase if phase != Phase.CLOSED])
def test_every_open_case_has_a_next_action(cast, phase):
    case = builders.accepted(cast.caseworker, cast.coach)
    case = builders.put_in_phase(case, phase)
    assert open_kinds(case)


def test_a_step_of_somebody_else_is_not_the_coach_s(cast):
    case = builders.accepted(cast.caseworker, cast.coach)

    def steps(case, today):
        yield NextStep(key="wait", kind="follow_up", holder=Holder.CITIZEN, due_on=today)

    registry.next_steps.register("test", steps)
    try:
        services.reconcile_tasks(case=case, today=TODAY)
    finally:
        registry.next_steps._entries.pop("test")
    assert Task.objects.get(case=case, key="wait").owner is None
    services.reconcile_tasks(case=case, today=TODAY)
    assert Task.objects.get(case=case, key="wait").is_done


def test_the_daily_job_creates_nothing_the_second_time(cast):
    for _ in range(3):
        builders.accepted(cast.caseworker, cast.coach)
    later = TODAY + timedelta(days=20)
    first = jobs.run_jobs(later, only="reconcile_tasks")["reconcile_tasks"]
    second = jobs.run_jobs(later, only="reconcile_tasks")["reconcile_tasks"]
    assert first.created == 3
    assert second.created == 0
    assert second.skipped == Task.objects.filter(done_at__isnull=True).count()


def test_the_daily_job_works_in_sets(cast, monkeypatch):
    own = registry.next_steps._entries["cases"]

    def queries_for(number):
        while CaseFile.objects.count() < number:
            builders.accepted(cast.caseworker, cast.coach)
        with monkeypatch.context() as alone, CaptureQueriesContext(connection) as caught:
            alone.setattr(registry.next_steps, "_entries", {"cases": own})
            services.reconcile_all(TODAY)
        return len(caught)

    queries_for(2)
    assert queries_for(3) == queries_for(7)


def test_a_new_coach_gets_the_derived_tasks(cast):
    case = builders.accepted(cast.caseworker, cast.coach)
    services.assign_coach(case=case, coach=cast.other_coach, by=cast.lead, today=TODAY)
    owners = Task.objects.filter(case=case, done_at__isnull=True, holder=Holder.TEAM).values_list("owner", flat=True)
    assert set(owners) == {cast.other_coach.pk}


def test_a_stored_link_whose_page_is_gone_leads_to_the_case(cast):
    case = builders.refer(cast.caseworker)
    task = Task(case=case, title="Gammel", due_on=TODAY, link={"name": "gone:page", "kwargs": {}})
    assert task.url == f"/cases/{case.number}/"


def test_a_planned_conversation_is_the_week_s_conversation(cast):
    case = builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), Phase.MAIN_COURSE)
    services.plan_contact(
        case=case,
        kind=ContactKind.COACHING,
        at=clock.now() + timedelta(days=3),
        place="",
        staff=[],
        by=cast.coach,
        today=TODAY,
    )
    assert "weekly_contact" not in open_kinds(case)
    services.plan_contact(
        case=builders.put_in_phase(builders.accepted(cast.caseworker, cast.coach), Phase.MAIN_COURSE),
        kind=ContactKind.COACHING,
        at=clock.now() + timedelta(days=20),
        place="",
        staff=[],
        by=cast.coach,
        today=TODAY,
    )
    assert Task.objects.filter(kind="weekly_contact", done_at__isnull=True).count() == 1


@pytest.mark.parametrize("number", ["720385-1234", "7203851234", "720385 1234"])
def test_what_stands_in_lists_holds_no_cpr_number(cast, number):
    case = builders.refer(cast.caseworker)
    words = f"Ring til {number}"
    actions = [
        lambda: services.add_task(case=case, title=words, due_on=TODAY, holder="team", owner=None, by=cast.coach),
        lambda: services.raise_flag(case=case, reason=words, by=cast.coach),
        lambda: services.save_view(owner=cast.coach, page="work", name=words, query="", is_shared=True),
        lambda: write_to_many(cases=[case], subject=words, text="Hej", by=cast.coach, key=uuid4()),
    ]
    for action in actions:
        with pytest.raises(Refused, match="uden CPR-nummer"):
            action()
