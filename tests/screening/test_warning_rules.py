"""The automatic warnings, as rules over plain facts: each raised, each quiet at its limit (domain.md §4, danish-rules.md §9)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from cases.enums import BusinessForm
from screening import registry, warning_rules
from screening.registry import PlanFacts, PlanMonth

GOOD = PlanFacts(
    loan_min=Decimal("1000"),
    loan_max=Decimal("50000"),
    pmv_most=Decimal("50000"),
    vat_from=Decimal("50000"),
    living_percent=50,
    sudden_sales_from=Decimal("5000"),
    sudden_sales_times=2,
    has_establishment=True,
    loan_need=Decimal("35000"),
    has_operating=True,
    has_liquidity=True,
    has_plan=True,
    is_plan_detailed=True,
    case_form=BusinessForm.SOLE_PROPRIETORSHIP,
    case_trade="Syværksted",
    sales_of_year=Decimal("40000"),
)


def months(*rows):
    """(sales, paid, living, balance) of each month from January 2027."""
    return tuple(
        PlanMonth(date(2027, number, 1), *(Decimal(value) for value in row)) for number, row in enumerate(rows, start=1)
    )


def found(**changes):
    facts = replace(GOOD, **changes)
    return {warning.code: warning for warning in warning_rules.warnings_for(facts, registry.warnings)}


def test_a_plan_in_which_nothing_is_wrong_raises_nothing():
    assert found() == {}


def test_nothing_is_raised_about_what_nobody_knows():
    assert found(loan_need=None, sales_of_year=None, case_form="", case_trade="") == {}


RAISED = {
    "no_budget": {"has_establishment": False, "loan_need": None},
    "no_operating": {"has_operating": False},
    "no_liquidity": {"has_liquidity": False},
    "no_plan": {"has_plan": False, "is_plan_detailed": False},
    "plan_provisional": {"is_plan_detailed": False},
    "not_resubmitted": {"not_resubmitted": "Etableringsbudget v2"},
    "over_maximum": {"loan_need": Decimal("50000.01")},
    "under_minimum": {"loan_need": Decimal("999.99")},
    "aps": {"case_form": BusinessForm.APS},
    "form_not_eligible": {"case_form": BusinessForm.PARTNERSHIP},
    "form_differs": {"plan_form": BusinessForm.PMV},
    "pmv_limit": {"case_form": BusinessForm.PMV, "sales_of_year": Decimal("50000.01"), "has_vat": True},
    "vat_duty": {"sales_of_year": Decimal("50000.01")},
    "below_zero": {"months": months((0, 100, 0, 50), (0, 100, 0, "-0.01"))},
    "surviving": {"months": months((0, 100, 50, 900), (0, 100, 50, 800), (0, 100, 50, 700), (0, 100, 0, 600))},
    "sales_without_source": {"months": months((0, 100, 0, 900), (5000, 100, 0, 5800))},
    "crowded_trade": {"case_trade": "Pizzeria"},
}


@pytest.mark.parametrize("code", RAISED)
def test_each_is_raised_alone_with_why_and_source(code):
    warnings = found(**RAISED[code])
    assert list(warnings) == [code]
    assert all([warnings[code].text, warnings[code].why, warnings[code].source])


QUIET = {
    "at the largest loan": {"loan_need": Decimal("50000.00")},
    "at the smallest loan": {"loan_need": Decimal("1000.00")},
    "at the limit of a PMV": {"case_form": BusinessForm.PMV, "sales_of_year": Decimal("50000.00")},
    "a larger firm that is no PMV": {"sales_of_year": Decimal("900000"), "has_vat": True},
    "a month at zero": {"months": months((0, 100, 0, 0))},
    "half less an øre on living": {"months": months((0, 100, "49.99", 900))},
    "much living later than the first months": {"months": months(*[(0, 100, 0, 900)] * 3, (0, 100, 100, 800))},
    "sales that grow": {"months": months((3000, 100, 0, 900), (4000, 100, 0, 900), (7000, 100, 0, 900))},
    "sales with a source": {"months": months((0, 100, 0, 900), (9000, 1, 0, 900)), "sales_source": "To faste kunder"},
    "a crowded trade that is different": {"case_trade": "Pizzeria", "difference": "Surdej og levering på cykel"},
}


@pytest.mark.parametrize("name", QUIET)
def test_nothing_is_raised_at_the_limit(name):
    assert found(**QUIET[name]) == {}


def test_the_months_below_zero_are_named_and_the_lowest():
    warning = found(months=months((0, 1, 0, -5), (0, 1, 0, -90), (0, 1, 0, -10)))["below_zero"]
    assert "januar 2027, februar 2027 og marts 2027" in warning.text
    assert "90 kr. i februar 2027" in warning.text.replace("\N{NO-BREAK SPACE}", " ")


def test_the_plan_goes_before_the_case_and_both_are_told_where_they_differ():
    assert "aps" in found(plan_form=BusinessForm.APS)
    assert "aps" not in found(plan_form=BusinessForm.PMV, case_form=BusinessForm.APS)
    text = found(plan_form=BusinessForm.PARTNERSHIP)["form_differs"].text
    assert "Interessentskab (I/S)" in text
    assert "Enkeltmandsvirksomhed" in text
    text = found(plan_trade="Kiosk", case_trade="Syværksted")["crowded_trade"].text
    assert "Kiosk i planen, Syværksted på sagen" in text
    assert "Syværksted" not in found(plan_trade="Kiosk", case_trade="")["crowded_trade"].text


def test_the_limits_are_those_of_the_rule_set():
    lived = months((0, 100, 50, 900), (0, 100, 50, 800), (0, 100, 50, 700))
    assert "surviving" not in found(months=lived, living_percent=51)
    sold = months((1000, 100, 0, 900), (5000, 100, 0, 5800))
    assert "sales_without_source" not in found(months=sold, sudden_sales_from=Decimal("5000.01"))
    assert "sales_without_source" not in found(months=sold, sudden_sales_times=6)
    assert "sales_without_source" in found(months=sold, sudden_sales_times=5)


def test_blank_words_are_no_source_and_no_difference():
    assert "crowded_trade" in found(case_trade="Kiosk", difference="  ")
    assert "sales_without_source" in found(months=months((6000, 1, 0, 5000)), sales_source="\n")
