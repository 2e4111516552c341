"""What the reports read from the rows: imported and live cases alike, in a fixed number of queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from cases.enums import PHASE_ORDER, Phase, Source
from cases.models import CaseFile, Cohort, LivelihoodPeriod, PhaseChange
from loans.enums import EntryKind, SupportKind
from loans.models import LedgerEntry, Loan
from reports.rules import cohort_tables as tables

# Entries that say how much of the debt has been repaid; a hand-over or a write-off repays nothing.
MONEY = (EntryKind.PAYMENT, EntryKind.RECOVERY_PAYMENT, EntryKind.REFUND, EntryKind.CORRECTION)


def participants(cohorts: Iterable[Cohort], *, as_of: date) -> QuerySet[CaseFile]:
    """Who counts as a participant of a cohort: the imported, and those who had begun the main course by the cut-off.

    R counts those who completed the pre-course and got their loan; a case that dropped out before is not one of them.
    """
    began = PhaseChange.objects.filter(case=OuterRef("pk"), to_phase=Phase.MAIN_COURSE, on__lte=as_of)
    return (
        CaseFile.objects.filter(Q(source=Source.HISTORY) | Exists(began), cohort__in=cohorts)
        .select_related("citizen", "cohort")
        .order_by("cohort", "pk")
    )


def cohort_figures(cohorts: Sequence[Cohort], *, as_of: date) -> dict[str, Any]:
    """Tables 1–8 for these cohorts at the cut-off, in the form of interfaces.md."""
    cases = list(participants(cohorts, as_of=as_of))
    loans = _loans(cases, as_of)
    return tables.cohort_tables(
        participants=[_participant(case) for case in cases],
        loans=loans,
        payments=_repaid(loans, as_of),
        livelihoods=_livelihoods(cases, as_of),
        cohorts=[tables.Cohort(cohort.code, cohort.start_on, cohort.end_on) for cohort in cohorts],
        as_of=as_of,
    )


def _participant(case: CaseFile) -> tables.Participant:
    citizen = case.citizen
    return tables.Participant(
        case_ref=str(case.pk),
        cohort=case.cohort.code if case.cohort else "",
        sex=citizen.sex,
        birth_year=citizen.birth_year or (citizen.birth_date.year if citizen.birth_date else None),
        livelihood_before=case.livelihood,
        course_end=case.course_end_on,
    )


def _loans(cases: Sequence[CaseFile], as_of: date) -> list[tables.Loan]:
    """Loans (never grants) paid out by the cut-off, with the day they were handed over unless recalled by then."""
    entries = LedgerEntry.objects.filter(loan__case__in=cases, value_date__lte=as_of)
    undone = set(
        entries.filter(kind=EntryKind.REVERSAL, reverses__kind__in=[EntryKind.PAYOUT, EntryKind.HANDOVER]).values_list(
            "reverses_id", flat=True
        )
    )
    payouts: dict[int, date] = {}
    handed_over: dict[int, date] = {}
    rows = entries.filter(kind__in=[EntryKind.PAYOUT, EntryKind.HANDOVER]).order_by("-value_date", "-pk")
    for pk, loan_id, kind, day in rows.values_list("pk", "loan_id", "kind", "value_date"):
        if pk not in undone:
            (payouts if kind == EntryKind.PAYOUT else handed_over)[loan_id] = day
    return [
        tables.Loan(str(loan.pk), str(loan.case_id), loan.principal, payouts[loan.pk], handed_over.get(loan.pk))
        for loan in Loan.objects.filter(pk__in=payouts, kind=SupportKind.LOAN).order_by("pk")
    ]


def _repaid(loans: Sequence[tables.Loan], as_of: date) -> list[tables.Payment]:
    """What each loan's repaying entries come to at the cut-off; a reversal counts from its own day."""
    sums = (
        LedgerEntry.objects.filter(
            Q(kind__in=MONEY) | Q(kind=EntryKind.REVERSAL, reverses__kind__in=MONEY),
            loan__in=[int(loan.loan_ref) for loan in loans],
            value_date__lte=as_of,
        )
        .order_by()
        .values("loan_id")
        .annotate(total=Sum("amount"))
        .values_list("loan_id", "total")
    )
    return [tables.Payment(str(loan_id), as_of, Decimal(-total)) for loan_id, total in sums]


def _livelihoods(cases: Sequence[CaseFile], as_of: date) -> list[tables.Livelihood]:
    """The citizens' periods, once for each of their cases."""
    cases_of: dict[int, list[str]] = defaultdict(list)
    for case in cases:
        cases_of[case.citizen_id].append(str(case.pk))
    periods = LivelihoodPeriod.objects.filter(citizen__in=list(cases_of), from_on__lte=as_of).order_by("pk")
    return [
        tables.Livelihood(case_ref, period.kind, period.from_on, period.to_on)
        for period in periods
        for case_ref in cases_of[period.citizen_id]
    ]


def open_cases_per_phase() -> dict[str, int]:
    """How many live cases stand in each open phase, in the order of the phases."""
    counts = dict(CaseFile.objects.live().open().order_by().values_list("phase").annotate(count=Count("pk")))
    return {phase.value: counts.get(phase.value, 0) for phase in PHASE_ORDER if phase != Phase.CLOSED}


def cohorts_started_by(as_of: date) -> QuerySet[Cohort]:
    return Cohort.objects.filter(start_on__lte=as_of).order_by("start_on", "code")
