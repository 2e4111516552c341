"""The synthetic municipality: the same for the same seed, right by the rules, refused where somebody works."""

import hashlib
import io
import json
from collections import Counter

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from cases import services as cases
from cases.enums import Phase
from cases.models import CaseFile, Citizen
from cases.queries import case_list
from cases.services.tasks import reconcile_all
from cases.tables import CaseTable, PageRows
from loans import rules
from loans.enums import PeriodKind
from loans.models import Loan, SupportPeriod
from loans.queries import balance_of, current_plan, payout_date, position_of, terms_of, with_ledger
from loans.services.ledger import content_hash
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Refused
from reports.bench.run import measure
from reports.demo.municipality import ensure_reference_data
from reports.scale import seeding
from reports.scale.people import ensure_staff, persons
from tests.support.template_database import template_name

CASES = 60


def digest() -> str:
    """Everything that is seeded, but for the numbers the database gives and the salt of the encryption."""
    total = hashlib.sha256()
    with connection.cursor() as cursor:
        for table in seeding.SEEDED:
            cursor.execute(
                f"SELECT md5(string_agg(row, '|' ORDER BY row)) FROM (SELECT (to_jsonb(t) - 'id' - 'cpr' - 'cohort_id' - 'place_id')::text"
                f" AS row FROM {table} t) AS rows"
            )
            total.update((cursor.fetchone()[0] or "").encode())
    return total.hexdigest()


def digest_of(seed: int) -> str:
    with transaction.atomic():
        seeding.seed(cases=CASES, seed=seed, today=clock.today())
        found = digest()
        transaction.set_rollback(True)
    return found


def test_same_seed_gives_the_same_municipality(db):
    ensure_reference_data()
    ensure_staff(CASES)
    first = digest_of(1)
    assert digest_of(1) == first
    assert digest_of(2) != first


@pytest.fixture
def town(db):
    seeding.seed(cases=CASES, seed=3, today=clock.today())


def test_every_phase_is_there_and_every_citizen_is_somebody_else(town):
    phases = Counter(CaseFile.objects.values_list("phase", flat=True))
    assert set(phases) == set(Phase.values)
    assert sum(phases.values()) == CASES
    assert Citizen.objects.values("cpr_index").distinct().count() == CASES
    assert all(citizen.cpr.is_fictitious for citizen in Citizen.objects.all())
    assert all(citizen.cpr.birth_date == citizen.birth_date for citizen in Citizen.objects.all())


def test_no_number_comes_twice_when_the_birth_dates_have_been_used(settings):
    numbers = {person.cpr_index for person in persons(15_000, seed=4)}
    assert len(numbers) == 15_000


def test_loans_are_as_the_rules_would_have_them(town):
    loans = list(with_ledger(Loan.objects.all()))
    assert loans
    for loan in loans:
        stored = [
            (line.number, line.nominal_due_on, line.due_on, line.amount)
            for line in current_plan(loan).instalments.all()
        ]
        plan = terms_of(loan, payout_date(loan) or loan.planned_payout_on).schedule()
        assert stored == [(line.number, line.nominal_due, line.due, line.amount) for line in plan]
        assert rules.check_reference(loan.payment_reference)
        for entry in loan.entries.all():
            assert entry.content_hash == content_hash(
                loan_id=loan.pk, kind=entry.kind, amount=entry.amount, value_date=entry.value_date
            )
        position = position_of(loan)
        if position is not None:
            assert (position.excess, position.overpaid) == (0, 0)
            assert balance_of(loan) == position.outstanding
            assert position.is_settled == (loan.case.closing_reason == "completed") or position.handed_over


def test_integrity_is_clean(town):
    out = io.StringIO()
    call_command("check_integrity", "--format=json", stdout=out)
    document = json.loads(out.getvalue())
    assert document["problems"] == []
    assert document["checked"]["loans"] == Loan.objects.count()


def test_support_periods_keep_their_limits(town):
    periods = SupportPeriod.objects.select_related("case").order_by("case", "starts_on")
    assert periods
    base = None
    for period in periods:
        assert not period.case.is_pensioner
        if period.kind == PeriodKind.BASE:
            base = period
            span = rules.base_period(period.starts_on, period.months)
        else:
            span = rules.extension_period(base.starts_on, base.months, [], period.months)
        assert (period.starts_on, period.ends_on) == (span.starts_on, span.ends_on)


def test_work_goes_on_from_there(town):
    """Numbers go on after the seeded ones, triggers are back, and the daily job finds what it expects."""
    today = clock.today()
    data = cases.ReferralData(
        cpr="7203801234",
        name="Amina Testesen",
        phone="00000000",
        livelihood="cash_benefit",
        own_wish=True,
        idea="Syværksted",
        citizen_informed=True,
    )
    case = cases.refer(data=data, by=User.objects.get(username="sagsbehandler"), today=today)
    assert CaseFile.objects.filter(number=case.number).count() == 1
    with pytest.raises(Exception, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM cases_journalentry")
    before = CaseFile.objects.get(pk=case.pk).tasks.count()
    counts = reconcile_all(today)
    assert counts.created <= CASES // 10
    assert CaseFile.objects.get(pk=case.pk).tasks.count() == before


@pytest.mark.parametrize("sort", ["citizen", "-citizen", "next_due_on", "-next_due_on", "step", "-coach"])
def test_pages_of_the_case_list_follow_each_other_in_either_half(town, sort):
    """The second half is read from the end (`PageRows`); the order is the same."""
    user = User.objects.get(username="coach")
    table = CaseTable(PageRows(case_list(user)), today=clock.today(), order_by=sort)
    table.paginate(per_page=7)
    whole = [row.record.pk for row in table.rows]
    pages = [
        [row.record.pk for row in table.paginator.page(number).object_list] for number in table.paginator.page_range
    ]
    assert len(whole) == CASES
    assert [pk for page in pages for pk in page] == whole


def test_refused_where_there_are_cases(town):
    with pytest.raises(Refused):
        seeding.seed(cases=CASES, seed=1, today=clock.today())
    assert CaseFile.objects.count() == CASES


def test_refused_outside_demos(db, settings):
    settings.DEMO = False
    with pytest.raises(CommandError) as refused:
        call_command("seed_scale", "--cases=5")
    assert refused.value.returncode == 1
    assert not CaseFile.objects.exists()


def test_command_prints_the_counts(db):
    out = io.StringIO()
    call_command("seed_scale", "--cases=20", "--date=2026-11-20", "--format=json", stdout=out, stderr=io.StringIO())
    document = json.loads(out.getvalue())
    assert document["cases"] == document["rows"]["cases_casefile"] == 20
    assert document["date"] == "2026-11-20"


@pytest.mark.django_db(transaction=True)
def test_bench_prints_one_document_and_leaves_nothing_behind():
    out = io.StringIO()
    options = {"large": 120, "small": 40, "runs": 1, "letters": 20, "template": template_name()}
    call_command("bench", stdout=out, stderr=io.StringIO(), **options)
    document = json.loads(out.getvalue())
    assert document["cases"] == {"small": 40, "large": 120}
    names = {ratio["name"] for ratio in document["ratios"]}
    assert {
        "my_work",
        "case_list",
        "case_page",
        "loan_page",
        "search_by_name",
        "case_list_rows_and_sql",
        "cohort_tables_and_sql",
        "letters_by_two_workers",
        "memory_of_a_worker",
        "reconcile_tasks_per_row",
        "instalment_reminders_per_row",
        "position_of_long_loan",
        "letter_and_weasyprint",
    } <= names
    for ratio in document["ratios"]:
        assert {"name", "ours", "baseline", "ratio", "limit", "within"} <= set(ratio)
        assert ratio["ours"] > 0
        assert ratio["baseline"] > 0
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE starts_with(datname, 'bench_')")
        assert cursor.fetchone() == (0,)
    assert not CaseFile.objects.exists()


def test_databases_are_dropped_when_the_measuring_fails(db):
    with pytest.raises(Refused):
        measure(
            large=0, small=0, runs=1, letters=1, seed_number=1, today=clock.today(), template=template_name(), say=str
        )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_database WHERE starts_with(datname, 'bench_')")
        assert cursor.fetchone() == (0,)
