"""Payments that wait for a person: which loan they may be for, matched, or proposed as not ours and given back by another
person (docs/decisions/161)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F, Func, OuterRef, Q, QuerySet, Subquery, TextField, Value
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.rules import fold_name
from loans.enums import EntryKind, SupportKind
from loans.models import IncomingPayment, Instalment, Loan, PlanVersion
from loans.payment_enums import CLAIMING, Aside, IncomingState, Why
from loans.payment_files.entries import KRONER
from loans.payment_files.references import near_references
from loans.services.imports import check_money, enter
from loans.services.ledger import lock_loan
from microloan.accounts.models import User
from microloan.core.errors import Conflict, Refused

MOST_CANDIDATES = 5
AROUND = timedelta(days=10)
WAITS_FOR_A_PERSON = (IncomingState.PARKED, IncomingState.CONFLICT, IncomingState.RETURNING)
NAME, AMOUNT, NEAR = "name", "amount", "near"
REASONS = {
    NEAR: gettext_lazy("one figure from this loan's payment reference"),
    NAME: gettext_lazy("the payer has the citizen's name"),
    AMOUNT: gettext_lazy("the amount is an instalment"),
}


@dataclass
class Candidate:
    """A loan that a payment may be for, and why."""

    loan: Loan
    reasons: set[str] = field(default_factory=set)

    @property
    def words(self) -> list[str]:
        return [str(REASONS[reason]) for reason in REASONS if reason in self.reasons]

    @property
    def weight(self) -> tuple[int, int]:
        return (len(self.reasons), -self.loan.pk)


class FirstAndLast(Func):
    """First and last word of a folded name, as `same_name` compares them."""

    function = "REGEXP_REPLACE"
    output_field = TextField()

    def __init__(self, name: str) -> None:
        super().__init__(F(name), Value(r"^(\S+)\s+(?:.*\s)?(\S+)$"), Value(r"\1 \2"))


def ends_of(name: str) -> str:
    """First and last word of a name as it is compared; `Testesen, Amina` is turned round. Empty for a single word."""
    last, comma, first = name.partition(",")
    words = fold_name(f"{first} {last}" if comma else name).split()
    return f"{words[0]} {words[-1]}" if len(words) > 1 else ""


def candidates_for(payments: Iterable[IncomingPayment]) -> dict[int, list[Candidate]]:
    """The loans that payments may be for, the likeliest first, at most five each. A fixed number of queries."""
    rows = list(payments)
    found: dict[int, dict[int, Candidate]] = {row.pk: {} for row in rows}
    running = Loan.objects.filter(kind=SupportKind.LOAN, entries__kind=EntryKind.PAYOUT).select_related("case__citizen")
    _by_name(rows, running, found)
    _by_near_reference(rows, running, found)
    _by_amount(rows, running, found)
    _weigh_amounts(rows, found)
    return {
        pk: sorted(of_row.values(), key=lambda one: one.weight, reverse=True)[:MOST_CANDIDATES]
        for pk, of_row in found.items()
    }


Found = dict[int, dict[int, Candidate]]


def _add(found: Found, row: IncomingPayment, loan: Loan, reason: str) -> None:
    found[row.pk].setdefault(loan.pk, Candidate(loan)).reasons.add(reason)


def _by_name(rows: Sequence[IncomingPayment], running: QuerySet[Loan], found: Found) -> None:
    names = {row.pk: ends_of(row.payer) for row in rows}
    wanted = {name for name in names.values() if name}
    of_name: dict[str, list[Loan]] = defaultdict(list)
    loans: Any = running.annotate(ends=FirstAndLast("case__citizen__name_key")).filter(ends__in=wanted)
    for loan in loans.order_by("pk") if wanted else ():
        of_name[loan.ends].append(loan)
    for row in rows:
        for loan in of_name[names[row.pk]] if names[row.pk] else []:
            _add(found, row, loan, NAME)


def _by_near_reference(rows: Sequence[IncomingPayment], running: QuerySet[Loan], found: Found) -> None:
    near = {row.pk: near_references(row.reference, row.text) for row in rows}
    wanted = {reference for references in near.values() for reference in references}
    loans = {loan.payment_reference: loan for loan in running.filter(payment_reference__in=wanted)} if wanted else {}
    for row in rows:
        for reference in near[row.pk]:
            if reference in loans:
                _add(found, row, loans[reference], NEAR)


def _by_amount(rows: Sequence[IncomingPayment], running: QuerySet[Loan], found: Found) -> None:
    """An instalment of just this amount about this day, where nothing else is known and few loans have one."""
    bare = [row for row in rows if not found[row.pk]]
    if not bare:
        return
    newest = PlanVersion.objects.filter(loan=OuterRef("plan__loan")).order_by("-version").values("pk")[:1]
    days = [row.value_date for row in bare]
    due = Instalment.objects.filter(
        due_on__range=(min(days) - AROUND, max(days) + AROUND),
        amount__in={row.amount for row in bare},
        plan=Subquery(newest),
    ).values_list("amount", "due_on", "plan__loan")
    of_amount: dict[Decimal, list[tuple[date, int]]] = defaultdict(list)
    for amount, day, loan_id in due.order_by("due_on", "pk")[:1000]:
        of_amount[amount].append((day, loan_id))
    chosen = {
        row.pk: {loan_id for day, loan_id in of_amount[row.amount] if abs(day - row.value_date) <= AROUND}
        for row in bare
    }
    wanted = {loan_id for loans in chosen.values() if len(loans) <= MOST_CANDIDATES for loan_id in loans}
    loans = running.in_bulk(wanted) if wanted else {}
    for row in bare:
        if len(chosen[row.pk]) <= MOST_CANDIDATES:
            for loan_id in chosen[row.pk] & set(loans):
                _add(found, row, loans[loan_id], AMOUNT)


def _weigh_amounts(rows: Sequence[IncomingPayment], found: Found) -> None:
    """Among those with the right name, the one whose instalment it is comes first."""
    ids = {loan_id for of_row in found.values() for loan_id in of_row}
    newest = PlanVersion.objects.filter(loan=OuterRef("plan__loan")).order_by("-version").values("pk")[:1]
    amounts: dict[int, set[Decimal]] = defaultdict(set)
    lines = Instalment.objects.filter(plan__loan__in=ids, plan=Subquery(newest)).order_by()
    for loan_id, amount in lines.values_list("plan__loan", "amount").distinct() if ids else []:
        amounts[loan_id].add(amount)
    for row in rows:
        for loan_id, candidate in found[row.pk].items():
            if row.amount in amounts[loan_id]:
                candidate.reasons.add(AMOUNT)


# --- What a person does -----------------------------------------------------------------------------------------------------


def _locked(incoming: IncomingPayment, *states: str) -> IncomingPayment:
    row = IncomingPayment.objects.select_for_update(of=("self",)).select_related("source").get(pk=incoming.pk)
    if row.state not in states:
        raise Conflict(
            _("Somebody else has dealt with the payment in the meantime: %(state)s.")
            % {"state": row.get_state_display()}
        )
    return row


@transaction.atomic
def match_payment(*, incoming: IncomingPayment, loan: Loan, by: User, today: date) -> IncomingPayment:
    """A person says which loan a parked payment is for: it is booked at once."""
    check_money(by)
    loan = lock_loan(loan)
    row = _locked(incoming, IncomingState.PARKED)
    row.matched_by = by
    return enter(row, loan, by=by, today=today)


@transaction.atomic
def settle_conflict(*, incoming: IncomingPayment, is_payment: bool, by: User) -> IncomingPayment:
    """A person has looked at a conflict: it is a payment of its own, which is parked, or the same one, which counts once."""
    check_money(by)
    row = _locked(incoming, IncomingState.CONFLICT)
    row.matched_by = by
    if not is_payment:
        row.state = IncomingState.COUNTED
    else:
        same = IncomingPayment.objects.filter(key=row.key, state__in=CLAIMING).order_by("-ordinal")
        taken = list(same.select_for_update(of=("self",)).values_list("ordinal", flat=True))
        row.state, row.ordinal = IncomingState.PARKED, (taken[0] + 1 if taken else 0)
    row.save()
    return row


@transaction.atomic
def propose_return(*, incoming: IncomingPayment, reason: str, by: User) -> IncomingPayment:
    """The money is not ours and goes back; another person confirms it."""
    check_money(by)
    if not reason.strip():
        raise Refused(_("Write why the money is not ours, and how it goes back."), field="reason")
    row = _locked(incoming, IncomingState.PARKED)
    row.state, row.return_reason, row.return_proposed_by = IncomingState.RETURNING, reason.strip(), by
    row.save()
    return row


@transaction.atomic
def confirm_return(*, incoming: IncomingPayment, by: User, today: date) -> IncomingPayment:
    """Another person confirms that the money is not ours. It stays on record."""
    check_money(by)
    row = _locked(incoming, IncomingState.RETURNING)
    if row.return_proposed_by_id == by.pk:
        raise Refused(_("You proposed it. Another person confirms it."))
    row.state, row.returned_by, row.returned_on = IncomingState.RETURNED, by, today
    row.save()
    return row


@transaction.atomic
def keep_payment(*, incoming: IncomingPayment, by: User) -> IncomingPayment:
    """The proposal that the money is not ours is taken back or declined: it is parked again."""
    check_money(by)
    row = _locked(incoming, IncomingState.RETURNING)
    row.state = IncomingState.PARKED
    row.why = row.why or Why.UNKNOWN
    row.save()
    return row


@transaction.atomic
def settle_aside(*, incoming: IncomingPayment, is_payment: bool, by: User) -> IncomingPayment:
    """A person has looked at what was told apart: it is noted as seen, or, where it came in on an account that was not
    among ours, parked as a payment after all."""
    check_money(by)
    row = _locked(incoming, IncomingState.ASIDE)
    row.matched_by = by
    if is_payment:
        if not may_be_parked(row):
            raise Refused(_("Only kroner that came in on another account can be parked."))
        if IncomingPayment.objects.filter(key=row.key, state__in=CLAIMING).exists():
            raise Conflict(_("The payment has been counted from another file."))
        row.state, row.why = IncomingState.PARKED, Why.UNKNOWN
    row.save()
    return row


def may_be_parked(row: IncomingPayment) -> bool:
    """Whether what was told apart may be a payment to us all the same: the account was not among ours (yet)."""
    return row.aside == Aside.ACCOUNT and row.is_credit and row.currency == KRONER and row.amount > 0


def waiting_for_people(user: User) -> Q:
    """What somebody has to look at; for a proposal of one's own another person has to."""
    mine = Q(state=IncomingState.RETURNING, return_proposed_by=user)
    unseen = Q(state=IncomingState.ASIDE, aside=Aside.REVERSAL, matched_by__isnull=True)
    return (Q(state__in=WAITS_FOR_A_PERSON) | unseen) & ~mine
