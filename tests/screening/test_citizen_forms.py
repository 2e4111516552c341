"""The fillable PDFs: accessible as far as an open check can tell, and the same after a round trip."""

import io

import pytest
from pypdf import PdfReader

from cases.enums import Livelihood
from screening.citizen_forms.identity import FIELD
from screening.citizen_forms.kinds import form_kinds, kinds_for
from screening.citizen_forms.reading import read_form
from screening.papers.enums import FormResult
from tests.screening.paper_builders import PROFILE, a_case, filled, form_of
from tests.support.pdf_ua import faults_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def case(world):
    return a_case(world)


@pytest.mark.parametrize("code", form_kinds.names())
def test_each_form_is_accessible(case, code):
    kind = form_kinds[code]
    data = form_of(case, code)
    assert faults_of(data) == []
    fields = PdfReader(io.BytesIO(data)).get_fields()
    assert list(fields) == [*(question.code for question in kind.questions(case)), FIELD]
    for question in kind.questions(case):
        assert fields[question.code]["/TU"].startswith(question.label)
    assert int(fields[FIELD]["/Ff"]) & 1  # the number cannot be typed over
    assert case.citizen.cpr.digits not in data.decode("latin-1")


def test_a_prefilled_form_reads_back_as_it_is_stored(case):
    found = read_form(form_of(case, values=PROFILE))
    assert found.result == FormResult.READ
    assert {name: text for name, text in found.values.items() if text} == PROFILE


def test_a_round_trip_through_pypdf(case):
    answers = {"background": "Æøå ÆØÅ – »citat«\nLinje to", "why": "Ærlig talt, 100 % sikker", "future": "Łódź"}
    found = read_form(filled(form_of(case), answers))
    assert {name: text for name, text in found.values.items() if text} == answers


def test_a_choice_an_amount_and_a_date(case):
    given = {"wants_extension": "Ja", "extension_months": "2", "sales_month": "12.000,50"}
    found = read_form(filled(form_of(case, "self_evaluation"), given))
    assert {name: text for name, text in found.values.items() if text} == given


def test_a_pensioner_is_not_asked_about_support(world):
    fields = read_form(form_of(a_case(world, livelihood=Livelihood.DISABILITY_PENSION), "self_evaluation")).values
    assert "good" in fields
    assert "wants_extension" not in fields


def test_the_same_case_and_version_give_the_same_number(case):
    assert read_form(form_of(case)).identity == read_form(form_of(case)).identity
    assert all(kind.label and kind.intro for kind in kinds_for(case))
