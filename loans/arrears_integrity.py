"""Claims with recovery, and what was given up, still stand as they were decided (docs/decisions/166)."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from cases.letters.enums import LetterStatus
from loans.enums import ClaimState, EntryKind, HandoverState, LadderStep
from loans.models import ArrearsLetter, ContactAttempt, Handover, HandoverClaim, LedgerEntry


def claim_count() -> int:
    return HandoverClaim.objects.count()


def _without_contact(claims: QuerySet[HandoverClaim]) -> QuerySet[HandoverClaim]:
    """Handed over although the citizen was neither reached nor tried often enough after the first letter (domain.md §7.6)."""
    attempts = ContactAttempt.objects.filter(
        loan=OuterRef("loan"), made_on__lte=OuterRef("entry__value_date")
    ).order_by()
    reached = attempts.filter(reached=True, made_on__gte=OuterRef("due_on"))
    first = ArrearsLetter.objects.filter(
        loan=OuterRef("loan"),
        due_on=OuterRef("due_on"),
        step=LadderStep.FIRST_DUNNING,
        letter__status=LetterStatus.DISPATCHED,
    )
    after = attempts.filter(made_on__gt=OuterRef("first_sent")).values("loan")
    tried: Any = claims.annotate(first_sent=Subquery(first.values("letter__dispatched_on")))
    tried = tried.annotate(
        days=Coalesce(Subquery(after.annotate(n=Count("made_on", distinct=True)).values("n")), 0),
        channels=Coalesce(Subquery(after.annotate(n=Count("channel", distinct=True)).values("n")), 0),
    )
    enough = Q(days__gte=F("loan__rule_set__contact_attempts"), channels__gte=F("loan__rule_set__contact_channels"))
    found: QuerySet[HandoverClaim] = tried.filter(~Exists(reached)).exclude(enough)
    return found


def arrears_problems() -> Iterator[tuple[object, str]]:
    """Where it stands, and what does not fit."""
    with_recovery = HandoverClaim.objects.filter(state=ClaimState.WITH_RECOVERY).select_related("loan").order_by("pk")
    fits = Q(entry__kind=EntryKind.HANDOVER, entry__loan=F("loan"), entry__amount=-F("amount"))
    for claim in with_recovery.exclude(fits).iterator():
        yield claim.loan, _("the claim of %(day)s is not what was handed over") % {"day": claim.due_on}
    for claim in with_recovery.filter(entry__reversed_by__isnull=False).iterator():
        yield claim.loan, _("the hand-over of %(day)s was reversed, but the claim not recalled") % {"day": claim.due_on}
    for claim in _without_contact(with_recovery).iterator():
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
