"""Cells as machines and Danish offices write them."""

from datetime import date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.enums import Livelihood
from reports.rules import history_values as values
from reports.rules.history_values import CellError
from tests.reports.review_data import danish_text, plain_text


@pytest.mark.parametrize(
    ("cell", "amount"),
    [
        ("50000", "50000.00"),
        ("50000.00", "50000.00"),
        ("50000,5", "50000.50"),
        ("1.234,56", "1234.56"),
        ("1.234", "1234.00"),
        ("264.850", "264850.00"),
        ("1.234.567,89", "1234567.89"),
        ("1 234,56", "1234.56"),
        ("1\u00a0234,56 kr.", "1234.56"),
        ("kr. 25.000", "25000.00"),
        ("25.000,-", "25000.00"),
        ("1,234.56", "1234.56"),
        ("  596  ", "596.00"),
        (596, "596.00"),
        (596.3, "596.30"),
        (0.1 + 0.2, "0.30"),
        (1234.0, "1234.00"),
        (26337.93, "26337.93"),
        (Decimal("12.5"), "12.50"),
    ],
)
def test_amounts(cell, amount):
    assert str(values.amount(cell)) == amount


@pytest.mark.parametrize(
    "cell",
    ["", None, "0", 0, "-5", -5, "abc", "1,234", "1.23.45", "1.2345", 1.234, "12,345,6", "1e5", "99999999999",
     1e300, float("inf"), float("nan"), True, date(2016, 1, 1), "1234.567", "--5", "5-"],
)  # fmt: skip
def test_refused_amounts(cell):
    with pytest.raises(CellError):
        values.amount(cell)


@given(st.decimals(min_value=Decimal("0.01"), max_value=Decimal("9999999999.99"), places=2))
def test_every_amount_survives_each_way_of_writing(value):
    assert values.amount(str(value)) == value
    assert values.amount(danish_text(value)) == value
    assert values.amount(value) == value
    if value < Decimal("1e10"):
        assert values.amount(float(value)) == value


@pytest.mark.parametrize(
    ("cell", "day"),
    [
        ("2016-12-31", date(2016, 12, 31)),
        ("31-12-2016", date(2016, 12, 31)),
        ("31.12.2016", date(2016, 12, 31)),
        ("31/12/2016", date(2016, 12, 31)),
        ("5/3-2026", date(2026, 3, 5)),
        ("3/5-27", date(2027, 5, 3)),
        ("1. marts 2014", date(2014, 3, 1)),
        ("2016-12-31 00:00:00", date(2016, 12, 31)),
        (datetime(2016, 12, 31, 14, 30), date(2016, 12, 31)),
        (date(2016, 2, 29), date(2016, 2, 29)),
        ("", None),
        (None, None),
    ],
)
def test_dates(cell, day):
    assert values.optional_date(cell) == day


@pytest.mark.parametrize(
    "cell",
    ["31-02-2016", "2016-13-01", "12/31/2016", "1850-01-01", date(1899, 12, 30), 42735, 42735.0, "i går", "31-12"],
)
def test_refused_dates(cell):
    with pytest.raises(CellError):
        values.optional_date(cell)


def test_required_date_missing():
    with pytest.raises(CellError, match="31-12-2016"):
        values.required_date(" ")


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_every_date_survives_each_way_of_writing(day):
    assert values.optional_date(plain_text(day)) == values.optional_date(danish_text(day)) == day
    assert values.optional_date(f"{day.day}.{day.month}.{day.year}") == day


@pytest.mark.parametrize(
    ("cell", "sex"), [("K", "K"), ("m", "M"), ("Kvinde", "K"), ("mand", "M"), ("", ""), (None, "")]
)
def test_sex(cell, sex):
    assert values.sex(cell) == sex


@pytest.mark.parametrize("cell", ["X", "0", "KM"])
def test_refused_sex(cell):
    with pytest.raises(CellError):
        values.sex(cell)


@pytest.mark.parametrize(("cell", "year"), [("1973", 1973), (1973, 1973), (1973.0, 1973), ("", None)])
def test_birth_year(cell, year):
    assert values.birth_year(cell) == year


@pytest.mark.parametrize("cell", ["73", "19733", 1973.5, "2973", "nitten"])
def test_refused_birth_year(cell):
    with pytest.raises(CellError):
        values.birth_year(cell)


@pytest.mark.parametrize(
    ("cell", "code"),
    [
        ("cash_benefit", "cash_benefit"),
        ("Cash Benefit", "cash_benefit"),
        ("Kontanthjælp, Passiv", "cash_benefit"),
        ("kontanthjaelp", "cash_benefit"),
        ("Førtidspension", "disability_pension"),
        ("FOERTIDSPENSION", "disability_pension"),
        ("Vides ikke*", "unknown"),
        ("egen virksomhed", "own_business"),
        ("", "unknown"),
    ],
)
def test_livelihood(cell, code):
    assert values.livelihood(cell) == code


def test_every_livelihood_can_be_named_and_no_name_means_two():
    assert set(values.LIVELIHOODS) == set(Livelihood)
    names = [values.folded(name) for code, labels in values.LIVELIHOODS.items() for name in {code, *labels}]
    assert len(names) == len(set(names))


def test_unknown_livelihood_is_refused_and_an_own_period_needs_one():
    with pytest.raises(CellError):
        values.livelihood("lotto")
    with pytest.raises(CellError):
        values.required_livelihood("")


def test_text_is_trimmed_and_numbers_from_a_workbook_have_no_fraction():
    assert values.required_text("  A  1 ") == "A 1"
    assert values.required_text(42.0) == "42"
    assert values.required_text("M\u0061\u030a") == "Må"


@pytest.mark.parametrize("cell", ["", None, "   ", "x" * 61, "#REF!", "#I/T", "A\x00B"])
def test_refused_text(cell):
    with pytest.raises(CellError):
        values.required_text(cell)


@pytest.mark.parametrize("cell", ["010190-1234", "0101901234", "sag 720385 1234", 7203851234])
def test_a_cpr_number_is_refused_as_reference_and_never_repeated(cell):
    with pytest.raises(CellError) as refused:
        values.required_text(cell)
    assert "1234" not in str(refused.value)
    with pytest.raises(CellError) as refused:
        values.sex(cell)
    assert "1234" not in str(refused.value)


def test_long_cells_are_cut_in_messages():
    assert len(values.shown("x" * 200)) < 45
