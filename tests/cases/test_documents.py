"""Documents of a case: what is taken, what is refused, who gets the file, and that nothing is lost."""

import re

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases import files, services
from cases.case_file import items
from cases.enums import EntryKind, ExportState, FileFormat
from cases.models import Document, DocumentVersion, EntryMark
from cases.services import Upload
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.support import files as real
from tests.support.clamd import clamd
from tests.support.forms import seen
from tests.support.pages import text


@pytest.fixture
def case(cast):
    return builders.accepted(cast.caseworker, cast.coach)


@pytest.fixture
def coach(cast, client_for):
    return client_for(cast.coach)


def url(name, case, **more):
    return reverse(f"cases:{name}", kwargs={"number": case.number, **more})


def add(case, by, *, name="lejekontrakt.pdf", data=None, **changes):
    values = {"kind": "contract", "title": "Lejekontrakt", "dated": TODAY, "others_data": False, **changes}
    upload = Upload(name, real.pdf() if data is None else data)
    return services.add_document(case=case, upload=upload, by=by, today=TODAY, **values)


def stored_files():
    root = settings.DOCUMENT_ROOT / "documents"
    return {path for path in root.rglob("*") if path.is_file()} if root.exists() else set()


# --- What is taken -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "expected"),
    [
        ("plan.pdf", real.pdf(), FileFormat.PDF),
        ("Kvittering.PNG", real.png(), FileFormat.PNG),
        ("foto.jpeg", real.jpeg(), FileFormat.JPEG),
        ("foto.jpg", real.jpeg(), FileFormat.JPEG),
        ("plan.docx", real.docx(), FileFormat.DOCX),
        ("budget.xlsx", real.xlsx(), FileFormat.XLSX),
        ("plan.odt", real.odt(), FileFormat.ODT),
    ],
)
def test_the_content_says_what_a_file_is(name, data, expected):
    assert files.inspect(name, data) == files.Inspected(expected, name)


def damaged(data: bytes, *, after: bytes) -> bytes:
    """Some bytes changed behind a name in the file, as by a broken disk."""
    start = data.index(after) + len(after)
    return data[:start] + b"\xff" * 12 + data[start + 12 :]


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]><Types>&b;</Types>'


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("tom.pdf", b"", "tom"),
        ("plan.pdf", b"<html><script>alert(1)</script></html>", "Vælg en PDF"),
        ("plan.exe", b"MZ" + bytes(200), "Vælg en PDF"),
        ("foto.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "Vælg en PDF"),
        ("plan.pdf", real.png(), "hedder .pdf, men det er en PNG-fil"),
        ("plan.html", real.pdf(), "hedder .html, men det er en PDF-fil"),
        ("plan", real.pdf(), "men det er en PDF-fil"),
        ("plan.pdf.exe", real.pdf(), "hedder .exe"),
        ("plan.pdf", b"%PDF-1.7 og ikke mere", "kan ikke læses"),
        ("foto.png", real.png()[:40], "kan ikke læses"),
        ("foto.jpg", b"\xff\xd8\xff" + bytes(50), "kan ikke læses"),
        ("foto.png", real.png_claiming(9200, 9200), "for stort"),
        ("foto.png", real.png_claiming(20000, 20000), "for stort"),
        ("plan.docx", b"PK\x03\x04" + bytes(100), "kan ikke læses"),
        ("plan.docx", real.zipped({"skadelig.js": "alert(1)"}), "Vælg en PDF"),
        ("plan.docx", real.zipped({"[Content_Types].xml": BOMB}), "kan ikke læses"),
        ("plan.docx", real.docx(**{"word/vbaProject.bin": b"makro"}), "makroer"),
        ("plan.docx", real.docx_with_macros_by_another_name(), "makroer"),
        ("plan.docx", real.docx(**{"word/big.bin": bytes(310 * 1024 * 1024)}), "fylder for meget"),
        ("plan.pdf", real.pdf(password="hemmeligt"), "låst med kodeord"),
        ("plan.docx", damaged(real.docx(), after=b"[Content_Types].xml"), "kan ikke læses"),
        (
            "plan.pdf",
            b"%PDF-1.7\nstartxref\n9\n" + b"9 0 obj<</Type/XRef/Filter/X/Length 1>>stream\nx",
            "kan ikke læses",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_is_something_else_is_refused_with_a_way_out(name, data, words):
    with pytest.raises(Refused) as refusal:
        files.inspect(name, data)
    assert words in str(refusal.value)
    assert refusal.value.field == "file"


def test_a_file_over_20_megabytes_is_refused():
    with pytest.raises(Refused, match="20 MB"):
        files.inspect("plan.pdf", real.pdf() + bytes(files.MAX_SIZE))


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Brugere\\Mette\\plan.pdf", "plan.pdf"),
        ("lej\u202efdp.exe\u0000.pdf", "lejfdp.exe.pdf"),
        ('"><script>.pdf', "_script_.pdf"),
        ("  plan  for   bageri .pdf", "plan for bageri.pdf"),
        ("cv 7203801234.pdf", "cv [CPR].pdf"),
        ("720380-1234_cv.pdf", "[CPR]_cv.pdf"),
        (".pdf", "fil.pdf"),
        ("a" * 300 + ".pdf", "a" * 96 + ".pdf"),
        ("blåbærgrød.pdf", "blåbærgrød.pdf"),
    ],
)
def test_names_are_cleaned(name, clean):
    assert files.clean_name(name) == clean


# --- Services ------------------------------------------------------------------------------------------------------------


def test_a_document_is_stored_outside_the_web_root_under_a_name_that_says_nothing(cast, case):
    document = add(case, cast.coach, name="Amina Testesen 720380-1234.pdf")
    version = document.versions.get()
    assert re.fullmatch(r"documents/[0-9a-f]{2}/[0-9a-f-]{36}\.pdf", version.path)
    assert "1234" not in version.name
    path = settings.DOCUMENT_ROOT / version.path
    assert path.stat().st_mode & 0o077 == 0
    for public in (settings.STATIC_ROOT, *settings.STATICFILES_DIRS):
        assert public not in path.parents
    assert version.read() == path.read_bytes()
    line = case.journal.get(kind=EntryKind.DOCUMENT)
    assert (line.title, line.text, line.author) == ("Dokument: Kontrakt eller lejeaftale", "Lejekontrakt", cast.coach)


def test_a_new_version_keeps_the_old_readable(cast, case):
    document = add(case, cast.coach)
    first = document.versions.get()
    newer = services.add_version(
        document=document, upload=Upload("lejekontrakt2.docx", real.docx()), by=cast.lead, today=TODAY
    )
    assert (newer.number, newer.format) == (2, "docx")
    assert first.read() == real.pdf()
    with pytest.raises(Refused, match="gemt i forvejen"):
        services.add_version(document=document, upload=Upload("igen.docx", real.docx()), by=cast.lead, today=TODAY)


def test_a_full_disk_is_said_at_the_field(cast, case, settings, tmp_path):
    settings.DOCUMENT_ROOT.parent.mkdir(parents=True, exist_ok=True)
    place = tmp_path / "full"
    place.write_text("a file where the folder should be")
    storage = {**settings.STORAGES["default"], "OPTIONS": {"location": place}}
    settings.STORAGES = {**settings.STORAGES, "default": storage}
    with pytest.raises(Refused) as refusal:
        add(case, cast.coach)
    assert refusal.value.field == "file"


def test_a_refused_file_leaves_nothing_behind(cast, case):
    before = stored_files()
    with pytest.raises(Refused):
        add(case, cast.coach, data=b"ikke en pdf")
    assert not Document.objects.exists()
    assert stored_files() == before


@pytest.mark.parametrize("role", ["caseworker", "specialist", "officer", "manager", "administrator", "auditor"])
def test_only_the_team_puts_documents_on_a_case(cast, case, role):
    document = add(case, cast.coach)
    who = getattr(cast, role)
    with pytest.raises(Refused, match="mikrolånsteam"):
        add(case, who)
    with pytest.raises(Refused, match="mikrolånsteam"):
        services.add_version(document=document, upload=Upload("a.png", real.png()), by=who, today=TODAY)
    with pytest.raises(Refused, match="mikrolånsteam"):
        services.update_document(document=document, values={"title": "Nyt"}, by=who, today=TODAY)
    with pytest.raises(Refused, match="mikrolånsteam"):
        services.mark_entry(entry=case.journal.first(), others_data=True, by=who)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "gift"}, "kind"),
        ({"title": "  "}, "title"),
        ({"title": "Lejeaftale for 720385-1234"}, "title"),
        ({"dated": TODAY.replace(year=2027)}, "dated"),
    ],
)
def test_wrong_facts_are_refused_at_their_field(cast, case, changes, field):
    with pytest.raises(Refused) as refusal:
        add(case, cast.coach, **changes)
    assert refusal.value.field == field


def test_a_changed_file_is_never_handed_out(cast, case, coach):
    version = add(case, cast.coach).versions.get()
    (settings.DOCUMENT_ROOT / version.path).write_bytes(b"%PDF-1.7 noget andet")
    address = url("document_file", case, pk=version.document_id, version=1)
    page = coach.get(address)
    assert page.status_code == 409
    assert "er blevet ændret" in text(page)
    default_storage.delete(version.path)
    assert "mangler" in text(coach.get(address))


# --- The database --------------------------------------------------------------------------------------------------------


def refused_by(name, action):
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        action()


def test_the_database_keeps_documents_and_versions(cast, case):
    document = add(case, cast.coach)
    version = document.versions.get()
    refused_by("document_version_append_only", lambda: DocumentVersion.objects.update(name="andet.pdf"))
    refused_by("document_version_append_only", version.delete)
    refused_by("document_kept", lambda: Document.objects.filter(pk=document.pk)._raw_delete("default"))
    refused_by("document_has_title", lambda: Document.objects.update(title=""))
    refused_by("document_kind_known", lambda: Document.objects.update(kind="gift"))
    copy = {name: getattr(version, name) for name in ("format", "name", "sha256", "size", "uploaded_by")}
    refused_by(
        "document_version_number",
        lambda: DocumentVersion.objects.create(document=document, number=1, path="documents/x", **copy),
    )
    refused_by(
        "document_version_from_one",
        lambda: DocumentVersion.objects.create(document=document, number=0, path="documents/x", **copy),
    )
    services.mark_entry(entry=case.journal.first(), others_data=True, by=cast.coach)
    refused_by("entry_mark_append_only", lambda: EntryMark.objects.update(others_data=False))
    refused_by("entry_mark_append_only", lambda: EntryMark.objects.all()._raw_delete("default"))


# --- Viruses -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("on_tcp", [False, True])
def test_a_clean_file_is_taken_and_says_what_looked(cast, case, settings, tmp_path, on_tcp):
    with clamd(None if on_tcp else tmp_path) as daemon:
        settings.VIRUS_SCANNER, settings.CLAMAV_ADDRESS = "clamav", daemon.address
        data = real.pdf(pages=900)
        assert add(case, cast.coach, data=data).versions.get().scanned_by == "ClamAV"
        assert daemon.seen == [data]


def test_a_virus_is_refused_with_its_name(cast, case, settings, tmp_path):
    before = stored_files()
    with clamd(tmp_path) as daemon:
        settings.VIRUS_SCANNER, settings.CLAMAV_ADDRESS = "clamav", daemon.address
        daemon.answer = "stream: Eicar-Test-Signature FOUND"
        with pytest.raises(Refused, match=r"virus i filen \(Eicar-Test-Signature\)"):
            add(case, cast.coach)
    assert not Document.objects.exists()
    assert stored_files() == before


@pytest.mark.parametrize("answer", ["INSTREAM size limit exceeded. ERROR", "", "stream: OK og mere"])
def test_an_answer_that_is_none_refuses_the_file(cast, case, settings, tmp_path, answer):
    with clamd(tmp_path) as daemon:
        settings.VIRUS_SCANNER, settings.CLAMAV_ADDRESS = "clamav", daemon.address
        daemon.answer = answer
        with pytest.raises(Refused, match="ikke undersøges for virus"):
            add(case, cast.coach)


@pytest.mark.parametrize("address", ["/findes/ikke.ctl", "tcp://127.0.0.1:1"])
def test_a_scanner_that_cannot_be_reached_refuses_the_file(cast, case, settings, coach, address):
    settings.VIRUS_SCANNER, settings.CLAMAV_ADDRESS = "clamav", address
    page = coach.post(url("document_new", case), form_values())
    assert "ikke undersøges for virus" in page.context["form"].errors["file"][0]
    assert not Document.objects.exists()


# --- Screens -------------------------------------------------------------------------------------------------------------


def form_values(name="plan.pdf", data=None, **changes):
    file = SimpleUploadedFile(name, real.pdf() if data is None else data, "text/html")
    values = {"file": file, "kind": "business_plan", "title": "Forretningsplan", "dated": "20-11-2026"}
    return {**values, **changes}


def test_a_document_is_uploaded_read_renewed_and_corrected(coach, case):
    assert "Ingen dokumenter endnu" in text(coach.get(url("documents", case)))
    assert coach.post(url("document_new", case), form_values(others_data="on")).status_code == 302
    document = Document.objects.get()
    page = text(coach.get(url("documents", case)))
    assert "Forretningsplan" in page
    assert "oplysninger om en anden person" in page
    file = coach.get(url("document_file", case, pk=document.pk, version=1))
    assert file.content == real.pdf()
    assert file["Content-Type"] == "application/pdf"
    assert file["Content-Disposition"] == f'inline; filename="dokument-{case.number}-{document.pk}-v1.pdf"'
    assert file["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in file["Cache-Control"]
    newer = {"file": SimpleUploadedFile("plan.docx", real.docx())}
    assert coach.post(url("document_version_new", case, pk=document.pk), newer).status_code == 302
    file = coach.get(url("document_file", case, pk=document.pk, version=2))
    assert file["Content-Disposition"].startswith("attachment")
    page = text(coach.get(url("document", case, pk=document.pk)))
    assert "Version 1" in page
    assert "Version 2" in page
    edit = url("document_edit", case, pk=document.pk)
    values = {"kind": "business_plan", "title": "Forretningsplan 2026", "dated": "20-11-2026", **seen(coach.get(edit))}
    assert coach.post(edit, values).status_code == 302
    document.refresh_from_db()
    assert (document.title, document.others_data) == ("Forretningsplan 2026", False)


def test_two_people_who_correct_a_document_see_both(coach, cast, case):
    document = add(case, cast.coach)
    edit = url("document_edit", case, pk=document.pk)
    note = seen(coach.get(edit))
    services.update_document(document=document, values={"title": "Lejeaftale"}, by=cast.lead, today=TODAY)
    values = {"kind": "contract", "title": "Kontrakt", "dated": "20-11-2026"}
    page = coach.post(edit, {**values, **note})
    assert [(rival.stored, rival.mine) for rival in page.context["form"].rivals] == [("Lejeaftale", "Kontrakt")]
    document.refresh_from_db()
    assert document.title == "Lejeaftale"


def test_the_upload_form_says_what_is_wrong_at_the_field(coach, case):
    page = coach.post(url("document_new", case), form_values(data=b"", kind="", title="", dated="i morgen"))
    assert set(page.context["form"].errors) == {"file", "kind", "title", "dated"}
    page = coach.post(url("document_new", case), form_values(name="plan.png"))
    assert "hedder .png" in page.context["form"].errors["file"][0]
    assert "Vælg" in coach.post(url("document_new", case), {}).context["form"].errors["file"][0]


def test_a_document_of_another_case_is_not_reached_through_this_one(coach, cast, case):
    other = builders.accepted(cast.caseworker, cast.coach, name="Bo Testesen")
    document = add(other, cast.coach)
    for name, more in (
        ("document", {}),
        ("document_edit", {}),
        ("document_version_new", {}),
        ("document_file", {"version": 1}),
    ):
        assert coach.get(url(name, case, pk=document.pk, **more)).status_code == 404
    assert coach.get(url("document_file", other, pk=document.pk, version=2)).status_code == 404


# --- On the wrong case ---------------------------------------------------------------------------------------------------


def withdraw(document, by, reason="Hører til en anden sag"):
    return services.withdraw_document(document=document, reason=reason, by=by)


def test_a_withdrawn_document_is_gone_for_all_but_the_lead_who_reads_why(coach, cast, case, client_for):
    document = add(case, cast.coach)
    address = url("document_withdraw", case, pk=document.pk)
    assert coach.post(address, {"reason": " "}).context["form"].errors["reason"]
    assert coach.post(address, {"reason": "Er for 720385-1234"}).context["form"].errors["reason"]
    check = text(coach.post(address, {"reason": "Hører til en anden sag"}))
    assert "Lejekontrakt" in check
    assert "Hører til en anden sag" in check
    assert not Document.objects.withdrawn().exists()
    coach.post(address, {"reason": "Hører til en anden sag", "step": "withdraw"})
    assert "Ingen dokumenter endnu" in text(coach.get(url("documents", case)))
    pages = [("document", {}), ("document_file", {"version": 1})]
    writing = [("document_edit", {}), ("document_version_new", {}), ("document_withdraw", {})]
    lead = client_for(cast.lead)
    for name, more in [*pages, *writing]:
        assert coach.get(url(name, case, pk=document.pk, **more)).status_code == 404
    for name, more in pages:
        assert lead.get(url(name, case, pk=document.pk, **more)).status_code == 200
    for name, more in writing:
        assert lead.get(url(name, case, pk=document.pk, **more)).status_code == 404
    assert coach.get(url("documents_withdrawn", case)).status_code == 403
    assert "1 tilbagetrukket dokument" in text(lead.get(url("documents", case)))
    listed = text(lead.get(url("documents_withdrawn", case)))
    for words in ("Lejekontrakt", cast.coach.full_name, "Hører til en anden sag", "20. nov. 2026"):
        assert words in listed
    assert document.versions.get().read() == real.pdf()


def test_the_journal_tells_of_the_withdrawal_and_no_longer_leads_to_the_document(coach, cast, case):
    document = add(case, cast.coach)
    assert url("document", case, pk=document.pk) in coach.get(url("journal", case)).content.decode()
    withdraw(document, cast.lead)
    line = case.journal.filter(kind=EntryKind.DOCUMENT).first()
    assert line.title == "Dokument trukket tilbage: Kontrakt eller lejeaftale"
    assert "Hører til en anden sag" in line.text
    page = coach.get(url("journal", case))
    assert url("document", case, pk=document.pk) not in page.content.decode()
    assert "Dokument trukket tilbage" in text(page)


def test_a_withdrawn_document_leaves_the_case_file_and_the_files_made_with_it(cast, case, settings):
    document = add(case, cast.coach)
    order = {"case": case, "leave_out": False, "mask_cpr": True, "by": cast.coach}
    made = services.make_ordered_case_file(services.order_case_file(sections=["documents", "journal"], **order).pk)
    without = services.make_ordered_case_file(services.order_case_file(sections=["contacts"], **order).pk)
    assert [item.title for item in items.documents(case)] == ["Lejekontrakt"]
    withdraw(document, cast.coach)
    assert list(items.documents(case)) == []
    assert {item.others_data for item in items.journal(case) if item.text == "Lejekontrakt"} == {True}
    made.refresh_from_db()
    without.refresh_from_db()
    assert (made.state, made.path, without.state) == (ExportState.EXPIRED, "", ExportState.READY)


def test_a_withdrawn_document_is_neither_changed_nor_withdrawn_again(cast, case):
    document = add(case, cast.coach)
    withdraw(document, cast.coach)
    with pytest.raises(Conflict):
        withdraw(document, cast.lead)
    with pytest.raises(Conflict):
        services.update_document(document=document, values={"title": "Nyt"}, by=cast.lead, today=TODAY)
    with pytest.raises(Conflict):
        services.add_version(document=document, upload=Upload("a.png", real.png()), by=cast.lead, today=TODAY)


def test_the_database_takes_a_withdrawal_whole_and_for_good(cast, case):
    document = add(case, cast.coach)
    whole = {"withdrawn_at": clock.now(), "withdrawn_by": cast.coach, "withdrawal_reason": "Forkert sag"}
    for missing, empty in {"withdrawn_at": None, "withdrawn_by": None, "withdrawal_reason": " "}.items():
        part = {**whole, missing: empty}
        refused_by("document_withdrawn_in_words", lambda part=part: Document.objects.update(**part))
    withdraw(document, cast.coach)
    nothing = {"withdrawn_at": None, "withdrawn_by": None, "withdrawal_reason": ""}
    refused_by("document_withdrawn", lambda: Document.objects.update(**nothing))
    refused_by("document_withdrawn", lambda: Document.objects.update(title="Andet"))


def test_the_lists_cost_the_same_with_many_withdrawn(cast, case, client_for):
    lead = client_for(cast.lead)

    def queries():
        counts = []
        for name in ("documents", "documents_withdrawn", "journal"):
            lead.get(url(name, case))
            with CaptureQueriesContext(connection) as captured:
                lead.get(url(name, case))
            counts.append(len(captured))
        return counts

    withdraw(add(case, cast.coach), cast.coach)
    few = queries()
    for number in range(12):
        withdraw(add(case, cast.coach, data=real.png((4, 4 + number)), name="a.png"), cast.coach)
    assert queries() == few


def test_fetching_a_file_is_logged_as_such(coach, cast, case):
    document = add(case, cast.coach)
    coach.get(url("document_file", case, pk=document.pk, version=1))
    line = AccessLog.objects.order_by("pk").last()
    assert (line.action, line.what, line.case_numbers) == (AccessAction.DOWNLOAD, "cases:document_file", [case.number])


def test_the_list_costs_the_same_for_many(coach, cast, case):
    def queries():
        coach.get(url("documents", case))
        with CaptureQueriesContext(
            connection,
        ) as captured:
            coach.get(url("documents", case))
        return len(captured)

    add(case, cast.coach)
    few = queries()
    for number in range(30):
        add(case, cast.coach, title=f"Bilag {number}", data=real.png((4, 4 + number)), name="bilag.png", kind="offer")
    assert queries() == few
    page = coach.get(url("documents", case) + "?page=2")
    assert "26–31 af 31" in text(page)
    assert text(coach.get(url("documents", case) + "?kind=contract")).count("Bilag") == 0
