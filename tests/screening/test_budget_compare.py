"""Two versions of a budget side by side: what came, what went, and what moved."""

from dataclasses import replace
from decimal import Decimal

import pytest

from microloan.accounts.enums import Role
from screening import budget_compare
from tests.screening.budget_builders import liquidity_rows, year_budget
from tests.screening.builders import budget, case_for, line, recommended
from tests.screening.pages import address, case_page, text_of

pytestmark = pytest.mark.django_db


def changes(parts):
    return {
        (part.code, pair.label): tuple(
            words.replace("\xa0", " ") for words in (pair.change, pair.before, pair.after, pair.note)
        )
        for part in parts
        for pair in part.pairs
        if pair.change
    }


def test_lines_that_came_went_and_changed(world):
    case = case_for(world, 2)
    first = budget(world, case, line(), line("Skilt", "900.00"), line("Skilt", "300.00"))
    second = budget(world, case, line(amount="9000.00"), line("Skilt", "900.00"), line("Kageovn", "500.00"))
    found = changes(budget_compare.compared(first, second))
    assert found[("expense", "Symaskine")] == ("changed", "12.000 kr.", "9.000 kr.", "−3.000 kr.")
    assert found[("expense", "Skilt")] == ("removed", "300 kr.", "", "")  # the second of that name
    assert found[("expense", "Kageovn")] == ("added", "", "500 kr.", "")
    assert found[("result", "Lånebehov")][1:3] == ("13.200 kr.", "10.400 kr.")


def test_amounts_that_only_moved_and_a_source_that_came_are_told(world):
    case = case_for(world, 2)
    rows = liquidity_rows()
    first = year_budget(world, case, rows)
    sales = next(row for row in rows if row.section == "sales")
    moved = replace(sales, amounts=(Decimal(0), *sales.amounts[:-2], sales.amounts[-1] + sales.amounts[-2]))
    second = year_budget(world, case, [moved if row is sales else row for row in rows])
    third = year_budget(world, case, [replace(moved, source="En ordre") if row is sales else row for row in rows])
    told = [
        changes(budget_compare.compared(*pair))[("sales", sales.text)] for pair in ((first, second), (second, third))
    ]
    assert [(change, note) for change, _before, _after, note in told] == [
        ("changed", "andre måneder"),
        ("changed", "andre bemærkninger"),
    ]


def test_the_page_and_the_way_to_it(world, client_for):
    case = case_for(world, 3)
    coach = client_for(world.user(Role.COACH))
    budget(world, case)
    page = case_page("budget_compare", case, kind="establishment")
    assert coach.get(page).status_code == 404  # one version is compared with nothing
    budget(world, case, line(amount="9000.00"))
    assert "1 linje er forskellig." in text_of(coach.get(page))
    assert text_of(coach.get(page, {"before": "1", "after": "7"})).startswith("Fejl:")
    assert page in coach.get(case_page("budget", case)).content.decode()
    screening = recommended(world, 3, case=case)
    shown = coach.get(address("detail", screening)).content.decode()
    assert f"{page}?before=1&amp;after=2" in shown
