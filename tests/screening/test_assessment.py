"""The assessment and recommendation as a PDF: tagged, for a reader who is the citizen (domain.md §8)."""

import io
from datetime import timedelta

import pytest
from pypdf import PdfReader

from microloan.core.errors import Refused
from screening import assessment, queries
from tests.screening.builders import BACK, NO, decided, drafted, recommended
from tests.screening.pages import address


def loaded(screening):
    found = queries.screening_of(screening.case).get(pk=screening.pk)
    found.case = screening.case
    return found


def paper(world, screening):
    reader = PdfReader(io.BytesIO(assessment.render(loaded(screening), world.today)))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def test_a_yellow_assessment_says_what_is_to_be_better_and_why(world):
    reader, words = paper(world, decided(world, 3, BACK))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "da"
    assert reader.metadata.title == "Vurdering og indstilling: Screening 3, runde 1"
    for told in (
        "Afgørelse: Ret Gul",
        "Du møder til tiden.",
        "Find to faste kunder.",
        "Kom igen senest den 18. december 2026.",
        "Motivation: 4 af 5",
        "Talt igennem.",
        "Der er intet etableringsbudget.",
        "Vi har talt om det.",
        "Du har to faste kunder i sigte.",
    ):
        assert told in words, told


def test_before_the_decision_it_says_that_nothing_is_decided(world):
    _reader, words = paper(world, recommended(world, 1))
    assert "Indstilling: Fortsæt" in words
    assert "Projektlederen har ikke besluttet endnu." in words
    assert "Afgørelse" not in words


def test_a_decided_round_says_the_same_whenever_it_is_made(world):
    screening = loaded(decided(world, 1, NO))
    now, later = (
        {key: value for key, value in assessment.context_of(screening, day).items() if key != "today"}
        for day in (world.today, world.today + timedelta(days=400))
    )
    assert now == later


def test_a_draft_has_none(world, coach):
    screening = drafted(world)
    with pytest.raises(Refused):
        assessment.render(screening, world.today)
    assert coach.get(address("assessment", screening)).url == address("detail", screening)


def test_the_file_is_named_without_the_person_and_kept_nowhere(world, coach):
    screening = recommended(world, 1)
    response = coach.get(address("assessment", screening))
    assert response["Content-Type"] == "application/pdf"
    number = screening.case.number.lower()
    assert response["Content-Disposition"] == f'inline; filename="vurdering-{number}-1-1.pdf"'
    assert "no-store" in response["Cache-Control"]


def test_a_sign_that_cannot_be_printed_is_told_not_swallowed(world, coach):
    screening = recommended(world, 1, strengths="Du er god \U0001fae8\ue123")
    response = coach.get(address("assessment", screening), follow=True)
    assert "kan ikke trykkes" in response.content.decode()
