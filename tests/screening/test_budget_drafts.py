"""What is typed in a budget is kept for its writer until it is saved as a version (docs/decisions/100)."""

import pytest
from django.urls import reverse

from microloan.accounts.enums import Role
from screening import services
from screening.enums import BudgetKind
from tests.screening.budget_builders import year_budget
from tests.screening.builders import budget, case_for, line
from tests.screening.pages import text_of


def fields_of(page):
    """Every field of the page as a browser would post it, with the draft's own."""
    form, lines = page.context["form"], page.context["lines"]
    sets = lines.sets() if hasattr(lines, "sets") else [lines]
    parts = [form, *(part.management_form for part in sets), *(row for part in sets for row in part.forms)]
    data = {field.html_name: field.value() for part in parts for field in part}
    data = {name: str(value) for name, value in data.items() if value not in (None, False)}
    return {**data, "seen": form.seen_note, "draft_page": page.context["draft"].page}


KINDS = {
    "establishment": ("form-0-text", "form-0-amount"),
    "operating": ("sales-0-text", "sales-0-m0"),
    "liquidity": ("sales-0-text", "sales-0-m11"),
}


@pytest.fixture(params=KINDS)
def written(request, world):
    """A case with a version, the address of its editor, and two of its fields."""
    case = case_for(world, 2)
    if request.param == "establishment":
        budget(world, case)
        there = reverse("screening:budget_edit", kwargs={"number": case.number})
    else:
        year_budget(world, case, kind=f"{request.param}_budget")
        there = reverse("screening:year_budget_edit", kwargs={"number": case.number, "kind": request.param})
    kept = f"/drafts/budget_{request.param}/{case.number}/"
    return case, there, kept, KINDS[request.param]


def keep(client, address, data):
    return client.post(address, data, headers={"HX-Request": "true"})


def test_what_is_typed_is_kept_until_it_is_saved(world, coach, lead, written):
    case, there, kept, (text, amount) = written
    data = {**fields_of(coach.get(there)), text: "Halvt skrevet", amount: "77", "note": "Spørg igen"}
    assert "Kladde gemt" in text_of(keep(coach, kept, data))
    page = coach.get(there)
    again = fields_of(page)
    assert (again[text], again[amount], again["note"]) == ("Halvt skrevet", "77", "Spørg igen")
    assert "Kassér kladden" in text_of(page)
    assert fields_of(lead.get(there))[text] != "Halvt skrevet"
    assert coach.post(there, {**again, "step": "save"}).status_code == 302
    assert coach.get(there).context["draft"].content == {}
    assert max(row.number for row in case.budgets.all()) == 2
    assert keep(coach, kept, again).content == b"" or coach.get(there).context["draft"].content == {}


def test_a_draft_from_before_another_version_shows_both(world, coach):
    case = case_for(world, 2)
    budget(world, case)
    there = reverse("screening:budget_edit", kwargs={"number": case.number})
    data = {**fields_of(coach.get(there)), "form-0-text": "Min kladde"}
    keep(coach, f"/drafts/budget_establishment/{case.number}/", data)
    budget(world, case, line("Den andens linje"), by=world.user(Role.PROJECT_LEAD))
    page = coach.post(there, {**fields_of(coach.get(there)), "step": "save"})
    assert [rival.label for rival in page.context["form"].rivals] == ["Budgettets linjer"]
    assert services.latest_budget(type(case).objects.get(pk=case.pk)).number == 2


def test_a_full_liquidity_budget_is_kept_whole(world, coach):
    case = case_for(world, 2)
    there = reverse("screening:year_budget_edit", kwargs={"number": case.number, "kind": "liquidity"})
    data = fields_of(coach.get(there))
    sections = [str(section) for section in services.sections_of(BudgetKind.LIQUIDITY)]
    for section in sections:
        data[f"{section}-TOTAL_FORMS"] = "10"
        for number in range(10):
            data[f"{section}-{number}-text"] = f"{section} {number}"
            data |= {f"{section}-{number}-m{month}": "1" for month in range(12)}
    keep(coach, f"/drafts/budget_liquidity/{case.number}/", data)
    again = fields_of(coach.get(there))
    assert all(again.get(f"{section}-9-m11") == "1" for section in sections)
