"""What the database refuses of operating and liquidity budgets, whoever asks (docs/decisions/135)."""

import pytest
from django.db import IntegrityError, connection, transaction

from microloan.accounts.enums import Role
from screening.models import BudgetFrame, BudgetRow
from tests.screening.budget_builders import year_budget
from tests.screening.builders import case_for


@pytest.fixture
def saved(world):
    return year_budget(world, case_for(world, 2))


@pytest.fixture
def unsealed(saved, world):
    """A version whose lines are not in yet."""
    return type(saved).objects.create(
        case=saved.case, kind=saved.kind, number=saved.number + 1, created_by=world.user(Role.COACH)
    )


def refused(sql, *values, match):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.parametrize("table", ["screening_budgetrow", "screening_budgetframe"])
def test_a_saved_version_is_neither_changed_nor_deleted(saved, table):
    name = table.removeprefix("screening_").replace("budget", "budget_")
    field = "text = 'Andet'" if table == "screening_budgetrow" else "opening = 5"
    refused(f"UPDATE {table} SET {field} WHERE budget_id = %s", saved.pk, match=f"{name}_append_only")
    refused(f"DELETE FROM {table} WHERE budget_id = %s", saved.pk, match=f"{name}_append_only")
    refused(f"TRUNCATE {table} CASCADE", match=f"{name}_no_truncate")


def test_no_line_is_slipped_into_a_saved_version(saved):
    with pytest.raises(IntegrityError, match="budget_row_locked"), transaction.atomic():
        BudgetRow.objects.create(budget=saved, order=99, section="costs", text="Efter", amounts=[1])


@pytest.mark.parametrize("amounts", [[-1], [1, 2], [], [None]])
def test_a_line_has_one_amount_or_twelve_and_none_below_zero(unsealed, amounts):
    with pytest.raises(IntegrityError), transaction.atomic():
        BudgetRow.objects.create(budget=unsealed, order=99, section="costs", text="Linje", amounts=amounts)


def test_two_lines_have_not_the_same_place(unsealed):
    BudgetRow.objects.create(budget=unsealed, order=1, section="costs", text="Linje", amounts=[1])
    with pytest.raises(IntegrityError, match="budget_row_order"), transaction.atomic():
        BudgetRow.objects.create(budget=unsealed, order=1, section="costs", text="Linje", amounts=[1])


@pytest.mark.parametrize(
    ("changes", "match"),
    [
        ({"starts_on": "2027-01-02"}, "budget_frame_first_of_month"),
        ({"b_tax": -1}, "budget_frame_amounts"),
        ({"loan_amount": -1}, "budget_frame_amounts"),
        ({"loan": [0] * 11}, "budget_frame_amounts"),
        ({"repayments": [-1, *[0] * 11]}, "budget_frame_amounts"),
    ],
)
def test_a_frame_that_cannot_be(saved, unsealed, changes, match):
    kept = saved.frame
    values = {
        "budget": unsealed,
        "rule_set": kept.rule_set,
        "starts_on": kept.starts_on,
        "vat_period": "none",
        "loan": [0] * 12,
        "repayments": [0] * 12,
    }
    with pytest.raises(IntegrityError, match=match), transaction.atomic():
        BudgetFrame.objects.create(**{**values, **changes})
