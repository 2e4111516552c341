"""Former cohorts from the screen: tried first, named row by row, loaded once (interfaces.md, domain.md §10)."""

import io
import zipfile
from datetime import date
from pathlib import Path

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, transaction
from django.urls import reverse
from openpyxl import load_workbook

from cases.models import CaseFile, Cohort
from microloan.accounts.enums import Role
from microloan.core.errors import Conflict, Refused
from reports import history_uploads
from reports.models import HistoryUpload
from tests.reports.review_data import review_sheets, write_folder, write_workbook
from tests.support.pages import text
from tests.support.people import make_user

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)


@pytest.fixture
def lead():
    return make_user(Role.PROJECT_LEAD)


@pytest.fixture
def sheets():
    return review_sheets()


@pytest.fixture
def workbook(tmp_path, sheets):
    return lambda: write_workbook(tmp_path / "history.xlsx", sheets, danish=True).read_bytes()


@pytest.fixture
def documents():
    return Path(default_storage.location)


def upload(data, lead, name="Tidligere hold.xlsx"):
    return history_uploads.upload_history(data=data, name=name, by=lead, today=TODAY)


def test_a_file_is_tried_and_nothing_changes_until_it_is_loaded(lead, workbook):
    found = upload(workbook(), lead)
    assert found.report["participants"] == {"added": 34, "unchanged": 0}
    assert not Cohort.objects.exists()
    loaded = history_uploads.load_history(upload=found, by=lead, today=TODAY)
    assert loaded.is_loaded
    assert loaded.loaded_by == lead
    assert CaseFile.objects.count() == 34
    with pytest.raises(Conflict):
        history_uploads.load_history(upload=found, by=lead, today=TODAY)
    with pytest.raises(Conflict):
        history_uploads.check_again(upload=loaded, by=lead, today=TODAY)


def test_the_sheets_as_csv_in_a_zip_file(lead, tmp_path, sheets):
    folder = write_folder(tmp_path / "csv", sheets, danish=True, delimiter=";", encoding="utf-8-sig")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for file in folder.iterdir():
            archive.write(file, f"../../hold 2013/{file.name}")
    assert upload(packed.getvalue(), lead, "hold.zip").report["loans"]["added"] == 34


def packed(*files: tuple[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return out.getvalue()


def test_a_zip_file_that_is_damaged_or_has_a_sheet_twice_is_refused(lead):
    whole = packed(("deltagere.csv", b"sag;hold\n" * 500))
    start = whole.index(b"deltagere.csv") + len("deltagere.csv")
    damaged = whole[:start] + b"\xff" * 8 + whole[start + 8 :]
    with pytest.raises(Refused, match="kan ikke læses"):
        upload(damaged, lead, "hold.zip")
    with pytest.raises(Refused, match=r"to filer, der hedder deltagere\.csv"):
        upload(packed(("2013/deltagere.csv", b"a"), ("2014/deltagere.csv", b"b")), lead, "hold.zip")
    assert upload(packed(("x" * 5000 + ".csv", b"a")), lead, "hold.zip").errors
    assert HistoryUpload.objects.count() == 1


def test_every_row_that_stands_in_the_way_is_named(lead, sheets, workbook, client_for):
    sheets["participants"][1][6] = "19xx"
    sheets["payments"][2][2] = "mange"
    found = upload(workbook(), lead)
    assert {(error["sheet"], error["column"]) for error in found.errors} == {
        ("participants", "birth_year"),
        ("payments", "amount"),
    }
    with pytest.raises(Refused):
        history_uploads.load_history(upload=found, by=lead, today=TODAY)
    assert not Cohort.objects.exists()
    page = client_for(lead).get(reverse("reports:history_upload", args=[found.pk]))
    assert "Indlæs tidligere hold</button>" not in page.content.decode()
    answer = client_for(lead).get(reverse("reports:history_errors", args=[found.pk]))
    rows = list(load_workbook(io.BytesIO(b"".join(answer.streaming_content))).active.iter_rows(values_only=True))
    assert rows[0] == ("Ark", "Række", "Kolonne", "Hvad der er galt")
    assert [row[:3] for row in rows[1:]] == [("deltagere", 3, "fødselsår"), ("betalinger", 4, "beløb")]


def test_the_same_file_again_is_the_same_row_tried_once_more(lead, workbook):
    data = workbook()
    assert upload(data, lead) == upload(data, lead, "kopi.xlsx")
    assert HistoryUpload.objects.count() == 1


def test_a_conflict_with_what_is_here_shows_when_it_is_checked_again(lead, workbook, sheets):
    found = upload(workbook(), lead)
    Cohort.objects.create(code="M3", start_on=date(2013, 1, 1), end_on=date(2013, 11, 30))
    with pytest.raises(Refused, match="Kontrollér filen igen"):
        history_uploads.load_history(upload=found, by=lead, today=TODAY)
    assert history_uploads.check_again(upload=found, by=lead, today=TODAY).errors
    assert not CaseFile.objects.exists()


def test_a_file_that_was_changed_behind_our_back_is_not_loaded(lead, workbook, documents):
    found = upload(workbook(), lead)
    (documents / found.path).chmod(0o600)
    (documents / found.path).write_bytes(b"something else")
    with pytest.raises(Refused, match="ændret"):
        history_uploads.load_history(upload=found, by=lead, today=TODAY)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("gammel.xls", bytes.fromhex("d0cf11e0a1b11ae1") + b"\0" * 600, "gammelt .xls-regneark"),
        ("tekst.xlsx", b"hej", "ikke et .xlsx-regneark"),
        ("tom.xlsx", b"", "tom"),
        ("brudt.zip", b"PK\x03\x04" + b"\0" * 100, "xlsx"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_at_the_field(client_for, lead, name, data, words):
    answer = client_for(lead).post(reverse("reports:history"), {"file": SimpleUploadedFile(name, data)})
    assert answer.status_code == 200
    assert words in text(answer)
    assert not HistoryUpload.objects.exists()


def test_too_large_is_refused(lead):
    with pytest.raises(Refused, match="20 MB"):
        upload(b"\0" * (history_uploads.MAX_BYTES + 1), lead)


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROJECT_LEAD])
def test_only_the_lead_loads(role, workbook, lead):
    other = make_user(role)
    data = workbook()
    with pytest.raises(Refused):
        upload(data, other)
    found = upload(data, lead)
    for service in (history_uploads.check_again, history_uploads.load_history):
        with pytest.raises(Refused):
            service(upload=found, by=other, today=TODAY)


def test_an_uploaded_file_stays(lead, workbook):
    found = upload(workbook(), lead)
    for attack in (
        lambda: HistoryUpload.objects.filter(pk=found.pk).update(path="history/other"),
        lambda: HistoryUpload.objects.filter(pk=found.pk).delete(),
        lambda: HistoryUpload.objects.filter(pk=found.pk).update(loaded_by=lead),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()
