"""Goals of the action plan, followed up at evaluation meetings."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from cases.enums import ContactState, Phase
from cases.models import JournalEntry
from microloan.accounts.enums import TEAM, Role
from microloan.core.errors import Refused
from screening import services
from screening.models import GoalReview
from screening.paper_journey import facts, next_steps
from screening.services import Reviewed
from tests.screening.paper_builders import GOALS, a_case, action_plan, evaluation

pytestmark = pytest.mark.django_db


def review(world, case, results, *, contact=None, by=None):
    return services.review_goals(
        case=case,
        contact=contact or evaluation(world, case),
        results=results,
        by=by or world.user(Role.COACH),
        today=world.today,
    )


def test_a_follow_up_says_how_it_stands(world):
    case = a_case(world)
    action_plan(world, case)
    review(world, case, {1: Reviewed("on_the_way", "Seks af ti."), 2: Reviewed("reached")})
    review(world, case, {1: Reviewed("reached", "Ti!")})
    found = services.standings(case, world.today)
    assert [(s.goal.number, s.result, s.is_open, s.is_late) for s in found] == [
        (1, "reached", False, False),
        (2, "reached", False, False),
    ]
    assert found[0].review.note == "Ti!"
    line = JournalEntry.objects.filter(case=case, title="Mål fulgt op").order_by("pk").first()
    assert line.text == "1. Ti faste kunder: På vej. Seks af ti.\n2. Egen hjemmeside: Nået"
    assert {fact.code: fact.value for fact in facts(case, 4, world.today)}["goals"] == "2 af 2 mål nået"


def test_what_was_said_follows_the_goal_into_a_new_version(world):
    case = a_case(world)
    action_plan(world, case)
    review(world, case, {1: Reviewed("on_the_way")})
    action_plan(world, case, **{**GOALS, "goal_1": "Tolv faste kunder"})
    standing = services.standings(case, world.today)[0]
    assert (standing.goal.text, standing.result) == ("Tolv faste kunder", "on_the_way")


def test_only_at_an_evaluation_meeting_that_was_held(world):
    case, other = a_case(world), a_case(world)
    action_plan(world, case)
    for contact in (evaluation(world, case, state=ContactState.PLANNED), evaluation(world, other)):
        with pytest.raises(Refused) as refusal:
            review(world, case, {1: Reviewed("reached")}, contact=contact)
        assert refusal.value.field == "contact"


@pytest.mark.parametrize("results", [{}, {3: Reviewed("reached")}, {1: Reviewed("soon")}])
def test_what_is_no_follow_up_is_refused(world, results):
    case = a_case(world)
    action_plan(world, case)
    with pytest.raises(Refused):
        review(world, case, results)


def test_without_a_plan_there_is_nothing_to_follow_up(world):
    case = a_case(world)
    assert services.standings(case, world.today) == []
    with pytest.raises(Refused):
        review(world, case, {1: Reviewed("reached")})


@pytest.mark.parametrize("role", sorted(set(Role) - TEAM))
def test_only_the_team_follows_up(world, role):
    case = a_case(world)
    action_plan(world, case)
    with pytest.raises(Refused):
        review(world, case, {1: Reviewed("reached")}, by=world.user(role))


def test_a_follow_up_is_never_changed(world):
    case = a_case(world)
    action_plan(world, case)
    (made,) = review(world, case, {1: Reviewed("reached")})
    for sql in (
        "UPDATE screening_goalreview SET result = 'dropped' WHERE id = %s",
        "DELETE FROM screening_goalreview WHERE id = %s",
    ):
        with pytest.raises(IntegrityError, match="goal_review_append_only"), transaction.atomic():
            connection.cursor().execute(sql, [made.pk])
    values = {"paper": made.paper, "contact": made.contact, "by": made.by, "result": "reached"}
    for changes, guard in (({"goal": 6}, "goal_review_number"), ({"goal": 1, "result": "soon"}, "result_known")):
        with pytest.raises(IntegrityError, match=guard), transaction.atomic():
            GoalReview.objects.create(**{**values, **changes})


# --- What becomes a task -------------------------------------------------------------------------------------------------


def steps(case, today):
    return [(step.kind, step.due_on) for step in next_steps(case, today)]


def test_a_meeting_without_a_follow_up_and_a_late_goal_become_tasks(world):
    case = a_case(world, Phase.MAIN_COURSE)
    assert steps(case, world.today) == []
    action_plan(world, case)
    assert steps(case, world.today) == [("goals_late", date(2026, 11, 6))]
    contact = evaluation(world, case)
    assert steps(case, world.today) == [("goals_review", date(2026, 11, 25))]
    review(world, case, {1: Reviewed("on_the_way"), 2: Reviewed("on_the_way", "Næste uge.")}, contact=contact)
    assert steps(case, world.today) == []
    assert steps(case, date(2027, 1, 4)) == [("goals_late", date(2027, 1, 8))]


def test_elsewhere_than_in_the_main_course_nothing_is_asked(world):
    case = a_case(world)
    action_plan(world, case)
    assert steps(case, world.today) == []
