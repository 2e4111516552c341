"""Each guard of the database is attacked once, past the services and past the models (architecture.md §8)."""

from datetime import date

import pytest
from django.db import IntegrityError, connection, transaction

from cases.enums import ClosedBy, ClosingReason, EntryKind, Livelihood, Phase
from cases.models import CaseFile, Cohort, JournalEntry, LivelihoodPeriod, PhaseChange, Referral, Task
from tests.cases import builders
from tests.cases.builders import TODAY


@pytest.fixture
def case(cast):
    return builders.refer(cast.caseworker)


def refused(sql: str, *params: object, says: str) -> None:
    with pytest.raises(IntegrityError, match=says), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(sql, params)


def test_a_case_cannot_close_without_a_reason(case):
    refused(
        "UPDATE cases_casefile SET phase = 'closed', closed_on = %s WHERE id = %s",
        TODAY,
        case.pk,
        says="case_closed_with_reason",
    )


def test_a_case_cannot_close_without_whose_choice(case):
    refused(
        "UPDATE cases_casefile SET phase = 'closed', closed_on = %s, closing_reason = 'illness' WHERE id = %s",
        TODAY,
        case.pk,
        says="case_closed_with_reason",
    )


def test_an_open_case_keeps_no_closing_reason(case):
    refused(
        "UPDATE cases_casefile SET closing_reason = 'illness' WHERE id = %s", case.pk, says="case_closed_with_reason"
    )


def test_other_reasons_are_put_in_words(case):
    refused(
        "UPDATE cases_casefile SET phase = 'closed', closed_on = %s, closing_reason = 'other', "
        "closed_by_choice_of = 'team' WHERE id = %s",
        TODAY,
        case.pk,
        says="case_other_reason_in_words",
    )


@pytest.mark.parametrize(("reason", "choice"), [("boredom", "team"), ("illness", "nobody")])
def test_a_closed_case_keeps_to_the_taxonomy(case, reason, choice):
    refused(
        "UPDATE cases_casefile SET phase = 'closed', closed_on = %s, closing_reason = %s, closed_by_choice_of = %s "
        "WHERE id = %s",
        TODAY,
        reason,
        choice,
        case.pk,
        says="case_closing_known",
    )


def test_a_task_waits_on_somebody_we_know(case):
    refused("UPDATE cases_task SET holder = 'moon' WHERE case_id = %s", case.pk, says="task_holder_known")


@pytest.mark.parametrize("table", ["cases_bulkchange", "letters_bulkletter"])
def test_what_was_done_to_many_cannot_be_emptied(case, table):
    refused(f"TRUNCATE {table}", says="no_truncate")


def test_a_phase_is_one_we_know(case):
    refused("UPDATE cases_casefile SET phase = 'limbo' WHERE id = %s", case.pk, says="case_phase_known")


def test_a_citizen_has_one_open_case(case):
    with pytest.raises(IntegrityError, match="case_one_open_per_citizen"), transaction.atomic():
        CaseFile.objects.create(number="ML-2026-9999", citizen=case.citizen, opened_on=TODAY, phase_entered_on=TODAY)


def test_closed_cases_of_a_citizen_may_be_many(case):
    for number in ("ML-2020-0001", "ML-2021-0001"):
        CaseFile.objects.create(
            number=number,
            citizen=case.citizen,
            opened_on=TODAY,
            phase_entered_on=TODAY,
            phase=Phase.CLOSED,
            closed_on=TODAY,
            closing_reason=ClosingReason.ILLNESS,
            closed_by_choice_of=ClosedBy.CITIZEN,
        )


APPEND_ONLY = ((JournalEntry, "title"), (PhaseChange, "reason"), (Referral, "best_time"))


@pytest.mark.parametrize(("model", "column"), APPEND_ONLY)
def test_append_only_rows_are_never_changed(case, model, column):
    table = model._meta.db_table
    refused(f"UPDATE {table} SET {column} = 'omskrevet' WHERE case_id = %s", case.pk, says="append-only")


@pytest.mark.parametrize(("model", "column"), APPEND_ONLY)
def test_append_only_rows_are_never_deleted(case, model, column):
    table = model._meta.db_table
    refused(f"DELETE FROM {table} WHERE case_id = %s", case.pk, says="append-only")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    refused(f"TRUNCATE {table} CASCADE", says="append-only")


def test_no_bulk_update_escapes_the_journal_s_guard(case):
    with pytest.raises(IntegrityError, match="journal_append_only"), transaction.atomic():
        JournalEntry.objects.filter(case=case).update(kind=EntryKind.NOTE)


def test_a_derived_task_is_open_once(case):
    derived = Task.objects.get(case=case)
    with pytest.raises(IntegrityError, match="task_one_open_per_key"), transaction.atomic():
        Task.objects.create(case=case, key=derived.key, kind=derived.kind, due_on=TODAY)


def test_a_task_says_what_to_do(case):
    with pytest.raises(IntegrityError, match="task_says_what"), transaction.atomic():
        Task.objects.create(case=case, due_on=TODAY)


def test_livelihood_periods_do_not_overlap(case):
    january, march = date(2026, 1, 1), date(2026, 3, 31)
    LivelihoodPeriod.objects.create(citizen=case.citizen, kind=Livelihood.CASH_BENEFIT, from_on=january, to_on=march)
    with pytest.raises(IntegrityError, match="livelihood_no_overlap"), transaction.atomic():
        LivelihoodPeriod.objects.create(citizen=case.citizen, kind=Livelihood.EMPLOYMENT, from_on=march)
    LivelihoodPeriod.objects.create(citizen=case.citizen, kind=Livelihood.EMPLOYMENT, from_on=date(2026, 4, 1))


def test_a_livelihood_period_does_not_end_before_it_begins(case):
    with pytest.raises(IntegrityError, match="livelihood_from_before_to"), transaction.atomic():
        LivelihoodPeriod.objects.create(
            citizen=case.citizen, kind=Livelihood.EMPLOYMENT, from_on=TODAY, to_on=date(2026, 1, 1)
        )


def test_a_cohort_does_not_end_before_it_begins(cast):
    with pytest.raises(IntegrityError, match="cohort_start_before_end"), transaction.atomic():
        Cohort.objects.create(code="M9", start_on=TODAY, end_on=date(2026, 1, 1))


def test_the_history_of_a_case_tells_who_changed_what(cast, case):
    from microloan.core.history import changes_of

    CaseFile.objects.filter(pk=case.pk).update(idea="En anden idé")
    newest = changes_of(case)[0]
    assert (newest.field, newest.after) == ("idea", "En anden idé")


def test_the_cpr_number_stands_nowhere_in_clear(case):
    digits = case.citizen.cpr.digits
    with connection.cursor() as cursor:
        cursor.execute("SELECT cpr, cpr_index FROM cases_citizen WHERE id = %s", [case.citizen_id])
        assert all(digits not in column for column in cursor.fetchone())
        cursor.execute("SELECT * FROM cases_citizenevent WHERE pgh_obj_id = %s", [case.citizen_id])
        assert digits not in str(cursor.fetchall())
