"""Forms that come back: read, shown next to what is stored, taken field by field; and every file that cannot be."""

import io
import logging
from decimal import Decimal

import pytest
from django.core import signing
from django.db import IntegrityError, connection, transaction
from django.urls import reverse
from PIL import Image
from pypdf import PdfReader, PdfWriter
from pypdf.generic import ArrayObject, DecodedStreamObject, DictionaryObject, NameObject, NullObject, TextStringObject

from cases.enums import Livelihood
from cases.models import CaseFile, Document
from cases.services import withdraw_document
from microloan.accounts.enums import TEAM, Role
from microloan.core.errors import Conflict, Refused
from microloan.core.pdf import render_pdf
from screening import services
from screening.citizen_forms.identity import (
    FIELD,
    SALT,
    ChangedIdentity,
    FormIdentity,
    printed_identity,
    read_identity,
)
from screening.citizen_forms.kinds import form_kinds
from screening.citizen_forms.reading import read_form
from screening.enums import LineKind
from screening.models import ReceivedForm
from screening.papers.enums import FormResult, PaperKind, PaperSource
from tests.screening.builders import budget, line
from tests.screening.paper_builders import PROFILE, a_case, came_back, filled, form_of, paper, written
from tests.support.files import pdf, png

pytestmark = pytest.mark.django_db
ANSWERS = {"background": "Jeg hedder Ærø.\nJeg bor på Øen.", "future": "Åbner butik nr. 2"}


def accept(world, received, fields, *, base=None, by=None):
    kind = form_kinds[received.kind]
    return services.accept_form(
        received=received,
        fields=fields,
        base=kind.stored(received.case).version if base is None else base,
        by=by or world.user(Role.COACH),
        today=world.today,
    )


def test_a_filled_form_is_read_and_taken_field_by_field(world):
    case = a_case(world)
    paper(world, case)
    received = came_back(world, case, filled(form_of(case), ANSWERS))
    assert (received.result, received.form_version) == (FormResult.READ, 1)
    assert received.document.title == "Personprofil fra borgeren"
    assert not received.document.others_data
    pairs = {pair.question.code: pair for pair in services.pairs_of(received, form_kinds["person_profile"])}
    assert (pairs["background"].stored, pairs["background"].came) == (PROFILE["background"], ANSWERS["background"])
    assert pairs["future"].is_new
    assert pairs["why"].is_emptied
    accept(world, received, ["future"])
    newest = services.latest_paper(case, PaperKind.PERSON_PROFILE)
    assert newest.answers == {**PROFILE, "future": ANSWERS["future"]}
    assert (newest.number, newest.source, newest.document) == (2, PaperSource.FORM, received.document)
    received.refresh_from_db()
    assert received.taken == ["future"]
    assert received.settled_by == world.user(Role.COACH)
    with pytest.raises(Conflict):
        accept(world, received, ["background"])


def test_an_older_version_says_so_and_can_still_be_compared(world):
    case = a_case(world)
    paper(world, case)
    form = filled(form_of(case), ANSWERS)
    paper(world, case, why="Nu ved jeg det.")
    received = came_back(world, case, form)
    assert (received.result, received.form_version, received.is_waiting) == (FormResult.OLDER, 1, True)


def test_a_form_of_another_case_is_kept_and_marked_but_not_read(world):
    case, other = a_case(world), a_case(world)
    received = came_back(world, case, filled(form_of(other), ANSWERS))
    assert (received.result, received.values, received.is_waiting) == (FormResult.OTHER_CASE, {}, False)
    assert received.document.case == case
    assert received.document.others_data


def changed_number(case):
    data = form_of(case)
    return filled(data, {FIELD: f"{case.number}.person_profile.0:forfalsket"})


def flattened(case):
    """Printed to a new PDF: the words are there, the fields are not."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(form_of(case))))
    writer.remove_annotations(subtypes="/Widget")
    del writer.root_object["/AcroForm"]
    return written(writer)


def scanned(case):
    out = io.BytesIO()
    Image.new("L", (200, 280), "white").save(out, "PDF")
    return out.getvalue()


def foreign_form(case):
    field = '<form><p><label for="a">Navn</label><input id="a" name="a"></p></form>'
    html = f'<html lang="da"><head><title>Andet</title></head><body>{field}</body></html>'
    return render_pdf(html, forms=True)


def unknown_kind(case):
    number = FormIdentity(case.number, "tax_return", 0).signed
    return filled(form_of(case), {FIELD: number})


def broken_fields(case):
    """The pages can be counted, but the fields lead nowhere."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(form_of(case))))
    data = written(writer)
    return data.replace(b"/FT /Tx", b"/FT /Tx /Kids 7", 1)


def with_fields(case, *fields):
    """Somebody's own fields beside those of the form."""
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(filled(form_of(case), ANSWERS))))
    known = writer.root_object["/AcroForm"]["/Fields"]
    for field in fields:
        if "/V" in field:
            field[NameObject("/V")] = writer._add_object(field["/V"])
        known.append(writer._add_object(field))
    return written(writer)


def text_field(name, **more):
    return DictionaryObject(
        {NameObject("/T"): TextStringObject(name), NameObject("/FT"): NameObject("/Tx")}
        | {NameObject(f"/{key}"): value for key, value in more.items()}
    )


def value_in_a_stream(case):
    stream = DecodedStreamObject()
    stream.set_data(b"0" * 1000)
    return with_fields(case, text_field("why", V=stream.flate_encode()))


def too_many_fields(case):
    return with_fields(case, text_field("a", Kids=ArrayObject(text_field("b") for _ in range(1000))))


@pytest.mark.parametrize("make", [value_in_a_stream, too_many_fields])
def test_values_in_streams_and_very_many_fields_are_not_unpacked(world, monkeypatch, make):
    data = make(a_case(world))
    monkeypatch.setattr(PdfReader, "get_fields", None)
    assert read_form(data).result == FormResult.FOREIGN


def test_a_part_that_unpacks_to_very_much_is_not_unpacked():
    stream = DecodedStreamObject()
    stream.set_data(b" " * 10_000_001)
    writer = PdfWriter()
    page = writer.add_blank_page(100, 100)
    page["/Resources"][NameObject("/Font")] = DictionaryObject()
    page[NameObject("/Contents")] = writer._add_object(stream.flate_encode())
    assert read_form(written(writer)).result == FormResult.BROKEN


def test_only_answers_to_our_questions_are_kept(world):
    case = a_case(world)
    received = came_back(world, case, with_fields(case, text_field("a\0b"), text_field("others")))
    assert received.result == FormResult.READ
    codes = {question.code for question in form_kinds["person_profile"].questions(case)}
    assert set(received.values) == codes


@pytest.mark.parametrize("name", ["expense_²", "expense_" + "9" * 5000, "expense_0", "expense_x"])
def test_a_line_that_is_no_line_of_ours_is_left_out(world, name):
    case = a_case(world)
    data = filled(form_of(case, "establishment_budget"), {"expense_1": "Symaskine"})
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(data)))
    field = text_field(name, V=TextStringObject("Fra en anden"))
    writer.root_object["/AcroForm"]["/Fields"].append(writer._add_object(field))
    received = came_back(world, case, written(writer))
    assert (received.result, received.values["expense_1"]) == (FormResult.READ, "Symaskine")
    assert "Fra en anden" not in received.values.values()


def test_a_field_that_was_emptied_is_empty(world):
    """Some programs write that there is no value, others an empty one."""
    case = a_case(world)
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(filled(form_of(case), ANSWERS))))
    for field in writer.root_object["/AcroForm"]["/Fields"]:
        if field.get_object()["/T"] == "future":
            field.get_object()[NameObject("/V")] = NullObject()
    values = read_form(written(writer)).values
    assert (values["future"], values["background"]) == ("", ANSWERS["background"])


def test_what_a_file_says_does_not_come_into_the_log(world, caplog):
    """pypdf quotes what it cannot read."""
    case = a_case(world)
    data = filled(form_of(case), ANSWERS).replace(b"/Fields [", b"/Fields (", 1)
    caplog.set_level(logging.DEBUG)
    assert read_form(data).result == FormResult.FLATTENED
    assert caplog.text == ""


def test_a_printed_version_is_one_that_can_be_stored():
    assert printed_identity("AB-2026-0001.person_profile.9999 ").version == 9999
    assert printed_identity("AB-2026-0001.person_profile.99999") is None


@pytest.mark.parametrize(
    ("make", "name", "result"),
    [
        (changed_number, "skema.pdf", FormResult.CHANGED),
        (flattened, "skema.pdf", FormResult.FLATTENED),
        (scanned, "skema.pdf", FormResult.SCANNED),
        (lambda case: png(), "foto.png", FormResult.SCANNED),
        (lambda case: pdf(2), "skema.pdf", FormResult.SCANNED),
        (foreign_form, "skema.pdf", FormResult.FOREIGN),
        (unknown_kind, "skema.pdf", FormResult.FOREIGN),
        (broken_fields, "skema.pdf", FormResult.BROKEN),
        (lambda case: b"%PDF-1.7 nothing", "skema.pdf", FormResult.BROKEN),
        (lambda case: pdf(password="hemmeligt"), "skema.pdf", FormResult.LOCKED),
    ],
)
def test_what_cannot_be_read_is_kept_with_the_reason(world, make, name, result):
    case = a_case(world)
    received = came_back(world, case, make(case), name)
    assert (received.result, received.values, received.is_waiting) == (result, {}, False)
    assert Document.objects.filter(case=case).count() == 1
    with pytest.raises(Refused):
        services.set_aside_form(received=received, by=world.user(Role.COACH), today=world.today)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "tom"),
        (b"MZ program", "Vælg en PDF"),
    ],
)
def test_what_the_check_of_documents_refuses_is_not_kept(world, data, words):
    case = a_case(world)
    with pytest.raises(Refused, match=words):
        came_back(world, case, data)
    assert not ReceivedForm.objects.exists()
    assert not Document.objects.exists()


def test_a_form_locked_against_changes_only_is_read(world):
    """Encrypted with an owner's password, as some programs save: everybody may open it."""
    case = a_case(world)
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(filled(form_of(case), ANSWERS))))
    writer.encrypt("", owner_password="ejer", algorithm="AES-256")
    received = came_back(world, case, written(writer))
    assert received.result == FormResult.READ
    assert received.values["future"] == ANSWERS["future"]


def test_answers_that_do_not_fit_are_shown_but_not_taken(world):
    case = a_case(world)
    paper(world, case, PaperKind.SELF_EVALUATION, good="Godt")
    wrong = {"sales_month": "cirka 12 tusind", "customers_now": "12", "hard": "x" * 2500}
    received = came_back(world, case, filled(form_of(case, "self_evaluation"), wrong))
    pairs = {pair.question.code: pair for pair in services.pairs_of(received, form_kinds["self_evaluation"])}
    assert pairs["sales_month"].problem
    assert pairs["customers_now"].is_new
    with pytest.raises(Refused) as refusal:
        accept(world, received, ["sales_month", "customers_now"])
    assert refusal.value.field == "sales_month"
    accept(world, received, ["customers_now"])
    assert services.latest_paper(case, PaperKind.SELF_EVALUATION).answers == {"good": "Godt", "customers_now": "12"}


def test_nothing_chosen_unknown_fields_and_newer_versions_are_refused(world):
    case = a_case(world)
    received = came_back(world, case, filled(form_of(case), ANSWERS))
    with pytest.raises(Refused, match="Vælg mindst"):
        accept(world, received, [])
    with pytest.raises(Refused, match="ikke i skemaet"):
        accept(world, received, ["cpr"])
    paper(world, case)
    with pytest.raises(Conflict):
        accept(world, received, ["future"], base=0)


@pytest.mark.parametrize("role", sorted(set(Role) - TEAM))
def test_only_the_team_reads_forms_in(world, role):
    case = a_case(world)
    received = came_back(world, case, filled(form_of(case), ANSWERS))
    with pytest.raises(Refused):
        accept(world, received, ["future"], by=world.user(role))
    with pytest.raises(Refused):
        services.set_aside_form(received=received, by=world.user(role), today=world.today)


def test_a_plan_form_and_an_action_plan_come_back(world):
    case = a_case(world)
    received = came_back(
        world, case, filled(form_of(case, "provisional_plan"), {"name": "Sylinien", "start_cost": "15.000"})
    )
    accept(world, received, ["name", "start_cost"])
    plan = services.latest_paper(case, PaperKind.BUSINESS_PLAN)
    assert (plan.stage, plan.answers) == ("provisional", {"name": "Sylinien", "start_cost": "15000.00"})
    received = came_back(
        world, case, filled(form_of(case, "action_plan"), {"goal_1": "Ti kunder", "goal_1_by": "1/12-26"})
    )
    with pytest.raises(Refused):  # a goal without its date
        accept(world, received, ["goal_1"])
    accept(world, received, ["goal_1", "goal_1_by"])
    assert services.latest_paper(case, PaperKind.ACTION_PLAN).answers["goal_1_by"] == "2026-12-01"


def test_an_establishment_budget_comes_back(world):
    case = a_case(world)
    budget(world, case, line("Symaskine", "12000.00"), line("Opsparing", "2000.00", LineKind.OWN_FUNDS))
    given = {"expense_1": "Symaskine", "expense_1_amount": "13500", "expense_2": "Skilt", "expense_2_amount": "3000"}
    received = came_back(world, case, filled(form_of(case, "establishment_budget"), given))
    assert received.form_version == 1
    with pytest.raises(Refused) as refusal:  # a line without its amount
        accept(world, received, ["expense_2"])
    assert refusal.value.field == "expense_2_amount"
    accept(world, received, ["expense_1_amount", "expense_2", "expense_2_amount"])
    newest = services.latest_budget(case)
    assert [(row.kind, row.text, row.amount) for row in newest.lines.all()] == [
        (LineKind.EXPENSE, "Symaskine", Decimal("13500.00")),
        (LineKind.EXPENSE, "Skilt", Decimal("3000.00")),
        (LineKind.OWN_FUNDS, "Opsparing", Decimal("2000.00")),
    ]
    prefilled = read_form(
        form_of(case, "establishment_budget", values=form_kinds["establishment_budget"].stored(case).values)
    )
    assert (prefilled.values["expense_2"], prefilled.values["expense_2_amount"]) == ("Skilt", "3000")


# --- The number of a form ------------------------------------------------------------------------------------------------


def test_lines_beyond_those_of_today_are_shown_and_taken(world):
    """The form was made of a budget with many lines; meanwhile there is one with few."""
    case = a_case(world)
    budget(world, case, *[line(f"Ting {number}") for number in range(1, 14)])
    data = filled(form_of(case, "establishment_budget"), {"expense_16": "Stole", "expense_16_amount": "900"})
    budget(world, case, line("Ting 1"))
    received = came_back(world, CaseFile.objects.get(pk=case.pk), data)
    received.case = CaseFile.objects.get(pk=case.pk)
    pairs = {pair.question.code: pair for pair in services.pairs_of(received, form_kinds["establishment_budget"])}
    assert pairs["expense_16"].is_new
    assert "linje 16" in pairs["expense_16"].question.label
    accept(world, received, ["expense_16", "expense_16_amount"], base=2)
    newest = services.latest_budget(CaseFile.objects.get(pk=case.pk))
    assert [row.text for row in newest.lines.all()] == ["Ting 1", "Stole"]


def test_questions_that_are_no_longer_asked_are_shown(world):
    """The form asked about the support; then the citizen became a pensioner."""
    case = a_case(world)
    data = filled(form_of(case, "self_evaluation"), {"money_after": "Jeg kan leve af det."})
    CaseFile.objects.filter(pk=case.pk).update(livelihood=Livelihood.DISABILITY_PENSION)
    received = came_back(world, CaseFile.objects.get(pk=case.pk), data)
    assert received.values["money_after"] == "Jeg kan leve af det."


def test_nothing_is_taken_from_a_file_that_was_withdrawn(world, coach):
    case = a_case(world)
    received = came_back(world, case, filled(form_of(case), ANSWERS))
    by = world.user(Role.COACH)
    withdraw_document(document=received.document, reason="Lagt på den forkerte sag.", by=by)
    received.document.refresh_from_db()
    with pytest.raises(Refused, match="trukket tilbage"):
        accept(world, received, ["future"])
    there = reverse("screening:form_received", kwargs={"number": case.number, "pk": received.pk})
    page = coach.get(there).content.decode()
    assert "Trukket tilbage" in page
    assert reverse("cases:document", kwargs={"number": case.number, "pk": received.document_id}) not in page
    services.set_aside_form(received=received, by=by, today=world.today)


def test_the_number_is_signed_and_holds_nothing_of_the_citizen(world):
    case = a_case(world)
    number = FormIdentity(case.number, "person_profile", 3)
    assert read_identity(number.signed) == number
    assert read_identity(number.signed.replace(":", " :\n")) == number  # a program may break the line
    assert case.citizen.name not in number.signed
    for wrong in ("", "ML-2026-0001.person_profile.3", signing.Signer(salt="another", sep=":").sign(number.plain)):
        with pytest.raises(ChangedIdentity):
            read_identity(wrong)
    assert SALT


def test_reading_never_fails_on_damaged_files(world):
    data = filled(form_of(a_case(world)), ANSWERS)
    for cut in range(0, len(data), len(data) // 40):
        assert read_form(data[:cut]).result in FormResult
        assert read_form(data[:cut] + b"\x00\xff<<" + data[cut + 4 :]).result in FormResult


# --- What the database refuses -------------------------------------------------------------------------------------------


def test_a_settled_form_is_locked(world):
    case = a_case(world)
    received = came_back(world, case, filled(form_of(case), ANSWERS))
    services.set_aside_form(received=received, by=world.user(Role.COACH), today=world.today)
    for sql in (
        "UPDATE screening_receivedform SET taken = '[\"why\"]' WHERE id = %s",
        "DELETE FROM screening_receivedform WHERE id = %s",
    ):
        with pytest.raises(IntegrityError, match="received_form_(locked|kept)"), transaction.atomic():
            connection.cursor().execute(sql, [received.pk])


@pytest.mark.parametrize(
    ("column", "value", "guard"),
    [
        ("result", "read", "received_form_kept"),
        ("values", "{}", "received_form_kept"),
        ("taken", '["why"]', "received_form_settled_by_someone"),
        ("settled_at", "2026-11-20", "received_form_settled_by_someone"),
    ],
)
def test_the_database_refuses_a_crooked_form(world, column, value, guard):
    case = a_case(world)
    received = came_back(world, case, filled(form_of(case), ANSWERS))
    sql = f"UPDATE screening_receivedform SET {column} = %s WHERE id = %s"  # noqa: S608
    with pytest.raises(IntegrityError, match=guard), transaction.atomic():
        connection.cursor().execute(sql, [value, received.pk])


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"result": "perhaps", "values": {}}, "received_form_result_known"),
        ({"result": "other_case"}, "received_form_values_when_read"),
    ],
)
def test_the_database_refuses_a_form_that_cannot_be(world, changes, guard):
    case = a_case(world)
    read = came_back(world, case, png(), "foto.png")
    document = Document.objects.create(case=case, kind="other", title="Skema", dated=world.today)
    values = {"kind": "person_profile", "values": {"why": "Lyst"}, "received_by": read.received_by, **changes}
    with pytest.raises(IntegrityError, match=guard), transaction.atomic():
        ReceivedForm.objects.create(case=case, document=document, **values)
