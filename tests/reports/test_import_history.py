"""The import and the tables through the commands, on the real database."""

import copy
import io
import json
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from cases.enums import Phase, Source
from cases.models import CaseFile, Citizen, Cohort, LivelihoodPeriod, NumberSeries, PhaseChange
from loans.enums import EntryKind
from loans.models import LedgerEntry, Loan
from reports.queries import cohort_figures
from reports.services import HistoryRefused, import_history
from tests.reports.review_data import CUT_OFF, PUBLISHED, review_sheets, write_folder, write_workbook

pytestmark = pytest.mark.django_db
TODAY = date(2026, 11, 20)
MODELS = (Cohort, Citizen, CaseFile, LivelihoodPeriod, Loan, LedgerEntry, NumberSeries)


@pytest.fixture
def sheets():
    return review_sheets()


@pytest.fixture
def load(tmp_path):
    def loader(sheets, *, dry_run=False, by=None):
        path = write_workbook(tmp_path / "history.xlsx", sheets)
        return import_history(path=path, dry_run=dry_run, by=by, today=TODAY)

    return loader


def rows():
    return [model.objects.count() for model in MODELS]


def run(*arguments):
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def tables():
    return json.loads(run("cohort_tables", "--cohorts=M3,M4,M5,M6", "--as-of=2016-12-31", "--format=json"))


@pytest.mark.parametrize("danish", [False, True])
@pytest.mark.parametrize("folder", [False, True])
def test_import_then_tables_give_the_published_figures(tmp_path, sheets, danish, folder):
    if folder:
        path = write_folder(tmp_path / "csv", sheets, danish=danish, delimiter=";", encoding="utf-8-sig")
    else:
        path = write_workbook(tmp_path / "history.xlsx", sheets, danish=danish)
    document = json.loads(run("import_history", str(path), "--format=json"))
    assert document["participants"] == {"added": 34, "unchanged": 0}
    assert document["payments"] == {"added": 102, "unchanged": 0}
    assert json.dumps(tables()) == json.dumps(PUBLISHED)


def test_second_run_adds_nothing(load, sheets):
    first = load(sheets)
    before = rows()
    second = load(sheets)
    assert rows() == before
    assert (first.loans.added, second.loans.added) == (34, 0)
    for name in ("cohorts", "participants", "loans", "payments", "livelihoods"):
        assert getattr(second, name).added == 0
        assert getattr(second, name).unchanged == getattr(first, name).added


def test_dry_run_reports_and_changes_nothing(load, sheets):
    result = load(sheets, dry_run=True)
    assert (result.participants.added, result.payments.added) == (34, 102)
    assert rows() == [0] * len(MODELS)


def test_imported_cases_are_closed_history_without_names(load, sheets):
    load(sheets)
    case = CaseFile.objects.select_related("citizen", "cohort").get(external_ref="M6-09")
    assert (case.source, case.phase, case.cohort.code) == (Source.HISTORY, Phase.CLOSED, "M6")
    assert case.course_end_on == case.closed_on == date(2016, 9, 5)
    assert (case.citizen.name, case.citizen.cpr) == ("", None)
    assert CaseFile.objects.live().count() == 0


def test_ledger_sums_up_and_hand_over_takes_what_was_outstanding(load, sheets):
    load(sheets)
    loan = Loan.objects.get(case__external_ref="M3-04")
    entries = list(loan.entries.order_by("value_date", "pk").values_list("kind", "amount"))
    assert entries == [
        (EntryKind.PAYOUT, Decimal("35000.00")),
        (EntryKind.PAYMENT, Decimal("-333.33")),
        (EntryKind.PAYMENT, Decimal("-250.00")),
        (EntryKind.HANDOVER, Decimal("-34416.67")),
        (EntryKind.RECOVERY_PAYMENT, Decimal("-416.67")),
    ]
    settled = Loan.objects.get(case__external_ref="M6-09")
    assert sum(settled.entries.values_list("amount", flat=True)) == 0


def test_equal_payments_without_reference_all_count_once(load, sheets):
    ref = sheets["loans"][0][0]
    sheets["payments"] += [[ref, date(2016, 1, 4), Decimal(10), ""]] * 3
    load(sheets)
    load(sheets)
    assert LedgerEntry.objects.filter(value_date=date(2016, 1, 4), amount=-10).count() == 3


def test_later_payments_and_people_are_added(load, sheets):
    load(sheets)
    later = copy.deepcopy(sheets)
    later["payments"].append(["M6-02", date(2017, 2, 1), Decimal(500), "x"])
    newcomer = ["M6-10", *sheets["participants"][-1][1:]]
    later["participants"].append(newcomer)
    later["loans"].append(["M6-10", Decimal(4000), date(2016, 5, 1), None])
    result = load(later)
    assert (result.payments.added, result.participants.added, result.loans.added) == (1, 1, 1)
    assert result.payments.unchanged == 102
    assert CaseFile.objects.get(external_ref="M6-10").number == "H-000035"


CHANGES = {
    "cohort start": ("participants", 0, 2, date(2013, 6, 2), "participants", "cohort_start"),
    "cohort": ("participants", 33, 1, "M5", "participants", "cohort"),
    "own end": ("participants", 33, 4, date(2016, 9, 6), "participants", "course_end"),
    "sex": ("participants", 0, 5, "M", "participants", "sex"),
    "birth year": ("participants", 0, 6, 1971, "participants", "birth_year"),
    "livelihood": ("participants", 0, 7, "cash_benefit", "participants", "livelihood_before"),
    "principal": ("loans", 33, 1, Decimal(15001), "loans", "principal"),
    "payout": ("loans", 0, 2, date(2013, 11, 9), "loans", "payout_date"),
    "hand-over moved": ("loans", 5, 3, date(2015, 1, 1), "loans", "handed_over_on"),
    "hand-over gone": ("loans", 5, 3, None, "loans", "handed_over_on"),
    "payment amount": ("payments", 0, 2, Decimal(1), "loans", "case_ref"),
    "payment before hand-over": ("payments", 9, 2, Decimal(1), "loans", "handed_over_on"),
    "livelihood kind": ("livelihoods", 0, 1, "cash_benefit", "livelihoods", "from"),
    "livelihood end": ("livelihoods", 1, 3, date(2016, 12, 30), "livelihoods", "from"),
}


@pytest.mark.parametrize(("sheet", "index", "place", "value", "named", "column"), CHANGES.values(), ids=CHANGES)
def test_a_row_that_says_something_else_than_before_is_a_conflict(
    load, sheets, sheet, index, place, value, named, column
):
    load(sheets)
    before = rows()
    changed = copy.deepcopy(sheets)
    changed[sheet][index][place] = value
    if sheet == "participants" and place == 2:  # the whole cohort moves, else the file contradicts itself
        for row in changed["participants"]:
            row[2] = value if row[1] == "M3" else row[2]
    if sheet == "participants" and place == 1:
        changed[sheet][index][2:4] = [date(2015, 2, 1), date(2015, 7, 31)]
    with pytest.raises(HistoryRefused) as refused:
        load(changed)
    assert (named, column) in [(error.sheet, error.column) for error in refused.value.errors]
    assert rows() == before


def test_a_payment_or_loan_that_has_gone_is_a_conflict(load, sheets):
    load(sheets)
    fewer = copy.deepcopy(sheets)
    del fewer["payments"][1]
    with pytest.raises(HistoryRefused, match="10000"):
        load(fewer)
    fewer = copy.deepcopy(sheets)
    fewer["payments"] = [row for row in fewer["payments"] if row[0] != "M6-01"]
    del fewer["loans"][25]
    with pytest.raises(HistoryRefused) as refused:
        load(fewer)
    assert [(error.sheet, error.column) for error in refused.value.errors] == [("participants", "case_ref")]


def test_a_part_of_the_cases_may_be_loaded_again(load, sheets):
    load(sheets)
    part = {name: [row for row in cells if row[0].startswith("M5")] for name, cells in sheets.items()}
    assert load(part).participants.unchanged == 6


def test_bad_rows_are_all_named_on_standard_error_and_nothing_is_loaded(tmp_path, sheets):
    sheets["participants"][0][5] = "Q"
    sheets["loans"][3][1] = Decimal(0)
    path = write_folder(tmp_path / "csv", sheets)
    out = io.StringIO()
    with pytest.raises(CommandError) as refused:
        call_command("import_history", str(path), "--format=json", stdout=out)
    assert refused.value.returncode == 1
    assert "participants" in str(refused.value)
    assert "loans" in str(refused.value)
    document = json.loads(out.getvalue())
    assert [(e["sheet"], e["row"], e["column"]) for e in document["errors"]] == [
        ("participants", 2, "sex"),
        ("loans", 5, "principal"),
    ]
    assert rows() == [0] * len(MODELS)


def test_broken_file_and_missing_file_have_their_own_status(tmp_path):
    path = tmp_path / "broken.xlsx"
    path.write_text("no workbook")
    with pytest.raises(CommandError) as refused:
        run("import_history", str(path))
    assert refused.value.returncode == 1
    with pytest.raises(CommandError) as refused:
        run("import_history", str(tmp_path / "nowhere.xlsx"))
    assert refused.value.returncode == 2


@pytest.mark.parametrize("argument", ["--cohorts=M9", "--cohorts=,", "--as-of=31-12-2016", "--format=xml"])
def test_wrong_arguments_of_the_tables(argument, load, sheets):
    load(sheets)
    with pytest.raises(CommandError) as refused:
        run("cohort_tables", argument)
    assert refused.value.returncode in (1, 2)  # argparse within call_command gives 1, from the shell 2


def test_text_output_for_people(tmp_path, sheets):
    path = write_folder(tmp_path / "csv", sheets)
    assert "34" in run("import_history", str(path))
    text = run("cohort_tables", "--as-of=2016-12-31")
    assert "table8" in text
    assert "26337.93" in text


def test_other_cohorts_and_other_days(load, sheets):
    load(sheets)
    m6 = json.loads(run("cohort_tables", "--cohorts=M6,M6,M5", "--as-of=2016-05-20", "--format=json"))
    assert m6["cohorts"] == ["M6", "M5"]
    assert m6["as_of"] == "2016-05-20"
    assert m6["table7_total"]["current"] != "222150.00"


def test_live_cases_count_once_they_have_begun_the_main_course(load, sheets):
    load(sheets)
    cohort = Cohort.objects.get(code="M6")
    citizen = Citizen.objects.create(name="Amina Testesen", sex="K", birth_date=date(1980, 5, 4))
    case = CaseFile.objects.create(
        number="ML-2016-0001",
        citizen=citizen,
        cohort=cohort,
        phase=Phase.MAIN_COURSE,
        phase_entered_on=date(2016, 6, 1),
        opened_on=date(2016, 1, 1),
    )
    assert cohort_figures([cohort], as_of=CUT_OFF)["participants"] == 9
    PhaseChange.objects.create(case=case, to_phase=Phase.MAIN_COURSE, on=date(2016, 6, 1))
    assert cohort_figures([cohort], as_of=CUT_OFF)["participants"] == 10
    assert cohort_figures([cohort], as_of=date(2016, 5, 31))["participants"] == 9
    found = cohort_figures([cohort], as_of=CUT_OFF)
    assert found["table2"]["K"]["count"] == 1
    assert found["age_range"][1] >= 36


def test_recalled_hand_over_and_reversed_payment_count_from_their_day(load, sheets):
    load(sheets)
    loan = Loan.objects.get(case__external_ref="M3-10")
    handover = loan.entries.get(kind=EntryKind.HANDOVER)
    payment = loan.entries.filter(kind=EntryKind.PAYMENT).first()
    for entry in (handover, payment):
        LedgerEntry.objects.create(
            loan=loan,
            kind=EntryKind.REVERSAL,
            amount=-entry.amount,
            value_date=date(2016, 6, 1),
            reverses=entry,
            reason="Fejl",
            key=f"test:{entry.pk}",
            content_hash="x",
        )
    before = cohort_figures(Cohort.objects.order_by("start_on"), as_of=date(2016, 5, 31))
    after = cohort_figures(Cohort.objects.order_by("start_on"), as_of=date(2016, 6, 1))
    assert (before["handed_over"], after["handed_over"]) == (12, 11)
    difference = Decimal(after["table7"][0]["current"]) - Decimal(before["table7"][0]["current"])
    assert difference == -payment.amount


def test_hand_over_of_a_repaid_loan_is_remarked_and_left_out(load, sheets):
    sheets["loans"][33][3] = date(2016, 12, 31)
    result = load(sheets)
    assert [(w.sheet, w.row, w.column) for w in result.warnings] == [("loans", 35, "handed_over_on")]
    assert not LedgerEntry.objects.filter(loan__case__external_ref="M6-09", kind=EntryKind.HANDOVER).exists()


def test_ten_thousand_rows_take_few_queries(load, sheets, tmp_path):
    big = {name: [] for name in sheets}
    for copy_number in range(45):
        for name, cells in sheets.items():
            big[name] += [[f"{copy_number}-{row[0]}", *row[1:]] for row in cells]
    assert sum(map(len, big.values())) > 10_000
    path = write_folder(tmp_path / "big", big)
    with CaptureQueriesContext(connection) as queries:
        import_history(path=path, dry_run=False, by=None, today=TODAY)
    assert len(queries) < 40
    with CaptureQueriesContext(connection) as queries:
        found = cohort_figures(Cohort.objects.order_by("start_on"), as_of=CUT_OFF)
    assert len(queries) <= 8
    assert found["participants"] == 34 * 45
    assert found["handed_over"] == 12 * 45


def test_number_of_queries_does_not_grow(load, sheets, django_assert_num_queries):
    load({name: [row for row in cells if row[0].startswith("M5")] for name, cells in sheets.items()})
    cohorts = list(Cohort.objects.all())
    with django_assert_num_queries(7):
        cohort_figures(cohorts, as_of=CUT_OFF)
    load(sheets)
    cohorts = list(Cohort.objects.order_by("start_on"))
    with django_assert_num_queries(7):
        assert cohort_figures(cohorts, as_of=CUT_OFF)["table5_total"]["days"] == 7880


def test_payments_after_the_hand_over_beyond_the_claim_are_overpaid(load, sheets):
    ref = "M3-10"  # 7,850 kr., handed over
    sheets["payments"].append([ref, CUT_OFF + timedelta(days=1), Decimal(9000), "last"])
    load(sheets)
    load(sheets)
    loan = Loan.objects.get(case__external_ref=ref)
    kinds = list(loan.entries.filter(voucher="last").order_by("pk").values_list("kind", "amount"))
    assert kinds == [(EntryKind.RECOVERY_PAYMENT, Decimal("-4589.00")), (EntryKind.PAYMENT, Decimal("-4411.00"))]


def test_a_citizen_with_two_cases_counts_in_each_cohort_once(load, sheets):
    load(sheets)
    m5, m6 = Cohort.objects.get(code="M5"), Cohort.objects.get(code="M6")
    first = CaseFile.objects.get(external_ref="M5-01")
    CaseFile.objects.create(
        number="ML-2015-0001",
        citizen=first.citizen,
        cohort=m6,
        source=Source.HISTORY,
        phase=Phase.AFTERCARE,
        phase_entered_on=date(2016, 5, 15),
        opened_on=date(2015, 11, 16),
    )
    assert cohort_figures([m5], as_of=CUT_OFF)["table5"] == PUBLISHED["table5"][2:3]
    both = cohort_figures([m5, m6], as_of=CUT_OFF)
    assert both["table5_total"]["participants"] == 16
    assert both["table5_total"]["self_supporting"] == 16
