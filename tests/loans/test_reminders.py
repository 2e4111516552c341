"""The friendly reminder: once per loan and due date, never late, never to who has paid (domain.md §7.6)."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.letters import services as letter_services
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from cases.models import CaseFile, Task
from loans import reminders
from loans.enums import EntryKind, SupportKind
from loans.models import Loan
from loans.queries import current_plan
from loans.services import write_entry
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.jobs import Counts, run_jobs
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.world import World

JOB = "instalment_reminders"
PART = Decimal("2917.00")


@pytest.fixture
def loan(world: World) -> Loan:
    return builders.paid_out(world)


@pytest.fixture
def due(loan: Loan) -> date:
    """The first due date: 20 December 2026 is a month after the payout, so 1 January, a holiday, so 4 January."""
    first = current_plan(loan).instalments.order_by("number").first().due_on
    assert first == date(2027, 1, 4)
    return first


def run(day: date) -> Counts:
    return run_jobs(day, only=JOB)[JOB]


def made() -> list[Letter]:
    return list(Letter.objects.filter(kind="instalment_reminder").order_by("created_at"))


def test_a_week_before_the_due_date(loan: Loan, due: date) -> None:
    assert run(due - timedelta(days=8)) == Counts(created=0, skipped=0)
    assert run(due - timedelta(days=7)) == Counts(created=1, skipped=0)
    (letter,) = made()
    assert (letter.context["amount"], letter.context["due"]) == ("2917.00", due.isoformat())
    assert (letter.context["number"], letter.context["count"]) == (1, 12)
    assert letter.context["payment_reference"] == loan.payment_reference
    assert letter.dated == due - timedelta(days=7)


def test_the_same_day_twice_makes_it_once(loan: Loan, due: date) -> None:
    assert run(due - timedelta(days=7)).created == 1
    assert run(due - timedelta(days=7)) == Counts(created=0, skipped=1)
    assert run(due - timedelta(days=6)) == Counts(created=0, skipped=1)
    assert len(made()) == 1


def test_three_missed_days_are_caught_up_once(loan: Loan, due: date) -> None:
    run(due - timedelta(days=9))
    assert run(due - timedelta(days=5)).created == 1
    assert len(made()) == 1


def test_nothing_after_the_due_date(loan: Loan, due: date) -> None:
    assert run(due + timedelta(days=1)).created == 0
    assert made() == []


def test_on_the_due_date_itself_it_is_not_too_late(loan: Loan, due: date) -> None:
    assert run(due).created == 1


def test_each_instalment_gets_its_own(loan: Loan, due: date) -> None:
    run(due)
    second = current_plan(loan).instalments.get(number=2).due_on
    assert run(second).created == 1
    assert [letter.context["number"] for letter in made()] == [1, 2]


def test_only_what_remains_is_asked_for(world: World, loan: Loan, due: date) -> None:
    builders.pay(world, loan, "1000", TODAY)
    run(due)
    assert made()[0].context["amount"] == "1917.00"


def test_who_has_paid_ahead_is_not_reminded(world: World, loan: Loan, due: date) -> None:
    builders.pay(world, loan, PART, TODAY)
    assert run(due) == Counts(created=0, skipped=1)


def test_who_has_settled_is_not_reminded(world: World, loan: Loan, due: date) -> None:
    builders.pay(world, loan, loan.principal, TODAY)
    assert run(due).created == 0


def test_what_is_with_recovery_is_not_reminded(loan: Loan, due: date) -> None:
    with builders.past_the_gates():
        write_entry(loan=loan, kind=EntryKind.HANDOVER, amount=-PART, value_date=TODAY, key="h", by=None)
    assert run(due).created == 0


def test_a_loan_that_is_not_paid_out_has_nothing_due(world: World) -> None:
    loan = builders.granted(world)
    assert run(current_plan(loan).instalments.get(number=1).due_on).created == 0


def test_a_grant_is_never_reminded(world: World) -> None:
    builders.paid_out(world, kind=SupportKind.GRANT)
    assert run(date(2027, 1, 4)) == Counts()


def test_an_old_plan_is_not_reminded_of(world: World) -> None:
    """Planned for January and paid out today: only the plan in force counts."""
    loan = builders.paid_out(world, planned_payout_on=date(2027, 1, 8))
    old, new = loan.plan_versions.order_by("version")
    assert old.instalments.first().due_on != new.instalments.first().due_on
    for day in range(120):
        run(TODAY + timedelta(days=day))
    assert [letter.context["due"] for letter in made()] == [
        line.due_on.isoformat() for line in new.instalments.order_by("number")[:3]
    ]


def test_a_loan_in_a_closed_case_is_still_owed(world: World, loan: Loan, due: date) -> None:
    CaseFile.objects.filter(pk=loan.case_id).update(
        phase="closed", closed_on=TODAY, closing_reason="illness", closed_by_choice_of="citizen"
    )
    assert run(due).created == 1


def test_one_letter_that_cannot_be_made_does_not_stop_the_others(world: World, loan: Loan, due: date) -> None:
    other = builders.paid_out(world)
    citizen = loan.case.citizen
    citizen.letter_preference, citizen.street = "paper", ""
    citizen.save()
    for _time in range(2):
        run(due)
    assert [letter.case_id for letter in made()] == [other.case_id]
    task = Task.objects.get(case=loan.case, kind="", done_at=None)  # told once, in words
    assert "adresse" in task.title
    assert task.owner == world.user(Role.COACH)


# --- Asked again at the moment of sending -------------------------------------------------------------------------------


def send(letter: Letter, on: date) -> Letter:
    with clock.at(on):
        return letter_services.dispatch_letter(letter.pk, today=clock.today())


def test_it_is_sent(loan: Loan, due: date) -> None:
    run(due)
    assert send(made()[0], due).status == LetterStatus.DISPATCHED


@pytest.mark.parametrize(("amount", "words"), [("2917", "betalt"), ("1000", "En del"), ("35000", "betalt tilbage")])
def test_a_payment_in_between_holds_it_back(world: World, loan: Loan, due: date, amount: str, words: str) -> None:
    run(due - timedelta(days=7))
    builders.pay(world, loan, amount, TODAY)
    letter = send(made()[0], due - timedelta(days=7))
    assert letter.status == LetterStatus.HELD
    assert words in letter.error


def test_a_hand_over_in_between_holds_it_back(loan: Loan, due: date) -> None:
    run(due - timedelta(days=7))
    with builders.past_the_gates():
        write_entry(loan=loan, kind=EntryKind.HANDOVER, amount=-PART, value_date=TODAY, key="h", by=None)
    assert send(made()[0], due - timedelta(days=7)).status == LetterStatus.HELD


def test_a_letter_that_lay_too_long_is_held_back(loan: Loan, due: date) -> None:
    run(due - timedelta(days=7))
    assert send(made()[0], due + timedelta(days=1)).status == LetterStatus.HELD


# --- Many -------------------------------------------------------------------------------------------------------------


def test_finding_out_takes_a_fixed_number_of_queries(world: World, loan: Loan, due: date) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            reminders.send_due(due)
        return len(caught)

    reminders.send_due(due)
    with_one = queries()
    for _more in range(3):
        builders.paid_out(world)
    reminders.send_due(due)
    assert queries() == with_one
