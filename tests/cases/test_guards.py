"""Each guard of the database is attacked once, past the services and past the models (architecture.md §8)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from cases.enums import (
    BusinessForm,
    ClosedBy,
    ClosingReason,
    ConsentKind,
    ContactKind,
    EntryKind,
    Livelihood,
    Phase,
)
from cases.models import (
    Absence,
    Business,
    CaseFile,
    CaseFileExport,
    Cohort,
    Consent,
    Contact,
    Flag,
    Interpreter,
    JournalEntry,
    LivelihoodPeriod,
    Mentor,
    PhaseChange,
    Referral,
    ReferrerNotice,
    Representative,
    Task,
)
from microloan.core import clock
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


@pytest.mark.parametrize(
    "tables", ["cases_bulkchange", "letters_bulkrecipient", "letters_bulkletter, letters_bulkrecipient"]
)
def test_what_was_done_to_many_cannot_be_emptied(case, tables):
    refused(f"TRUNCATE {tables}", says="no_truncate")


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


@pytest.fixture
def rows(cast, case):
    """One row of each kind of thing that is corrected or ended, never thrown away, by its table."""
    colleague, soon = cast.lead, clock.now() + timedelta(days=2)
    entry = case.journal.first()
    made = [
        case,
        case.citizen,
        case.tasks.first(),
        Contact.objects.create(case=case, kind=ContactKind.COACHING, at=soon),
        Absence.objects.create(
            worker=cast.coach, substitute=colleague, from_on=TODAY, to_on=TODAY, recorded_by=colleague
        ),
        ReferrerNotice.objects.create(case=case, entry=entry, to=cast.caseworker),
        Flag.objects.create(case=case, reason="Ring først", raised_by=colleague),
        CaseFileExport.objects.create(case=case, ordered_by=colleague),
        Consent.objects.create(
            case=case, kind=ConsentKind.MENTOR, scope="Mentor", given_on=TODAY, recorded_by=colleague
        ),
        Mentor.objects.create(case=case, name="Mona Testesen", trade="Café", from_on=TODAY),
        Representative.objects.create(case=case, name="Ras Testesen", from_on=TODAY, to_on=TODAY, scope="Alt"),
        Interpreter.objects.create(case=case, language="Somali", from_on=TODAY),
        Business.objects.create(case=case, name="Testesens Café", form=BusinessForm.PMV),
        Cohort.objects.create(code="M9", start_on=TODAY, end_on=TODAY),
        LivelihoodPeriod.objects.create(citizen=case.citizen, kind=Livelihood.CASH_BENEFIT, from_on=TODAY),
    ]
    return {row._meta.db_table: row for row in made}


def test_what_is_kept_is_never_deleted(rows):
    for table, row in rows.items():
        refused(f"DELETE FROM {table} WHERE id = %s", row.pk, says=f"rows of {table}: the rows are kept")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table in rows:
        refused(f"TRUNCATE {table} CASCADE", says="Cannot truncate")


@pytest.mark.parametrize(
    ("change", "guard"),
    [
        ("cases_referrernotice SET created_at = now()", "notice_frozen"),
        ("cases_casefileexport SET mask_cpr = NOT mask_cpr", "case_export_frozen"),
        ("cases_casefileexport SET ordered_at = now()", "case_export_frozen"),
    ],
)
def test_what_was_told_and_ordered_stays_as_it_was(rows, change, guard):
    refused(f"UPDATE {change}", says=guard)


def test_an_absence_called_off_stays_called_off(cast, rows):
    absence = rows["cases_absence"]
    Absence.objects.filter(pk=absence.pk).update(cancelled_at=clock.now(), cancelled_by=cast.coach)
    refused(
        "UPDATE cases_absence SET cancelled_at = NULL, cancelled_by_id = NULL WHERE id = %s",
        absence.pk,
        says="absence_final",
    )


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
