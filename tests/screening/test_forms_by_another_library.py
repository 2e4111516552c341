"""The round trip through a second, independent library (qpdf, by pikepdf): filled in by the one and read by the other."""

import io

import pikepdf
import pytest
from pikepdf.form import Form

from screening.citizen_forms.identity import FIELD
from screening.citizen_forms.kinds import form_kinds
from screening.citizen_forms.reading import read_form
from screening.papers.enums import FormResult
from screening.papers.questions import AnswerKind
from tests.screening.paper_builders import a_case, filled, form_of
from tests.support.pdf_ua import faults_of

pytestmark = pytest.mark.django_db
TEXT = "Æøå ÆØÅ – »citat«, 100 %\nLinje to"
SAMPLES = {
    AnswerKind.TEXT: TEXT,
    AnswerKind.LINE: "Sylinien på Øen",
    AnswerKind.DATE: "1. december 2026",
    AnswerKind.AMOUNT: "12.000,50",
    AnswerKind.NUMBER: "12",
}


def samples(case, code):
    """An answer to every question of a form."""
    questions = form_kinds[code].questions(case)
    return {q.code: q.choices[0] if q.kind == AnswerKind.CHOICE else SAMPLES[q.kind] for q in questions}


def saved(pdf, **options):
    out = io.BytesIO()
    pdf.save(out, **options)
    return out.getvalue()


def filled_by_qpdf(data, values, **options):
    with pikepdf.open(io.BytesIO(data)) as pdf:
        form = Form(pdf)
        for name, text in values.items():
            form[name].value = text
        return saved(pdf, **options)


@pytest.mark.parametrize("code", form_kinds.names())
def test_filled_by_qpdf_read_by_us(world, code):
    case = a_case(world)
    values = samples(case, code)
    data = filled_by_qpdf(form_of(case, code), values)
    found = read_form(data)
    assert (found.result, found.identity.kind) == (FormResult.READ, code)
    assert found.values == values
    assert faults_of(data) == []


def _widgets(pdf):
    return [
        (number, note.Rect, str(note.T)) for number, page in enumerate(pdf.pages) for note in page.get("/Annots", [])
    ]


def _in_tab_order(pdf):
    return [name for _page, _place, name in _widgets(pdf)]


def _as_read(pdf):
    """Page by page, from the top, and from the left within a row."""
    rows = sorted(_widgets(pdf), key=lambda item: (item[0], -round(float(item[1][1]) / 6), float(item[1][0])))
    return [name for _page, _place, name in rows]


@pytest.mark.parametrize("code", form_kinds.names())
def test_filled_by_pypdf_read_by_qpdf(world, code):
    case = a_case(world)
    values = samples(case, code)
    with pikepdf.open(io.BytesIO(filled(form_of(case, code), values))) as pdf:
        assert pdf.check_pdf_syntax() == []
        assert _in_tab_order(pdf) == _as_read(pdf)
        form = {field.fully_qualified_name: str(field.value) for field in pdf.acroform.fields}
    number = form.pop(FIELD)
    assert number.startswith(f"{case.number}.{code}.")
    assert {name: text.replace("\r", "\n") for name, text in form.items()} == values


@pytest.mark.parametrize(
    "options",
    [
        {"linearize": True},
        {"object_stream_mode": pikepdf.ObjectStreamMode.generate, "compress_streams": True},
        {"object_stream_mode": pikepdf.ObjectStreamMode.disable, "qdf": True},
    ],
)
def test_however_it_is_saved(world, options):
    case = a_case(world)
    values = samples(case, "person_profile")
    data = filled_by_qpdf(filled(form_of(case), values), {"why": "Rettet bagefter"}, **options)
    assert read_form(data).values == {**values, "why": "Rettet bagefter"}


def test_what_is_read_only_stays_so(world):
    with pikepdf.open(io.BytesIO(form_of(a_case(world)))) as pdf:
        assert Form(pdf)[FIELD].is_read_only
        assert [name for name, field in Form(pdf).items() if field.is_read_only] == [FIELD]
