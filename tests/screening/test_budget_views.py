"""The screens of the establishment budget: written, compared, approved (domain.md §4, ui-guide.md §3.3)."""

from urllib.parse import urlencode

import pytest

from cases.enums import ClosedBy, ClosingReason
from cases.models import CaseFile
from cases.services import close_case
from microloan.accounts.enums import Role
from screening.enums import BudgetState
from screening.models import Budget
from tests.screening.builders import (
    another_coach,
    budget,
    case_for,
    line,
)
from tests.screening.pages import case_page, text_of
from tests.support.forms import seen


def lines_of(*rows, note="", step="save"):
    fields = {"note": note, "step": step, "form-TOTAL_FORMS": len(rows), "form-INITIAL_FORMS": len(rows)}
    for number, (text, kind, amount) in enumerate(rows):
        fields |= {f"form-{number}-text": text, f"form-{number}-kind": kind, f"form-{number}-amount": amount}
    return fields


SEWING = ("Symaskine", "expense", "12.000,50")


def test_a_budget_is_saved_and_shown_with_its_totals(world, coach):
    case = case_for(world, 2)
    assert "Intet budget endnu" in text_of(coach.get(case_page("budget", case)))
    data = lines_of(SEWING, ("", "expense", ""), ("Opsparing", "own_funds", "2000"), note="Brugt maskine")
    page = coach.post(case_page("budget_edit", case), data, follow=True)
    words = text_of(page)
    assert "Budgettet er gemt som version 1." in words
    for amount in ("12.000,50\xa0kr.", "10.000,50\xa0kr."):
        assert amount.replace("\xa0", " ") in words
    assert "Brugt maskine" in words


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (("Symaskine", "expense", ""), "Skriv beløbet for »Symaskine«"),
        (("", "expense", "500"), "Skriv, hvad beløbet går til"),
        (("Symaskine", "expense", "0"), "over 0"),
        (("Symaskine", "expense", "-5"), "Skriv"),
        (("Symaskine", "expense", "abc"), "Skriv"),
        (("Symaskine", "expense", "1.23"), "1,23"),
        (("Symaskine", "expense", "99999999"), "over 0 og højst"),
        (("Opsparing", "own_funds", "500"), "Skriv mindst én udgift"),
        (("Symaskine", "gift", "500"), "gift"),
    ],
)
def test_amounts_that_cannot_be_are_refused_at_the_line(world, coach, row, words):
    case = case_for(world, 2)
    page = coach.post(case_page("budget_edit", case), lines_of(row))
    assert page.status_code == 200
    assert words in text_of(page)
    assert "<title>Fejl:" in page.content.decode()
    assert row[0] in page.content.decode()
    assert not case.budgets.exists()


def test_there_are_eight_lines_and_more_on_demand(world, coach):
    case = case_for(world, 2)
    page = coach.get(case_page("budget_edit", case)).content.decode()
    assert page.count('name="form-7-text"') == 1
    typed_rows = [(f"Ting {number}", "expense", "abc" if number else "100") for number in range(8)]
    page = coach.post(case_page("budget_edit", case), lines_of(*typed_rows, step="more"))
    body = page.content.decode()
    assert 'name="form-11-text"' in body
    assert 'value="abc"' in body
    assert "Ting 7" in body
    assert not case.budgets.exists()


@pytest.mark.parametrize(
    "broken",
    [
        {"form-TOTAL_FORMS": "x"},
        {"form-TOTAL_FORMS": "100000"},
        {"form-TOTAL_FORMS": "1" * 5000},
    ],
)
def test_a_broken_form_is_refused_politely(world, coach, broken):
    case = case_for(world, 2)
    for step in ("save", "more"):
        page = coach.post(case_page("budget_edit", case), {**lines_of(SEWING, step=step), **broken})
        assert page.status_code == 200
    assert not case.budgets.exists()


def test_two_people_on_one_budget_see_both(world, coach):
    case = case_for(world, 2)
    note = seen(coach.get(case_page("budget_edit", case)))
    budget(world, case, line("Kageovn", "30000.00"), by=another_coach())
    page = coach.post(case_page("budget_edit", case), {**lines_of(SEWING), **note})
    (rival,) = page.context["form"].rivals
    assert rival.label == "Budgettets linjer"
    assert "Kageovn" in rival.stored
    assert "Symaskine, 12.000,50" in rival.mine
    assert 'value="Symaskine"' in page.content.decode()
    assert case.budgets.count() == 1
    again = {**lines_of(SEWING), **seen(page)}
    kept = coach.post(case_page("budget_edit", case), {**again, "choose_lines": "stored"})
    assert kept.status_code == 302
    assert case.budgets.count() == 1  # saving what stands already makes no version
    coach.post(case_page("budget_edit", case), {**again, "choose_lines": "mine"})
    assert case.budgets.count() == 2
    assert case.budgets.get(number=2).lines.get().text == "Symaskine"


def test_more_lines_keep_the_note_of_what_was_stored(world, coach):
    case = case_for(world, 2)
    note = seen(coach.get(case_page("budget_edit", case)))
    budget(world, case, line("Kageovn", "30000.00"), by=another_coach())
    more = coach.post(case_page("budget_edit", case), {**lines_of(SEWING, step="more"), **note})
    page = coach.post(case_page("budget_edit", case), {**lines_of(SEWING), **seen(more)})
    assert page.context["form"].rivals
    assert case.budgets.count() == 1


def test_earlier_versions_are_read(world, coach):
    case = case_for(world, 2)
    budget(world, case, line("Kageovn"))
    budget(world, case, line("Symaskine"))
    address_of_first = f"{case_page('budget', case)}?{urlencode({'version': 1})}"
    page = text_of(coach.get(address_of_first))
    assert "Kageovn" in page
    assert "Se den nyeste version" in page
    assert coach.get(f"{case_page('budget', case)}?version=9").status_code == 404


def test_the_project_lead_approves_after_a_check_page(world, lead, coach):
    case = case_for(world, 2)
    budget(world, case)
    approve = case_page("budget_approve", case, version=1)
    assert approve in lead.get(case_page("budget", case)).content.decode()
    assert approve not in coach.get(case_page("budget", case)).content.decode()
    assert "Godkend version 1" in text_of(lead.get(approve))
    for _click in range(2):
        lead.post(approve)
    kept = Budget.objects.get(case=case)
    assert (kept.state, kept.approved_by) == (BudgetState.APPROVED, world.user(Role.PROJECT_LEAD))
    assert lead.get(approve).status_code == 302


def test_only_the_newest_version_is_approved(world, lead):
    case = case_for(world, 2)
    budget(world, case)
    budget(world, case, line("Kageovn"))
    page = lead.post(case_page("budget_approve", case, version=1), follow=True)
    assert "nyere version" in text_of(page)
    assert not Budget.objects.filter(state=BudgetState.APPROVED).exists()
    assert lead.get(case_page("budget_approve", case, version=7)).status_code == 404


def test_a_closed_case_keeps_its_budget(world, lead):
    case = case_for(world, 2)
    budget(world, case)
    close_case(
        case=case, reason=ClosingReason.ILLNESS, choice_of=ClosedBy.CITIZEN, text="", by=lead.user, today=world.today
    )
    assert "Skriv en ny version" not in text_of(lead.get(case_page("budget", case)))
    page = lead.post(case_page("budget_edit", case), lines_of(SEWING))
    assert "Sagen er afsluttet" in text_of(page)
    assert CaseFile.objects.get(pk=case.pk).budgets.count() == 1
