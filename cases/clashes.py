"""What stands in the way of a time: something of the staff or of the citizen that overlaps it. A warning, never a bar."""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from django.utils.translation import gettext as _

from cases import calendars, registry
from cases.enums import ContactKind, ContactState
from cases.models import CaseFile, Contact
from microloan.accounts.models import User
from microloan.core import danish


def clashes(
    case: CaseFile | None, *, kind: str, at: datetime, minutes: int, staff: Iterable[User], but: Contact | None = None
) -> list[str]:
    """In words: whose time is taken by what. `but` is the contact that is being moved; without a case the citizen is not
    asked about. Names no other citizen."""
    ends_at = at + timedelta(minutes=minutes)
    told: set[int] = {but.pk} if but is not None else set()
    lines = [_line(_("The citizen"), *busy) for busy in _of_citizen(case, at, ends_at, told)] if case else []
    for worker in staff:
        lines += [_line(worker.full_name, *busy) for busy in _of_worker(worker, kind, at, ends_at, told)]
    return lines


Busy = tuple[str, datetime, datetime]


def _line(who: str, what: str, start: datetime, end: datetime) -> str:
    words = {"who": who, "what": what, "day": danish.short_date(start), "time": danish.time_span(start, end)}
    return _("%(who)s already has: %(what)s, %(day)s %(time)s.") % words


def _of_citizen(case: CaseFile, at: datetime, ends_at: datetime, told: set[int]) -> Iterator[Busy]:
    planned = case.contacts.filter(state=ContactState.PLANNED, at__lt=ends_at).exclude(pk__in=told)
    yield from _overlapping(planned.order_by("at", "pk"), at, told)
    for provider in registry.occasions_of_case:
        for one in provider(case, at, ends_at):
            yield one.title, one.starts_at, one.ends_at


def _of_worker(worker: User, kind: str, at: datetime, ends_at: datetime, told: set[int]) -> Iterator[Busy]:
    """A network meeting is one meeting, however many citizens it is written down for."""
    start, end = danish.local_date(at), danish.local_date(ends_at) + calendars.DAY
    planned = calendars.contacts_between(worker, start, end).filter(state=ContactState.PLANNED, at__lt=ends_at)
    if kind == ContactKind.NETWORK_MEETING:
        planned = planned.exclude(kind=kind)
    yield from _overlapping(planned.exclude(pk__in=told), at, set())
    for one in calendars.occasions_between(worker, start, end):
        if one.starts_at < ends_at and at < one.ends_at:
            yield one.title, one.starts_at, one.ends_at


def _overlapping(contacts: Iterable[Contact], at: datetime, told: set[int]) -> Iterator[Busy]:
    for contact in contacts:
        if at < contact.ends_at:
            told.add(contact.pk)
            yield contact.get_kind_display(), contact.at, contact.ends_at
