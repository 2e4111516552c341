"""The hearing before a stop has a record of its own, and the decision waits for it (danish-rules.md §2.1)."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cases.letters.models import Letter
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from screening import services
from screening.enums import Hearing, Outcome
from screening.forms import DecideForm
from screening.models import HearingRecord
from tests.screening.builders import NO, TODAY, drafted, recommended
from tests.screening.pages import address, text_of

DAYS = timedelta(days=14)
SHOWN = "Du er kommet til 3 af 9 møder.\nDer er ingen kunder i planen."
EXPIRED = replace(NO, hearing=Hearing.EXPIRED, hearing_note="")


@pytest.fixture
def screening(world):
    return recommended(world, 2, recommendation=Outcome.STOP)


def hold(world, screening, **changes):
    values = {"shown": SHOWN, "answer_by": TODAY + DAYS, "by": world.user(Role.COACH), "today": TODAY, **changes}
    return services.hold_hearing(screening=screening, **values)


def answer(world, record, today=TODAY, **changes):
    values = {"answer": "Jeg har fået en kunde.", "answered_on": today, "by": world.user(Role.COACH), **changes}
    return services.record_answer(record=record, today=today, **values)


def check(world, screening, decision, today=TODAY):
    screening.refresh_from_db()
    by = world.user(Role.PROJECT_LEAD)
    services.check_decision(screening=screening, decision=decision, by=by, today=today)


def test_the_citizen_is_shown_what_the_decision_would_rest_on(world, screening):
    record = hold(world, screening)
    letter = Letter.objects.get(case=screening.case, kind="screening_hearing")
    assert letter.context["shown"] == SHOWN.splitlines()
    assert record.answer_by == TODAY + DAYS
    task = screening.case.tasks.get(kind="screening_hearing")
    assert (task.holder, task.due_on) == ("citizen", TODAY + DAYS)
    assert not screening.case.tasks.filter(kind="screening_decide", done_at__isnull=True).exists()


def test_a_stop_waits_until_the_last_day_has_passed(world, screening):
    hold(world, screening)
    for decision in (NO, EXPIRED, replace(NO, hearing=Hearing.NOT_NEEDED)):
        with pytest.raises(Refused, match="4. december"):
            check(world, screening, decision, TODAY + DAYS)
    check(world, screening, EXPIRED, TODAY + DAYS + timedelta(days=1))


def test_an_answer_frees_the_decision_at_once(world, screening):
    record = answer(world, hold(world, screening))
    check(world, screening, NO)
    for decision in (EXPIRED, replace(NO, hearing=Hearing.NOT_NEEDED)):
        with pytest.raises(Refused, match="Borgeren har svaret"):
            check(world, screening, decision)
    assert record.answered_on == TODAY
    screening.case.refresh_from_db()
    assert screening.case.tasks.filter(kind="screening_decide", done_at__isnull=True).exists()


def test_the_passed_deadline_is_proposed_the_day_after(world, screening):
    record = hold(world, screening)
    for days, proposed in ((0, None), (1, Hearing.EXPIRED)):
        day = record.answer_by + timedelta(days=days)
        assert DecideForm(screening=screening, today=day, heard=record)["hearing"].value() == proposed


def test_a_late_answer_counts_until_the_decision(world, screening):
    record, late = hold(world, screening), TODAY + DAYS + timedelta(days=3)
    with clock.at(late):
        answer(world, record, today=late)
        check(world, screening, NO, late)


def test_a_deadline_that_was_never_set_has_not_passed(world, screening):
    with pytest.raises(Refused, match="ikke sendt en partshøring"):
        check(world, screening, EXPIRED)


STOP = """UPDATE screening_screening SET state = 'decided', outcome = 'stop', reasons = 'Ingen kunder.', hearing = %s,
          hearing_note = 'Ja', decided_at = now(), decided_on = %s, decided_by_id = %s WHERE id = %s"""


@pytest.mark.parametrize(
    ("heard", "said", "day"),
    [
        ("", Hearing.EXPIRED, TODAY),
        ("earlier", Hearing.EXPIRED, TODAY + DAYS + timedelta(days=1)),
        ("running", Hearing.EXPIRED, TODAY + DAYS),
        ("running", Hearing.NOT_NEEDED, TODAY),
        ("answered", Hearing.EXPIRED, TODAY + DAYS + timedelta(days=1)),
        ("answered", Hearing.NOT_NEEDED, TODAY),
    ],
)
def test_the_database_refuses_a_stop_that_the_record_speaks_against(world, screening, heard, said, day):
    if heard:
        record = hold(world, screening)
        if heard == "answered":
            answer(world, record)
        if heard == "earlier":
            services.take_back(screening=screening, by=world.user(Role.COACH), today=TODAY)
    lead = world.user(Role.PROJECT_LEAD).pk
    with pytest.raises(IntegrityError, match="screening_stop_fits_hearing"), transaction.atomic():
        _stop(said, day, lead, screening.pk)


def test_the_database_takes_a_stop_that_the_record_bears_out(world, screening):
    hold(world, screening)
    _stop(Hearing.EXPIRED, TODAY + DAYS + timedelta(days=1), world.user(Role.PROJECT_LEAD).pk, screening.pk)
    screening.refresh_from_db()
    assert screening.outcome == Outcome.STOP


def _stop(*values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STOP, values)


def test_continue_does_not_wait(world, screening):
    hold(world, screening)
    check(world, screening, services.ScreeningDecision(Outcome.CONTINUE))


@pytest.mark.parametrize("role", [Role.REFERRAL_SPECIALIST, Role.CASEWORKER, Role.MANAGER, Role.ADMINISTRATOR])
def test_the_team_holds_hearings(world, screening, role):
    with pytest.raises(Refused):
        hold(world, screening, by=world.user(role))
    record = hold(world, screening)
    with pytest.raises(Refused):
        answer(world, record, by=world.user(role))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"shown": " "}, "shown"),
        ({"answer_by": TODAY + timedelta(days=6)}, "answer_by"),
        ({"answer_by": TODAY + timedelta(days=91)}, "answer_by"),
    ],
)
def test_what_a_hearing_needs(world, screening, changes, field):
    with pytest.raises(Refused) as refused:
        hold(world, screening, **changes)
    assert refused.value.field == field


def test_one_hearing_a_round_and_none_of_a_draft(world, screening):
    hold(world, screening)
    with pytest.raises(Conflict):
        hold(world, screening)
    with pytest.raises(Refused):
        hold(world, drafted(world))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"answer": ""}, "answer"),
        ({"answered_on": TODAY - timedelta(days=1)}, "answered_on"),
        ({"answered_on": TODAY + timedelta(days=1)}, "answered_on"),
    ],
)
def test_what_an_answer_needs(world, screening, changes, field):
    record = hold(world, screening)
    with pytest.raises(Refused) as refused:
        answer(world, record, **changes)
    assert refused.value.field == field


def test_an_answer_is_registered_once(world, screening):
    record = hold(world, screening)
    answer(world, record)
    assert answer(world, record).answer == "Jeg har fået en kunde."
    with pytest.raises(Conflict):
        answer(world, record, answer="Noget andet.")


@pytest.fixture
def anew(world, screening):
    """A hearing was answered; then the recommendation was taken back and written anew."""
    record, by = answer(world, hold(world, screening)), world.user(Role.COACH)
    draft = services.take_back(screening=screening, by=by, today=TODAY)
    return record, services.recommend(screening=draft, recommendation=Outcome.STOP, by=by, today=TODAY)


def test_a_recommendation_that_is_written_anew_is_heard_anew(world, anew):
    old, screening = anew
    for decision in (NO, EXPIRED):
        with pytest.raises(Refused, match="hørt om en tidligere indstilling"):
            check(world, screening, decision)
    check(world, screening, replace(NO, hearing=Hearing.NOT_NEEDED))
    new = hold(world, screening)
    with pytest.raises(Refused, match="4. december"):
        check(world, screening, NO)
    answer(world, new)
    check(world, screening, NO)
    assert services.hearings_of(screening) == [new, old]


def test_a_hearing_runs_no_more_once_its_recommendation_is_taken_back(world, screening):
    record = hold(world, screening)
    draft = services.take_back(screening=screening, by=world.user(Role.COACH), today=TODAY)
    assert draft.hearing_until is None
    assert services.hearing_of(draft) is None
    sent = services.recommend(screening=draft, recommendation=Outcome.STOP, by=world.user(Role.COACH), today=TODAY)
    new = hold(world, sent)
    answer(world, record)
    sent.refresh_from_db()
    assert sent.hearing_until == new.answer_by


def test_both_hearings_stand_on_the_page_and_the_old_letter_can_be_answered(world, screening, coach):
    hold(world, screening)
    services.take_back(screening=screening, by=world.user(Role.COACH), today=TODAY)
    page = text_of(coach.get(address("detail", screening)))
    assert "Om den tidligere indstilling fra den 20. november 2026" in page
    there = f"{address('hearing_answer', screening)}?recommendation=1"
    page = text_of(coach.post(there, {"answer": "Jeg har en kunde.", "answered_on": "20-11-2026"}, follow=True))
    assert "Svaret handlede om en tidligere indstilling." in page
    assert "Jeg har en kunde." in page


@pytest.mark.parametrize(
    ("sql", "guard"),
    [
        ("UPDATE screening_hearingrecord SET shown = 'x' WHERE id = %s", "hearing_kept"),
        ("UPDATE screening_hearingrecord SET recommendation_number = 2 WHERE id = %s", "hearing_kept"),
        ("DELETE FROM screening_hearingrecord WHERE id = %s", "hearing_kept"),
        ("UPDATE screening_hearingrecord SET answer = 'x' WHERE id = %s", "hearing_answer_kept"),
    ],
)
def test_the_database_keeps_what_was_shown_and_answered(world, screening, sql, guard):
    record = hold(world, screening)
    if guard == "hearing_answer_kept":
        answer(world, record)
    refused(sql, record.pk, guard=guard)


def test_the_database_keeps_the_hearing_of_a_decided_round(world, screening):
    record = answer(world, hold(world, screening))
    services.decide(screening=screening, decision=NO, by=world.user(Role.PROJECT_LEAD), today=TODAY)
    for sql in (
        "UPDATE screening_hearingrecord SET answer = 'x' WHERE id = %s",
        "DELETE FROM screening_hearingrecord WHERE id = %s",
    ):
        refused(sql, record.pk, guard="hearing_(answer_)?kept|hearing_locked")
    insert = """INSERT INTO screening_hearingrecord
        (screening_id, recommendation_number, shown, sent_on, sent_by_id, answer_by, answer, created_at)
        SELECT screening_id, 9, shown, sent_on, sent_by_id, answer_by, '', created_at
          FROM screening_hearingrecord WHERE id = %s"""
    refused(insert, record.pk, guard="hearing_locked_with_screening")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("answer = 'x'", "hearing_answer_whole"),
        ("answered_on = sent_on", "hearing_answer_whole"),
    ],
)
def test_what_the_database_refuses(world, screening, change, guard):
    record = hold(world, screening)
    refused(f"UPDATE screening_hearingrecord SET {change} WHERE id = %s", record.pk, guard=guard)


@pytest.mark.parametrize(
    ("changes", "guard"),
    [
        ({"shown": " "}, "hearing_shows_something"),
        ({"answer_by": TODAY}, "hearing_has_time"),
        ({}, "hearing_once"),
    ],
)
def test_what_a_record_has_to_be(world, screening, changes, guard):
    hold(world, screening)
    values = {"shown": "x", "answer_by": TODAY + DAYS, **changes}
    if changes:
        values["recommendation_number"] = 2
    with pytest.raises(IntegrityError, match=guard), transaction.atomic():
        HearingRecord.objects.create(screening=screening, sent_on=TODAY, sent_by=world.user(Role.COACH), **values)


def refused(sql, *values, guard):
    with pytest.raises(IntegrityError, match=guard), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


def test_the_pages_from_hearing_to_decision(world, screening, coach, lead):
    assert "Hold partshøring" in text_of(coach.get(address("detail", screening)))
    version = coach.get(address("hearing", screening)).context["form"]["version"].value()
    data = {"shown": SHOWN, "answer_by": "4/12-26", "version": version}
    response = coach.post(address("hearing", screening), {**data, "answer_by": "21-11-2026", "step": "check"})
    assert "Giv borgeren mindst til og med den 27. november 2026." in text_of(response)
    response = coach.post(address("hearing", screening), {**data, "answer_by": "4-12-2062", "step": "check"})
    assert "Skriv en dag inden for tre måneder. Er årstallet rigtigt?" in text_of(response)
    assert "Send dette til" in text_of(coach.post(address("hearing", screening), {**data, "step": "check"}))
    assert not HearingRecord.objects.exists()
    page = text_of(coach.post(address("hearing", screening), {**data, "step": "send"}, follow=True))
    assert "Partshøringen er sendt." in page
    page = text_of(lead.get(address("decide", screening)))
    assert "Der er ingen kunder i planen." in page
    posted = {"answer": "Jeg har fået en kunde.", "answered_on": "20-11-2026"}
    page = text_of(coach.post(address("hearing_answer", screening), posted, follow=True))
    assert "Svaret er registreret." in page
    form = lead.get(address("decide", screening)).context["form"]
    assert form["hearing"].value() == Hearing.ANSWERED
    assert form["hearing_note"].value() == "Jeg har fået en kunde."


def test_what_the_lead_typed_stays_when_the_answer_comes(world, screening, lead):
    record = hold(world, screening)
    screening.refresh_from_db()
    typed = {
        "version": screening.version,
        "rests_on": services.versions_now(screening.case),
        "outcome": "stop",
        "reasons": "Der er ingen kunder.",
        "hearing": "not_needed",
        "hearing_note": "Det haster.",
        "step": "confirm",
    }
    answer(world, record)
    page = lead.post(address("decide", screening), typed)
    assert "Screeningen er ændret, siden du åbnede den" in text_of(page)
    assert "Jeg har fået en kunde." in text_of(page)
    screening.refresh_from_db()
    form = page.context["form"]
    assert (form["reasons"].value(), form["version"].value()) == ("Der er ingen kunder.", str(screening.version))
    services.take_back(screening=screening, by=world.user(Role.COACH), today=TODAY)
    assert lead.post(address("decide", screening), typed).url == address("detail", screening)


def test_a_hearing_of_a_recommendation_that_was_sent_anew_is_a_conflict(world, screening, coach):
    by, old = world.user(Role.COACH), screening.version
    fresh = services.take_back(screening=screening, by=by, today=TODAY)
    fresh = services.recommend(screening=fresh, recommendation=Outcome.CONTINUE, by=by, today=TODAY)
    with pytest.raises(Conflict):
        hold(world, fresh, version=old)
    data = {"shown": SHOWN, "answer_by": "4/12-26", "version": old}
    for step in ("check", "send"):
        page = text_of(coach.post(address("hearing", fresh), {**data, "step": step}, follow=True))
        assert "Screeningen er ændret" in page
    assert not HearingRecord.objects.exists()
    assert hold(world, fresh, version=fresh.version).screening == fresh


def test_a_second_press_and_a_decided_round_lead_to_the_screening(world, screening, coach):
    hold(world, screening)
    there = address("detail", screening)
    assert coach.get(address("hearing", screening)).url == there
    services.decide(
        screening=screening,
        decision=services.ScreeningDecision(Outcome.REVISE, "Mangler", "Ret", TODAY + DAYS),
        by=world.user(Role.PROJECT_LEAD),
        today=TODAY,
    )
    assert coach.get(address("hearing_answer", screening)).url == there
