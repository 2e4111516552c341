"""The overview in Chromium: readable for axe at both widths, for those who see all and those who see aggregates."""

from datetime import date

import pytest

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
    assert page.get_by_text("21 af 34").is_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Hent tal (Excel)").click()
    assert download.value.suggested_filename.startswith("holdtabeller-")
