"""The yearly frame is set by the project lead (domain.md §2); each change keeps what stood before."""

from datetime import date
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import perms
from loans.frame import frame_of
from loans.models import YearlyFrame
from microloan.accounts.models import User
from microloan.core.errors import Conflict, Refused

YEARS_AHEAD = 3
SET_SINCE = gettext_lazy("Somebody has set the frame since you opened the page. Nothing is saved. Look at it again.")


@transaction.atomic
def set_frame(*, year: int, amount: Decimal, note: str, by: User, today: date, seen: int | None = None) -> YearlyFrame:
    """Set how much may be lent in a calendar year, in kroner (0 or above), and where that was decided.

    `seen` is the frame that was on the screen (its pk, 0 for none): a Conflict where somebody has set another since.
    Raises Refused for anyone but the project lead, a year that has passed or lies far ahead, and without a note.
    """
    perms.check_lead(by)
    if not today.year <= year <= today.year + YEARS_AHEAD:
        raise Refused(_("Choose this year or one of the next three."), field="year")
    if amount < 0:
        raise Refused(_("Write 0 or an amount above."), field="amount")
    if not note.strip():
        raise Refused(_("Write where the frame was decided, such as the committee and the date."), field="note")
    before = frame_of(year)
    if seen is not None and seen != (before.pk if before else 0):
        raise Conflict(SET_SINCE)
    try:
        with transaction.atomic():
            return YearlyFrame.objects.create(year=year, amount=amount, note=note.strip(), by=by, replaces=before)
    except IntegrityError:
        raise Conflict(SET_SINCE) from None
