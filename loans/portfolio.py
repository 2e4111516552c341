"""The portfolio: every loan that has been paid out, filtered and sorted by the database (domain.md §7).

What is late is what is owed without the lines of the plan in force that fall due today or later: money goes to the oldest
line first, so this is what `rules.position` says line by line. `register_filter` is for what other modules know of.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import (
    Case,
    DateField,
    DecimalField,
    Exists,
    ExpressionWrapper,
    F,
    Func,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Greatest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from loans.enums import EntryKind, LoanOutcome, PlanChangeKind, SupportKind
from loans.models import Instalment, LedgerEntry, Loan, PlanChange, PlanVersion, ReminderPause
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.money import ZERO

ENDS_SOON = timedelta(days=92)
KRONER = DecimalField(max_digits=14, decimal_places=2)
NOUGHT = Value(ZERO, output_field=KRONER)
Condition = Callable[[date], Q]


@dataclass(frozen=True)
class Filter:
    """A list of the portfolio: its name, and which loans stand in it on a day."""

    key: str
    label: str | Promise
    condition: Condition
    order: int


_filters: dict[str, Filter] = {}


def register_filter(key: str, label: str | Promise, condition: Condition, *, order: int = 100) -> None:
    """Add a list. The condition may use the figures of `with_figures`: balance, late, last_due, handed_over."""
    _filters[key] = Filter(key, label, condition, order)


def filters() -> list[Filter]:
    return sorted(_filters.values(), key=lambda one: (one.order, one.key))


class MonthsLater(Func):
    """A date some months later."""

    template = "(%(expressions)s * interval '1 month')"
    arg_joiner = " + "
    output_field = DateField()


def _deferments(today: date) -> QuerySet[PlanChange]:
    """Deferments of the loan that run on a day."""
    granted = PlanChange.objects.filter(
        loan=OuterRef("pk"), kind=PlanChangeKind.DEFERMENT, outcome=LoanOutcome.GRANTED, undo__isnull=True
    )
    running = granted.filter(from_month__lte=today).annotate(until=MonthsLater(F("from_month"), F("months")))
    return running.filter(until__gt=today)


def _pauses(today: date) -> QuerySet[ReminderPause]:
    """Pauses of the reminders that run on a day."""
    running = ReminderPause.objects.filter(loan=OuterRef("pk"), from_on__lte=today, until__gte=today)
    return running.filter(Q(lifted_on__isnull=True) | Q(lifted_on__gt=today))


register_filter("running", _("Being repaid"), lambda today: Q(balance__gt=0), order=10)
register_filter("late", _("In arrears"), lambda today: Q(late__gt=0), order=20)
register_filter("deferred", _("Deferred"), lambda today: Q(Exists(_deferments(today))), order=30)
register_filter("paused", _("Paused"), lambda today: Q(Exists(_pauses(today))), order=40)
register_filter("overpaid", _("Paid too much"), lambda today: Q(balance__lt=0), order=50)
register_filter("handed_over", _("With recovery"), lambda today: Q(handed_over__gt=0), order=60)
register_filter(
    "ending",
    _("Ending within three months"),
    lambda today: Q(balance__gt=0, last_due__gte=today, last_due__lte=today + ENDS_SOON),
    order=70,
)
register_filter("settled", _("Settled"), lambda today: Q(balance=0), order=80)

SORTS: dict[str, tuple[Any, ...]] = {
    "citizen": ("case__citizen__name",),
    "paid_out_on": ("paid_out_on",),
    "principal": ("principal",),
    "balance": ("balance",),
    "late": ("late",),
    "next_due": ("next_due",),
    "last_due": ("last_due",),
}
DEFAULT_SORT = "citizen"


def _entries(*kinds: str, without: tuple[str, ...] = ()) -> QuerySet[LedgerEntry]:
    """Entries of the loan, with the reversals of those kinds."""
    found = LedgerEntry.objects.filter(loan=OuterRef("pk")).order_by()
    if kinds:
        found = found.filter(Q(kind__in=kinds) | Q(reverses__kind__in=kinds))
    if without:
        found = found.exclude(kind__in=without).exclude(reverses__kind__in=without)
    return found


def _sum(rows: QuerySet[Any], by: str) -> Coalesce:
    total = rows.values(by).annotate(total=Sum("amount")).values("total")
    return Coalesce(Subquery(total, output_field=KRONER), NOUGHT, output_field=KRONER)


def figures(today: date) -> dict[str, Any]:
    """The figures of a loan, each an expression that the database works out only where it is asked for."""
    newest = PlanVersion.objects.filter(loan=OuterRef("pk")).order_by("-version").values("pk")[:1]
    of_plan = Instalment.objects.filter(plan=OuterRef("plan_in_force")).order_by()
    # Money goes to the oldest line first: a line is paid when what is owed lies on the lines after it.
    after = Window(Sum("amount"), order_by=F("number").desc()) - F("amount")
    unpaid = of_plan.annotate(after=ExpressionWrapper(after, output_field=KRONER)).filter(
        after__lt=OuterRef("still_owed")
    )
    coming = of_plan.filter(due_on__gte=today)
    following = unpaid.filter(due_on__gte=today).order_by("number")
    payout = LedgerEntry.objects.filter(loan=OuterRef("pk"), kind=EntryKind.PAYOUT, reversed_by__isnull=True)
    # The plan is made on the full amount also while a part of it is still to be paid out.
    owed = ExpressionWrapper(F("balance") + F("principal") - F("paid_out"), output_field=KRONER)
    late = Greatest(ExpressionWrapper(F("still_owed") - F("not_due"), output_field=KRONER), NOUGHT)
    return {
        "plan_in_force": Subquery(newest),
        "paid_out_on": Subquery(payout.order_by("value_date", "pk").values("value_date")[:1]),
        "paid_out": _sum(_entries(EntryKind.PAYOUT), "loan"),
        "balance": _sum(_entries(without=(EntryKind.RECOVERY_PAYMENT,)), "loan"),
        "handed_over": -_sum(_entries(EntryKind.HANDOVER), "loan") + _sum(_entries(EntryKind.RECOVERY_PAYMENT), "loan"),
        "still_owed": owed,
        "not_due": _sum(coming, "plan"),
        "last_due": Subquery(unpaid.order_by("-number").values("due_on")[:1], output_field=DateField()),
        "next_due": Subquery(following.values("due_on")[:1], output_field=DateField()),
        "late": Case(When(plan_in_force__isnull=True, then=NOUGHT), default=late, output_field=KRONER),
    }


def portfolio(user: User, today: date) -> QuerySet[Loan]:
    """The loans paid out that this person follows: the team's lead and those who book see all, a coach the own ones."""
    reversed_ids = LedgerEntry.objects.filter(reverses=OuterRef("pk"))
    payouts = LedgerEntry.objects.filter(loan=OuterRef("pk"), kind=EntryKind.PAYOUT)
    loans = Loan.objects.filter(Exists(payouts.filter(~Exists(reversed_ids))), kind=SupportKind.LOAN)
    if user.role == Role.COACH:
        loans = loans.filter(case__coach=user)
    return loans.alias(**figures(today))


def overpaid(today: date) -> QuerySet[Loan]:
    """Loans on which more has come in than was owed, whoever follows them, also of closed cases."""
    loans: QuerySet[Loan] = Loan.objects.filter(kind=SupportKind.LOAN, rule_set__isnull=False)
    return loans.alias(balance=figures(today)["balance"]).filter(balance__lt=0)


def chosen(loans: QuerySet[Loan], key: str, today: date) -> QuerySet[Loan]:
    found = _filters.get(key)
    return loans.filter(found.condition(today)) if found else loans


def ordered(loans: QuerySet[Loan], sort: str) -> QuerySet[Loan]:
    """Sorted by the database; the same order each time."""
    name = sort.removeprefix("-")
    fields = SORTS.get(name, SORTS[DEFAULT_SORT])
    direction = [
        F(field).desc(nulls_last=True) if sort.startswith("-") else F(field).asc(nulls_last=True) for field in fields
    ]
    return loans.order_by(*direction, "pk")


def with_figures(ids: list[int], today: date) -> list[Loan]:
    """The loans of a page with all that it shows, in the order given; a fixed number of queries."""
    found = (
        Loan.objects.filter(pk__in=ids)
        .select_related("case__citizen", "case__coach")
        .annotate(**figures(today), is_deferred=Exists(_deferments(today)), is_paused=Exists(_pauses(today)))
        .in_bulk()
    )
    return [found[pk] for pk in ids if pk in found]


def words_of(loan: Any) -> list[tuple[str, str]]:
    """What a person must know of a loan at a glance: word and tone."""
    words: list[tuple[str, str]] = []
    if loan.late > 0:
        words.append((str(_("late")), "bad"))
    if loan.balance < 0:
        words.append((str(_("paid too much")), "warn"))
    if loan.handed_over > 0:
        words.append((str(_("with recovery")), "warn"))
    if loan.is_deferred and loan.balance > 0:
        words.append((str(_("deferred")), "info"))
    if loan.is_paused and loan.balance > 0:
        words.append((str(_("reminders paused")), "info"))
    if loan.balance == 0 and loan.handed_over <= 0:
        words.append((str(_("settled")), "good"))
    return words


def sum_of(loans: QuerySet[Loan], today: date) -> dict[str, Decimal]:
    """What the loans of a list owe in all, and how much of it is late."""
    rows = Loan.objects.filter(pk__in=loans.order_by().values("pk")).annotate(**figures(today))
    totals = rows.aggregate(owed=Sum("balance", filter=Q(balance__gt=0)), late_in_all=Sum("late"))
    return {"owed": totals["owed"] or ZERO, "late": totals["late_in_all"] or ZERO}
