"""Operating and liquidity budgets as forms: what the citizen wrote becomes a version, by the budgets' own rules."""

from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from microloan.accounts.enums import Role
from microloan.core.errors import Refused
from screening import services
from screening.citizen_forms.kinds import form_kinds
from screening.citizen_forms.reading import read_form
from screening.enums import BudgetKind
from tests.screening.budget_builders import each, sales, year_budget
from tests.screening.pages import text_of
from tests.screening.paper_builders import a_case, came_back, filled, form_of

pytestmark = pytest.mark.django_db


def accept(world, received, fields):
    kind = form_kinds[received.kind]
    return services.accept_form(
        received=received,
        fields=fields,
        base=kind.stored(received.case).version,
        by=world.user(Role.COACH),
        today=world.today,
    )


def rows_of(budget):
    return [(row.section, row.text, row.source, row.vat, sum(row.amounts)) for row in budget.rows.all()]


def test_an_operating_budget_comes_back(world):
    case = a_case(world)
    given = {
        "starts_on": "1-1-2027",
        "vat_period": "Hvert halve år",
        "b_tax": "12000",
        "sales_1": "Syning",
        "sales_1_m1": "180000",
        "sales_1_source": "To butikker",
        "costs_1": "Husleje",
        "costs_1_m1": "36000",
    }
    received = came_back(world, case, filled(form_of(case, "operating_budget"), given))
    with pytest.raises(Refused) as refusal:
        accept(world, received, ["sales_1", "sales_1_m1"])
    assert refusal.value.field == "starts_on"
    accept(world, received, list(given))
    budget = services.latest_budget(case, kind=BudgetKind.OPERATING)
    assert (budget.frame.vat_period, budget.frame.b_tax) == ("half_year", Decimal("12000.00"))
    assert rows_of(budget) == [
        ("sales", "Syning", "To butikker", False, Decimal("180000.00")),
        ("costs", "Husleje", "", False, Decimal("36000.00")),
    ]


def test_a_liquidity_budget_comes_back_month_by_month(world):
    case = a_case(world)
    months = {f"sales_1_m{month}": "10000" for month in range(3, 13)}
    given = {"starts_on": "1-1-2027", "vat_period": "Hvert kvartal", "opening": "5000", "sales_1": "Syning", **months}
    received = came_back(world, case, filled(form_of(case, "liquidity_budget"), given))
    accept(world, received, list(given))
    budget = services.latest_budget(case, kind=BudgetKind.LIQUIDITY)
    assert list(budget.rows.get().amounts) == [Decimal("0.00")] * 2 + [Decimal("10000.00")] * 10
    assert budget.rows.get().vat  # a new line of a registered business
    kind = form_kinds["liquidity_budget"]
    prefilled = read_form(form_of(case, kind.code, values=kind.stored(case).values)).values
    assert {code: text for code, text in prefilled.items() if text} == {**given, "starts_on": "01-01-2027"}
    assert kind.parts(case)[1].columns[1:3] == ("Jan.", "Feb.")


def test_a_line_keeps_its_mark_for_vat_which_the_form_does_not_ask(world):
    case = a_case(world)
    year_budget(world, case, [sales(*each(1000), vat=False)])
    given = {"costs_1": "Husleje", "costs_1_m1": "2500"}
    received = came_back(world, case, filled(form_of(case, "liquidity_budget"), given))
    accept(world, received, list(given))
    assert [(row.text, row.vat) for row in services.latest_budget(case, kind=BudgetKind.LIQUIDITY).rows.all()] == [
        ("Syning", False),
        ("Husleje", True),
    ]


@pytest.mark.parametrize("month", ["", "januar"])
def test_a_budget_without_a_first_month_is_not_lost(world, client_for, month):
    case = a_case(world)
    given = {"starts_on": month, "sales_1": "Syning", "sales_1_m1": "180000"}
    received = came_back(world, case, filled(form_of(case, "operating_budget"), given))
    address = reverse("screening:form_received", kwargs={"number": case.number, "pk": received.pk})
    assert "Der kommer til at stå 1. december 2026." in text_of(client_for(Role.COACH).get(address))
    accept(world, received, ["sales_1", "sales_1_m1"])
    assert services.latest_budget(case, kind=BudgetKind.OPERATING).frame.starts_on == date(2026, 12, 1)


@pytest.mark.parametrize(("fields", "field"), [(["sales_1"], "sales_1_m1"), (["sales_2_m1"], "sales_2")])
def test_half_a_line_is_asked_about_at_its_field(world, fields, field):
    case = a_case(world)
    given = {"starts_on": "1-1-2027", "sales_1": "Syning", "sales_2_m1": "500"}
    received = came_back(world, case, filled(form_of(case, "operating_budget"), given))
    with pytest.raises(Refused) as refusal:
        accept(world, received, ["starts_on", *fields])
    assert refusal.value.field == field
