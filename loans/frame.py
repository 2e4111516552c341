"""What the yearly frame is compared with: sums over all loans, added up by the database in a fixed number of queries."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce, Least

from loans.enums import EntryKind, SupportKind
from loans.models import LedgerEntry, Loan, LoanDecision, PlanVersion, YearlyFrame
from loans.portfolio import KRONER, NOUGHT
from loans.rules.frame import FrameFigures, forecast, forecast_months
from microloan.core.money import ZERO

MOST_EARLIER = 20
RETURNED = (EntryKind.PAYMENT, EntryKind.REFUND)


def frames() -> QuerySet[YearlyFrame]:
    """The frame in force of each year, the latest year first."""
    return YearlyFrame.objects.filter(replaced_by__isnull=True).select_related("by").order_by("-year")


def frame_of(year: int) -> YearlyFrame | None:
    return frames().filter(year=year).first()


def years_with_money(today: date) -> list[int]:
    """Years with a frame or a payout, with this one and the next, the latest first."""
    paid = LedgerEntry.objects.filter(kind=EntryKind.PAYOUT).values_list("value_date__year", flat=True).distinct()
    found = {
        today.year,
        today.year + 1,
        *paid.order_by(),
        *YearlyFrame.objects.order_by().values_list("year", flat=True),
    }
    return sorted(found, reverse=True)


def _entries(kinds: Iterable[str]) -> Q:
    kinds = list(kinds)
    return Q(kind__in=kinds) | Q(reverses__kind__in=kinds)


def figures_of(year: int, today: date) -> FrameFigures:
    """The figures of a calendar year. What is granted for a year that has passed, and still not paid out, counts in the
    year that runs: there it will be paid, if at all."""
    in_year = LedgerEntry.objects.filter(value_date__year=year).order_by()
    is_loan = Q(loan__kind=SupportKind.LOAN)
    sums = in_year.aggregate(
        paid_out=Sum("amount", filter=_entries([EntryKind.PAYOUT]) & is_loan),
        grants=Sum("amount", filter=_entries([EntryKind.PAYOUT]) & ~is_loan),
        repaid=Sum("amount", filter=_entries(RETURNED)),
        recovered=Sum("amount", filter=_entries([EntryKind.RECOVERY_PAYMENT])),
        written_off=Sum("amount", filter=_entries([EntryKind.WRITE_OFF])),
    )
    frame = frame_of(year)
    return FrameFigures(
        year=year,
        amount=frame.amount if frame else None,
        paid_out=sums["paid_out"] or ZERO,
        committed=_sum(_waiting_loans(), "waiting", _planned(year, today)),
        proposed=_sum(_open_proposals(), "amount", _planned(year, today)),
        repaid=-(sums["repaid"] or ZERO),
        recovered=-(sums["recovered"] or ZERO),
        written_off=-(sums["written_off"] or ZERO),
        grants=sums["grants"] or ZERO,
    )


def _planned(year: int, today: date) -> Q:
    if year < today.year:
        return Q(pk__in=[])
    if year > today.year:
        return Q(planned_payout_on__year=year)
    return Q(planned_payout_on__isnull=True) | Q(planned_payout_on__year__lte=year)


def _waiting_loans() -> QuerySet[Loan]:
    """Granted, and not paid out, or not all of it: `waiting` kroner. A closed case is paid nothing more."""
    granted = Loan.objects.filter(kind=SupportKind.LOAN, decision__isnull=False, case__closed_on=None)
    return granted.annotate(waiting=F("principal") - _paid_out(OuterRef("pk"))).filter(waiting__gt=0)


def _paid_out(loan: OuterRef) -> Coalesce:
    """Kroner paid out of a loan, without what was taken back."""
    payouts = LedgerEntry.objects.filter(_entries([EntryKind.PAYOUT]), loan=loan).order_by()
    return _total(payouts)


def _total(entries: QuerySet[LedgerEntry]) -> Coalesce:
    sums = entries.values("loan").annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(sums, output_field=KRONER), NOUGHT, output_field=KRONER)


def _open_proposals() -> QuerySet[LoanDecision]:
    return LoanDecision.objects.filter(decided_at__isnull=True, kind=SupportKind.LOAN, case__closed_on=None)


def _sum(rows: QuerySet[Loan] | QuerySet[LoanDecision], field: str, condition: Q) -> Decimal:
    return rows.filter(condition).order_by().aggregate(total=Sum(field))["total"] or ZERO


def expected(today: date) -> list[Decimal]:
    """What the plans in force bring in each of the coming twelve months, in kroner; what is late is not among it.

    Money goes to the oldest line first, so of what a loan owes, the latest lines are what is not due yet.
    """
    days = forecast_months(today)
    due_from = {
        f"from_{number}": Coalesce(Sum("instalments__amount", filter=Q(instalments__due_on__gte=day)), NOUGHT)
        for number, day in enumerate(days)
    }
    owed_from = {f"owed_{number}": Least(f"from_{number}", "owed") for number in range(len(days))}
    plans = _plans_in_force().annotate(**due_from, owed=_owed()).filter(owed__gt=0).annotate(**owed_from)
    sums = plans.aggregate(**{f"sum_{number}": Sum(f"owed_{number}") for number in range(len(days))})
    return forecast([sums[f"sum_{number}"] or ZERO for number in range(len(days))])


def _plans_in_force() -> QuerySet[PlanVersion]:
    newer = PlanVersion.objects.filter(loan=OuterRef("loan"), version__gt=OuterRef("version"))
    paid_out = LedgerEntry.objects.filter(loan=OuterRef("loan"), kind=EntryKind.PAYOUT, reversed_by__isnull=True)
    return PlanVersion.objects.filter(~Exists(newer), Exists(paid_out), loan__kind=SupportKind.LOAN).order_by()


def _owed() -> Any:
    """What is owed on the lines of a plan: the ledger's balance (`loans.queries.balance_of`), with what is still to be
    paid out, since the plan is made on the full amount."""
    entries = LedgerEntry.objects.filter(loan=OuterRef("loan")).order_by()
    ours = entries.exclude(kind=EntryKind.RECOVERY_PAYMENT).exclude(reverses__kind=EntryKind.RECOVERY_PAYMENT)
    return _total(ours) + F("loan__principal") - _paid_out(OuterRef("loan"))


def earlier_frames(year: int) -> list[YearlyFrame]:
    """What the frame of a year was before, the newest first."""
    replaced = YearlyFrame.objects.filter(year=year, replaced_by__isnull=False)
    return list(replaced.select_related("by").order_by("-pk")[:MOST_EARLIER])
