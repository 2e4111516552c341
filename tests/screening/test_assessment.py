"""The assessment and recommendation as a PDF: tagged, for a reader who is the citizen (domain.md §8)."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from pypdf import PdfReader

from microloan.accounts.enums import Role
from microloan.core.errors import Refused
from screening import assessment, plain_words, queries, rules, services, warning_rules
from screening.enums import Outcome
from screening.rules import usual_answer
from tests.letters.reading import lix, prose_of
from tests.screening.builders import BACK, NO, YES, decided, drafted, recommended
from tests.screening.pages import address


def loaded(screening):
    found = queries.screening_of(screening.case).get(pk=screening.pk)
    found.case = screening.case
    return found


def paper(world, screening):
    reader = PdfReader(io.BytesIO(assessment.render(loaded(screening), world.today)))
    return reader, " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def html_of(world, screening):
    with translation.override("da"):
        return render_to_string("screening/assessment.html", assessment.context_of(loaded(screening), world.today))


def test_a_yellow_assessment_says_the_result_first_and_then_why(world):
    reader, words = paper(world, decided(world, 3, BACK))
    assert reader.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert reader.trailer["/Root"]["/Lang"] == "da"
    assert reader.metadata.title == "Vurdering og indstilling: Screening 3, runde 1"
    order = (
        "Gul: Ret dit budget, og kom igen",
        "Kom igen senest den 18. december 2026.",
        "Det taler for dig",
        "Du møder til tiden.",
        "Find to faste kunder.",
        "Du har to faste kunder i sigte.",
        "Din farve.",
        "Budget for at starte",
        "Der er intet etableringsbudget.",
        "Motivation: 4 af 5",
        "Du kan få hjælp",
        "Telefon",
    )
    places = [words.index(told) for told in order]
    assert places == sorted(places)
    assert "Svaret: Vi har talt om det." in words


def test_before_the_decision_it_says_that_nothing_is_decided(world):
    _reader, words = paper(world, recommended(world, 1))
    assert "Vi foreslår, at du kommer med i forløbet" in words
    assert "Vi har ikke besluttet noget endnu." in words
    assert "har besluttet det" not in words


@pytest.mark.parametrize("recommendation", [Outcome.STOP, Outcome.CONTINUE])
def test_a_hearing_is_told_and_its_day_as_passed_when_it_has(world, recommendation):
    screening = recommended(world, 2, recommendation=recommendation)
    last = usual_answer(world.today)
    services.hold_hearing(
        screening=screening, shown="Ingen kunder.", answer_by=last, by=world.user(Role.COACH), today=world.today
    )
    for day, told in ((last, "Du kan svare til og med"), (last + timedelta(days=1), "Du kunne svare til og med")):
        said = assessment.context_of(loaded(screening), day)["next"]
        assert [told in line for line in said] == [False, True, False]


def test_a_red_assessment_brings_the_appeal_guidance_of_the_letter(world):
    words = " ".join(prose_of(html_of(world, decided(world, 3, NO))))
    assert "Så kan du klage inden 4 uger" in words
    assert "klage" not in " ".join(prose_of(html_of(world, recommended(world, 1))))


@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_it_is_written_for_the_citizen(world, number):
    prose = prose_of(html_of(world, recommended(world, number)))
    assert lix(prose) < 35
    staff_words = re.compile(r"borgeren|indstilling|skyldner|programmet:", re.IGNORECASE)
    assert not [line for line in prose if staff_words.search(line) and "Vurdering og indstilling" not in line]


def test_every_warning_and_every_result_has_its_plain_words():
    raised = set(re.findall(r'PlanWarning\(\s*"(\w+)"', Path(warning_rules.__file__).read_text(encoding="utf-8")))
    assert raised == set(plain_words.ASKED)
    for number, pensioner in ((1, False), (2, False), (3, False), (4, False), (4, True)):
        for outcome in rules.outcomes_for(number, pensioner=pensioner):
            assert plain_words.heading(number, outcome, decided=True, pensioner=pensioner)
            assert plain_words.after_decision(number, outcome, coach="Mette", pensioner=pensioner)


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


def test_a_sign_that_cannot_be_printed_stands_as_its_code_once_nothing_can_be_put_right(world, coach):
    screening = recommended(world, 1, plan="Du vil til tops \ue123")
    services.decide(screening=screening, decision=YES, by=world.user(Role.PROJECT_LEAD), today=world.today)
    response = coach.get(address("assessment", screening))
    assert "[U+E123]" in PdfReader(io.BytesIO(response.content)).pages[0].extract_text()
