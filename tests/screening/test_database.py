"""What the database refuses by itself, whatever code asks for it."""

from threading import Barrier, Event, Thread

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from cases import services as cases
from cases.enums import ClosedBy, ClosingReason
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from screening import services
from screening.enums import BudgetKind, Outcome, ScreeningState
from screening.models import Budget, Screening
from tests.screening.builders import NO, TODAY, YES, budget, case_for, decided, drafted, line, opened, recommended
from tests.support.world import World


def refused(sql: str, *values: object, match: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=match), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.fixture
def locked(world):
    return decided(world, 1, YES)


def test_a_decided_screening_is_not_changed_or_deleted(locked):
    refused("UPDATE screening_screening SET reasons = 'x' WHERE id = %s", locked.pk, match="screening_locked")
    refused("UPDATE screening_screening SET decided_at = NULL WHERE id = %s", locked.pk, match="screening_locked")
    refused("DELETE FROM screening_screening WHERE id = %s", locked.pk, match="screening_locked")


@pytest.mark.parametrize(
    "change",
    [
        "material = '[]'",
        "facts = '{}'",
        "warnings = '{}'",
        "recommendation = 'stop'",
        "strengths = 'x'",
        "criteria_set_id = criteria_set_id",
        "round = 9",
        "hearing_until = now()",
        "outcome = 'stop'",
        "version = version + 1",
    ],
)
def test_nothing_of_a_decided_screening_is_changed(locked, change):
    refused(f"UPDATE screening_screening SET {change} WHERE id = %s", locked.pk, match="screening_locked")


def test_the_ratings_of_a_decided_screening_are_not_changed_added_or_deleted(locked, world):
    guard = "score_locked_with_screening"
    refused("UPDATE screening_score SET value = 1 WHERE screening_id = %s", locked.pk, match=guard)
    refused("DELETE FROM screening_score WHERE screening_id = %s", locked.pk, match=guard)
    other = opened(world, 1, case=case_for(world, 1))
    criterion = other.scores.first().criterion_id
    insert = "INSERT INTO screening_score (screening_id, criterion_id, value, note) VALUES (%s, %s, 3, '')"
    refused(insert, locked.pk, criterion, match=guard)
    move = "UPDATE screening_score SET screening_id = %s WHERE screening_id = %s"
    refused(move, locked.pk, other.pk, match=guard)


def test_who_was_present_at_a_decided_screening_is_locked(locked, world):
    guard = "staff_locked_with_screening"
    refused("DELETE FROM screening_screening_staff WHERE screening_id = %s", locked.pk, match=guard)
    other = world.user(Role.MANAGER).pk
    insert = "INSERT INTO screening_screening_staff (screening_id, user_id) VALUES (%s, %s)"
    refused(insert, locked.pk, other, match=guard)


def test_a_draft_can_be_changed(world):
    screening = drafted(world)
    screening.scores.update(value=2)
    screening.staff.clear()
    assert set(screening.scores.values_list("value", flat=True)) == {2}


@pytest.mark.parametrize("value", [0, 6])
def test_a_rating_is_from_1_to_5(world, value):
    screening = opened(world)
    refused("UPDATE screening_score SET value = %s WHERE screening_id = %s", value, screening.pk, match="score_1_to_5")


@pytest.mark.parametrize(
    "change",
    [
        {"state": ScreeningState.DECIDED},
        {"outcome": Outcome.CONTINUE},
        {"decided_at": clock.now()},
        {"state": ScreeningState.DECIDED, "decided_at": clock.now(), "decided_on": TODAY, "outcome": Outcome.CONTINUE},
    ],
)
def test_a_decision_is_whole_or_not_there(world, change):
    screening = drafted(world)
    with pytest.raises(IntegrityError, match="screening_decided_whole"), transaction.atomic():
        Screening.objects.filter(pk=screening.pk).update(**change)


@pytest.mark.parametrize("wrong", [{"hearing": ""}, {"hearing": "answered", "hearing_note": ""}])
def test_a_stop_is_not_stored_without_its_hearing(world, wrong):
    screening = drafted(world)
    values = {"hearing": "answered", "hearing_note": "Ja", **wrong}
    with pytest.raises(IntegrityError, match="screening_stop_after_hearing"), transaction.atomic():
        Screening.objects.filter(pk=screening.pk).update(
            state=ScreeningState.DECIDED,
            outcome=Outcome.STOP,
            decided_at=clock.now(),
            decided_on=TODAY,
            decided_by=world.user(Role.PROJECT_LEAD),
            **values,
        )


@pytest.mark.parametrize("outcome", [Outcome.STOP, Outcome.REVISE])
@pytest.mark.parametrize("reasons", ["", " \n "])
def test_what_goes_against_the_citizen_is_not_stored_without_reasons(world, outcome, reasons):
    screening = drafted(world)
    values = {
        "state": ScreeningState.DECIDED,
        "outcome": outcome,
        "hearing": "answered",
        "hearing_note": "Ja",
        "improvements": "To faste kunder",
        "return_by": TODAY,
        "decided_at": clock.now(),
        "decided_on": TODAY,
        "decided_by": world.user(Role.PROJECT_LEAD),
    }
    with pytest.raises(IntegrityError, match="screening_with_reasons"), transaction.atomic():
        Screening.objects.filter(pk=screening.pk).update(**values, reasons=reasons)
    Screening.objects.filter(pk=screening.pk).update(**values, reasons="Der er ingen kunder endnu.")


def test_the_hearing_is_frozen_with_the_decision(world):
    screening = decided(world, 1, NO)
    refused("UPDATE screening_screening SET hearing_note = 'x' WHERE id = %s", screening.pk, match="screening_locked")


def test_one_open_round_at_a_time(world):
    first = opened(world)
    with pytest.raises(IntegrityError, match="screening_one_open_round"), transaction.atomic():
        Screening.objects.create(
            case=first.case, number=1, round=2, criteria_set=first.criteria_set, held_on=world.today
        )


def test_an_approved_budget_and_its_lines_are_locked(world):
    case = case_for(world, 2)
    version = budget(world, case, line(), line("Skilt", "3000.00"))
    services.approve_budget(budget=version, by=world.user(Role.PROJECT_LEAD), today=world.today)
    refused("UPDATE screening_budget SET state = 'draft' WHERE id = %s", version.pk, match="budget_locked")
    refused("DELETE FROM screening_budget WHERE id = %s", version.pk, match="budget_")
    refused(LINE, version.pk, 1, match="budget_line_locked")


def test_only_what_is_written_to_the_end_is_approved(world):
    """Else lines could be added to an approved budget."""
    case, by = case_for(world, 2), world.user(Role.COACH)
    version = Budget.objects.create(case=case, kind=BudgetKind.ESTABLISHMENT, number=1, created_by=by)
    approve = "UPDATE screening_budget SET state = 'approved', approved_at = now(), approved_by_id = %s WHERE id = %s"
    refused(approve, by.pk, version.pk, match="budget_approved_as_written")


LINE = "INSERT INTO screening_budgetline (budget_id, \"order\", kind, text, amount) VALUES (%s, 9, 'expense', 'x', %s)"


def test_a_saved_version_is_kept_from_the_moment_it_is_written(world):
    version = budget(world, case_for(world, 2), line(), line("Skilt", "3000.00"))
    for change in ("note = 'x'", "number = 9", "case_id = case_id", "sealed_at = NULL", "created_by_id = NULL"):
        refused(f"UPDATE screening_budget SET {change} WHERE id = %s", version.pk, match="budget_kept")
    refused("DELETE FROM screening_budget WHERE id = %s", version.pk, match="budget_kept")
    guard = "budget_line_append_only"
    refused("UPDATE screening_budgetline SET amount = 1 WHERE budget_id = %s", version.pk, match=guard)
    refused("DELETE FROM screening_budgetline WHERE budget_id = %s", version.pk, match=guard)
    refused("TRUNCATE screening_budgetline", match="budget_line_no_truncate")
    refused(LINE, version.pk, 1, match="budget_line_locked")


def test_a_line_has_an_amount_above_zero(world):
    case, by = case_for(world, 2), world.user(Role.COACH)
    version = Budget.objects.create(case=case, kind=BudgetKind.ESTABLISHMENT, number=1, created_by=by)
    refused(LINE, version.pk, 0, match="budget_line_positive")


# --- Two at once -------------------------------------------------------------------------------------------------------


def at_once(work, times: int = 2) -> list[object]:
    """The same thing in threads with connections of their own; what each gave or raised."""
    barrier, found = Barrier(times), []

    def run() -> None:
        barrier.wait()
        try:
            with clock.at(TODAY):
                found.append(work())
        except Exception as error:  # noqa: BLE001  whatever it is, the test looks at it
            found.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run) for _number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


@pytest.mark.django_db(transaction=True)
def test_a_double_click_opens_one_round():
    world = World()
    case, coach = case_for(world, 1), world.user(Role.COACH)
    services.ensure_criteria()
    found = at_once(lambda: services.open_screening(case=case, number=1, by=coach, today=TODAY).pk)
    assert len(set(found)) == 1, found
    assert Screening.objects.filter(case=case).count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_screening_is_not_sent_while_its_case_is_being_closed():
    world = World()
    screening, coach = drafted(world, 1), world.user(Role.COACH)
    closing, found = Event(), []

    def send() -> None:
        closing.wait(10)
        try:
            with clock.at(TODAY):
                services.recommend(screening=screening, recommendation=Outcome.CONTINUE, by=coach, today=TODAY)
        except Refused as refusal:
            found.append(refusal.messages[0])
        finally:
            connection.close()

    thread = Thread(target=send)
    thread.start()
    with clock.at(TODAY), transaction.atomic():
        cases.close_case(
            case=screening.case,
            reason=ClosingReason.FOUND_JOB,
            choice_of=ClosedBy.CITIZEN,
            text="",
            by=coach,
            today=TODAY,
            send_letter=False,
        )
        closing.set()
        thread.join(0.5)
    thread.join()
    assert found == ["Screening 1 hører til fasen »Rekruttering«. Sagen er i »Afsluttet«."]


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_is_killed_half_way_leaves_nothing():
    world = World()
    screening, lead, found = recommended(world, 1), world.user(Role.PROJECT_LEAD), []
    decision = {"decision": YES, "by": lead, "today": TODAY}

    def run() -> None:
        try:
            with clock.at(TODAY):
                services.decide(screening=screening, **decision)
        except DatabaseError as error:
            found.append(error)
        finally:
            connection.close()

    thread = Thread(target=run)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE cases_journalentry IN SHARE MODE")  # the entry is written after the decision
        thread.start()
        waiting = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        pids: list[tuple[int]] = []
        while thread.is_alive() and not pids:
            cursor.execute("SELECT pg_stat_clear_snapshot()")
            cursor.execute(waiting)
            pids = cursor.fetchall()
        cursor.execute("SELECT pg_terminate_backend(%s)", pids[0])
        thread.join()
    assert found
    screening.refresh_from_db()
    assert (screening.state, screening.outcome, screening.facts) == (ScreeningState.RECOMMENDED, "", {})
    with clock.at(TODAY):
        services.check_decision(screening=screening, **decision)


@pytest.mark.django_db(transaction=True)
def test_two_decisions_at_once_give_one():
    world = World()
    screening = recommended(world, 1)
    lead = world.user(Role.PROJECT_LEAD)
    found = at_once(lambda: services.decide(screening=screening, decision=YES, by=lead, today=TODAY).outcome)
    refusals = [item for item in found if isinstance(item, Conflict)]
    assert found.count(Outcome.CONTINUE) == 1, found
    assert len(refusals) == 1, found
    assert screening.case.letters.count() == 1
