"""The overview on screen: who sees what, for which day, and that small numbers stay hidden everywhere."""

import io
from datetime import date

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from openpyxl import load_workbook

from cases.models import Cohort
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog
from reports.rules.quarters import quarter_ends
from reports.services import import_history
from tests.reports.review_data import review_sheets, write_workbook

pytestmark = pytest.mark.django_db
TODAY = date(2017, 2, 3)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel("2017-02-03T10:00:00+01:00", tick=False):
        yield


@pytest.fixture
def history(tmp_path):
    path = write_workbook(tmp_path / "history.xlsx", review_sheets())
    import_history(path=path, dry_run=False, by=None, today=TODAY)


def body(response):
    return " ".join(response.content.decode().replace("\xa0", " ").split())


def test_quarters():
    assert quarter_ends(TODAY, 1) == [date(2016, 12, 31), date(2016, 9, 30), date(2016, 6, 30), date(2016, 3, 31)]
    assert quarter_ends(date(2016, 12, 31))[0] == date(2016, 9, 30)


@pytest.mark.usefixtures("history")
def test_the_lead_sees_every_number(client_for):
    page = body(client_for(Role.PROJECT_LEAD).get("/overview/?as_of=31-12-2016&" + cohorts("M3", "M4", "M5", "M6")))
    for text in ("31. december 2016", "62 %", "21 af 34", "555.097 kr.", "2.300 kr.", "M6, eget forløb", "12 af 34"):
        assert text in page
    assert ">0–4<" not in page


def cohorts(*codes):
    return "&".join(f"cohorts={cohort.pk}" for cohort in Cohort.objects.filter(code__in=codes))


@pytest.mark.usefixtures("history")
def test_the_lead_chooses_cohorts_and_day(client_for):
    client = client_for(Role.COACH)
    page = body(client.get(f"/overview/?as_of=31-12-2014&{cohorts('M3')}"))
    assert "31. december 2014" in page
    assert "3 af 10" in page
    page = body(client.get("/overview/"))
    assert "3. februar 2017" in page
    assert "af 34" in page


@pytest.mark.usefixtures("history")
def test_wrong_choices_are_said_at_the_field(client_for):
    page = body(client_for(Role.COACH).get("/overview/?as_of=31-02-2016"))
    assert "Vælg mindst et hold." in page
    assert "Fejl:" in page


@pytest.mark.usefixtures("history")
def test_a_manager_sees_no_small_number_and_chooses_quarters_only(client_for):
    client = client_for(Role.MANAGER)
    page = body(client.get("/overview/"))
    assert "31. december 2016" in page
    assert "21 af 34" in page
    assert ">0–4<" in page
    for text in ("M6, eget forløb", "2.300 kr.", "51.000 kr.", "27 år", "152.689"):
        assert text not in page
    free = body(client.get(f"/overview/?as_of=2016-12-30&{cohorts('M3')}"))
    assert "af 10" not in free
    assert "Fejl:" in free
    earlier = body(client.get("/overview/?as_of=2016-03-31"))
    assert "31. marts 2016" in earlier


@pytest.mark.usefixtures("history")
@pytest.mark.parametrize("role", [Role.MANAGER, Role.PROJECT_LEAD])
def test_the_workbook_holds_what_the_page_shows(client_for, role):
    client = client_for(role)
    response = client.get("/overview/tables.xlsx?as_of=2016-12-31&" + cohorts("M3", "M4", "M5", "M6"))
    book = load_workbook(io.BytesIO(b"".join(response.streaming_content)))
    assert len(book.worksheets) == 8
    cells = [cell for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row]
    assert 763800 in cells
    assert (152689 in cells) is (role == Role.PROJECT_LEAD)
    if role == Role.MANAGER:
        assert not [cell for cell in cells if isinstance(cell, int) and 0 < cell < 5]
    assert AccessLog.objects.get().action == AccessAction.EXPORT


@pytest.mark.parametrize("role", [Role.MANAGER, Role.PROJECT_LEAD])
def test_before_there_is_anything(client_for, role):
    client = client_for(role)
    assert "Der er ingen hold endnu." in body(client.get("/overview/"))
    response = client.get("/overview/tables.xlsx")
    assert b"".join(response.streaming_content)


def test_the_number_of_queries_does_not_grow(client_for, tmp_path):
    client = client_for(Role.PROJECT_LEAD)
    sheets = review_sheets()
    part = {name: [row for row in rows if row[0].startswith("M5")] for name, rows in sheets.items()}
    counts = []
    for data in (part, sheets):
        path = write_workbook(tmp_path / "history.xlsx", data)
        import_history(path=path, dry_run=False, by=None, today=TODAY)
        with CaptureQueriesContext(connection) as queries:
            client.get("/overview/")
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 25
