"""Arrears from the missed payment to recovery: letters once, pauses, attempts, the gate, hand-over and after (§7.6)."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from cases.letters import services as letter_services
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from cases.models import Task
from cases.services import reconcile_tasks
from loans import arrears, portfolio, services
from loans.enums import ClaimState, EntryKind, HandoverState, LadderStep, Obstacle
from loans.integrity import Report, check_arrears, check_loans, check_payments
from loans.models import ArrearsLetter, Handover, HandoverClaim, LedgerEntry, Loan, ReminderPause, WriteDown
from loans.queries import current_plan, position_of
from loans.services import write_entry
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.jobs import Counts, run_jobs
from tests.loans import builders
from tests.loans.payment_files import csv_file, line
from tests.loans.test_imports import states, take_in
from tests.support.strict import StrictClient
from tests.support.world import World

JOB = "arrears_letters"
COACH, LEAD, OFFICER = Role.COACH, Role.PROJECT_LEAD, Role.BENEFITS_OFFICER
PART = Decimal("2917.00")


@pytest.fixture
def loan(world: World) -> Loan:
    return builders.paid_out(world)


@pytest.fixture
def due(loan: Loan) -> date:
    return current_plan(loan).instalments.order_by("number").first().due_on


def run(day: date) -> Counts:
    return run_jobs(day, only=JOB)[JOB]


def standing(loan: Loan, day: date) -> Any:
    return arrears.standing_of(arrears.with_arrears(Loan.objects.filter(pk=loan.pk)).get(), day)


def send(kind: str, on: date) -> Letter:
    with clock.at(on):
        return letter_services.dispatch_letter(Letter.objects.get(kind=kind).pk, today=on)


def days(day: date, count: int) -> date:
    return day + timedelta(days=count)


# --- Letters -------------------------------------------------------------------------------------------------------------


def test_the_letters_come_on_their_days_each_once(loan: Loan, due: date) -> None:
    assert run(days(due, 9)).created == 0
    assert run(days(due, 10)) == Counts(created=1, skipped=0)
    assert run(days(due, 10)) == Counts(created=0, skipped=1)
    first = Letter.objects.get(kind="first_dunning")
    assert first.context["lines"] == [{"due": due.isoformat(), "amount": "2917.00"}]
    assert send("first_dunning", days(due, 10)).status == LetterStatus.DISPATCHED
    assert run(days(due, 30)).created == 1  # caught up day by day
    assert Letter.objects.get(kind="second_dunning").dated == days(due, 30)
    assert standing(loan, days(due, 30)).claims[0].waiting == (LadderStep.SECOND_DUNNING,)


@pytest.mark.parametrize("happens", ["paid", "partly", "paused", "deferred"])
def test_what_happens_in_between_holds_the_letter_back(world: World, loan: Loan, due: date, happens: str) -> None:
    day = days(due, 10)
    run(day)
    if happens in ("paid", "partly"):
        builders.pay(world, loan, PART if happens == "paid" else "100", day)
    elif happens == "paused":
        pause(world, loan, day)
    else:
        from tests.loans.test_plan_changes import decide, propose

        decide(world, propose(world, loan))
        day = date(2027, 3, 2)
    letter = send("first_dunning", day)
    assert (letter.status, bool(letter.error)) == (LetterStatus.HELD, True)


def pause(world: World, loan: Loan, day: date, length: int = 30) -> ReminderPause:
    return services.pause_reminders(
        loan=loan, until=days(day, length), reason="illness", note="Indlagt", by=world.user(COACH), today=day
    )


def test_a_pause_stops_the_letters_and_its_end_lets_them_go(world: World, loan: Loan, due: date) -> None:
    made = pause(world, loan, days(due, 5))
    with pytest.raises(Conflict):
        pause(world, loan, days(due, 6))
    assert run(days(due, 15)).created == 0
    paused = portfolio.chosen(portfolio.portfolio(world.user(LEAD), days(due, 15)), "paused", days(due, 15))
    assert list(paused) == [loan]
    services.lift_pause(pause=made, by=world.user(COACH), today=days(due, 15))
    with pytest.raises(Conflict):
        services.lift_pause(pause=made, by=world.user(COACH), today=days(due, 15))
    assert run(days(due, 19)).created == 0
    assert run(days(due, 20)).created == 1
    with pytest.raises(IntegrityError, match="pause_final"), transaction.atomic():
        ReminderPause.objects.update(until=days(due, 90))


# --- The hand-over -------------------------------------------------------------------------------------------------------


def propose(world: World, loan: Loan, day: date) -> Handover:
    return services.propose_handover(loan=loan, reason="Vi har talt med dig.", by=world.user(COACH), today=day)


def handed_over(world: World, loan: Loan, due: date) -> tuple[Handover, date]:
    day = builders.all_in_place(world, loan, due)
    with clock.at(day):
        found = services.approve_handover(handover=propose(world, loan, day), by=world.user(LEAD), today=day)
    return found, day


def test_proposed_approved_once_and_in_the_dossier(world: World, loan: Loan, due: date, client_for: Any) -> None:
    found, day = handed_over(world, loan, due)
    entry = LedgerEntry.objects.get(kind=EntryKind.HANDOVER)
    assert (entry.amount, entry.claims, entry.key) == (-PART, [1], f"handover:{found.claims.get().pk}")
    position = position_of(Loan.objects.get(pk=loan.pk))
    assert (position.handed_over, position.lines[0].remaining) == (PART, 0)
    with pytest.raises(Conflict):
        services.approve_handover(handover=found, by=world.user(LEAD), today=day)
    with pytest.raises(Refused, match="Intet må overdrages"):
        propose(world, loan, day)
    client = client_for(world.user(LEAD))
    files = {
        kind: client.get(reverse("loans:handover_dossier", kwargs={"pk": found.pk, "kind": kind}))
        for kind in ("pdf", "csv", "json")
    }
    facts = json.loads(files["json"].content)
    assert facts["agreed_interest_percent"] == "0.00"
    assert facts["claims"][0]["limitation_on"] == "2030-01-04"
    assert len(facts["claims"][0]["notices"]) == 3
    assert facts["debtor"]["cpr"] == loan.case.citizen.cpr.digits
    assert facts["attempts"][0]["reached"]
    assert "2917,00" in b"".join(files["csv"].streaming_content).decode()
    assert files["pdf"].content.startswith(b"%PDF")
    assert "cpr" not in json.dumps(Handover.objects.get().facts)


@pytest.mark.parametrize("missing", ["contact", "first_dunning", "second_dunning", "notice"])
def test_neither_service_nor_database_lets_a_claim_past_the_gate(
    world: World, loan: Loan, due: date, missing: str
) -> None:
    """No screen, command or task: what they all end in is refused, and so is SQL."""
    day = days(due, 61)
    for step, after in (("first_dunning", 10), ("second_dunning", 30), ("notice", 45)):
        if step != missing:
            builders.sent(loan, step, due, days(due, after))
    if missing != "contact":
        builders.reached(world, loan, days(due, 6))
    else:  # often, but on one channel; and two channels, but before the first letter
        for after in (11, 12, 13):
            builders.reached(world, loan, days(due, after), talked=False)
        builders.reached(world, loan, days(due, 9), channel="sms", talked=False)
    with pytest.raises(Refused):
        propose(world, loan, day)
    found = Handover.objects.create(loan=loan, reason="Uden om", proposed_by=world.user(COACH), proposed_on=day)
    claim = HandoverClaim.objects.create(
        handover=found, loan=loan, due_on=due, numbers=[1], amount=PART, limitation_on=day
    )
    with clock.at(day):
        with pytest.raises(Refused):
            services.approve_handover(handover=found, by=world.user(LEAD), today=day)
        with pytest.raises(IntegrityError, match="handover_without"), transaction.atomic():
            write(world, loan, claim, day)


def write(world: World, loan: Loan, claim: HandoverClaim, day: date, **changes: Any) -> LedgerEntry:
    values = {"by": world.user(LEAD), "key": f"handover:{claim.pk}", "claims": [1], **changes}
    return write_entry(loan=loan, kind=EntryKind.HANDOVER, amount=-PART, value_date=day, **values)


def test_the_database_knows_the_other_ways_too(world: World, loan: Loan, due: date) -> None:
    for step, after in (("first_dunning", 10), ("second_dunning", 30), ("notice", 40)):
        builders.sent(loan, step, due, days(due, after))
    builders.reached(world, loan, days(due, 6))
    day = days(due, 61)
    found = propose(world, loan, day)
    claim = found.claims.get()
    for name, changes in {
        "handover_not_proposed": {"key": "handover:0"},
        "handover_by_another_lead": {"by": world.user(COACH)},
        "handover_too_early": {"day": days(due, 59)},
        "handover_without_letters": {"day": days(due, 54)},
    }.items():
        on = changes.pop("day", day)
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            write(world, loan, claim, on, **changes)
    pause = services.pause_reminders(
        loan=loan, until=days(day, 1), reason="illness", note="På hospitalet", by=world.user(COACH), today=day
    )
    with pytest.raises(IntegrityError, match="handover_paused"), transaction.atomic():
        write(world, loan, claim, day)
    ReminderPause.objects.filter(pk=pause.pk).update(lifted_on=day, lifted_by=world.user(COACH))
    before = transaction.savepoint()
    assert write(world, loan, claim, day)  # lifted, it is let through
    transaction.savepoint_rollback(before)
    with (
        connection.cursor() as cursor,
        pytest.raises(IntegrityError, match="claim_handed_over_once"),
        transaction.atomic(),
    ):
        cursor.execute(
            "INSERT INTO loans_handoverclaim (handover_id, loan_id, due_on, numbers, amount, limitation_on, state)"
            " SELECT handover_id, loan_id, due_on, numbers, amount, limitation_on, state FROM loans_handoverclaim"
        )
    with pytest.raises(Refused):
        services.approve_handover(handover=found, by=world.user(COACH), today=day)


def test_what_is_paid_before_the_decision_is_not_handed_over(world: World, loan: Loan, due: date) -> None:
    day = builders.all_in_place(world, loan, due)
    found = propose(world, loan, day)
    builders.pay(world, loan, "1000", day)
    with pytest.raises(Refused, match="kan ikke længere"):
        services.approve_handover(handover=found, by=world.user(LEAD), today=day)
    services.decline_handover(handover=found, answer="Betaler igen", by=world.user(LEAD), today=day)
    assert found.claims.get().state == ClaimState.DROPPED


def test_recalled_by_two_it_is_ours_and_may_be_handed_over_anew(world: World, loan: Loan, due: date) -> None:
    found, day = handed_over(world, loan, due)
    entry = LedgerEntry.objects.get(kind=EntryKind.HANDOVER)
    proposal = services.propose_reversal(
        entry=entry, reason="Forkert beløb", money="", by=world.user(OFFICER), today=day
    )
    services.confirm_reversal(reversal=proposal, by=world.user(LEAD), today=day)
    assert found.claims.get().state == ClaimState.RECALLED
    assert position_of(Loan.objects.get(pk=loan.pk)).handed_over == 0
    with clock.at(day):
        services.approve_handover(handover=propose(world, loan, day), by=world.user(LEAD), today=day)
    assert position_of(Loan.objects.get(pk=loan.pk)).handed_over == PART


def test_recovery_write_down_and_write_off(world: World, loan: Loan, due: date) -> None:
    _found, day = handed_over(world, loan, due)
    officer = world.user(OFFICER)

    def recover(amount: str) -> LedgerEntry:
        return services.register_recovery(
            loan=loan, amount=Decimal(amount), value_date=day, key=f"r:{amount}", voucher="G-1", by=officer, today=day
        )

    with pytest.raises(Refused, match="op til"):
        recover("2917.01")
    assert recover("1000") == recover("1000")
    with clock.at(days(day, 1)):
        payment = builders.pay(world, loan, "500", days(day, 1))
        reconcile_tasks(case=loan.case, today=days(day, 1))
    task = Task.objects.get(case=loan.case, key="write_down", done_at=None)
    assert task.holder == "benefits_officer"
    services.register_write_down(
        payment=payment, amount=Decimal(0), told_on=day, note="Gjaldt marts", by=officer, today=days(day, 1)
    )
    assert not Task.objects.filter(case=loan.case, key="write_down", done_at=None).exists()
    proposal = services.propose_write_off(
        loan=loan, amount=Decimal("1917"), reason="Dødsbo", by=officer, today=days(day, 1)
    )
    with pytest.raises(IntegrityError, match="entry_by_two"), transaction.atomic():
        write_entry(
            loan=loan, kind=EntryKind.WRITE_OFF, amount=Decimal("-1917"), value_date=day, key="alone", by=officer
        )
    with (
        pytest.raises(IntegrityError, match="entry_by_two"),
        transaction.atomic(),
    ):  # another person, but no project lead
        write_entry(
            loan=loan, kind=EntryKind.WRITE_OFF, amount=Decimal("-1917"), value_date=day, key="x", by=world.user(COACH)
        )
    for amount, of in (("500.01", payment), ("1", loan.entries.get(kind=EntryKind.RECOVERY_PAYMENT))):
        with pytest.raises(IntegrityError, match="write_down_"), transaction.atomic():
            WriteDown.objects.create(loan=loan, payment=of, amount=amount, told_on=day, note="x", by=officer)
    services.confirm_write_off(write_off=proposal, by=world.user(LEAD), today=days(day, 1))
    position = position_of(Loan.objects.get(pk=loan.pk))
    assert position.written_off == Decimal("1917")
    assert position.paid + position.outstanding + position.handed_over + position.written_off == loan.principal


def test_a_settlement_file_from_recovery_is_booked_as_recovered(world: World, loan: Loan, due: date) -> None:
    """By the loan's number or its payment reference; more than is with recovery waits for a person."""
    _found, day = handed_over(world, loan, due)
    lines = [
        line("1000", day, Tekst=f"Krav {loan.number}-20270104", Bankreference="G1"),
        line("500", day, **{"Betalings-id": loan.payment_reference}, Bankreference="G2"),
        line("5000", day, Tekst=loan.number, Bankreference="G3"),
    ]
    with clock.at(day):
        world.today = day
        taken = take_in(world, csv_file(lines), is_recovery=True)
    assert states(taken) == ["booked", "booked", "parked"]
    position = position_of(Loan.objects.get(pk=loan.pk))
    assert (position.handed_over, position.paid) == (PART - 1500, Decimal(1500))
    report = Report()
    check_payments(report)
    assert report.problems == []


# --- Screens and tasks ---------------------------------------------------------------------------------------------------


def test_an_attempt_takes_two_presses_from_the_task(
    world: World, loan: Loan, due: date, client_for: Callable[..., StrictClient]
) -> None:
    day = days(due, 5)
    with clock.at(day):
        reconcile_tasks(case=loan.case, today=day)
        task = Task.objects.get(case=loan.case, kind="call_about_payment", done_at=None)
        client = client_for(world.user(COACH))
        page = client.get(task.url).content.decode()
        assert 'name="attempt" value="call:0"' in page
        data = {"attempt": "call:0", "made_on": f"{day:%d-%m-%Y}", "note": ""}
        assert client.post(reverse("loans:attempt", kwargs={"number": loan.case.number}), data).status_code == 302
        task.refresh_from_db()
        assert (task.done_at, task.due_on) == (None, days(day, 3))
        client.post(reverse("loans:attempt", kwargs={"number": loan.case.number}), {**data, "attempt": "call:1"})
        task.refresh_from_db()
        assert task.done_at is not None
    assert Obstacle.CONTACT not in standing(loan, days(due, 61)).claims[0].obstacles


def test_the_tasks_lead_from_the_notice_to_the_decision(world: World, loan: Loan, due: date) -> None:
    for step, after in (("first_dunning", 10), ("second_dunning", 30)):
        builders.sent(loan, step, due, days(due, after))
    builders.reached(world, loan, days(due, 12))

    def kinds(day: date) -> set[str]:
        reconcile_tasks(case=loan.case, today=day)
        return set(Task.objects.filter(case=loan.case, done_at=None).values_list("kind", flat=True))

    day = days(due, 60)
    assert "handover_notice" in kinds(day)
    services.send_notice(loan=loan, by=world.user(COACH), today=day)
    with pytest.raises(Conflict):
        services.send_notice(loan=loan, by=world.user(COACH), today=day)
    send("handover_notice", day)
    day = days(due, 76)
    assert "handover_propose" in kinds(day)
    found = propose(world, loan, day)
    assert {"handover_decide"} <= kinds(day)
    assert "handover_propose" not in kinds(day)
    assert found.state == HandoverState.OPEN


def test_what_is_due_for_many_is_sent_from_one_page(
    world: World, loan: Loan, due: date, client_for: Callable[..., StrictClient]
) -> None:
    url = reverse("loans:reminders")
    with clock.at(days(due, 12)):
        client = client_for(world.user(LEAD))
        page = client.get(url).content.decode()
        assert loan.number in page
        assert "Første rykker" in page
        assert client.post(url, {"loan": str(loan.pk)}).url == reverse("loans:portfolio")
        assert loan.number not in client.get(url).content.decode()  # made, and waits to be sent
        assert client.post(url, {}).url == url
    assert Letter.objects.filter(kind="first_dunning").count() == 1
    assert run(days(due, 12)).created == 0


# --- What is damaged is found --------------------------------------------------------------------------------------------


def test_a_letter_stands_for_its_own_step_and_citizen_alone(world: World, loan: Loan, due: date) -> None:
    first = builders.sent(loan, "first_dunning", due, days(due, 10))
    for of, step in ((loan, "notice"), (loan, "second_dunning"), (builders.granted(world), "first_dunning")):
        with pytest.raises(IntegrityError, match="arrears_letter_fits"), transaction.atomic():
            ArrearsLetter.objects.create(loan=of, due_on=due, step=step, letter=first.letter)


DAMAGE = {
    "nobody talked with": "UPDATE loans_contactattempt SET reached = false",
    "talked with before it fell due": "UPDATE loans_contactattempt SET made_on = made_on - 30",
    "another amount": "UPDATE loans_handoverclaim SET amount = 1",
    "attempts that went missing": "DELETE FROM loans_contactattempt",
    "a claim that went missing": "DELETE FROM loans_handoverclaim",
    "one person alone": "UPDATE loans_handover SET decided_by_id = proposed_by_id",
    "another instalment": "UPDATE loans_ledgerentry SET claims = '{2}' WHERE kind = 'handover'",
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damage_to_a_hand_over_is_found(world: World, loan: Loan, due: date, what: str) -> None:
    handed_over(world, loan, due)

    def found() -> list[str]:
        report = Report()
        for check in (check_arrears, check_loans):
            check(report)
        return report.problems

    assert found() == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        if what == "one person alone":
            cursor.execute("ALTER TABLE loans_handover DROP CONSTRAINT handover_by_another")
        cursor.execute(DAMAGE[what])
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert found()
