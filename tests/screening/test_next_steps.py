"""What the screenings tell a case to do next, and that the daily job asks no query per case for it."""

from datetime import timedelta

import pytest

from cases import registry
from cases.models import CaseFile
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.calendars import add_working_days
from microloan.policy.services import remembered_rule_sets, rule_set_on
from screening import errands, journey, services
from screening.enums import BudgetKind, Outcome
from screening.papers.enums import PaperKind, PlanStage
from tests.loans.builders import put_in_phase
from tests.screening.budget_builders import year_budget
from tests.screening.builders import BACK, LATER, NO, budget, case_for, decided, drafted, line, recommended
from tests.screening.paper_builders import came_back, evaluation, filled, form_of, paper
from tests.support.files import pdf


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
                list(errands.material_step(case, world.today))
                list(errands.forms_waiting(case, world.today))


# --- After a yellow, and what the next screening looks at -----------------------------------------------------------------


@pytest.fixture
def yellow(world):
    """Screening 3 sent back with a budget; the citizen comes again by LATER."""
    case = case_for(world, 3)
    budget(world, case)
    return decided(world, 3, BACK, case=CaseFile.objects.get(pk=case.pk))


def test_somebody_calls_when_the_budget_has_not_come_again(world, yellow):
    assert steps(yellow.case, LATER)["screening_revise"].holder == "citizen"
    late = LATER + timedelta(days=1)
    step = steps(yellow.case, late)["screening_call_budget"]
    assert (step.holder, step.due_on) == ("team", add_working_days(LATER, 1))
    talked = LATER + timedelta(days=4)
    with clock.at(talked):
        evaluation(world, yellow.case)
    assert steps(yellow.case, talked)["screening_call_budget"].due_on == add_working_days(talked, 5)
    assert "screening_call" in steps(decided(world, 1, BACK).case, late)


def test_a_budget_that_has_come_again_is_screened(world, yellow):
    budget(world, CaseFile.objects.get(pk=yellow.case_id), line(amount="9000.00"))
    for day in (world.today, LATER + timedelta(days=30)):
        step = steps(yellow.case, day)["screening_hold"]
        assert (step.holder, step.due_on) == ("team", add_working_days(world.today, 5))


def material(case, today):
    return next(errands.material_step(CaseFile.objects.get(pk=case.pk), today), None)


def test_what_screening_3_looks_at_is_a_task_until_all_of_it_is_there(world):
    case = case_for(world, 3)
    step = material(case, world.today)
    weeks = rule_set_on(world.today).courses_weeks
    assert step.due_on == world.today + timedelta(weeks=weeks) - timedelta(days=14)
    assert step.why == "Mangler: detaljeret forretningsplan, etableringsbudget, driftsbudget, likviditetsbudget"
    assert case.tasks.filter(kind="screening_material", done_at__isnull=True).exists() is False
    paper(world, case, PaperKind.BUSINESS_PLAN, stage=PlanStage.PROVISIONAL, product="Kjoler")
    budget(world, case)
    year_budget(world, case, kind=BudgetKind.OPERATING)
    assert material(case, world.today).why == "Mangler: detaljeret forretningsplan, likviditetsbudget"
    assert case.tasks.filter(kind="screening_material", done_at__isnull=True).exists()
    year_budget(world, case, kind=BudgetKind.LIQUIDITY)
    paper(world, case, PaperKind.BUSINESS_PLAN, stage=PlanStage.DETAILED, product="Kjoler")
    assert material(case, world.today) is None
    assert not case.tasks.filter(kind="screening_material", done_at__isnull=True).exists()
    assert material(case_for(world, 2), world.today) is None


def test_a_form_that_came_back_is_a_task_until_it_is_dealt_with(world):
    case = case_for(world, 2)
    form = came_back(world, case, filled(form_of(case), {"background": "Jeg syr."}))
    came_back(world, case, pdf(), "andet.pdf")
    (task,) = case.tasks.filter(kind="form_received", done_at__isnull=True)
    assert (task.holder, task.due_on) == ("team", add_working_days(world.today, 3))
    services.set_aside_form(received=form, by=world.user(Role.COACH), today=world.today)
    assert not case.tasks.filter(kind="form_received", done_at__isnull=True).exists()
