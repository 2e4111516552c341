"""The secret address of a worker's calendar: made, renewed, closed. The token is never stored, only its hash."""

import hashlib
import secrets
from datetime import datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.models import CalendarFeed
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.errors import Refused

TOKEN_BYTES = 32  # 256 bits of chance: nobody guesses it, so a plain hash of it is enough


def hash_of(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


@transaction.atomic
def renew_feed(*, user: User) -> str:
    """A new secret for the user's own calendar, shown this once; the former address answers no more."""
    if user.role not in TEAM:
        raise Refused(_("Only the microloan team has a calendar."))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarFeed.objects.update_or_create(
        user=user,
        defaults={"token_hash": hash_of(token), "made_at": clock.now(), "read_at": None, "read_digest": ""},
    )
    return token


@transaction.atomic
def close_feed(*, user: User) -> None:
    """Close the user's own address."""
    CalendarFeed.objects.filter(user=user).delete()


@transaction.atomic
def renew_feed_of(*, subject: str, by: User) -> str:
    """A new secret for the calendar of something else, such as `teacher-5`, shown this once; the former answers no more."""
    perms.check_team(by)
    token = secrets.token_urlsafe(TOKEN_BYTES)
    CalendarFeed.objects.update_or_create(
        subject=subject,
        defaults={"token_hash": hash_of(token), "made_at": clock.now(), "read_at": None, "read_digest": ""},
    )
    return token


@transaction.atomic
def close_feed_of(*, subject: str, by: User) -> None:
    perms.check_team(by)
    CalendarFeed.objects.filter(subject=subject).delete()


def note_reading(feed: CalendarFeed, digest: str, now: datetime) -> bool:
    """Keep when the calendar was fetched. True where it is the first time that day or the content is another: to be logged."""
    before = feed.read_at
    is_news = before is None or danish.local_date(before) != danish.local_date(now) or feed.read_digest != digest
    CalendarFeed.objects.filter(pk=feed.pk, token_hash=feed.token_hash).update(read_at=now, read_digest=digest)
    return is_news
