"""What is read of payment files, of payments that wait, and of what waits for a second person."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum, TextChoices
from django.utils.translation import gettext_lazy as _

from loans.models import IncomingPayment, PaymentImport, Refund, Reversal
from loans.payment_enums import Aside, ImportState, IncomingState, ProposalState
from loans.services.imports import MONEY_ROLES, Verdict
from loans.services.matching import Candidate, waiting_for_people
from microloan.accounts.models import User
from microloan.core.money import ZERO


class Pile(TextChoices):
    """The piles of a preview, in the order they are shown."""

    MATCHED = "matched", _("Booked by the payment reference")
    CANDIDATES = "candidates", _("Parked: there are suggestions")
    UNKNOWN = "unknown", _("Parked: nobody known")
    CONFLICT = "conflict", _("Conflicts: you have to look")
    COUNTED = "counted", _("Counted already")
    ASIDE = "aside", _("No payment to us")


PILE_OF_STATE = {
    IncomingState.WAITING: Pile.MATCHED,
    IncomingState.COUNTED: Pile.COUNTED,
    IncomingState.CONFLICT: Pile.CONFLICT,
    IncomingState.ASIDE: Pile.ASIDE,
}


@dataclass(frozen=True)
class PileRow:
    """One pile: how many, and their sum."""

    pile: Pile
    count: int
    total: Decimal


def pile_of(verdict: Verdict, candidates: Sequence[Candidate]) -> Pile:
    found = PILE_OF_STATE.get(IncomingState(verdict.state))
    if found is not None:
        return found
    return Pile.CANDIDATES if candidates else Pile.UNKNOWN


def piles(rows: Iterable[tuple[IncomingPayment, Pile]]) -> list[PileRow]:
    """All piles, also the empty ones, with counts and sums of kroner."""
    counts: dict[Pile, int] = dict.fromkeys(Pile, 0)
    totals: dict[Pile, Decimal] = dict.fromkeys(Pile, ZERO)
    for row, pile in rows:
        counts[pile] += 1
        totals[pile] += row.amount
    return [PileRow(pile, counts[pile], totals[pile]) for pile in Pile]


def imports() -> QuerySet[PaymentImport]:
    """The files, the newest first, each with how many entries it has and how many wait."""
    return (
        PaymentImport.objects.exclude(state=ImportState.DISCARDED)
        .select_related("uploaded_by", "confirmed_by")
        .annotate(
            entries=Count("payments"),
            booked=Count("payments", filter=Q(payments__state=IncomingState.BOOKED)),
            waiting=Count("payments", filter=Q(payments__state=IncomingState.WAITING)),
            parked=Count(
                "payments",
                filter=Q(payments__state__in=[IncomingState.PARKED, IncomingState.CONFLICT, IncomingState.RETURNING]),
            ),
        )
        .order_by("-uploaded_at", "-pk")
    )


def states_of(found: PaymentImport) -> list[dict[str, Any]]:
    """What has become of the entries of a file: state, how many, their sum."""
    rows = found.payments.order_by().values("state").annotate(count=Count("pk"), total=Sum("amount"))
    by_state = {row["state"]: row for row in rows}
    return [
        {"state": state, "count": by_state[state]["count"], "total": by_state[state]["total"]}
        for state in IncomingState
        if state in by_state
    ]


class PaymentView(TextChoices):
    """The lists of payments that a person works through."""

    PARKED = "parked", _("Parked")
    CONFLICT = "conflict", _("Conflicts")
    RETURNING = "returning", _("Proposed as not ours")
    TAKEN_BACK = "taken_back", _("Taken back by the bank")
    RETURNED = "returned", _("Not ours")
    BOOKED = "booked", _("Booked")


CONDITIONS: dict[str, Q] = {
    PaymentView.PARKED: Q(state=IncomingState.PARKED),
    PaymentView.CONFLICT: Q(state=IncomingState.CONFLICT),
    PaymentView.RETURNING: Q(state=IncomingState.RETURNING),
    PaymentView.TAKEN_BACK: Q(state=IncomingState.ASIDE, aside=Aside.REVERSAL, matched_by__isnull=True),
    PaymentView.RETURNED: Q(state=IncomingState.RETURNED),
    PaymentView.BOOKED: Q(state=IncomingState.BOOKED),
}


def payments(
    view: str, *, text: str = "", start: date | None = None, end: date | None = None
) -> QuerySet[IncomingPayment]:
    """The payments of one list, the newest first; narrowed by payer, text or reference, and by the day."""
    found = IncomingPayment.objects.filter(CONDITIONS[view])
    if text:
        found = found.filter(Q(payer__icontains=text) | Q(text__icontains=text) | Q(reference__icontains=text))
    if start:
        found = found.filter(booked_on__gte=start)
    if end:
        found = found.filter(booked_on__lte=end)
    related = ("source", "loan__case__citizen", "return_proposed_by", "same_as__source", "returned_by")
    return found.select_related(*related).order_by("-booked_on", "-pk")


def payment_counts() -> dict[str, int]:
    """How many stand in each list, in one query."""
    counts = {view: Count("pk", filter=condition) for view, condition in CONDITIONS.items()}
    return IncomingPayment.objects.aggregate(**counts)


def open_reversals() -> QuerySet[Reversal]:
    return Reversal.objects.filter(state=ProposalState.OPEN).select_related(
        "loan__case__citizen", "target", "proposed_by"
    )


def open_refunds() -> QuerySet[Refund]:
    return Refund.objects.filter(state=ProposalState.OPEN).select_related("loan__case__citizen", "proposed_by")


def waiting_count(user: User, today: date) -> int:
    """For the top bar: what this person can deal with."""
    if user.role not in MONEY_ROLES:
        return 0
    parts: list[QuerySet[Any]] = [IncomingPayment.objects.filter(waiting_for_people(user))]
    parts += [model.objects.filter(state=ProposalState.OPEN).exclude(proposed_by=user) for model in (Reversal, Refund)]
    first, *others = (part.order_by().values_list("pk") for part in parts)
    return first.union(*others, all=True).count()
