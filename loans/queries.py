"""What is read of loans: terms, ledger and position. The rules do the arithmetic; these fetch the rows."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery, Sum

from cases.models import CaseFile
from loans import rules
from loans.enums import EntryKind, OrderState
from loans.models import DisbursementOrder, Instalment, LedgerEntry, Loan, PlanVersion, SupportPeriod
from microloan.accounts.models import User


def loans_visible_to(user: User) -> QuerySet[Loan]:
    return Loan.objects.filter(case__in=CaseFile.objects.visible_to(user))


def with_ledger(loans: QuerySet[Loan]) -> QuerySet[Loan]:
    """Loans with all that `position_of` reads, in a fixed number of queries."""
    return loans.select_related("case__citizen", "rule_set", "legal_basis", "decision").prefetch_related("entries")


def rule_entries(entries: Iterable[LedgerEntry]) -> list[rules.Entry]:
    """Ledger rows as the rules see them."""
    return [
        rules.Entry(
            id=entry.pk,
            kind=EntryKind(entry.kind),
            value_date=entry.value_date,
            amount=entry.amount,
            reverses=entry.reverses_id,
        )
        for entry in entries
    ]


def payout_date(loan: Loan) -> date | None:
    return next((entry.value_date for entry in loan.entries.all() if entry.kind == EntryKind.PAYOUT), None)


def terms_of(loan: Loan, payout: date) -> rules.Terms:
    """The terms a loan was decided on, under the rule set it keeps."""
    rule_set = loan.rule_set
    return rules.Terms(
        principal=loan.principal,
        payout=payout,
        instalments=rule_set.instalments,
        due_day=rule_set.due_day,
        multiple=rule_set.instalment_multiple,
        max_deferment=rule_set.max_deferment_months,
    )


def position_of(loan: Loan, as_of: date | None = None) -> rules.Position | None:
    """Where a paid-out loan stands; None before payout, for a grant, and for an imported loan without a plan.

    The payout itself is left out: it is what the schedule is made of.
    """
    payout = payout_date(loan)
    if payout is None or loan.rule_set is None:
        return None
    entries = [entry for entry in rule_entries(loan.entries.all()) if entry.kind is not EntryKind.PAYOUT]
    return rules.position(terms_of(loan, payout), entries, as_of=as_of)


def balance_of(loan: Loan) -> Decimal:
    """The sum of the ledger in kroner (domain.md §7.4)."""
    return loan.entries.aggregate(total=Sum("amount"))["total"] or Decimal("0.00")


def current_plan(loan: Loan) -> PlanVersion | None:
    return loan.plan_versions.order_by("-version").prefetch_related("instalments").first()


def instalments_due(start: date, end: date) -> QuerySet[Instalment]:
    """Lines of plans in force that fall due in a span, both days counted."""
    newest = PlanVersion.objects.filter(loan=OuterRef("plan__loan")).order_by("-version").values("pk")[:1]
    return Instalment.objects.filter(due_on__range=(start, end), plan=Subquery(newest)).select_related("plan__loan")


def disbursement_queue() -> QuerySet[DisbursementOrder]:
    """Orders that are ready, the most urgent first."""
    return (
        DisbursementOrder.objects.filter(state=OrderState.READY)
        .select_related(
            "loan__case__citizen", "loan__case__coach", "loan__legal_basis", "loan__decision", "approved_by"
        )
        .order_by("due_on", "pk")
    )


def support_of(case: CaseFile) -> list[SupportPeriod]:
    return list(case.support_periods.order_by("starts_on"))


ENTRIES = Prefetch("entries", LedgerEntry.objects.select_related("by").order_by("value_date", "pk"))
