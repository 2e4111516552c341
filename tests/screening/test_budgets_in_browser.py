"""Budgets in Chromium: written with the keyboard alone, pasted from a spreadsheet, without a finding of axe at both widths."""

import io

import pytest
from openpyxl import load_workbook
from playwright.sync_api import expect

from microloan.accounts.enums import Role
from screening import sheet_files
from screening.enums import BudgetKind
from tests.screening.budget_builders import liquidity_rows, operating_rows, year_budget
from tests.screening.builders import budget, case_for, line
from tests.screening.pages import case_page
from tests.support.world import World

pytestmark = pytest.mark.django_db(transaction=True)

PASTE = """([selector, text]) => {
    const data = new DataTransfer();
    data.setData("text/plain", text);
    document.querySelector(selector).dispatchEvent(new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""


@pytest.fixture
def world(transactional_db: None, reference_data: None) -> World:
    return World()


@pytest.fixture
def look(axe, shot):
    def check(page, name):
        axe(page)
        shot(page, f"budget-{name}")

    return check


def test_a_budget_is_written_with_the_keyboard_and_by_pasting(world, page_for, look):
    case = case_for(world, 2)
    page = page_for(world.user(Role.COACH))
    page.goto(case_page("year_budget", case, kind="liquidity"))
    look(page, "empty")
    page.get_by_role("link", name="Skriv den første version").click()
    page.get_by_label("Salg, linje 1: Hvad", exact=True).fill("Syning")
    first = page.locator("#id_sales-0-m0")
    first.fill("1000")
    first.press("Enter")
    expect(page.locator("#id_sales-1-m0")).to_be_focused()
    page.keyboard.press("Shift+Enter")
    expect(first).to_be_focused()
    page.keyboard.press("Tab")
    expect(page.locator("#id_sales-0-m0 ~ button, #id_sales-0-m1").first).to_be_visible()
    page.locator("#id_sales-0-m11").press("ArrowDown")
    page.locator("#id_sales-1-m11").press("ArrowDown")
    expect(page.locator("#id_other_in-0-m11")).to_be_focused()
    # A row of a spreadsheet, then a column of two lines and one too many.
    page.evaluate(PASTE, ["#id_sales-0-m1", "2.000\t3000,50\t4000"])
    expect(page.locator("#id_sales-0-m2")).to_have_value("3000,50")
    page.evaluate(PASTE, ["#id_costs-0-text", "Husleje\nStrøm\nVand\n"])
    expect(page.locator("#id_costs-1-text")).to_have_value("Strøm")
    expect(page.locator("#announcer")).to_contain_text("ikke plads")
    page.locator("#id_costs-0-m0").fill("2500")
    page.get_by_role("button", name="Samme beløb i de følgende måneder").click()
    expect(page.locator("#id_costs-0-m11")).to_have_value("2500")
    page.locator("#id_costs-1-text").fill("")
    page.get_by_role("button", name="Beregn uden at gemme").click()
    expect(page.get_by_role("heading", name="Der mangler penge i")).to_be_visible()
    look(page, "worked-out")
    page.locator("#id_sales-0-m0").fill("tolv")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-error-summary]")).to_be_focused()
    look(page, "errors")
    page.get_by_role("link", name="Salg, linje 1, ").first.click()
    expect(page.locator("#id_sales-0-m0")).to_be_focused()
    page.locator("#id_sales-0-m0").fill("1000")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("Budgettet er gemt som version 1.")).to_be_visible()


def test_the_pages_of_the_three_budgets(world, page_for, look):
    case = case_for(world, 2)
    budget(world, case, line("Symaskine", "24000.00"))
    saved = year_budget(world, case, liquidity_rows())
    year_budget(world, case, operating_rows(), kind=BudgetKind.OPERATING)
    budget(world, case, line("Symaskine", "22000.00"), line("Skilt", "2000.00"))
    page = page_for(world.user(Role.PROJECT_LEAD))
    page.goto(case_page("budget", case))
    look(page, "establishment")
    page.get_by_role("link", name="Sammenlign to versioner").click()
    expect(page.get_by_text("2 linjer er forskellige.")).to_be_visible()
    look(page, "compare")
    page.get_by_role("link", name="Likviditetsbudget").click()
    look(page, "liquidity")
    page.get_by_role("link", name="Spørg »hvad nu hvis?«").click()
    page.get_by_label("Salg", exact=True).select_option("70")
    page.get_by_role("button", name="Vis forskellen").click()
    look(page, "what-if")
    page.get_by_role("link", name="Driftsbudget").click()
    look(page, "operating")
    page.get_by_role("link", name="Læs regneark ind").click()
    book = load_workbook(io.BytesIO(sheet_files.write(sheet_files.sheet_of(case, saved, world.today))))
    out = io.BytesIO()
    book.save(out)
    page.get_by_label("Regneark").set_input_files(
        {"name": "ark.xlsx", "mimeType": "application/zip", "buffer": out.getvalue()}
    )
    page.get_by_role("button", name="Læs regnearket ind").click()
    expect(page.get_by_role("alert").first).to_contain_text("Celle B2")
    look(page, "upload-error")
    page.goto(case_page("year_budget_approve", case, kind="liquidity", version=1))
    look(page, "approve")
