"""Operating and liquidity budgets in versions, with the loan from its plan (domain.md §4)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cases.models import CaseFile, JournalEntry
from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from microloan.policy.models import RuleSet
from screening import services
from screening.budget_rules import Row
from screening.enums import BudgetKind, RowSection, VatPeriod
from screening.models import Budget
from screening.year_facts import plan_facts
from tests.screening.budget_builders import (
    DATA,
    START,
    each,
    kr,
    liquidity_rows,
    operating_rows,
    row,
    sales,
    year_budget,
)
from tests.screening.builders import another_coach, budget, case_for, line


def test_a_version_is_saved_as_it_is_written(world):
    case = case_for(world, 2)
    saved = year_budget(world, case, note=" Første udkast ")
    assert (saved.kind, saved.number, saved.note) == (BudgetKind.LIQUIDITY, 1, "Første udkast")
    kept = services.year_budget_of(Budget.objects.get(pk=saved.pk))
    assert list(kept.rows) == liquidity_rows()
    assert kept.frame.starts_on == START
    entry = JournalEntry.objects.filter(case=case).order_by("-pk").first()
    assert entry.title == "Likviditetsbudget, version 1"


def test_saving_what_stands_makes_no_version_and_the_kinds_are_counted_apart(world):
    case = case_for(world, 2)
    year_budget(world, case)
    assert year_budget(world, case).number == 1
    assert year_budget(world, case, note="Rettet").number == 2
    assert year_budget(world, case, kind=BudgetKind.OPERATING).number == 1
    assert services.latest_budget(case) is None  # the establishment budget is another
    assert services.latest_budget(case, kind=BudgetKind.LIQUIDITY).number == 2


def test_lines_stand_under_their_headings(world):
    mixed = [
        row(RowSection.COSTS, "Husleje", each(1)),
        sales(*[1] * 12),
        row(RowSection.COSTS, "  Strøm\x0b\n", each(2)),
    ]
    saved = year_budget(world, case_for(world, 2), mixed)
    assert [one.text for one in services.year_budget_of(saved).rows] == ["Syning", "Husleje", "Strøm"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "mindst én linje"),
        ([sales(*[0] * 12)], "Skriv beløbet for »Syning«"),
        ([sales(-1, *[1] * 11)], "0 eller mere"),
        ([sales(1)], "hører ikke til"),
        ([Row("gift", "Gave", kr(*[1] * 12))], "hører ikke til"),
        ([sales(*[1] * 12, text=" \x00 ")], "Skriv, hvad hvert beløb går til"),
        ([sales(*[1] * 12, text=f"Salg {number}") for number in range(11)], "plads til 10 linjer"),
    ],
)
def test_lines_that_cannot_be_are_refused(world, rows, words):
    case = case_for(world, 2)
    with pytest.raises(Refused, match=words):
        services.save_year_budget(
            case=case,
            kind=BudgetKind.LIQUIDITY,
            rows=rows,
            data=DATA,
            note="",
            by=world.user(Role.COACH),
            today=world.today,
        )
    assert not case.budgets.exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        (services.FrameData(date(2027, 1, 2)), "starts_on"),
        (services.FrameData(START, "monthly"), "vat_period"),
        (services.FrameData(START, b_tax=Decimal(-1)), "b_tax"),
        (services.FrameData(START, opening=Decimal(-1)), "opening"),
    ],
)
def test_a_frame_that_cannot_be_is_refused_at_its_field(world, data, field):
    with pytest.raises(Refused) as refusal:
        year_budget(world, case_for(world, 2), data=data)
    assert refusal.value.field == field


def test_a_newer_version_is_a_conflict(world):
    case = case_for(world, 2)
    year_budget(world, case, base_number=0)
    with pytest.raises(Conflict):
        year_budget(world, case, note="Fra en gammel side", base_number=0, by=another_coach())


def test_before_a_loan_the_plan_is_made_of_the_loan_need(world):
    RuleSet.objects.update(instalments=84)
    case = case_for(world, 2)
    budget(world, case, line("Symaskine", "50000.00"))
    kept = services.year_budget_of(year_budget(world, case))
    assert kept.frame.loan == kr(50000, *[0] * 11)
    assert kept.frame.repayments == kr(0, *[596] * 11)  # from the second month on, rounded up to whole kroner
    assert (kept.loan_amount, kept.loan_is_decided) == (Decimal(50000), False)


def test_a_version_stays_as_it_was_when_the_need_changes(world):
    case = case_for(world, 2)
    budget(world, case, line("Symaskine", "12000.00"))
    first = year_budget(world, case)
    assert not services.loan_has_changed(case, first, world.today)
    budget(world, case, line("Symaskine", "24000.00"))
    case.refresh_from_db()
    assert services.loan_has_changed(case, first, world.today)
    assert services.year_budget_of(Budget.objects.get(pk=first.pk)).frame.loan[0] == 12000
    second = year_budget(world, case)
    assert (second.number, services.year_budget_of(second).frame.loan[0]) == (2, 24000)


def test_an_operating_budget_pays_the_instalments_of_its_year(world):
    case = case_for(world, 2)
    budget(world, case, line("Symaskine", "12000.00"))
    sums = services.year_budget_of(year_budget(world, case, operating_rows(), kind=BudgetKind.OPERATING)).operating()
    assert sums.repayment == 11000  # 12 instalments of 1,000, of which 11 fall in the year


@pytest.mark.parametrize("role", [Role.CASEWORKER, Role.BENEFITS_OFFICER, Role.ADMINISTRATOR])
def test_only_the_team_makes_budgets(world, role):
    with pytest.raises(Refused):
        year_budget(world, case_for(world, 2), by=world.user(role))


def test_a_version_can_be_approved(world):
    saved = year_budget(world, case_for(world, 2))
    approved = services.approve_budget(budget=saved, by=world.user(Role.PROJECT_LEAD), today=world.today)
    assert approved.approved_by == world.user(Role.PROJECT_LEAD)


@pytest.mark.parametrize("year", [1972, 2199])
def test_a_budget_does_not_begin_in_another_age(world, year):
    """As a form that comes back could say: no calendar reaches there, and the budget's page could not be shown."""
    with pytest.raises(Refused) as refusal:
        year_budget(world, case_for(world, 2), data=replace(DATA, starts_on=date(year, 1, 1)))
    assert refusal.value.field == "starts_on"


def test_the_larger_sales_count_for_the_limits_and_the_liquidity_budget_says_whether_there_is_vat(world):
    case = case_for(world, 2)
    year_budget(world, case, kind=BudgetKind.OPERATING)
    assert plan_facts(case, world.today)["has_vat"] is True
    year_budget(world, case, data=replace(DATA, vat_period=VatPeriod.NONE.value))
    facts = plan_facts(CaseFile.objects.get(pk=case.pk), world.today)
    assert facts["has_vat"] is False
    assert facts["sales_of_year"] == 100000
    year_budget(world, case, [sales(*[12500] * 12, vat=False)])
    assert plan_facts(CaseFile.objects.get(pk=case.pk), world.today)["sales_of_year"] == 150000


def test_the_sales_of_a_registered_business_are_counted_without_vat(world):
    case = case_for(world, 2)
    year_budget(world, case, [sales(*[1250] * 12), sales(*[100] * 12, vat=False, text="Bøger")])
    assert plan_facts(case, world.today)["sales_of_year"] == 12 * 1000 + 12 * 100


@pytest.mark.parametrize(("second", "said"), [("", ""), ("Et bibliotek", "To butikker; Et bibliotek")])
def test_sales_have_a_source_where_each_line_has_one(world, second, said):
    case = case_for(world, 2)
    year_budget(world, case, [sales(*each(1), source="To butikker"), sales(*each(1), text="Kurser", source=second)])
    assert plan_facts(case, world.today)["sales_source"] == said
