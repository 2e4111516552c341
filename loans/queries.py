"""What is read of loans: terms, ledger and position. The rules do the arithmetic; these fetch the rows."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Count, Exists, OuterRef, Prefetch, Q, QuerySet, Subquery, Sum, TextChoices
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from cases.enums import Phase
from cases.models import CaseFile
from loans import rules
from loans.enums import DefermentKind, EntryKind, Extra, OrderState, PlanChangeKind, SupportKind
from loans.models import (
    DisbursementOrder,
    Instalment,
    LedgerEntry,
    Loan,
    LoanDecision,
    PlanChange,
    PlanVersion,
    SupportPeriod,
)
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.money import ZERO
from microloan.policy.enums import ScheduleStart
from microloan.policy.models import LegalBasis, RuleSet
from screening.enums import Outcome, ScreeningNumber
from screening.models import Screening

# What the position of a loan is computed from beside its ledger, with what was taken back.
PLAN_CHANGES = Prefetch(
    "plan_changes", PlanChange.objects.select_related("undo__by", "proposed_by", "decided_by").order_by("pk")
)


def payments_to_tell(loan: Any) -> QuerySet[LedgerEntry]:
    """Payments that came to us after a claim went to recovery, which the authority has not been told of (domain.md §7.6)."""
    standing = LedgerEntry.objects.filter(reversed_by__isnull=True)
    handed_over = standing.filter(kind=EntryKind.HANDOVER, loan=OuterRef("loan"), booked_at__lte=OuterRef("booked_at"))
    payments = standing.filter(kind=EntryKind.PAYMENT, loan=loan, loan__decision__isnull=False, write_down__isnull=True)
    return payments.filter(Exists(handed_over)).order_by("value_date", "pk")


def loans_visible_to(user: User) -> QuerySet[Loan]:
    """The team sees every loan, and so do those who pay them out; others the loans of the cases they see."""
    if user.is_team or user.role == Role.BENEFITS_OFFICER:
        return Loan.objects.all()
    return Loan.objects.filter(case__in=CaseFile.objects.visible_to(user))


def with_ledger(loans: QuerySet[Loan]) -> QuerySet[Loan]:
    """Loans with all that `position_of` reads, in a fixed number of queries."""
    return loans.select_related("case__citizen", "rule_set", "legal_basis", "decision").prefetch_related(
        "entries", PLAN_CHANGES
    )


def find_by_number(text: str) -> QuerySet[Loan, int]:
    """The cases of the loan with this number or payment reference, as it stands on a letter or a bank statement."""
    return Loan.objects.filter(_has_number(text)).order_by("pk").values_list("case_id", flat=True)


def _has_number(text: str) -> Q:
    plain = "".join(text.upper().split())
    digits = plain.removeprefix("+71").removeprefix("<")
    return Q(number=plain) | (Q(payment_reference=digits) & ~Q(payment_reference=""))


def loans_by_number(text: str) -> QuerySet[Loan]:
    """The loan with this number or payment reference, or the one of the case with this number."""
    plain = "".join(text.upper().split())
    return Loan.objects.filter(_has_number(text) | Q(case__number=plain)).order_by("pk")


def rule_entries(entries: Iterable[LedgerEntry]) -> list[rules.Entry]:
    """Ledger rows as the rules see them."""
    return [
        rules.Entry(
            id=entry.pk,
            kind=EntryKind(entry.kind),
            value_date=entry.value_date,
            amount=entry.amount,
            reverses=entry.reverses_id,
            extra=Extra(entry.extra),
            claims=tuple(entry.claims),
        )
        for entry in entries
    ]


def rule_change(change: PlanChange) -> rules.Change:
    """A change of plan as the rules see it. An arrangement is dated the day it was decided."""
    if change.kind == PlanChangeKind.DEFERMENT:
        return rules.Deferment(change.from_month, change.months or 0, DefermentKind(change.deferment_kind))
    if change.kind == PlanChangeKind.NEW_AMOUNT:
        return rules.NewAmount(change.from_month, change.amount or ZERO)
    decided_on = change.decided_on or change.proposed_on
    return rules.Arrangement(decided_on, change.from_month, change.amount or ZERO, change.total or ZERO)


def changes_of(loan: Loan) -> list[rules.Change]:
    """The changes of plan in force, in the order they were decided."""
    in_force = [change for change in loan.plan_changes.all() if change.is_in_force]
    return [rule_change(change) for change in sorted(in_force, key=lambda change: (change.decided_at, change.pk))]


def rule_set_of(loan: Loan) -> RuleSet:
    """The rules a loan was decided under. Raises ValueError for an imported loan, which has none."""
    if loan.rule_set is None:
        raise ValueError("an imported loan has no rule set")
    return loan.rule_set


def payouts_of(loan: Loan) -> list[LedgerEntry]:
    """What has been paid out, without what was taken back on its day; the first part first."""
    entries = list(loan.entries.all())
    taken_back = {entry.reverses_id for entry in entries}
    found = [entry for entry in entries if entry.kind == EntryKind.PAYOUT and entry.pk not in taken_back]
    return sorted(found, key=lambda entry: (entry.value_date, entry.pk))


def not_paid_out(loan: Loan) -> Decimal:
    """Kroner of the loan that have not been paid out yet; 0 for an imported loan."""
    if loan.decision_id is None:
        return ZERO
    return loan.principal - sum((entry.amount for entry in payouts_of(loan)), ZERO)


def payout_date(loan: Loan) -> date | None:
    """The day from which the plan counts: of the first part, or of the last where the rule set says so (domain.md §7.3)."""
    payouts = payouts_of(loan)
    if not payouts:
        return None
    if loan.rule_set is not None and loan.rule_set.schedule_start == ScheduleStart.LAST_PART:
        return None if not_paid_out(loan) else payouts[-1].value_date
    return payouts[0].value_date


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


def has_open_change(loan: Loan) -> bool:
    """Whether a change of plan waits for the project lead; `with_open_change` reads it ahead for many loans."""
    if hasattr(loan, "open_change"):
        return bool(loan.open_change)
    return any(not change.is_decided for change in loan.plan_changes.all())


def with_open_change(loans: QuerySet[Loan]) -> QuerySet[Loan]:
    proposals = PlanChange.objects.filter(loan=OuterRef("pk"), decided_at__isnull=True)
    return loans.annotate(open_change=Exists(proposals))


def terms_in_force(loan: Loan) -> rules.Terms:
    """The terms of a loan that has been paid out. Raises ValueError for one that has not."""
    payout = payout_date(loan)
    if payout is None:
        raise ValueError("the loan has not been paid out")
    return terms_of(loan, payout)


def with_ledger_sum(loans: QuerySet[Loan]) -> QuerySet[Loan]:
    """Loans with the bare sum of their ledger as `ledger_total`, added up by the database."""
    entries = LedgerEntry.objects.filter(loan=OuterRef("pk")).order_by().values("loan")
    return loans.annotate(ledger_total=Subquery(entries.annotate(total=Sum("amount")).values("total")))


def ledger_sum(loan: Loan) -> Decimal:
    """The bare sum of the ledger in kroner. It is never above what is owed to us: recovery counts in it twice."""
    if hasattr(loan, "ledger_total"):
        return Decimal(loan.ledger_total or 0)
    return sum((entry.amount for entry in loan.entries.all()), ZERO)


def position_of(loan: Loan, as_of: date | None = None) -> rules.Position | None:
    """Where a paid-out loan stands; None before payout, for a grant, and for an imported loan without a plan.

    The payout itself is left out: it is what the schedule is made of.
    """
    payout = payout_date(loan)
    if payout is None or loan.rule_set is None or loan.kind != SupportKind.LOAN:
        return None
    return rules.position(terms_of(loan, payout), entries_after_payout(loan), changes_of(loan), as_of=as_of)


def entries_after_payout(loan: Loan) -> list[rules.Entry]:
    """The ledger without the payouts, which the schedule is made of, and what took them back."""
    entries = list(loan.entries.all())
    payouts = {entry.pk for entry in entries if entry.kind == EntryKind.PAYOUT}
    return rule_entries(entry for entry in entries if entry.pk not in payouts and entry.reverses_id not in payouts)


def balance_of(loan: Loan) -> Decimal:
    """What the ledger says is owed to us, in kroner; negative while something is overpaid (domain.md §7.4).

    What recovery brings in is not counted again: the hand-over has taken it off already.
    """
    return rules.ledger_balance(rule_entries(loan.entries.all()))


def current_plan(loan: Loan) -> PlanVersion | None:
    return loan.plan_versions.order_by("-version").prefetch_related("instalments").first()


def instalments_due(start: date, end: date) -> QuerySet[Instalment]:
    """Lines of plans in force that fall due in a span, both days counted."""
    newest = PlanVersion.objects.filter(loan=OuterRef("plan__loan")).order_by("-version").values("pk")[:1]
    return Instalment.objects.filter(due_on__range=(start, end), plan=Subquery(newest)).select_related("plan__loan")


def cases_with_instalments_next_week(user: User, today: date) -> QuerySet[CaseFile]:
    """Open cases with an instalment from Monday to Sunday of next week, to write to them all."""
    monday = today + timedelta(days=7 - today.weekday())
    due = instalments_due(monday, monday + timedelta(days=6)).values("plan__loan__case")
    return (
        CaseFile.objects.visible_to(user)
        .filter(pk__in=due, closed_on__isnull=True)
        .select_related("citizen", "coach")
        .order_by("citizen__name", "pk")
    )


class QueueView(TextChoices):
    """The three lists of the disbursement queue (ui-guide.md §3.5)."""

    READY = "ready", _("Ready")
    TEAM = "team", _("With the team")
    PAID = "paid", _("Paid out this year")


def queue_conditions(today: date) -> dict[str, Q]:
    """Which loans stand in which list. A closed case is in none but the last: nothing is paid out on it."""
    in_approval = Q(case__phase=Phase.APPROVAL)
    return {
        # Paid out in part, the case has gone on to the main course; the rest waits here.
        QueueView.READY: Q(case__phase__in=[Phase.APPROVAL, Phase.MAIN_COURSE], order__state=OrderState.READY),
        QueueView.TEAM: in_approval & (Q(order__state=OrderState.SENT_BACK) | Q(order__isnull=True)),
        QueueView.PAID: Q(order__state=OrderState.PAID, order__paid_on__year=today.year),
    }


def queue(user: User, view: str, today: date) -> QuerySet[Loan]:
    """The decided loans of one list, the most urgent first; those paid out the newest first."""
    loans = (
        loans_visible_to(user)
        .filter(queue_conditions(today)[view], decision__isnull=False)
        .select_related("case__citizen", "case__coach", "order")
    )
    if view == QueueView.PAID:
        return loans.order_by("-order__paid_on", "-pk")
    return loans.order_by(Coalesce("order__due_on", "planned_payout_on"), "pk")


def queue_counts(user: User, today: date) -> dict[str, int]:
    """How many loans stand in each list, in one query."""
    counts = {view: Count("pk", filter=condition) for view, condition in queue_conditions(today).items()}
    return loans_visible_to(user).filter(decision__isnull=False).aggregate(**counts)


def ready_count(user: User, today: date) -> int:
    """For the top bar: what waits for the benefits officer."""
    return queue(user, QueueView.READY, today).count()


def orders_visible_to(user: User) -> QuerySet[DisbursementOrder]:
    """Orders with all that their page shows."""
    return DisbursementOrder.objects.filter(loan__in=loans_visible_to(user)).select_related(
        "loan__case__citizen",
        "loan__case__coach",
        "loan__case__business",
        "loan__legal_basis",
        "loan__rule_set",
        "loan__decision",
        "approved_by",
        "disbursed_by",
    )


def bases_for_proposals(today: date) -> list[LegalBasis]:
    """The legal bases a proposal may rest on: those in force with a reference to print, and closed ones whose
    transition may cover it (danish-rules.md §1.1)."""
    usable = LegalBasis.objects.filter(Q(allows_loan=True) | Q(allows_grant=True)).exclude(reference="")
    in_force = Q(valid_from__lte=today) & (Q(valid_to__isnull=True) | Q(valid_to__gte=today))
    in_transition = Q(valid_to__lt=today, transition_until__isnull=False)
    return list(usable.filter(in_force | in_transition).order_by("-valid_from", "code"))


def newest_decision(case: CaseFile) -> LoanDecision | None:
    """The newest proposal or decision of a case."""
    return (
        LoanDecision.objects.filter(case=case)
        .select_related("legal_basis", "rule_set", "proposed_by", "decided_by", "budget", "case__citizen")
        .order_by("-pk")
        .first()
    )


def loan_of(case: CaseFile) -> Loan | None:
    """The loan of a case with everything its page shows, in a fixed number of queries."""
    loan = (
        with_ledger(Loan.objects.filter(case=case))
        .select_related("order", "approved_by", "rule_set", "legal_basis", "decision__decided_by")
        .prefetch_related(None)
        .prefetch_related(ENTRIES, PLAN_CHANGES, Prefetch("plan_versions", PlanVersion.objects.order_by("-version")))
        .first()
    )
    if loan is not None:
        loan.case = case
    return loan


def support_of(case: CaseFile) -> list[SupportPeriod]:
    """The periods of living support, the first first (the model's order)."""
    return list(case.support_periods.all())


ENTRIES = Prefetch("entries", LedgerEntry.objects.select_related("by").order_by("value_date", "pk"))


def last_screening_4(case: CaseFile) -> Screening | None:
    rounds = [screening for screening in case.screenings.all() if screening.number == ScreeningNumber.FOUR]
    return max(rounds, key=lambda screening: screening.round, default=None)


def main_course_is_over(case: CaseFile) -> bool:
    """Whether screening 4 has decided that the support ends; for a pensioner, that it has been held."""
    last = last_screening_4(case)
    if last is None or not last.is_decided:
        return False
    return last.outcome == Outcome.STOP or (case.is_pensioner and last.outcome == Outcome.CONTINUE)
