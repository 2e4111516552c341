"""Writes the synthetic municipality: a few temporary tables made by the real rules, then SQL in sets (`sql/*.sql`).

Triggers are off meanwhile, so what they do is done here: plans, sums and periods come from the rules, foreign keys are
checked at the end, and the change history begins with each row as it is. All other constraints are checked by the
database as always. `manage.py check_integrity` is clean afterwards.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import astuple
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pghistory.core
from django.apps import apps
from django.conf import settings
from django.db import connection, transaction
from django.db.models import NOT_PROVIDED, Model
from django.utils.translation import gettext as _

from cases.models import CaseFile, NumberSeries
from cases.registry import kinds_beside
from courses.models import Place
from loans import rules
from loans.rules.schedule import nominal_due_of
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.calendars import add_working_days, next_banking_day
from microloan.core.errors import Refused
from microloan.policy.services import rule_set_on
from reports.demo.municipality import ensure_reference_data
from reports.demo.people import LOANS
from reports.scale.people import ensure_staff, persons

PLACE = "Kursuscentret ved søen"
SQL = Path(__file__).parent / "sql"
YEARS_BACK = timedelta(days=12 * 366)
DAYS_AHEAD = timedelta(days=120)
MAX_CASES = 5_000_000
# Tables whose rows get their numbers here, so that one set can point into another: parameter → table.
NUMBERED = {
    "first_citizen": "cases_citizen",
    "first_case": "cases_casefile",
    "first_contact": "cases_contact",
    "first_screening": "screening_screening",
    "first_budget": "screening_budget",
    "first_run": "courses_courserun",
    "first_session": "courses_coursesession",
    "first_enrolment": "courses_enrolment",
    "first_decision": "loans_loandecision",
    "first_loan": "loans_loan",
    "first_plan": "loans_planversion",
}
SEEDED = (
    "cases_citizen", "cases_casefile", "cases_cohort", "cases_referral", "cases_phasechange", "cases_business",
    "cases_livelihoodperiod", "cases_contact", "cases_contact_staff", "cases_journalentry", "cases_task",
    "cases_holderchange",
    "screening_screening", "screening_screening_staff", "screening_score", "screening_budget", "screening_budgetline",
    "courses_courserun", "courses_coursesession", "courses_modulegrant", "courses_enrolment", "courses_attendance",
    "courses_attendanceentry",
    "loans_loandecision", "loans_loan", "loans_disbursementorder", "loans_planversion", "loans_instalment",
    "loans_ledgerentry", "loans_contactattempt", "loans_handover", "loans_handoverclaim", "loans_supportperiod",
)  # fmt: skip


def _silent(line: str) -> None:
    pass


@transaction.atomic
def seed(*, cases: int, seed: int, today: date, say: Callable[[str], None] = _silent) -> dict[str, int]:
    """Write a municipality of so many cases as of `today`, the same for the same seed. Returns the rows per table.

    Raises Refused outside demo mode, and where somebody works already.
    """
    if not settings.DEMO:
        raise Refused(_("A synthetic municipality is made in demo mode only."))
    if not 1 <= cases <= MAX_CASES:
        raise Refused(_("Choose a number of cases between 1 and %(most)s.") % {"most": MAX_CASES})
    _execute("LOCK TABLE cases_casefile, loans_loan IN EXCLUSIVE MODE")
    if CaseFile.objects.live().exists():
        raise Refused(_("There are cases in this database. Choose an empty one."))
    ensure_reference_data()
    Place.objects.get_or_create(name=PLACE)
    staff = ensure_staff(cases)
    before = _counts()
    with _unhurried(), _defaults():
        values = _prepare(staff, cases=cases, seed=seed, today=today)
        for file in sorted(SQL.glob("*.sql")):
            started = time.monotonic()
            _execute(file.read_text(), values)
            say(f"{file.stem}: {time.monotonic() - started:.1f} s")
        _write_history(today)
        _move_sequences()
        _execute("SELECT gin_clean_pending_list('citizen_name_search')")
        _execute(f"ANALYZE {', '.join(SEEDED)}")
    _refuse_orphans()
    return {table: count - before[table] for table, count in _counts().items()}


@contextmanager
def _unhurried() -> Iterator[None]:
    """No triggers and no time limit until the sets are written."""
    names = ("session_replication_role", "statement_timeout", "work_mem", "gin_pending_list_limit")
    with connection.cursor() as cursor:
        cursor.execute("SELECT " + ", ".join(f"current_setting('{name}')" for name in names))
        before = cursor.fetchone()
        _set_local(dict(zip(names, ("replica", "0", "128MB", "1GB"), strict=True)))
        yield
        _set_local(dict(zip(names, before, strict=True)))


@contextmanager
def _defaults() -> Iterator[None]:
    """What a model fills in by itself, the database fills in meanwhile, so that the SQL names only what it chooses."""
    columns = list(_default_values())
    for table, column, value in columns:
        _execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" SET DEFAULT %s', [value])
    yield
    for table, column, _value in columns:
        _execute(f'ALTER TABLE {table} ALTER COLUMN "{column}" DROP DEFAULT')


def _default_values() -> Iterator[tuple[str, str | None, Any]]:
    for model in _models():
        for field in model._meta.local_concrete_fields:
            if (
                field.null
                or field.db_default is not NOT_PROVIDED
                or field.is_relation
                or field.primary_key
                or field.generated
            ):
                continue
            if field.has_default() or (field.blank and field.empty_strings_allowed):
                value = field.get_db_prep_save(field.get_default(), connection)
                yield model._meta.db_table, field.column, value


def _set_local(values: dict[str, str]) -> None:
    for name, value in values.items():
        _execute("SELECT set_config(%s, %s, true)", [name, value])


def _execute(sql: str, values: Any = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


def _counts() -> dict[str, int]:
    query = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in SEEDED)  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(query)
        return dict(cursor.fetchall())


# --- What the sets are made from ---------------------------------------------------------------------------------------


def _prepare(staff: dict[Role, list[User]], *, cases: int, seed: int, today: date) -> dict[str, Any]:
    """Functions and temporary tables for the SQL, and the values of its parameters."""
    rule_set = rule_set_on(today)
    _define_functions(seed)
    _copy_staff(staff)
    _copy(
        "seed_person",
        "i integer PRIMARY KEY, cpr text, cpr_index text, name text, sex text, birth_date date, phone text",
        (astuple(person) for person in persons(cases, seed)),
    )
    _copy_calendar(today, rule_set)
    loan_series = NumberSeries.objects.filter(key="loan").values_list("last", flat=True).first() or 0
    _copy(
        "seed_reference",
        "n bigint PRIMARY KEY, reference text",
        ((n, rules.payment_reference(loan_series + n)) for n in range(1, cases + 1)),
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT " + ", ".join(f"(SELECT coalesce(max(id), 0) FROM {table})" for table in NUMBERED.values())  # noqa: S608
        )
        firsts = dict(zip(NUMBERED, cursor.fetchone(), strict=True))
    return {
        **firsts,
        "cases": cases,
        "seed": seed,
        "base": today,
        "rule_set": rule_set.pk,
        "loan_series": loan_series,
        "coaches": len(staff[Role.COACH]),
        "beside": kinds_beside(),
        "caseworkers": len(staff[Role.CASEWORKER]),
    }


def _define_functions(seed: int) -> None:
    """Choices are hashes of case, question and seed: the same on every machine and PostgreSQL."""
    principals = ", ".join(str(principal) for principal in LOANS)
    _execute(f"""
        CREATE OR REPLACE FUNCTION pg_temp.pick(i bigint, question text, below integer) RETURNS integer
        LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
        $$ SELECT mod(('x' || substr(md5(concat_ws(':', {int(seed)}, question, i)), 1, 7))::bit(28)::integer, below) $$;

        CREATE OR REPLACE FUNCTION pg_temp.moment(day date, at time) RETURNS timestamptz LANGUAGE sql STABLE AS
        $$ SELECT (day + at) AT TIME ZONE 'Europe/Copenhagen' $$;

        CREATE OR REPLACE FUNCTION pg_temp.padded(n bigint, digits integer) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT lpad(n::text, greatest(digits, length(n::text)), '0') $$;

        CREATE OR REPLACE FUNCTION pg_temp.half_year(day date) RETURNS date LANGUAGE sql IMMUTABLE AS
        $$ SELECT make_date(extract(year FROM day)::integer, CASE WHEN extract(month FROM day) < 7 THEN 1 ELSE 7 END, 1) $$;

        CREATE OR REPLACE FUNCTION pg_temp.cohort_code(half date) RETURNS text LANGUAGE sql IMMUTABLE AS
        $$ SELECT 'S' || extract(year FROM half) || CASE extract(month FROM half) WHEN 1 THEN '-1' ELSE '-2' END $$;

        CREATE OR REPLACE FUNCTION pg_temp.principal(i bigint) RETURNS numeric LANGUAGE sql IMMUTABLE AS
        $$ SELECT (ARRAY[{principals}])[1 + pg_temp.pick(i, 'principal', {len(LOANS)})] $$;

        CREATE OR REPLACE FUNCTION pg_temp.is_extended(i bigint, days integer, livelihood text) RETURNS boolean
        LANGUAGE sql IMMUTABLE AS
        $$ SELECT days >= 250 AND livelihood <> 'disability_pension' AND pg_temp.pick(i, 'extended', 3) = 0 $$;
    """)  # noqa: S608


def _copy_staff(staff: dict[Role, list[User]]) -> None:
    rows = [(role.value, n, user.pk, user.centre_id) for role, users in staff.items() for n, user in enumerate(users)]
    _copy("seed_user", "role text, n integer, id bigint, centre_id bigint", rows)


def _copy_calendar(today: date, rule_set: Any) -> None:
    """Days, due dates and amounts as the rules make them; the SQL only looks them up."""
    first, last = today - YEARS_BACK, today + DAYS_AHEAD
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    _copy(
        "seed_day",
        "day date PRIMARY KEY, answer_due date",
        ((day, add_working_days(day, rule_set.referral_working_days)) for day in days),
    )
    first_due = {day: rules.first_nominal_due(day, rule_set.due_day) for day in days}
    _copy("seed_first_due", "payout date PRIMARY KEY, first_due date", first_due.items())
    plans = {
        principal: rules.build_schedule(
            principal, today, rule_set.instalments, rule_set.due_day, rule_set.instalment_multiple
        )
        for principal in LOANS
    }
    _copy(
        "seed_amount",
        "principal numeric(12, 2), number integer, amount numeric(12, 2), PRIMARY KEY (principal, number)",
        ((principal, line.number, line.amount) for principal, lines in plans.items() for line in lines),
    )
    _copy(
        "seed_line",
        "first_due date, number integer, nominal_due date, due date, PRIMARY KEY (first_due, number)",
        _lines(sorted(set(first_due.values())), rule_set),
    )


def _lines(first_dues: Iterable[date], rule_set: Any) -> Iterator[tuple[date, int, date, date]]:
    for first_due in first_dues:
        for number in range(1, rule_set.instalments + 1):
            nominal = nominal_due_of(first_due, number - 1, rule_set.due_day)
            yield first_due, number, nominal, next_banking_day(nominal)


def _copy(table: str, columns: str, rows: Iterable[tuple[date | Decimal | str | int | None, ...]]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE {table} ({columns}) ON COMMIT DROP")
        with cursor.copy(f"COPY {table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
        cursor.execute(f"ANALYZE {table}")


# --- Afterwards --------------------------------------------------------------------------------------------------------


def _write_history(today: date) -> None:
    """The first entry of the change history of every row that is tracked and has none."""
    events: list[Any] = pghistory.core.event_models()
    for event in events:
        table = event.pgh_tracked_model._meta.db_table
        if table in SEEDED:
            columns = [f.column for f in event._meta.concrete_fields if not f.column.startswith("pgh_")]
            listed = ", ".join(f'"{column}"' for column in columns)
            _execute(
                f'INSERT INTO "{event._meta.db_table}" ({listed}, pgh_obj_id, pgh_label, pgh_created_at)'  # noqa: S608
                f" SELECT {listed}, id, 'insert', pg_temp.moment(%s, '00:00') FROM {table} row"
                f' WHERE NOT EXISTS (SELECT 1 FROM "{event._meta.db_table}" WHERE pgh_obj_id = row.id) ORDER BY id',
                [today],
            )


def _move_sequences() -> None:
    """Past the numbers that were given here, and never back: a sequence outlives a transaction that is rolled back."""
    for table in NUMBERED.values():
        sequence = f"pg_get_serial_sequence('{table}', 'id')"
        _execute(
            f"SELECT setval({sequence}, greatest(max(id), nextval({sequence}))) FROM {table} HAVING count(*) > 0"  # noqa: S608
        )


def _refuse_orphans() -> None:
    """Foreign keys were not checked on the way in, so every one of them is looked at now."""
    for table, column, target in foreign_keys():
        with connection.cursor() as cursor:
            cursor.execute(
                f'SELECT count(*) FROM "{table}" row WHERE row."{column}" IS NOT NULL'  # noqa: S608
                f' AND NOT EXISTS (SELECT 1 FROM "{target}" found WHERE found.id = row."{column}")'
            )
            if orphans := cursor.fetchone()[0]:
                raise AssertionError(f"{table}.{column}: {orphans} rows point to nothing")


def foreign_keys() -> Iterator[tuple[str, str | None, str]]:
    """(table, column, table pointed to) of everything that is seeded."""
    for model in _models():
        for field in model._meta.local_concrete_fields:
            if field.is_relation and field.related_model is not None:
                yield model._meta.db_table, field.column, field.related_model._meta.db_table


def _models() -> Iterator[type[Model]]:
    return (model for model in apps.get_models(include_auto_created=True) if model._meta.db_table in SEEDED)
