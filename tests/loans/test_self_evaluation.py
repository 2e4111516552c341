"""The self-evaluation before screening 4: the letter with its form, the wait for the answer, and the reminder."""

import io
from datetime import date, timedelta

import pytest
from pypdf import PdfReader

from cases import services as cases
from cases.enums import Holder, Livelihood, Phase
from cases.letters.models import Letter
from cases.letters.services import dispatch_letter
from cases.models import Task
from loans import self_evaluation, services
from loans.journey import check_extension, extension_fields, facts
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Refused
from screening.citizen_forms.reading import read_form
from screening.papers.enums import PaperKind
from screening.services import PaperData, save_paper
from tests.loans import builders
from tests.support.pdf_ua import faults_of
from tests.support.world import World

ANSWERS = {"good": "Kunderne kommer igen."}


@pytest.fixture
def loan(world):
    return builders.paid_out(world)


@pytest.fixture
def asked(world, loan):
    services.request_self_evaluation(case=loan.case, by=world.user(Role.COACH), today=world.today)
    return Letter.objects.get(case=loan.case, kind="self_evaluation_request")


def pensioner(world: World):
    case = builders.new_case(world, livelihood=Livelihood.DISABILITY_PENSION)
    return builders.put_in_phase(case, Phase.MAIN_COURSE, on=world.today)


def answer(world: World, case, on: date) -> None:
    data = PaperData(kind=PaperKind.SELF_EVALUATION, answers=ANSWERS, answered_on=on)
    save_paper(case=case, data=data, by=world.user(Role.COACH), today=on)


def task(case, kind, on):
    with clock.at(on):
        cases.reconcile_all(on)
    return Task.objects.filter(case=case, kind=kind, done_at=None).first()


def back_by(letter) -> date:
    return self_evaluation.back_by_of(letter)


def test_the_letter_holds_the_form(world: World, loan) -> None:
    goals = {"goal_1": "Ti faste kunder", "goal_1_by": "2027-01-31"}
    data = PaperData(kind=PaperKind.ACTION_PLAN, answers=goals, answered_on=world.today)
    save_paper(case=loan.case, data=data, by=world.user(Role.COACH), today=world.today)
    services.request_self_evaluation(case=loan.case, by=world.user(Role.COACH), today=world.today)
    letter = Letter.objects.get(case=loan.case, kind="self_evaluation_request")
    pdf = letter.read_pdf()
    found = read_form(pdf)
    assert (found.identity.case_number, found.identity.kind, found.identity.version) == (
        loan.case.number,
        "self_evaluation",
        1,
    )
    assert {name: text for name, text in found.values.items() if text} == {**goals, "goal_1_by": "31-01-2027"}
    assert "extension_why" in found.values
    assert faults_of(pdf) == []
    words = PdfReader(io.BytesIO(pdf)).pages[0].extract_text()
    assert "Fortæl os, hvordan det går" in words


def test_a_pensioner_takes_part_without_support(world: World) -> None:
    case = pensioner(world)
    end = world.today + timedelta(weeks=26)
    assert task(case, "self_evaluation", world.today).due_on == end - timedelta(weeks=8)
    occasion = services.request_self_evaluation(case=case, by=world.user(Role.COACH), today=world.today)
    assert (occasion.ends_on, occasion.with_support) == (end, False)
    pdf = Letter.objects.get(case=case).read_pdf()
    assert "extension_why" not in read_form(pdf).values
    words = " ".join(PdfReader(io.BytesIO(pdf)).pages[0].extract_text().split())
    assert "Dine svar ændrer ikke din pension" in words
    assert "tilskud" not in words
    assert [(fact.code, fact.value) for fact in facts(case, 4, world.today)] == [
        ("support_none", "Intet: Borgeren beholder sin førtidspension.")
    ]


def test_the_wait_is_the_citizens_and_then_somebody_calls(world: World, asked) -> None:
    case, by = asked.case, back_by(asked)
    waiting = task(case, "self_evaluation_answer", by)
    assert (waiting.holder, waiting.due_on) == (Holder.CITIZEN, by)
    assert task(case, "self_evaluation_call", by) is None
    call = task(case, "self_evaluation_call", by + timedelta(days=1))
    assert call.holder == Holder.TEAM
    assert task(case, "self_evaluation_answer", by + timedelta(days=1)) is None
    answer(world, case, by + timedelta(days=1))
    assert task(case, "self_evaluation_call", by + timedelta(days=1)) is None


def test_an_answer_from_before_does_not_count(world: World, loan) -> None:
    answer(world, loan.case, world.today)
    tomorrow = world.today + timedelta(days=1)
    with clock.at(tomorrow):
        services.request_self_evaluation(case=loan.case, by=world.user(Role.COACH), today=tomorrow)
    assert task(loan.case, "self_evaluation_answer", tomorrow)


def test_one_reminder_a_week_before(world: World, asked) -> None:
    day = back_by(asked) - timedelta(days=7)
    assert self_evaluation.send_reminders(day - timedelta(days=1)).created == 0
    with clock.at(day):
        assert self_evaluation.send_reminders(day).created == 1
        assert self_evaluation.send_reminders(day).created == 0  # twice is once
    reminder = Letter.objects.get(kind="self_evaluation_reminder")
    assert reminder.context["back_by"] == asked.context["back_by"]


def test_days_that_were_missed_are_caught_up_but_not_after_the_day(world: World, asked) -> None:
    assert self_evaluation.send_reminders(back_by(asked) + timedelta(days=1)).created == 0
    with clock.at(back_by(asked)):
        assert self_evaluation.send_reminders(back_by(asked)).created == 1


def test_nobody_is_reminded_who_has_answered(world: World, asked) -> None:
    answer(world, asked.case, world.today)
    assert self_evaluation.send_reminders(back_by(asked)).created == 0


def test_an_answer_holds_the_reminder_back_at_the_moment_of_sending(world: World, asked) -> None:
    day = back_by(asked)
    with clock.at(day):
        self_evaluation.send_reminders(day)
        reminder = Letter.objects.get(kind="self_evaluation_reminder")
        assert self_evaluation.why_not_send(reminder) == ""
        answer(world, asked.case, day)
        assert "svaret" in self_evaluation.why_not_send(reminder)
        assert dispatch_letter(reminder.pk, today=clock.today()).error == "Borgeren har svaret imens."
    with clock.at(day + timedelta(days=1)):
        assert self_evaluation.why_not_send(reminder) == "Dagen er gået imens."


def test_the_same_answers_again_are_an_answer(world: World, loan) -> None:
    answer(world, loan.case, world.today)
    later = world.today + timedelta(days=30)
    with clock.at(later):
        services.request_self_evaluation(case=loan.case, by=world.user(Role.COACH), today=later)
        assert task(loan.case, "self_evaluation_answer", later)
        answer(world, loan.case, later)
    assert task(loan.case, "self_evaluation_answer", later) is None


def test_nobody_is_reminded_of_an_end_that_has_moved(world: World, asked) -> None:
    day = back_by(asked)
    with clock.at(day - timedelta(days=1)):
        assert self_evaluation.send_reminders(day - timedelta(days=1)).created == 1
    reminder = Letter.objects.get(kind="self_evaluation_reminder")
    assert self_evaluation.why_not_send(reminder) == ""
    builders.extend(world, asked.case, 2)
    assert "flyttet" in self_evaluation.why_not_send(reminder)


def test_no_reminder_is_made_after_an_extension(world: World, asked) -> None:
    builders.extend(world, asked.case, 2)
    assert self_evaluation.send_reminders(back_by(asked)).created == 0


# --- Screening 4 shows the months and offers what is left ----------------------------------------------------------------


def test_screening_4_shows_used_and_remaining_months(world: World, loan) -> None:
    builders.extend(world, loan.case, 2)
    found = {fact.code: fact.value for fact in facts(loan.case, 4, world.today)}
    assert found["support_used"] == "8 af højst 12"
    assert found["extension_left"] == "4"
    assert list(facts(loan.case, 3, world.today)) == []


@pytest.mark.parametrize(("given", "offered"), [((), ["1", "2", "3"]), ((3, 2), ["1"]), ((3, 3), [])])
def test_it_offers_one_to_three_months_within_the_cap(world: World, loan, given, offered) -> None:
    for round_, months in enumerate(given, start=1):
        builders.extend(world, loan.case, months, round_=round_)
    field = extension_fields(loan.case, world.today)["months"]
    assert [value for value, _label in field.choices if value] == offered
    assert not offered or field.clean(offered[0]) == 1
    for months in {1, 2, 3} - {int(value) for value in offered}:
        with pytest.raises(Refused):
            check_extension(loan.case, {"months": months}, world.today)
