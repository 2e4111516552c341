"""How the outbox stands, for the operations page (docs/decisions/183)."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db.models import Count, Q
from django.utils.translation import gettext as _

from cases.letters.enums import LetterStatus
from cases.letters.models import STUCK_AFTER, Letter
from microloan.core.watch import Sign

# A letter that has waited for so long has been forgotten by a queue that is looked through every ten minutes.
SHOULD_BE_SENT = timedelta(hours=1)


def letter_signs(now: datetime) -> Iterator[Sign]:
    """One query: what waits, what waits too long, what failed, what may have been sent, what a person holds."""
    state = Q(status=LetterStatus.READY)
    in_doubt = Q(status=LetterStatus.CLAIMED, claimed_at__lt=now - STUCK_AFTER)
    counted = Letter.objects.exclude(status=LetterStatus.DISPATCHED).aggregate(
        waiting=Count("pk", filter=state),
        late=Count("pk", filter=state & Q(created_at__lt=now - SHOULD_BE_SENT)),
        failed=Count("pk", filter=Q(status=LetterStatus.FAILED)),
        in_doubt=Count("pk", filter=in_doubt),
        held=Count("pk", filter=Q(status=LetterStatus.HELD)),
    )
    yield Sign(_("Letters that wait to be sent"), counted["waiting"])
    yield Sign(
        _("Letters that have waited for more than an hour"),
        counted["late"],
        0,
        _("Is the worker running? They are sent as soon as it is."),
    )
    team = _("A person of the microloan team decides, in the list “Letters that were not sent”.")
    yield Sign(_("Letters that could not be handed over"), counted["failed"], 0, team)
    yield Sign(_("Letters that may have been sent"), counted["in_doubt"], 0, team)
    yield Sign(_("Letters held back for a person"), counted["held"])
