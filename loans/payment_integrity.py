"""Payments from files still stand as they were booked (interfaces.md, `check_integrity`)."""

from collections.abc import Iterator

from django.db.models import F, Q
from django.utils.translation import gettext as _

from loans.enums import EntryKind
from loans.models import IncomingPayment, Refund, Reversal, WriteOff
from loans.payment_enums import IncomingState, ProposalState


def incoming_count() -> int:
    return IncomingPayment.objects.count()


def incoming_problems() -> Iterator[tuple[object, str]]:
    """Where it stands, and what does not fit."""
    booked = IncomingPayment.objects.filter(state=IncomingState.BOOKED).select_related("entry")
    kind = Q(source__is_recovery=False, entry__kind=EntryKind.PAYMENT)
    kind |= Q(source__is_recovery=True, entry__kind=EntryKind.RECOVERY_PAYMENT)
    fits = kind & Q(entry__loan=F("loan"), entry__value_date=F("value_date"))
    for row in booked.exclude(fits & Q(entry__amount=-F("amount"))).order_by("pk").iterator():
        yield f"incoming {row.pk}", _("the payment is not the entry it was booked as")
    for row in booked.filter(entry__reversed_by__isnull=False).order_by("pk").iterator():
        yield f"incoming {row.pk}", _("the booking was reversed, but the payment is not parked or given back")
    for model in (Reversal, Refund, WriteOff):
        confirmed = model.objects.filter(state=ProposalState.CONFIRMED)
        for found in confirmed.filter(Q(entry=None) | Q(decided_by=F("proposed_by"))).order_by("pk").iterator():
            yield f"{model._meta.model_name} {found.pk}", _("one person alone has confirmed it, or it has no entry")
