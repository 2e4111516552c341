"""The overview in Chromium: readable for axe at both widths, for those who see all and those who see aggregates."""

from datetime import date

import pytest
from playwright.sync_api import expect

from microloan.accounts.enums import Role
from reports.services import import_history
from tests.reports.review_data import review_sheets, write_workbook


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("role", [Role.MANAGER, Role.PROJECT_LEAD])
def test_overview(page_for, axe, shot, tmp_path, role):
    path = write_workbook(tmp_path / "history.xlsx", review_sheets())
    import_history(path=path, dry_run=False, by=None, today=date(2026, 11, 20))
    page = page_for(role)
    page.goto("/overview/")
    shot(page, f"overview-{role}")
    axe(page)
    page.get_by_text("Vis som tabel").click()
    axe(page)
    page.get_by_role("button", name="Vis tal").click()
    expect(page.get_by_text("21 af 34")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Hent tal (Excel)").click()
    assert download.value.suggested_filename.startswith("holdtabeller-")


@pytest.mark.django_db(transaction=True)
def test_former_cohorts(page_for, axe, shot, tmp_path):
    """A file with a mistake, then the right one: tried, loaded, and part of the figures."""
    sheets = review_sheets()
    right = write_workbook(tmp_path / "tidligere hold.xlsx", sheets, danish=True)
    sheets["participants"][3][6] = "nittenhundrede"
    wrong = write_workbook(tmp_path / "med fejl.xlsx", sheets, danish=True)
    page = page_for(Role.PROJECT_LEAD)
    page.goto("/overview/")
    page.get_by_role("link", name="Indlæs tidligere hold").click()
    axe(page)
    page.get_by_text("Hvilke ark og kolonner").click()
    shot(page, "history-upload")
    page.get_by_label("Fil med tidligere hold").set_input_files(wrong)
    page.get_by_role("button", name="Kontrollér fil").click()
    expect(page.get_by_role("heading", name="Intet kan indlæses endnu")).to_be_visible()
    axe(page)
    shot(page, "history-mistakes")
    page.get_by_role("link", name="Tidligere hold").click()
    page.get_by_label("Fil med tidligere hold").set_input_files(right)
    page.get_by_role("button", name="Kontrollér fil").click()
    shot(page, "history-ready")
    page.get_by_role("button", name="Indlæs tidligere hold").click()
    expect(page.get_by_text("De tidligere hold er indlæst.")).to_be_visible()
    axe(page)
    page.goto("/overview/")
    expect(page.get_by_text("34").first).to_be_visible()


@pytest.mark.django_db(transaction=True)
def test_does_it_pay(page_for, axe, shot, tmp_path):
    """A manager fills in what the cases cannot know, sees the result, and saves it."""
    path = write_workbook(tmp_path / "history.xlsx", review_sheets())
    import_history(path=path, dry_run=False, by=None, today=date(2026, 11, 20))
    page = page_for(Role.MANAGER)
    page.goto("/overview/")
    page.get_by_role("link", name="Betaler det sig?").click()
    axe(page)
    page.get_by_label("Personale, lokaler og administration").fill("2.500.000")
    page.get_by_label("En ydelse, pr. person og måned").fill("12.000")
    page.get_by_role("button", name="Beregn", exact=True).click()
    expect(page.get_by_role("heading", name="Det betaler sig, når")).to_be_visible()
    page.get_by_text("Vis som tabel").click()
    axe(page)
    shot(page, "payoff")
    page.get_by_role("button", name="Gem beregningen").click()
    axe(page)
    page.get_by_label("Navn").fill("Budget 2027")
    page.get_by_role("button", name="Gem beregningen").click()
    expect(page.get_by_role("heading", name="Budget 2027")).to_be_visible()
    axe(page)
    shot(page, "scenario")
