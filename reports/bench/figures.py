"""Work that is not a page: the cohort tables, the daily jobs, where a loan stands, and letters."""

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from django.contrib.staticfiles import finders
from django.db import connection
from django.db.models import Exists, OuterRef

from cases.letters.enums import LetterStatus
from cases.letters.envelope import Contact, Envelope, Recipient, Sender
from cases.letters.layout import letter_layout
from cases.letters.models import Letter
from cases.letters.registry import get_kind
from cases.letters.rendering import complete_context, compose, letter_stylesheet, render_letter
from cases.models import CaseFile
from loans import rules
from loans.enums import EntryKind
from loans.letters import reminder_key
from loans.models import LedgerEntry
from loans.queries import instalments_due
from microloan.core import jobs
from microloan.core.pdf import STATIC_SCHEME
from reports.bench.databases import Town
from reports.bench.timing import Ratio, compare
from reports.queries import cohort_figures, cohorts_started_by

# --- The cohort tables -------------------------------------------------------------------------------------------------

# The sums that the tables 1, 2, 4, 6 and 7 stand on, as PostgreSQL adds them up by itself.
BARE_COHORTS = """
    WITH participant AS (
        SELECT c.id, c.cohort_id, c.citizen_id, c.livelihood FROM cases_casefile c
        WHERE c.cohort_id IS NOT NULL
          AND (c.source = 'history' OR EXISTS (SELECT 1 FROM cases_phasechange p WHERE p.case_id = c.id
                                               AND p.to_phase = 'main_course' AND p."on" <= %(as_of)s))
    ), repaid AS (
        SELECT l.case_id, l.principal, -sum(e.amount) FILTER (WHERE e.kind = 'payment') AS repaid
        FROM loans_loan l JOIN loans_ledgerentry e ON e.loan_id = l.id
        WHERE e.value_date <= %(as_of)s GROUP BY l.id
    )
    SELECT p.cohort_id, count(*), count(*) FILTER (WHERE citizen.sex = 'K'), sum(r.principal), sum(r.repaid),
           count(*) FILTER (WHERE EXISTS (SELECT 1 FROM cases_livelihoodperiod lp WHERE lp.citizen_id = p.citizen_id
                            AND lp.kind IN ('own_business', 'employment', 'education', 'mixed_self_support')
                            AND lp.from_on <= %(as_of)s AND (lp.to_on IS NULL OR lp.to_on >= %(as_of)s)))
    FROM participant p JOIN cases_citizen citizen ON citizen.id = p.citizen_id LEFT JOIN repaid r ON r.case_id = p.id
    GROUP BY p.cohort_id
"""


def compare_cohort_tables(large: Town, today: date, runs: int) -> Ratio:
    def ours() -> None:
        with large:
            cohort_figures(cohorts_started_by(today), as_of=today)

    def bare() -> None:
        with large, connection.cursor() as cursor:
            cursor.execute(BARE_COHORTS, {"as_of": today})
            cursor.fetchall()

    about = "Tables 1–8 of all cohorts in the large town, and bare SQL that adds up half of them"
    return compare("cohort_tables_and_sql", ours, bare, limit=6.0, runs=runs, about=about)


# --- Daily jobs --------------------------------------------------------------------------------------------------------


def compare_jobs(large: Town, small: Town, today: date, runs: int) -> Iterator[Ratio]:
    """What a job takes for each row it has to look at, large and small. Run again, it finds everything done already."""
    first_of_month = (today.replace(day=1) + timedelta(days=32)).replace(day=1)
    for name, day in (("reconcile_tasks", today), ("instalment_reminders", first_of_month - timedelta(days=1))):
        rows = []
        for town in (large, small):
            with town:
                rows.append(max(1, ROWS[name](day)))
        ratio = compare(
            f"{name}_per_row",
            partial(_run, large, name, day),
            partial(_run, small, name, day),
            limit=2.5,
            runs=1,
            about=f"The daily job for each of {rows[0]} rows, and for each of {rows[1]}",
        )
        yield Ratio(ratio.name, ratio.ours / rows[0], ratio.baseline / rows[1], ratio.limit, ratio.about)


def _run(town: Town, name: str, day: date) -> None:
    with town:
        jobs.run_job(name, day)


def _open_cases(day: date) -> int:
    return CaseFile.objects.live().open().count()


def _due_instalments(day: date) -> int:
    """Lines that fall due in the reminders' span. Their letters are put in first: letters are measured by themselves."""
    paid_out = LedgerEntry.objects.filter(loan=OuterRef("plan__loan"), kind=EntryKind.PAYOUT)
    coming = instalments_due(day, day + timedelta(days=7)).filter(Exists(paid_out)).order_by("pk")
    letters = [
        Letter(
            case_id=line.plan.loan.case_id,
            kind="instalment_reminder",
            key=reminder_key(line.plan.loan, line),
            subject="Afdrag",
            status=LetterStatus.HELD,
            recipient_name="",
            recipient_address="",
            context={},
            path="",
            sha256="",
            page_count=1,
            dated=day,
        )
        for line in coming
    ]
    Letter.objects.bulk_create(letters, batch_size=2000)
    return len(letters)


ROWS = {"reconcile_tasks": _open_cases, "instalment_reminders": _due_instalments}


# --- Where a loan stands -----------------------------------------------------------------------------------------------


def compare_positions(runs: int) -> Iterator[Ratio]:
    """A long loan beside an ordinary one, and an ordinary one beside a loop that only takes payments off."""
    long_terms, long_entries = _loan(120, 300)
    terms, entries = _loan(84, 84)
    yield compare(
        "position_of_long_loan",
        lambda: rules.position(long_terms, long_entries),
        lambda: rules.position(terms, entries),
        limit=10.0,
        runs=max(runs, 9),
        about="Where a loan stands: 120 instalments and 300 entries, and 84 and 84",
    )
    lines = [line.amount for line in terms.schedule()]
    yield compare(
        "position_and_plain_loop",
        lambda: rules.allocate(terms.schedule(), entries),
        lambda: _plain_loop([line.amount for line in terms.schedule()], entries) and lines,
        limit=10.0,
        runs=max(runs, 9),
        about="Where a loan of 84 instalments and 84 payments stands, and a loop that takes the payments off its lines",
    )


def _loan(instalments: int, payments: int) -> tuple[rules.Terms, list[rules.Entry]]:
    payout = date(2020, 1, 15)
    terms = rules.Terms(principal=Decimal(50000), payout=payout, instalments=instalments)
    entries = [
        rules.Entry(id=n, kind=EntryKind.PAYMENT, value_date=payout + timedelta(days=31 + 8 * n), amount=Decimal(-100))
        for n in range(1, payments + 1)
    ]
    return terms, entries


def _plain_loop(lines: list[Decimal], entries: list[rules.Entry]) -> list[Decimal]:
    at = 0
    for entry in sorted(entries, key=lambda entry: entry.value_date):
        money = -entry.amount
        while money and at < len(lines):
            part = min(money, lines[at])
            lines[at] -= part
            money -= part
            at += not lines[at]
    return lines


# --- Letters -----------------------------------------------------------------------------------------------------------


def compare_letters(today: date, runs: int) -> Ratio:
    """The loan agreement with its plan: from facts to PDF by us, and its finished HTML by WeasyPrint alone."""
    kind, envelope = get_kind("loan_agreement"), envelope_of(today)
    context = agreement(today)
    html, _subject = compose(kind, envelope, complete_context(kind, context))
    style = letter_stylesheet(letter_layout())
    return compare(
        "letter_and_weasyprint",
        lambda: render_letter(kind, envelope, context),
        lambda: _bare_pdf(html, style),
        limit=1.3,
        runs=min(runs, 5),
        about="A loan agreement from facts to tagged PDF, and bare WeasyPrint on the same HTML and style sheet",
    )


def _bare_pdf(html: str, style: str) -> bytes:
    import weasyprint

    fonts = weasyprint.text.fonts.FontConfiguration()
    sheet = weasyprint.CSS(string=with_files(style), font_config=fonts)
    document = weasyprint.HTML(string=with_files(html), media_type="print")
    return document.write_pdf(stylesheets=[sheet], font_config=fonts, pdf_variant="pdf/ua-1", pdf_tags=True)


def with_files(text: str) -> str:
    """Our own scheme for static files, as addresses that WeasyPrint knows by itself."""
    folder = str(finders.find("css/print.css")).removesuffix("css/print.css")
    return text.replace(f"{STATIC_SCHEME}:", f"file://{folder}")


def envelope_of(today: date) -> Envelope:
    return Envelope(
        sender=Sender(
            authority="Testkommune", department="Mikrolån", lines=("Prøvevej 1", "0000 Prøveby"), phone="00 00 00 00"
        ),
        recipient=Recipient(name="Amina Testesen", lines=("Eksempelgade 12", "0000 Prøveby")),
        contact=Contact(name="Mette Eksempelsen"),
        case_number="ML-2026-0001",
        dated=today,
    )


def agreement(today: date) -> dict[str, Any]:
    principal = left = Decimal(50000)
    lines = []
    for line in rules.build_schedule(principal, today):
        left -= line.amount
        lines.append({"number": line.number, "due": line.due, "amount": line.amount, "remaining": left})
    return {
        "amount": principal,
        "instalment_amount": lines[0]["amount"],
        "instalment_count": len(lines),
        "last_amount": lines[-1]["amount"],
        "first_due": lines[0]["due"],
        "last_due": lines[-1]["due"],
        "payment_reference": rules.payment_reference(1),
        "max_deferment_months": 36,
        "business": "Aminas syatelier",
        "lines": lines,
        "total": principal,
        "legal_basis": {"reference": "kommunens vedtægt om mikrolån § 4", "appeal_variant": "standard_4_weeks"},
        "cvr": "00000001",
        "authority": "Gældsstyrelsen",
        "debt_instrument": False,
    }
