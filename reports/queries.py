"""What the reports read from the rows: imported and live cases alike, in a fixed number of queries."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from cases.enums import PHASE_ORDER, Channel, Phase, Source
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
    return CaseFile.objects.filter(Q(source=Source.HISTORY) | Exists(began), cohort__in=cohorts).order_by("pk")


def cohort_figures(cohorts: Iterable[Cohort], *, as_of: date) -> dict[str, Any]:
    """Tables 1–8 for these cohorts at the cut-off, in the form of interfaces.md."""
    cohorts = list(cohorts)
    people = _participants(participants(cohorts, as_of=as_of))
    refs = {person.case_ref for person in people}
    return tables.cohort_tables(
        participants=people,
        loans=[loan for loan in _loans(cohorts, as_of) if loan.case_ref in refs],
        payments=_repaid(cohorts, as_of),
        livelihoods=[period for period in _livelihoods(cohorts, as_of) if period.case_ref in refs],
        cohorts=[tables.Cohort(cohort.code, cohort.start_on, cohort.end_on) for cohort in cohorts],
        as_of=as_of,
    )


def _participants(cases: QuerySet[CaseFile]) -> list[tables.Participant]:
    """Only what the figures need: no name, no CPR number leaves the database."""
    rows = cases.values_list(
        "pk",
        "cohort__code",
        "citizen__sex",
        "citizen__birth_year",
        "citizen__birth_date",
        "livelihood",
        "course_end_on",
    )
    return [
        tables.Participant(str(pk), cohort, sex, year or (birth.year if birth else None), livelihood, course_end)
        for pk, cohort, sex, year, birth, livelihood, course_end in rows
    ]


# The rows of the cohorts' cases, by a plain join; those of cases that are no participants are left out afterwards. Asking
# the database for the participants again in each of these queries costs more than all the rest (docs/performance.md).


def _loans(cohorts: list[Cohort], as_of: date) -> list[tables.Loan]:
    """Loans (never grants) paid out by the cut-off, with the day they were handed over unless recalled by then."""
    entries = LedgerEntry.objects.filter(loan__case__cohort__in=cohorts, value_date__lte=as_of)
    reversals = entries.filter(kind=EntryKind.REVERSAL, reverses__kind__in=[EntryKind.PAYOUT, EntryKind.HANDOVER])
    undone = set(reversals.order_by().values_list("reverses_id", flat=True))
    payouts: dict[int, date] = {}
    handed_over: dict[int, date] = {}
    rows = entries.filter(kind__in=[EntryKind.PAYOUT, EntryKind.HANDOVER]).order_by("-value_date", "-pk")
    for pk, loan_id, kind, day in rows.values_list("pk", "loan_id", "kind", "value_date"):
        if pk not in undone:
            (payouts if kind == EntryKind.PAYOUT else handed_over)[loan_id] = day
    loans = Loan.objects.filter(case__cohort__in=cohorts, kind=SupportKind.LOAN).order_by("pk")
    return [
        tables.Loan(str(pk), str(case_id), principal, payouts[pk], handed_over.get(pk))
        for pk, case_id, principal in loans.values_list("pk", "case_id", "principal")
        if pk in payouts
    ]


def _repaid(cohorts: list[Cohort], as_of: date) -> list[tables.Payment]:
    """What each loan's repaying entries come to at the cut-off; a reversal counts from its own day."""
    entries = LedgerEntry.objects.filter(loan__case__cohort__in=cohorts, value_date__lte=as_of)
    reversals = entries.filter(kind=EntryKind.REVERSAL, reverses__kind__in=MONEY)
    return [
        tables.Payment(str(loan_id), as_of, Decimal(-total))
        for rows in (entries.filter(kind__in=MONEY), reversals)
        for loan_id, total in rows.order_by().values_list("loan_id").annotate(total=Sum("amount"))
    ]


def _livelihoods(cohorts: list[Cohort], as_of: date) -> list[tables.Livelihood]:
    """The citizens' periods, once for each of their cases."""
    rows = (
        LivelihoodPeriod.objects.filter(citizen__cases__cohort__in=cohorts, from_on__lte=as_of)
        .order_by("pk")
        .values_list("citizen__cases__pk", "kind", "from_on", "to_on")
    )
    return [tables.Livelihood(str(case), kind, start, end) for case, kind, start, end in rows]


def open_cases_per_phase() -> dict[str, int]:
    """How many live cases stand in each open phase, in the order of the phases."""
    counts = dict(CaseFile.objects.live().open().order_by().values_list("phase").annotate(count=Count("pk")))
    return {phase.value: counts.get(phase.value, 0) for phase in PHASE_ORDER if phase != Phase.CLOSED}


def cases_per_channel(as_of: date) -> dict[str, int]:
    """How many live cases were opened by a day, by how the citizen came to the programme (domain.md §3.3)."""
    opened = CaseFile.objects.live().filter(opened_on__lte=as_of).order_by()
    counts = dict(opened.values_list("channel").annotate(count=Count("pk")))
    return {channel.value: counts.get(channel.value, 0) for channel in Channel}


def cases_per_partner(as_of: date) -> list[tuple[str, int]]:
    """Of those who came by a partner organisation, how many by each."""
    rows = CaseFile.objects.live().filter(opened_on__lte=as_of, partner__isnull=False)
    return list(rows.order_by("partner__name").values_list("partner__name").annotate(count=Count("pk")))


def cohorts_started_by(as_of: date) -> QuerySet[Cohort]:
    return Cohort.objects.filter(start_on__lte=as_of).order_by("start_on", "code")
