"""The pages of papers, forms and goals."""

import html
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from pypdf import PdfReader

from cases.models import CaseFile, Draft
from microloan.accounts.models import AccessLog
from screening import services
from screening.citizen_forms.reading import read_form
from screening.models import Paper, ReceivedForm
from screening.papers.enums import PaperKind
from tests.screening.builders import budget
from tests.screening.pages import case_page, text_of
from tests.screening.paper_builders import (
    PROFILE,
    a_case,
    action_plan,
    came_back,
    evaluation,
    filled,
    form_of,
    paper,
)
from tests.support.files import pdf

pytestmark = pytest.mark.django_db


def edit(case, kind="person_profile"):
    return case_page("paper_edit", case, kind=kind)


def hidden(response, name):
    found = response.content.decode().split(f'name="{name}" value="')[1]
    return html.unescape(found.split('"')[0])


def typed(response, **answers):
    return {
        "seen": hidden(response, "seen"),
        "draft_page": hidden(response, "draft_page"),
        "stage": hidden(response, "stage"),
        "answered_on": "20-11-2026",
        **answers,
    }


def test_write_a_first_and_a_second_version(coach, world):
    case = a_case(world)
    page = coach.get(edit(case))
    answer = coach.post(edit(case), typed(page, background="Jeg syr."), follow=True)
    assert "Gemt som version 1." in text_of(answer)
    page = coach.get(edit(case))
    assert "Jeg syr." in text_of(page)
    coach.post(edit(case), typed(page, background="Jeg syr.", why="Frihed"))
    assert list(case.papers.values_list("number", "answers")) == [
        (2, {"background": "Jeg syr.", "why": "Frihed"}),
        (1, {"background": "Jeg syr."}),
    ]
    first = coach.get(case_page("paper", case, kind="person_profile") + "?version=1")
    assert "Frihed" not in text_of(first)
    assert "Se den nyeste version" in text_of(first)
    assert coach.get(case_page("paper", case, kind="person_profile") + "?version=9").status_code == 404
    assert coach.get(case_page("paper", case, kind="diary")).status_code == 404


def test_wrong_answers_are_told_at_the_field(coach, world):
    case = a_case(world)
    page = coach.get(edit(case, "action_plan"))
    answer = coach.post(edit(case, "action_plan"), typed(page, goal_1="Ti kunder", goal_1_by="snart"))
    assert answer.context["form"].errors.keys() == {"goal_1_by"}
    answer = coach.post(edit(case, "action_plan"), typed(page, goal_1="Ti kunder"))
    assert "Skriv, hvornår målet skal være nået." in text_of(answer)
    answer = coach.post(edit(case, "action_plan"), typed(page))
    assert "Skriv svar på mindst ét af spørgsmålene." in text_of(answer)
    assert not Paper.objects.exists()


def test_what_is_typed_is_kept_as_a_draft(coach, world):
    case = a_case(world)
    page = coach.get(edit(case))
    coach.post(f"/drafts/paper_person_profile/{case.number}/", typed(page, background="Halvt skrevet"))
    assert Draft.objects.get().content["background"] == "Halvt skrevet"
    again = coach.get(edit(case))
    assert "Halvt skrevet" in text_of(again)
    coach.post(edit(case), typed(again, background="Helt skrevet"))
    assert Draft.objects.get().content is None


def test_two_people_at_once_choose(coach, world):
    """The later one sees both. A draft that was begun before somebody else saved knows it too."""
    case = a_case(world)
    paper(world, case)
    page = coach.get(edit(case))
    coach.post(f"/drafts/paper_person_profile/{case.number}/", typed(page, **{**PROFILE, "why": "Min kladde"}))
    paper(world, case, why="En andens ord")
    again = coach.get(edit(case))
    posted = typed(again, **{**PROFILE, "why": "Min kladde"})
    answer = coach.post(edit(case), posted)
    assert "To versioner" in text_of(answer)
    assert services.latest_paper(case, PaperKind.PERSON_PROFILE).answers["why"] == "En andens ord"
    chosen = {**posted, "seen": hidden(answer, "seen"), "choose_why": "mine"}
    coach.post(edit(case), chosen)
    assert services.latest_paper(Paper.objects.first().case, PaperKind.PERSON_PROFILE).answers["why"] == "Min kladde"


def test_the_stored_version_can_be_chosen(coach, world):
    case = a_case(world)
    action_plan(world, case)
    page = coach.get(edit(case, "action_plan"))
    mine = typed(page, goal_1="Ti faste kunder", goal_1_by="1-2-2027", goal_2="Egen hjemmeside", goal_2_by="1-11-2026")
    action_plan(world, case, goal_1="Ti faste kunder", goal_1_by="2027-03-03")
    answer = coach.post(edit(case, "action_plan"), mine)
    chosen = {**mine, "seen": hidden(answer, "seen"), "choose_goal_1_by": "stored"}
    coach.post(edit(case, "action_plan"), chosen)
    assert case.papers.first().answers["goal_1_by"] == "2027-03-03"


def test_a_provisional_plan_becomes_detailed(coach, world):
    case = a_case(world)
    paper(world, case, PaperKind.BUSINESS_PLAN, product="Kjoler")
    shown = coach.get(case_page("paper", case, kind="business_plan"))
    assert "Forretningsplan, foreløbig" in text_of(shown)
    assert "Kræver det en tilladelse?" not in text_of(coach.get(edit(case, "business_plan")))
    page = coach.get(edit(case, "business_plan") + "?stage=detailed")
    coach.post(edit(case, "business_plan"), typed(page, product="Kjoler", permits="Nej"))
    assert "Forretningsplan, detaljeret" in text_of(coach.get(case_page("paper", case, kind="business_plan")))


def test_two_versions_side_by_side(coach, world):
    case = a_case(world)
    paper(world, case)
    address = case_page("paper_compare", case, kind="person_profile")
    assert coach.get(address).status_code == 404  # one version is nothing to compare
    paper(world, case, why="Frihed", future="Butik")
    paper(world, case, why="Ro")
    page = text_of(coach.get(address))
    assert "1 svar er forskelligt." in page
    assert "Ro" in page
    page = text_of(coach.get(address + "?before=1&after=3"))
    assert "2 svar er forskellige." in page
    assert coach.get(address + "?before=1&after=nine").status_code == 200


def test_a_version_is_printed(coach, world):
    case = a_case(world)
    paper(world, case)
    answer = coach.get(case_page("paper_print", case, kind="person_profile", version=1))
    reader = PdfReader(io.BytesIO(answer.content))
    assert reader.root_object["/Lang"] == "da"
    assert "Jeg vil bestemme selv." in reader.pages[0].extract_text()
    assert coach.get(case_page("paper_print", case, kind="person_profile", version=2)).status_code == 404
    assert AccessLog.objects.filter(action="download").exists()


def test_signs_that_cannot_be_printed_are_told(coach, world):
    case = a_case(world)
    paper(world, case, background="Jeg er glad \U0010fffd")
    answer = coach.get(case_page("paper_print", case, kind="person_profile", version=1), follow=True)
    assert "U+10FFFD" in text_of(answer)
    assert answer.redirect_chain


def test_the_form_of_a_case(coach, world):
    case = a_case(world)
    paper(world, case)
    blank = read_form(coach.get(case_page("form_pdf", case, code="person_profile")).content)
    assert (blank.identity.version, blank.values["why"]) == (1, "")
    prefilled = read_form(coach.get(case_page("form_pdf", case, code="person_profile") + "?prefilled=1").content)
    assert prefilled.values["why"] == PROFILE["why"]
    assert coach.get(case_page("form_pdf", case, code="nothing")).status_code == 404


def upload(data, name="skema.pdf"):
    return {"file": SimpleUploadedFile(name, data)}


def test_from_upload_to_a_new_version(coach, world):
    case = a_case(world)
    paper(world, case)
    form = filled(form_of(case), {"why": "Mit eget liv", "future": "Butik"})
    page = coach.post(case_page("form_upload", case), upload(form), follow=True)
    said = text_of(page)
    assert "Mit eget liv" in said
    assert PROFILE["why"] in said
    address = page.redirect_chain[-1][0]
    choices = {"base": hidden(page, "base"), "why": "stored", "future": "came", "background": "stored"}
    answer = coach.post(address, {**choices, "step": "accept"}, follow=True)
    assert "Felterne er gemt som en ny version." in text_of(answer)
    assert services.latest_paper(Paper.objects.first().case, "person_profile").answers == {**PROFILE, "future": "Butik"}
    assert "1 felt er overtaget" in text_of(coach.get(address))
    assert coach.post(address, {**choices, "step": "accept"}).status_code == 200  # sent twice: nothing more
    assert Paper.objects.count() == 2


def test_each_field_is_chosen_and_a_newer_version_is_told(coach, world):
    case = a_case(world)
    paper(world, case)
    received = came_back(world, case, filled(form_of(case), {"why": "Mit eget liv"}))
    address = case_page("form_received", case, pk=received.pk)
    page = coach.get(address)
    answer = coach.post(address, {"base": hidden(page, "base"), "step": "accept"})
    assert "Vælg, hvad der skal stå." in text_of(answer)
    paper(world, case, future="Butik")
    choices = {"why": "came", "background": "stored", "step": "accept"}
    answer = coach.post(address, {**choices, "base": hidden(page, "base")}, follow=True)
    assert "En anden har gemt en nyere version imens." in text_of(answer)
    answer = coach.post(address, {"step": "aside"}, follow=True)
    assert "Lagt til side" in text_of(answer)


def test_an_answer_that_does_not_fit_says_so(coach, world):
    case = a_case(world)
    received = came_back(world, case, filled(form_of(case, "self_evaluation"), {"sales_month": "mange penge"}))
    page = text_of(coach.get(case_page("form_received", case, pk=received.pk)))
    assert "Kan ikke overtages, som det står" in page
    assert "mange penge" in page


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda world, case: form_of(a_case(world)), "Skemaet hører til en anden sag."),
        (lambda world, case: pdf(), "Det er en skanning eller et billede"),
    ],
)
def test_what_cannot_be_read_gets_a_clear_answer(coach, world, make, words):
    case = a_case(world)
    page = coach.post(case_page("form_upload", case), upload(make(world, case)), follow=True)
    assert words in text_of(page)
    assert "Filen er gemt blandt sagens dokumenter." in text_of(page)
    assert case.documents.count() == 1


def test_a_form_that_is_sent_twice_is_kept_once(coach, world):
    case = a_case(world)
    data = form_of(case)
    first, second = [coach.post(case_page("form_upload", case), upload(data)) for _ in range(2)]
    assert first["Location"] == second["Location"]
    assert ReceivedForm.objects.count() == 1


def test_a_follow_up_that_is_sent_twice_is_saved_once(coach, world):
    case = a_case(world)
    action_plan(world, case)
    said = {"contact": evaluation(world, case).pk, "result_1": "on_the_way", "result_2": ""}
    assert [coach.post(case_page("goals", case), said).status_code for _ in range(2)] == [302, 302]
    assert services.reviews_of(case).count() == 1


def test_a_file_that_is_refused_is_told_at_the_field(coach, world):
    case = a_case(world)
    page = coach.post(case_page("form_upload", case), upload(b"MZ program"))
    assert "Vælg en PDF" in page.context["form"].errors["file"][0]
    assert not ReceivedForm.objects.exists()
    assert "file" in coach.post(case_page("form_upload", case), {}).context["form"].errors


def test_follow_up_on_goals(coach, world):
    case = a_case(world)
    address = case_page("goals", case)
    assert "Ingen mål endnu" in text_of(coach.get(address))
    action_plan(world, case)
    assert "Der har ikke været nogen endnu" in text_of(coach.get(address))
    contact = evaluation(world, case)
    said = {"contact": contact.pk, "result_1": "reached", "note_1": "Elleve kunder!", "result_2": "", "note_2": ""}
    answer = coach.post(address, said, follow=True)
    assert "Opfølgningen er gemt." in text_of(answer)
    assert "Elleve kunder!" in text_of(answer)
    answer = coach.post(address, {"contact": contact.pk, "note_2": "Kun et notat"})
    assert "Vælg, hvordan det står til med målet." in text_of(answer)
    answer = coach.post(address, {"contact": contact.pk})
    assert "mindst ét mål" in text_of(answer)


@pytest.mark.parametrize("versions", [1, 4])
def test_the_overview_takes_the_same_queries(coach, world, django_assert_max_num_queries, versions):
    case = a_case(world)
    for number in range(versions):
        paper(world, case, background=f"Version {number}")
        came_back(world, case, pdf(number + 1))
    with django_assert_max_num_queries(45):
        page = coach.get(case_page("papers", case))
    assert f"Personprofil, version {versions}" in text_of(page)


def test_only_a_budget_that_there_is_is_offered_filled_in(coach, world):
    case = a_case(world)
    prefilled = "{}?prefilled=1".format
    there = {
        code: prefilled(case_page("form_pdf", case, code=code)) for code in ("establishment_budget", "liquidity_budget")
    }
    page = coach.get(case_page("papers", case)).content.decode()
    assert not any(address in page for address in there.values())
    budget(world, case)
    page = coach.get(case_page("papers", case)).content.decode()
    assert [code for code, address in there.items() if address in page] == ["establishment_budget"]


def test_nothing_is_offered_to_be_written_on_a_closed_case(coach, world):
    case = a_case(world)
    offer = case_page("paper_edit", case, kind="action_plan")
    assert offer in coach.get(case_page("goals", case)).content.decode()
    CaseFile.objects.filter(pk=case.pk).update(
        phase="closed", closed_on=world.today, closing_reason="illness", closed_by_choice_of="citizen"
    )
    assert offer not in coach.get(case_page("goals", case)).content.decode()


@pytest.mark.parametrize(("older", "proposed"), [(False, "came"), (True, "")])
def test_only_a_form_of_the_newest_version_proposes_its_answers(coach, world, older, proposed):
    case = a_case(world)
    data = filled(form_of(case), {"future": "Butik nr. 2"})
    if older:
        paper(world, case)
    received = came_back(world, case, data)
    form = coach.get(case_page("form_received", case, pk=received.pk)).context["form"]
    assert form["future"].value() == proposed
