"""A decided round withstands SQL: no column of no table of it is changed, no row deleted."""

from datetime import timedelta

import pytest
from django.apps import apps
from django.db import DatabaseError, connection, transaction

from cases.models import CaseFile
from microloan.accounts.enums import Role
from screening import services
from screening.enums import BudgetKind, Outcome
from screening.papers.enums import PaperKind
from tests.screening.budget_builders import year_budget
from tests.screening.builders import NO, TODAY, budget, case_for, recommended
from tests.screening.paper_builders import action_plan, came_back, evaluation, paper
from tests.support.files import pdf

# What still changes of a row that is written: a version is approved, another set becomes the current one, a form settled.
CHANGES = {
    "screening_budget": {"state", "approved_at", "approved_by_id"},
    "screening_criteriaset": {"is_current"},
    "screening_receivedform": {"taken", "settled_at", "settled_by_id"},
}


@pytest.fixture
def refusal(world):
    """A screening 3 that was decided red, with everything that a round can rest on."""
    case, coach = case_for(world, 3), world.user(Role.COACH)
    budget(world, case)
    for kind in (BudgetKind.OPERATING, BudgetKind.LIQUIDITY):
        year_budget(world, case, kind=kind)
    paper(world, case, PaperKind.BUSINESS_PLAN, product="Kjoler", stage="detailed")
    action_plan(world, case)
    results = {1: services.Reviewed("reached")}
    services.review_goals(case=case, contact=evaluation(world, case), results=results, by=coach, today=TODAY)
    came_back(world, case, pdf())
    screening = recommended(world, 3, case=CaseFile.objects.get(pk=case.pk), recommendation=Outcome.STOP)
    record = services.hold_hearing(
        screening=screening, shown="Ingen kunder.", answer_by=TODAY + timedelta(days=14), by=coach, today=TODAY
    )
    services.record_answer(record=record, answer="Jo, to.", answered_on=TODAY, by=coach, today=TODAY)
    return services.decide(screening=screening, decision=NO, by=world.user(Role.PROJECT_LEAD), today=TODAY)


def withstands(sql: str) -> bool:
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql)
    except DatabaseError:
        return True
    return False


def test_no_column_of_a_decided_round_is_changed_and_no_row_deleted(refusal):
    models = [model for model in apps.get_app_config("screening").get_models() if not model._meta.proxy]
    tables = {model._meta.db_table: [field.column for field in model._meta.concrete_fields] for model in models}
    tables["screening_screening_staff"] = ["screening_id", "user_id"]
    fell = []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, columns in tables.items():
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT count(*) FROM {table}")
            assert cursor.fetchone()[0], f"{table} is empty: nothing was tried"
        statements = [
            f'UPDATE {table} SET "{column}" = "{column}"'
            for column in columns
            if column != "id" and column not in CHANGES.get(table, set())
        ]
        statements += [f"DELETE FROM {table}", f"TRUNCATE {table} CASCADE"]
        fell += [sql for sql in statements if not withstands(sql)]
    assert fell == []
