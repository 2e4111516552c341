"""What courses say in words of plain values."""

from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from courses.enums import Rhythm
from microloan.core import danish


def format_words(rhythm: str, sessions: int, hours: Decimal) -> str:
    """`8 mødegange, én om ugen, 3 timer`."""
    shown = danish.number(hours, 0 if hours == int(hours) else 1)
    each = ngettext("%(hours)s hour", "%(hours)s hours", 1 if hours == 1 else 2) % {"hours": shown}
    return f"{_how_many(rhythm, sessions)}, {each}"


def _how_many(rhythm: str, sessions: int) -> str:
    number = {"count": sessions}
    if rhythm == Rhythm.WEEKLY:
        return ngettext("%(count)s meeting", "%(count)s meetings, one a week", sessions) % number
    if rhythm == Rhythm.CONSECUTIVE:
        return ngettext("%(count)s course day", "%(count)s course days in a row", sessions) % number
    if rhythm == Rhythm.HALF_DAYS:
        return ngettext("%(count)s half day", "%(count)s half days", sessions) % number
    if rhythm == Rhythm.MONTHLY:
        return _("One meeting a month")
    if rhythm == Rhythm.EVENING:
        return ngettext("%(count)s evening", "%(count)s evenings", sessions) % number
    return _("As needed")
