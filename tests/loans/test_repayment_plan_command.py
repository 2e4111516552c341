"""The promise of interfaces.md: exact keys, exit statuses, and no database."""

import json
import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loans.management.commands import repayment_plan
from loans.rules import RuleError
from microloan.core.calendars import is_banking_day

ROOT = Path(__file__).resolve().parents[2]
BASE = ["--principal", "50000", "--payout", "2026-01-31"]


def run(capsys, *arguments):
    """Exit status, standard output and standard error of the command, as from a shell."""
    command = repayment_plan.Command()
    status = 0
    try:
        command.run_from_argv(["manage.py", "repayment_plan", *arguments])
    except SystemExit as end:
        status = end.code
    out, err = capsys.readouterr()
    return status, out, err


def plan(capsys, *arguments):
    status, out, err = run(capsys, *arguments, "--format", "json")
    assert (status, err) == (0, "")
    return json.loads(out)


def test_the_promised_document(capsys):
    document = plan(capsys, *BASE)
    assert list(document) == ["principal", "total", "first_due", "last_due", "instalments", "balance", "overpaid"]
    assert document["principal"] == document["total"] == document["balance"] == "50000.00"
    assert (document["first_due"], document["last_due"]) == ("2026-03-02", "2033-02-01")
    assert document["overpaid"] == "0.00"
    assert len(document["instalments"]) == 84
    assert document["instalments"][0] == {
        "number": 1,
        "nominal_due": "2026-03-01",
        "due": "2026-03-02",
        "amount": "596.00",
        "paid": "0.00",
    }
    assert document["instalments"][-1]["amount"] == "532.00"


def test_everything_at_once(capsys):
    document = plan(
        capsys,
        *("--principal", "35000.50", "--payout", "2024-01-31", "--instalments", "24", "--due-day", "31"),
        *("--defer", "2024-06:3", "--defer", "2025-01:2", "--max-deferment", "5"),
        *("--payment", "2024-03-01:2000", "--payment", "2024-02-29:500.5"),
    )
    months = [line["nominal_due"] for line in document["instalments"]]
    assert months[:6] == ["2024-02-29", "2024-03-31", "2024-04-30", "2024-05-31", "2024-09-30", "2024-10-31"]
    assert "2025-01-31" not in months
    assert document["last_due"] == "2026-06-30"
    assert [line["paid"] for line in document["instalments"][:3]] == ["1459.00", "1041.50", "0.00"]
    assert document["balance"] == "32500.00"


@pytest.mark.parametrize(
    ("extra", "count", "last", "total"),
    [("cover", 84, "532.00", "50000.00"), ("shorten", 79, "300.00", "46788.00"), ("lower", 84, "520.00", "46788.00")],
)
def test_a_payment_ahead_of_plan(capsys, extra, count, last, total):
    document = plan(capsys, *BASE, "--payment", "2026-05-10:5000", "--extra", extra)
    assert (len(document["instalments"]), document["instalments"][-1]["amount"]) == (count, last)
    assert (document["total"], document["balance"]) == (total, "45000.00")
    assert sum(Decimal(line["amount"]) - Decimal(line["paid"]) for line in document["instalments"]) == 45000


def test_overpaid(capsys):
    document = plan(capsys, *BASE, "--payment", "2026-05-10:50000", "--payment", "2026-05-10:0.01")
    assert (document["balance"], document["overpaid"]) == ("0.00", "0.01")


@pytest.mark.parametrize(
    "arguments",
    [
        ["--defer", "2027-03:37"],
        ["--defer", "2027-03:1", "--max-deferment", "0"],
        ["--defer", "2027-03:6", "--defer", "2027-08:1"],
        ["--defer", "2025-12:2"],
        ["--defer", "2033-03:1"],
        ["--payment", "2026-05-10:50000", "--defer", "2027-03:6"],
        ["--payment", "2026-01-30:100"],
        ["--payout", "2099-01-31"],
    ],
)
def test_refused_with_a_reason(capsys, arguments):
    status, out, err = run(capsys, *BASE, *arguments)
    assert (status, out) == (1, "")
    assert len(err.strip()) > 20
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    "arguments",
    [
        *(
            ["--principal", text]
            for text in ("0", "-5", "abc", "NaN", "1e3", "1.234", "50.000,00", "inf", "", "10000000000")
        ),
        *(
            ["--payout", text]
            for text in ("2026-02-29", "20260131", "2026-W05-6", "31-01-2026", "1989-12-31", "2101-01-01")
        ),
        *(["--instalments", text] for text in ("0", "-1", "1.5", "1201")),
        *(["--due-day", text] for text in ("0", "32", "first")),
        *(
            ["--defer", text]
            for text in ("2027-03", "2027-13:6", "2027-03:0", "2027-03:-1", "2027-3:6", "2027-03-01:6")
        ),
        *(["--payment", text] for text in ("2026-05-10", "2026-05-10:0", "2026-05-10:-5", "2026-05-10:1.234", ":5")),
        ["--extra", "skip"],
        ["--max-deferment", "-1"],
        ["--format", "xml"],
        ["--interest", "5"],
    ],
)
def test_wrong_arguments(capsys, arguments):
    status, out, err = run(capsys, *BASE, *arguments)
    assert (status, out) == (2, "")
    assert "error" in err


def test_figures_that_are_needed(capsys):
    assert run(capsys, "--payout", "2026-01-31")[0] == 2
    assert run(capsys, "--principal", "50000")[0] == 2


def test_for_people_it_is_danish(capsys):
    status, out, _err = run(capsys, *BASE, "--payment", "2026-05-10:5000")
    assert status == 0
    assert "02.03.2026" in out
    assert "Restgæld: 45.000,00" in out
    _status, _out, err = run(capsys, *BASE, "--defer", "2027-03:37")
    assert "37 måneder" in err


def test_it_works_where_there_is_no_database():
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "repayment_plan", *BASE, "--format", "json"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["balance"] == "50000.00"


@given(
    principal=st.integers(1, 60_000_00),
    payout=st.dates(date(2012, 1, 1), date(2040, 1, 1)),
    instalments=st.integers(1, 130),
    due_day=st.integers(1, 31),
    ahead=st.lists(st.tuples(st.integers(0, 3000), st.integers(1, 20_000_00)), max_size=5),
    defer=st.lists(st.tuples(st.integers(0, 100), st.integers(1, 20)), max_size=3),
    extra=st.sampled_from(["cover", "shorten", "lower"]),
)
def test_any_plan_adds_up(principal, payout, instalments, due_day, ahead, defer, extra):
    terms = repayment_plan.Terms(Decimal(principal).scaleb(-2), payout, instalments, due_day)
    payments = [(date.fromordinal(payout.toordinal() + days), Decimal(ore).scaleb(-2)) for days, ore in ahead]
    windows = [repayment_plan.deferment_argument(f"{payout.year + m // 12}-{m % 12 + 1:02}:{n}") for m, n in defer]
    try:
        position = repayment_plan.calculate(terms, windows, payments, repayment_plan.Extra(extra))
    except RuleError:
        return  # which ones are refused is tested in the rules
    document = repayment_plan.as_document(position)
    open_amount = sum(line["amount"] - line["paid"] for line in document["instalments"])
    assert open_amount == document["balance"]
    assert document["balance"] - document["overpaid"] == terms.principal - sum(amount for _day, amount in payments)
    assert document["total"] == terms.principal or extra != "cover"
    assert all(is_banking_day(line["due"]) for line in document["instalments"])
