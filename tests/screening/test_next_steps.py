"""What the screenings tell a case to do next, and that the daily job asks no query per case for it."""

from datetime import timedelta

import pytest

from cases import registry
from cases.models import CaseFile
from microloan.accounts.enums import Role
from microloan.policy.services import remembered_rule_sets, rule_set_on
from screening import journey, services
from screening.enums import Outcome
from tests.loans.builders import put_in_phase
from tests.screening.builders import BACK, LATER, NO, budget, case_for, decided, drafted, recommended


def steps(case, today):
    return {step.kind: step for step in journey.next_steps(CaseFile.objects.get(pk=case.pk), today)}


def test_a_screening_is_due_by_the_weeks_of_its_phase(world):
    case = case_for(world, 1)
    step = steps(case, world.today)["screening_hold"]
    assert step.due_on == world.today + timedelta(weeks=rule_set_on(world.today).recruitment_weeks)


def test_the_next_step_follows_the_round(world):
    case = case_for(world, 1)
    drafted(world, 1, case=case)
    assert list(steps(case, world.today)) == ["screening_finish"]
    screening = recommended(world, 1, case=case, recommendation=Outcome.REVISE)
    assert steps(case, world.today)["screening_decide"].holder == "project_lead"
    services.decide(screening=screening, decision=BACK, by=world.user(Role.PROJECT_LEAD), today=world.today)
    back = steps(case, world.today)["screening_revise"]
    assert (back.holder, back.due_on, back.is_promise) == ("citizen", LATER, True)


def test_a_stop_is_followed_by_the_closing(world):
    case = decided(world, 1, NO).case
    assert steps(case, world.today)["screening_stopped"].link["name"] == "cases:close"


def test_the_budget_is_made_then_approved(world):
    case = case_for(world, 2)
    assert "budget_make" in steps(case, world.today)
    version = budget(world, case)
    assert "budget_make" not in steps(case, world.today)
    case = put_in_phase(case, "approval", on=world.today)
    assert "budget_approve" in steps(case, world.today)
    services.approve_budget(budget=version, by=world.user(Role.PROJECT_LEAD), today=world.today)
    assert "budget_approve" not in steps(case, world.today)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_no_query_per_case(world, django_assert_num_queries, number):
    drafted(world, number)
    budget(world, case_for(world, number))
    found = list(CaseFile.objects.prefetch_related(*registry.relations_read(world.today)))
    with remembered_rule_sets():
        rule_set_on(world.today)
        with django_assert_num_queries(0):
            for case in found:
                assert list(journey.next_steps(case, world.today))
