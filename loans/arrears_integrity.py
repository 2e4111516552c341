"""Claims with recovery, and what was given up, still stand as they were decided (docs/decisions/166)."""

from collections.abc import Iterator

from django.db.models import Exists, F, OuterRef, Q
from django.utils.translation import gettext as _

from loans.enums import ClaimState, EntryKind, HandoverState
from loans.models import ContactAttempt, Handover, HandoverClaim, LedgerEntry


def claim_count() -> int:
    return HandoverClaim.objects.count()


def arrears_problems() -> Iterator[tuple[object, str]]:
    """Where it stands, and what does not fit."""
    with_recovery = HandoverClaim.objects.filter(state=ClaimState.WITH_RECOVERY).select_related("loan").order_by("pk")
    fits = Q(entry__kind=EntryKind.HANDOVER, entry__loan=F("loan"), entry__amount=-F("amount"))
    for claim in with_recovery.exclude(fits).iterator():
        yield claim.loan, _("the claim of %(day)s is not what was handed over") % {"day": claim.due_on}
    for claim in with_recovery.filter(entry__reversed_by__isnull=False).iterator():
        yield claim.loan, _("the hand-over of %(day)s was reversed, but the claim not recalled") % {"day": claim.due_on}
    attempts = ContactAttempt.objects.filter(
        loan=OuterRef("loan"), made_on__gte=OuterRef("due_on"), made_on__lte=OuterRef("entry__value_date")
    )
    for claim in with_recovery.filter(~Exists(attempts)).iterator():
        yield (
            claim.loan,
            _("the claim of %(day)s was handed over without an attempt to reach the citizen") % {"day": claim.due_on},
        )
    entries = LedgerEntry.objects.filter(
        kind=EntryKind.HANDOVER, loan__decision__isnull=False, reversed_by__isnull=True, claim__isnull=True
    )
    for entry in entries.select_related("loan").order_by("pk").iterator():
        yield entry.loan, _("entry %(id)s hands over what no claim stands for") % {"id": entry.pk}
    alone = Handover.objects.filter(state=HandoverState.APPROVED, decided_by=F("proposed_by"))
    for found in alone.select_related("loan").order_by("pk").iterator():
        yield found.loan, _("one person alone has handed claims over")
