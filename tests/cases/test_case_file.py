"""The case file as one PDF: everything in it, what is marked left out and said, page numbers right, for the team alone."""

import hashlib
import io
import re
from datetime import timedelta

import pytest
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import IntegrityError, transaction
from django.urls import reverse
from pypdf import PdfReader
from pypdf.generic import DictionaryObject, NameObject, TextStringObject

from cases import services
from cases.case_file import pdf, section_choices
from cases.enums import ContactKind, ExportState
from cases.models import CaseFileExport, Mentor
from cases.services import Upload
from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog
from microloan.core import clock
from microloan.core.errors import Refused
from tests.cases import builders
from tests.cases.builders import TODAY
from tests.support import files as real
from tests.support.pages import text

EVERYTHING = (
    "about",
    "people",
    "journal",
    "contacts",
    "papers",
    "screenings",
    "courses",
    "decisions",
    "money",
    "letters",
    "documents",
)


@pytest.fixture
def case(cast):
    with clock.at(TODAY - timedelta(days=30)):
        found = builders.accepted(cast.caseworker, cast.coach, on=clock.today())
        builders.held(found, ContactKind.TELEPHONE_INTERVIEW, [cast.coach])
    return found


@pytest.fixture
def coach(cast, client_for):
    return client_for(cast.coach)


def url(name, case, **more):
    return reverse(f"cases:{name}", kwargs={"number": case.number, **more})


def built(case, **options):
    return pdf.build(case, pdf.Options(options.pop("sections", EVERYTHING), **options), clock.now())


def pages_of(made):
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(made.data)).pages]


def add(case, by, data, *, name="bilag.pdf", title="Bilag", others_data=False):
    return services.add_document(
        case=case,
        upload=Upload(name, data),
        kind="other",
        title=title,
        dated=TODAY,
        others_data=others_data,
        by=by,
        today=TODAY,
    )


def test_the_sections_stand_in_their_order():
    assert [key for key, _label in section_choices()] == list(EVERYTHING)


def test_everything_is_in_the_file_under_its_heading(cast, case):
    services.write_note(case=case, text="Har fundet et lokale til bageriet.", by=cast.coach)
    services.add_version(
        document=add(case, cast.coach, real.pdf(), title="Lejeaftale"),
        upload=Upload("ny.pdf", real.pdf(3)),
        by=cast.coach,
        today=TODAY,
    )
    add(case, cast.coach, real.xlsx(), name="budget.xlsx", title="Regneark")
    made = built(case)
    pages = pages_of(made)
    words = " ".join(pages)
    for expected in (
        "Amina Testesen",
        "Har fundet et lokale til bageriet.",
        "Telefonsamtale: Mødt",
        "Henvisning",
        "Regneark (kun nævnt)",
        "Filen er ingen PDF",
        "Intet er udeladt.",
    ):
        assert expected in words
    assert made.page_count == len(pages)
    for number, page in enumerate(pages, start=1):
        assert f"{case.number} · akternes side {number} af {len(pages)}" in page


def test_the_people_around_are_in_it_without_how_to_reach_them(cast, case):
    values = {
        "name": "Mona Mentor",
        "trade": "Bageri",
        "phone": "87654321",
        "email": "mona@example.org",
        "from_on": TODAY,
    }
    services.add_person(case=case, kind=Mentor, values=values, by=cast.coach, today=TODAY)
    words = " ".join(pages_of(built(case, sections=("people",))))
    assert "Mona Mentor" in words
    assert "Bageri" in words
    assert "8765" not in words.replace(" ", "")
    assert "mona@example.org" not in words


def test_the_contents_point_to_the_right_pages(cast, case):
    add(case, cast.coach, real.pdf(2), title="Lejeaftale")
    add(case, cast.coach, real.pdf(1), title="Tilbud")
    for number in range(120):
        services.write_note(case=case, text=f"Notat nummer {number}. " + "Ord. " * 40, by=cast.coach)
    made = built(case)
    pages = pages_of(made)
    front = " ".join(pages[:2])
    for title, is_there in (
        ("Journal", lambda page: "Journal " in page and "Notat nummer 0." in " ".join(pages)),
        ("Kontakter", lambda page: "Telefonsamtale: Mødt" in page),
        ("Dokumenter", lambda page: "Lejeaftale" in page),
    ):
        number = int(re.search(rf"{title} (\d+)", front)[1])
        assert is_there(pages[number - 1]), title
    lease, offer = (int(re.search(rf"{title} (\d+)", front)[1]) for title in ("Lejeaftale", "Tilbud"))
    assert (lease, offer) == (len(pages) - 2, len(pages))
    reader = PdfReader(io.BytesIO(made.data))
    outline = {item.title: reader.get_destination_page_number(item) for item in _flat(reader.outline)}
    assert outline["Lejeaftale"] == lease - 1
    assert outline["Indhold"] == 0
    assert reader.metadata.title == f"Sagsakter {case.number}"
    assert reader.trailer["/Root"]["/Lang"] == "da"


def _flat(outline):
    for item in outline:
        yield from _flat(item) if isinstance(item, list) else [item]


def test_what_is_marked_is_left_out_and_said(cast, case):
    secret = services.write_note(case=case, text="Svigerinden drikker.", by=cast.coach, others_data=True)
    services.write_note(case=case, text="Svigerinden drikker ikke.", by=cast.coach, corrects=secret)
    later = services.write_note(case=case, text="Naboen hedder Hansen.", by=cast.coach)
    services.mark_entry(entry=later, others_data=True, by=cast.lead)
    freed = services.write_note(case=case, text="Om borgeren selv.", by=cast.coach, others_data=True)
    services.mark_entry(entry=freed, others_data=False, by=cast.lead)
    add(case, cast.coach, real.pdf(), title="Brorens gældsbrev", others_data=True)
    made = built(case)
    words = " ".join(pages_of(made))
    for hidden in ("Svigerinden", "Hansen", "Brorens gældsbrev"):
        assert hidden not in words
    assert "Om borgeren selv." in words
    # Two notes and a correction, the document, and the journal's line about the document.
    assert made.left_out == 5
    assert "5 poster er udeladt" in words
    assert words.count("Den indeholder oplysninger om en anden person.") == 5
    whole = " ".join(pages_of(built(case, leave_out=False)))
    assert "Svigerinden drikker." in whole
    assert "Brorens gældsbrev" in whole
    assert "Akterne er fuldstændige" in whole


def test_the_cpr_number_is_masked_or_not_by_choice(cast, case):
    number = case.citizen.cpr
    services.write_note(case=case, text=f"Skrev {number.formatted} i en mail.", by=cast.coach)
    assert number.formatted not in " ".join(pages_of(built(case)))
    shown = " ".join(pages_of(built(case, mask_cpr=False)))
    assert shown.count(number.formatted) == 2


def test_only_the_chosen_parts_are_in_it(cast, case):
    services.write_note(case=case, text="Notatet.", by=cast.coach)
    words = " ".join(pages_of(built(case, sections=("contacts",))))
    assert "Notatet." not in words
    assert "Telefonsamtale" in words


def test_a_broken_or_missing_pdf_is_named_and_stops_nothing(cast, case):
    broken = add(case, cast.coach, real.pdf(), title="Ødelagt")
    lost = add(case, cast.coach, real.pdf(2), title="Forsvundet")
    (settings.DOCUMENT_ROOT / broken.versions.get().path).write_bytes(b"%PDF-1.7 intet")
    default_storage.delete(lost.versions.get().path)
    words = " ".join(pages_of(built(case)))
    assert "Filen er blevet ændret." in words
    assert "Filen mangler." in words


@pytest.mark.parametrize(
    "broken",
    [
        b"/MediaBox[0 0 595 842]/Annots 5",
        b"/MediaBox[0 0 595 842]/Annots[99 0 R]",
        b"/MediaBox[0 0 595 842]/Rotate(x)",
        b"/MediaBox[0 0 595 842]/Contents 4 0 R",
        b"/Resources<<>>",
    ],
)
def test_a_pdf_whose_pages_cannot_be_worked_on_stops_nothing(cast, case, broken):
    """Each of them is taken as a PDF; what is wrong shows when pages are cleaned, turned and numbered."""
    add(case, cast.coach, real.pdf_with_page(broken, stream=b"/Filter/Unknown"), title="Ødelagt")
    add(case, cast.coach, real.pdf(2), title="Hel")
    made = built(case, sections=("documents",))
    assert "Filen kunne ikke lægges ind her." in " ".join(pages_of(made))
    assert made.page_count == 4  # cover, section, two pages of the whole one


def test_a_pdf_of_endlessly_many_pages_is_named(cast, case):
    add(case, cast.coach, real.pdf_with_page(b"/MediaBox[0 0 595 842]", times=2001), title="Uden ende")
    made = built(case, sections=("documents",))
    assert "Filen er for stor til at komme med her." in " ".join(pages_of(made))
    assert made.page_count == 2


def test_pages_of_others_keep_their_size_and_lose_what_acts_by_itself(cast, case):
    writer = real.PdfWriter(clone_from=io.BytesIO(real.pdf(width=842, height=595)))
    action = DictionaryObject({NameObject("/S"): NameObject("/JavaScript"), NameObject("/JS"): TextStringObject("x")})
    writer.root_object[NameObject("/OpenAction")] = action
    writer.pages[0][NameObject("/AA")] = DictionaryObject({NameObject("/O"): action})
    out = io.BytesIO()
    writer.write(out)
    add(case, cast.coach, out.getvalue(), title="Liggende")
    add(case, cast.coach, real.pdf(rotate=90), title="Drejet")
    made = built(case, sections=("documents",))
    reader = PdfReader(io.BytesIO(made.data))
    assert [round(value) for value in reader.pages[-2].mediabox[2:]] == [842, 595]
    assert "akternes side" in reader.pages[-1].extract_text()
    assert reader.pages[-1].rotation == 0
    assert b"/JavaScript" not in made.data
    assert "/AA" not in reader.pages[-2]
    assert "/OpenAction" not in reader.trailer["/Root"]
    assert "/Names" not in reader.trailer["/Root"]


# --- Ordering ------------------------------------------------------------------------------------------------------------


def test_a_case_file_is_ordered_made_and_fetched_and_each_is_logged(coach, cast, case):
    page = coach.get(url("case_file", case))
    assert "Der er ingen" in text(page) or "Ingen endnu" in text(page)
    values = {"sections": ["journal", "contacts"], "leave_out": "on", "mask_cpr": "on"}
    assert coach.post(url("case_file", case), values).status_code == 302
    export = CaseFileExport.objects.get()
    assert (export.state, export.ordered_by, export.sections) == (
        ExportState.READY,
        cast.coach,
        ["journal", "contacts"],
    )
    file = coach.get(url("case_file_download", case, pk=export.pk))
    data = b"".join(file.streaming_content)
    assert hashlib.sha256(data).hexdigest() == export.sha256
    assert file["Content-Disposition"] == f'attachment; filename="sagsakter-{case.number}.pdf"'
    assert "no-store" in file["Cache-Control"]
    actions = list(AccessLog.objects.filter(what__startswith="cases:case_file").values_list("action", flat=True))
    assert sorted(actions) == sorted([AccessAction.DOWNLOAD, AccessAction.EXPORT, AccessAction.VIEW])
    assert case.journal.filter(title="Sagsakterne blev samlet i én PDF").exists()
    page = text(coach.get(url("case_file", case)))
    assert "Hent filen" in page
    assert "CPR-nummeret skjult" in page


def test_nothing_chosen_is_refused_at_the_field(coach, case):
    assert coach.post(url("case_file", case), {}).context["form"].errors["sections"]
    assert coach.post(url("case_file", case), {"sections": ["alt"]}).context["form"].errors["sections"]


def order(case, by, **changes):
    values = {"sections": list(EVERYTHING), "leave_out": True, "mask_cpr": True, **changes}
    return services.order_case_file(case=case, by=by, **values)


def test_a_double_click_orders_one(cast, case):
    assert order(case, cast.coach) == order(case, cast.coach)
    assert order(case, cast.lead) != order(case, cast.coach)


@pytest.mark.parametrize("other", [{"leave_out": False}, {"mask_cpr": False}, {"sections": ["journal"]}])
def test_who_asks_for_less_never_gets_the_file_that_holds_more(cast, case, other):
    order(case, cast.coach, **other)
    with pytest.raises(Refused, match="andre valg"):
        order(case, cast.coach)


def test_a_sign_that_no_font_has_stands_as_its_code(cast, case):
    """The journal is append-only: what somebody wrote must not keep the citizen from the case file for ever."""
    services.write_note(case=case, text="Glad 🚀 \x01 og 🦄 igen", by=cast.coach)
    words = " ".join(pages_of(built(case, sections=("journal",))))
    assert "Glad [U+1F680]" in words
    assert "[U+1F984] igen" in words


def test_an_order_that_the_queue_lost_is_made_by_the_schedule(cast, case):
    lost = order(case, cast.coach)
    assert services.make_lost_case_files() == 0
    with clock.at(clock.now() + timedelta(minutes=6)):
        assert services.make_lost_case_files() == 1
    lost.refresh_from_db()
    assert lost.state == ExportState.READY


@pytest.mark.parametrize("role", ["caseworker", "specialist", "officer", "manager", "administrator", "auditor"])
def test_only_the_team_orders(cast, case, role):
    with pytest.raises(Refused):
        order(case, getattr(cast, role))


def test_a_task_that_comes_twice_makes_it_once(cast, case):
    export = order(case, cast.coach)
    first = services.make_ordered_case_file(export.pk)
    again = services.make_ordered_case_file(export.pk)
    assert (first.path, first.page_count) == (again.path, again.page_count)
    assert case.journal.filter(title="Sagsakterne blev samlet i én PDF").count() == 1


def test_an_order_that_a_worker_lost_can_be_placed_anew(cast, case):
    lost = order(case, cast.coach)
    CaseFileExport.objects.filter(pk=lost.pk).update(
        state=ExportState.MAKING, started_at=clock.now() - timedelta(hours=1)
    )
    assert order(case, cast.coach) != lost
    lost.refresh_from_db()
    assert lost.state == ExportState.FAILED


def test_files_are_deleted_when_their_days_are_over_and_the_order_stays(cast, case, coach):
    export = services.make_ordered_case_file(order(case, cast.coach).pk)
    assert services.tidy_case_files(TODAY).created == 0
    with clock.at(TODAY + timedelta(days=8)):
        assert services.tidy_case_files(clock.today()).created == 1
        assert services.tidy_case_files(clock.today()).created == 0
    assert not default_storage.exists(export.path)
    export.refresh_from_db()
    assert export.state == ExportState.EXPIRED
    assert coach.get(url("case_file_download", case, pk=export.pk)).status_code == 404


def test_the_database_wants_a_file_with_what_is_ready(cast, case):
    order(case, cast.coach)
    with pytest.raises(IntegrityError, match="case_export_ready_with_file"), transaction.atomic():
        CaseFileExport.objects.update(state=ExportState.READY)


def test_a_page_that_waits_asks_anew_by_itself(coach, cast, case):
    order(case, cast.coach)
    page = coach.get(url("case_file", case)).content.decode()
    assert 'hx-trigger="every 3s"' in page
    before = AccessLog.objects.count()
    part = coach.get(url("case_file", case), headers={"HX-Request": "true"})
    assert "er ved at blive lavet" in text(part) or "bliver lavet" in text(part)
    assert AccessLog.objects.count() == before
