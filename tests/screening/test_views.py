"""The pages without a browser: what is shown, refused at the field, and logged."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from cases.enums import ClosedBy, ClosingReason
from cases.services import close_case
from courses.models import CourseModule
from courses.services import ensure_catalogue
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog
from microloan.core import danish
from screening import services
from screening.enums import Outcome, ScreeningState
from screening.queries import possible_staff
from tests.screening.builders import (
    BACK,
    LATER,
    NO,
    TEXTS,
    another_coach,
    budget,
    case_for,
    decided,
    draft_of,
    drafted,
    line,
    opened,
    recommended,
)
from tests.screening.pages import address, case_page, text_of
from tests.support.forms import seen


def typed(screening, **changes):
    """The form as the browser sends it back."""
    fields = {"held_on": "20-11-2026", "staff": [], **TEXTS, "next": "draft"}
    for score in screening.scores.all():
        fields[f"score_{score.criterion_id}"] = "3"
        fields[f"note_{score.criterion_id}"] = "Note"
    return {**fields, **changes}


def decision(screening, **changes):
    seen = services.versions_now(screening.case)
    return {
        "version": screening.version,
        "rests_on": seen,
        "outcome": "continue",
        "reasons": "",
        "step": "check",
        **changes,
    }


# --- List --------------------------------------------------------------------------------------------------------------


def test_the_list_says_where_each_screening_stands(world, coach):
    case = case_for(world, 1)
    page = text_of(coach.get(case_page("list", case)))
    assert "Start screening 1" in page
    assert page.count("Begynder, når sagen er i fasen") == 3
    first = decided(world, 1, BACK, case=case)
    page = text_of(coach.get(case_page("list", case)))
    assert "Ret og kom igen" in page
    assert "igen senest 18. dec. 2026" in page
    assert "Start screening 1, runde 2" in page
    drafted(world, 1, case=first.case, strengths="")
    page = text_of(coach.get(case_page("list", case)))
    assert "runde 2" in page
    assert "Skriv, hvad der taler for borgeren." in page
    assert "Start screening 1" not in page


def test_the_third_shows_its_light_in_words(world, coach):
    screening = decided(world, 3, NO)
    page = coach.get(case_page("list", screening.case))
    assert "Rød" in text_of(page)
    assert "x-circle-fill" in page.content.decode()


def test_a_pensioner_has_status_only_and_a_closed_case_offers_nothing(world, coach):
    case = case_for(world, 4, pensioner=True)
    assert "Kun status" in text_of(coach.get(case_page("list", case)))
    close_case(
        case=case,
        reason=ClosingReason.ILLNESS,
        choice_of=ClosedBy.CITIZEN,
        text="",
        answers={"loan": "Borgeren betaler videre som aftalt."},
        by=world.user(Role.COACH),
        today=world.today,
    )
    page = text_of(coach.get(case_page("list", case)))
    assert "Start" not in page
    assert "Er ikke holdt." in page


def test_starting_a_round_twice_leads_to_the_same(world, coach):
    case = case_for(world, 1)
    first = coach.post(case_page("open", case), {"screening": "1"})
    second = coach.post(case_page("open", case), {"screening": "1"})
    assert first.url == second.url == address("edit", case.screenings.get())


@pytest.mark.parametrize("wrong", ["", "5", "x", "-1"])
def test_there_are_four_screenings(world, coach, wrong):
    assert coach.post(case_page("open", case_for(world, 1)), {"screening": wrong}).status_code == 404


def test_a_screening_out_of_its_phase_is_refused_in_words(world, coach):
    case = case_for(world, 1)
    page = coach.post(case_page("open", case), {"screening": "4"}, follow=True)
    assert "Screening 4 hører til fasen »Hovedforløb«" in text_of(page)


# --- Draft -------------------------------------------------------------------------------------------------------------


def test_a_draft_may_have_holes(world, coach):
    screening = opened(world)
    answers = {name: "" for name in TEXTS}
    page = coach.post(address("edit", screening), typed(screening, **answers, staff=[]), follow=True)
    assert "Kladde gemt kl." in text_of(page)
    screening.refresh_from_db()
    assert (screening.version, screening.strengths) == (2, "")


def test_the_form_reads_ratings_staff_and_notes(world, coach):
    screening = opened(world)
    criterion = screening.scores.first().criterion_id
    data = typed(screening, staff=[world.user(Role.COACH).pk], **{f"score_{criterion}": ""}, next="check")
    response = coach.post(address("edit", screening), data)
    assert response.url == address("check", screening)
    values = list(screening.scores.values_list("value", flat=True))
    assert values[0] is None
    assert set(values[1:]) == {3}
    assert list(screening.staff.all()) == [world.user(Role.COACH)]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"held_on": ""}, "Skriv datoen som dd-mm-åååå."),
        ({"held_on": "21-11-2026"}, "ikke er efter 20. november 2026"),
        ({"held_on": "31-02-2026"}, "31"),
        ({"held_on": "20-11-2016"}, "Se efter, om året er rigtigt."),
        ({"staff": ["999999"]}, "999999"),
    ],
)
def test_what_cannot_be_read_is_said_at_the_field_and_kept(world, coach, changes, words):
    screening = opened(world)
    page = coach.post(address("edit", screening), typed(screening, **changes))
    assert page.status_code == 200
    assert words in text_of(page)
    assert TEXTS["plan"] in text_of(page)
    assert page.content.decode().count("<title>Fejl:") == 1
    screening.refresh_from_db()
    assert screening.version == 1


def test_a_rating_of_six_is_refused(world, coach):
    screening = opened(world)
    name = f"score_{screening.scores.first().criterion_id}"
    page = coach.post(address("edit", screening), typed(screening, **{name: "6"}))
    assert page.status_code == 200
    assert f"id_{name}_error" in page.content.decode()


def test_two_people_in_one_form_see_both_versions(world, coach):
    screening = opened(world)
    note = seen(coach.get(address("edit", screening)))
    other = another_coach()
    draft = draft_of(world, screening, strengths="Den andens ord.")
    services.save_draft(screening=screening, draft=draft, version=1, by=other, today=world.today)
    page = coach.post(address("edit", screening), typed(screening, strengths="Mine ord.", **note))
    words = text_of(page)
    assert "En anden" in words
    assert "Den andens ord." in words
    assert "Mine ord." in words
    rivals = {rival.label: rival for rival in page.context["form"].rivals}
    assert rivals["Det taler for"].choice == ""
    screening.refresh_from_db()
    assert screening.strengths == "Den andens ord."
    chosen = {rival.control: "mine" for rival in rivals.values()}
    again = typed(screening, strengths="Mine ord.", **seen(page), **chosen)
    coach.post(address("edit", screening), again)
    screening.refresh_from_db()
    assert screening.strengths == "Mine ord."


def test_a_page_opened_before_it_was_sent_changes_nothing(world, coach):
    screening = opened(world)
    old = typed(screening, strengths="For sent")
    recommended(world, case=screening.case)
    page = coach.post(address("edit", screening), old, follow=True)
    assert "ligger hos projektlederen" in text_of(page)
    screening.refresh_from_db()
    assert screening.strengths == TEXTS["strengths"]


def test_warnings_have_a_box_each(world, coach):
    screening = opened(world, 3)
    page = coach.get(address("edit", screening))
    assert 'name="answer_no_budget"' in page.content.decode()
    coach.post(address("edit", screening), typed(screening, answer_no_budget="Vi har talt om det."))
    screening.refresh_from_db()
    assert screening.warnings["no_budget"]["answer"] == "Vi har talt om det."


# --- Check page ----------------------------------------------------------------------------------------------------------


def test_the_check_page_says_what_is_missing_with_a_way_to_it(world, coach):
    screening = drafted(world, staff=[world.user(Role.COACH)], plan="")
    page = coach.get(address("check", screening))
    body = page.content.decode()
    assert "mindst to" in text_of(page)
    for anchor in ("id_staff_0", "id_plan", "id_strengths"):
        assert f'href="{address("edit", screening)}#{anchor}"' in body
    refused = coach.post(address("check", screening), {"version": screening.version, "recommendation": "continue"})
    assert "mindst to" in text_of(refused)
    assert "Skriv om planen." in text_of(refused)
    screening.refresh_from_db()
    assert screening.state == ScreeningState.DRAFT


def test_the_recommendation_is_chosen_in_the_words_of_the_screening(world, coach):
    screening = drafted(world, 3)
    page = text_of(coach.get(address("check", screening)))
    assert "Grøn: lånet kan godkendes" in page
    assert "Vælg" in text_of(coach.post(address("check", screening), {"version": screening.version}))
    coach.post(address("check", screening), {"version": screening.version, "recommendation": "revise"})
    screening.refresh_from_db()
    assert (screening.state, screening.recommendation) == (ScreeningState.RECOMMENDED, Outcome.REVISE)


def test_sending_twice_or_from_an_old_page_is_answered_politely(world, coach):
    screening = drafted(world)
    old = {"version": screening.version - 1, "recommendation": "stop"}
    page = coach.post(address("check", screening), old, follow=True)
    assert "En anden har ændret screeningen" in text_of(page)
    good = {"version": screening.version, "recommendation": "continue"}
    coach.post(address("check", screening), good)
    page = coach.post(address("check", screening), {**good, "recommendation": "stop"}, follow=True)
    assert page.redirect_chain[-1][0] == address("detail", screening)
    assert "Screeningen er allerede sendt: Fortsæt. Intet er ændret." in text_of(page)
    screening.refresh_from_db()
    assert screening.recommendation == Outcome.CONTINUE


# --- Decision ------------------------------------------------------------------------------------------------------------


def test_the_decision_is_repeated_then_locked(world, lead):
    screening = recommended(world)
    page = lead.post(address("decide", screening), decision(screening))
    words = text_of(page)
    assert "Afgør Screening 1 for" in words
    assert "Sagen går videre til fasen »Forretningsudvikling«." in words
    screening.refresh_from_db()
    assert not screening.is_decided
    page = lead.post(address("decide", screening), decision(screening, step="confirm"), follow=True)
    assert "Screeningen er afgjort og låst." in text_of(page)
    screening.refresh_from_db()
    assert screening.outcome == Outcome.CONTINUE
    again = lead.post(address("decide", screening), decision(screening, step="confirm"), follow=True)
    assert "har allerede afgjort denne screening" in text_of(again)
    assert screening.case.letters.count() == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"outcome": ""}, ["Vælg"]),
        ({"outcome": "maybe"}, ["maybe"]),
        ({"outcome": "revise"}, ["Skriv begrundelsen", "Skriv, hvad der skal", "Skriv en dato efter i dag"]),
        (
            {"outcome": "revise", "reasons": "x", "improvements": "x", "return_by": "20-11-2026"},
            ["Skriv en dato efter"],
        ),
        (
            {"outcome": "revise", "reasons": "x", "improvements": "x", "return_by": "18-12-2062"},
            ["Skriv en dag inden for et år. Er årstallet rigtigt?"],
        ),
        ({"outcome": "stop", "reasons": "x"}, ["hvordan borgeren er blevet hørt"]),
        ({"outcome": "stop", "reasons": "x", "hearing": "not_needed"}, ["Skriv, hvorfor partshøring ikke"]),
        ({"outcome": "stop", "reasons": "x", "hearing": "answered"}, ["Skriv, hvad borgeren har svaret."]),
    ],
)
def test_what_a_decision_lacks_is_said_at_the_field(world, lead, changes, words):
    screening = recommended(world)
    page = lead.post(address("decide", screening), decision(screening, **changes))
    assert page.status_code == 200
    for word in words:
        assert word in text_of(page)
    assert "Lås afgørelsen" not in text_of(page)
    screening.refresh_from_db()
    assert not screening.is_decided


def test_going_back_from_the_check_page_keeps_what_was_typed(world, lead):
    screening = recommended(world)
    data = decision(
        screening, outcome="revise", reasons="Der mangler kunder.", improvements="Find to.", return_by="18-12-2026"
    )
    check = lead.post(address("decide", screening), data)
    assert 'name="return_by" value="18-12-2026"' in check.content.decode()
    back = lead.post(address("decide", screening), {**data, "step": "edit"})
    assert "Find to." in text_of(back)
    lead.post(address("decide", screening), {**data, "step": "confirm"})
    screening.refresh_from_db()
    assert (screening.improvements, screening.return_by) == ("Find to.", LATER)


def test_stop_shows_letter_and_next_step(world, lead):
    screening = recommended(world, recommendation=Outcome.STOP)
    heard = {"hearing": "not_needed", "hearing_note": "Du har selv sagt det."}
    data = decision(screening, outcome="stop", reasons="Idéen kan ikke sælges.", **heard, step="confirm")
    page = lead.post(address("decide", screening), data, follow=True)
    words = text_of(page)
    assert "Du har selv sagt det." in words
    assert "Næste skridt: Tal med borgeren" in words
    body = page.content.decode()
    assert reverse("letters:case_letters", kwargs={"number": screening.case.number}) in body


def test_a_screening_changed_meanwhile_is_read_again(world, lead):
    screening = recommended(world)
    old = decision(screening, step="confirm", version=screening.version - 1)
    page = lead.post(address("decide", screening), old, follow=True)
    assert "Læs den igen." in text_of(page)
    screening.refresh_from_db()
    assert not screening.is_decided


def test_a_draft_is_not_decided(world, lead):
    screening = drafted(world)
    page = lead.post(address("decide", screening), decision(screening))
    assert "endnu" in text_of(page)


def test_modules_are_chosen_with_screening_2(world, lead):
    ensure_catalogue()
    module = CourseModule.objects.get(code="vat_tax")
    screening = recommended(world, 2)
    assert module.title in text_of(lead.get(address("decide", screening)))
    data = decision(screening, modules=[module.pk])
    check = lead.post(address("decide", screening), data)
    assert "Bevilgede kursusmoduler" in text_of(check)
    assert module.title in text_of(check)
    page = lead.post(address("decide", screening), {**data, "step": "confirm"}, follow=True)
    assert module.title in text_of(page)


@pytest.mark.parametrize(
    ("months", "words"),
    [
        ("4", "1 til 3 måneder"),
        ("0", "1 til 3 måneder"),
        ("", "1 til 3 måneder"),
        ("abc", "Vælg 1 til 3 måneder på listen."),
    ],
)
def test_a_fourth_month_at_once_is_refused_at_the_field(world, lead, months, words):
    screening = recommended(world, 4)
    for step in ("check", "confirm"):
        page = lead.post(address("decide", screening), decision(screening, months=months, step=step))
        assert words in text_of(page)
        assert 'id="id_months_error"' in page.content.decode()
    screening.refresh_from_db()
    assert not screening.is_decided
    assert screening.case.support_periods.count() == 1


def test_a_seventh_month_in_all_is_refused_at_the_field(world, lead):
    case = case_for(world, 4)
    for _round in range(2):
        decided(world, 4, case=case, values={"months": 3})
    screening = recommended(world, 4, case=case)
    page = lead.post(address("decide", screening), decision(screening, months="1"))
    assert 'id="id_months_error"' in page.content.decode()
    assert "Der er ingen måneder tilbage at give: regelsættet tillader 6 i alt." in text_of(page)
    assert case.support_periods.count() == 3


def test_an_extension_of_two_months(world, lead):
    screening = recommended(world, 4)
    page = text_of(lead.get(address("decide", screening)))
    assert "Forlæng tilskuddet" in page
    assert "Afslut tilskuddet" in page
    assert "Ret og kom igen" not in page
    assert "Partshøring" not in page
    check = text_of(lead.post(address("decide", screening), decision(screening, months="2")))
    page = lead.post(address("decide", screening), decision(screening, months="2", step="confirm"), follow=True)
    assert "2 måneder" in text_of(page)
    ends_on = screening.case.support_periods.latest("ends_on").ends_on
    assert f"Tilskuddet slutter så {danish.long_date(ends_on)}" in check
    assert screening.case.support_periods.count() == 2


def test_what_is_read_before_a_decision_stands_part_by_part_with_its_weights(world, lead):
    screening = recommended(world, 3)
    screening.scores.filter(criterion__code="plan").update(value=1)
    page = lead.get(address("decide", screening))
    words = text_of(page)
    places = [words.index(told) for told in ("Advarsler og svar", "Kriterier", "De tre P'er")]
    assert places == sorted(places)
    assert "Forretningsplan i detaljer · vejer dobbelt" in words
    # Five that weigh 1 and two that weigh 2 at 4, and one that weighs 2 at 1.
    assert "Gennemsnit 3,5 af 5 med vægt, 3,6 uden." in words
    data = decision(screening, outcome="revise", reasons="x", improvements="y", return_by="18-12-2026")
    assert "har til og med den 18. december 2026" in text_of(lead.post(address("decide", screening), data))


def test_a_pensioner_gets_no_months(world, lead):
    screening = recommended(world, 4, case=case_for(world, 4, pensioner=True))
    page = lead.get(address("decide", screening))
    assert "Status registreret" in text_of(page)
    assert 'name="months"' not in page.content.decode()
    page = lead.post(address("decide", screening), decision(screening, months="2", step="confirm"), follow=True)
    assert "Status registreret" in text_of(page)
    assert screening.case.support_periods.count() == 0


def test_a_coach_who_follows_the_task_of_the_project_lead_reads_the_screening(world, coach):
    screening = recommended(world, 4)
    page = coach.get(address("decide", screening), follow=True)
    assert page.redirect_chain == [(address("detail", screening), 302)]
    assert "Det afgør projektlederen." in text_of(page)
    assert coach.post(address("decide", screening), decision(screening, months="2", step="confirm")).status_code == 403


# --- Reading -------------------------------------------------------------------------------------------------------------


def test_a_decided_screening_is_read_only(world, coach):
    screening = decided(world, 1, BACK)
    page = coach.get(address("detail", screening))
    words = text_of(page)
    assert "Låst" in words
    assert "Find to faste kunder." in words
    assert "Talt igennem." in words
    for name in ("edit", "check"):
        assert coach.get(address(name, screening)).url == address("detail", screening)
    page = coach.post(address("edit", screening), typed(screening), follow=True)
    assert "Intet er gemt." in text_of(page)


def test_a_screening_is_found_under_its_own_case_only(world, coach):
    screening, other = opened(world), case_for(world, 1)
    assert coach.get(case_page("detail", other, pk=screening.pk)).status_code == 404
    assert coach.get(case_page("detail", other, pk=10**25)).status_code == 404


def test_taking_back_makes_a_draft(world, coach):
    screening = recommended(world)
    assert coach.post(address("take_back", screening)).url == address("edit", screening)
    screening.refresh_from_db()
    assert screening.state == ScreeningState.DRAFT


def test_a_page_from_before_takes_back_no_other_recommendation(world, coach):
    """A hearing about the new one would count no more."""
    screening = recommended(world)
    shown = coach.get(address("detail", screening)).content.decode()
    assert f'name="version" value="{screening.version}"' in shown
    draft = services.take_back(screening=screening, by=world.user(Role.COACH), today=world.today)
    services.recommend(screening=draft, recommendation=Outcome.STOP, by=world.user(Role.COACH), today=world.today)
    page = coach.post(address("take_back", screening), {"version": screening.version}, follow=True)
    assert "Screeningen er ændret" in text_of(page)
    screening.refresh_from_db()
    assert screening.state == ScreeningState.RECOMMENDED
    assert coach.post(address("take_back", screening), {"version": "x" * 50}).status_code == 302


def test_what_is_written_has_an_end_and_no_unseen_signs(world, coach):
    screening = opened(world)
    note = f"note_{screening.scores.first().criterion_id}"
    page = text_of(coach.post(address("edit", screening), typed(screening, plan="x" * 10_001, **{note: "y" * 4001})))
    assert "Skriv højst 10.000 tegn. Der er 10.001." in page
    assert "Skriv højst 4.000 tegn. Der er 4.001." in page
    coach.post(address("edit", screening), typed(screening, **{note: "Møder\x0btil \u202etiden"}))
    assert screening.scores.first().note == "Møder til tiden"


def test_reading_and_writing_are_logged(world, coach):
    screening = opened(world)
    coach.get(address("detail", screening))
    coach.post(address("edit", screening), typed(screening))
    seen = AccessLog.objects.filter(case_numbers__contains=[screening.case.number]).values_list("what", "action")
    assert ("screening:detail", AccessAction.VIEW) in seen
    assert ("screening:edit", AccessAction.CHANGE) in seen


def queries(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as found:
        assert client.get(url).status_code == 200
    return len(found)


def test_the_pages_ask_the_same_number_of_queries_for_few_and_many(world, coach):
    case = case_for(world, 1)
    first = decided(world, 1, BACK, case=case)
    budget(world, case)
    pages = [
        case_page("list", case),
        address("detail", first),
        case_page("budget", case),
        case_page("budget_edit", case),
    ]
    few = [queries(coach, url) for url in pages]
    for number in range(3):
        decided(world, 1, BACK, case=case)
        budget(world, case, *[line(f"Ting {index}") for index in range(5 + number)])
    assert [queries(coach, url) for url in pages] == few


def test_who_has_left_is_not_offered_but_stays_where_they_were(world):
    gone = another_coach()
    gone.is_active = False
    gone.save()
    case = case_for(world, 1)
    assert gone not in possible_staff(case)
    assert gone in possible_staff(case, [gone])


def test_the_form_asks_the_same_number_of_queries_however_many_work_here(world, coach):
    screening = drafted(world)
    few = [queries(coach, address(name, screening)) for name in ("edit", "check")]
    for _number in range(4):
        another_coach()
    assert [queries(coach, address(name, screening)) for name in ("edit", "check")] == few
