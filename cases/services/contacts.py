"""Contacts: planned, moved, cancelled, held, missed (domain.md §3.5). Only the team keeps them (domain.md §2)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import ContactKind, ContactState, EntryKind
from cases.models import CaseFile, Contact
from cases.services.journal import add_journal_entry
from cases.services.locking import lock_case, lock_open_case
from cases.services.tasks import reconcile_tasks
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused

# domain.md §2: at a first meeting at least two staff take part.
STAFF_AT_FIRST_MEETING = 2
USUAL_MINUTES = 60
SHORTEST, LONGEST = 5, 720
# A wrong year puts a contact where nobody looks for it: what may have been before the case, and how far ahead is planned.
BEFORE_THE_CASE, FURTHEST_AHEAD = timedelta(days=31), timedelta(days=366)
# What a citizen or the team may do to a planned contact ahead of time; attended and no-show are known afterwards only.
KNOWN_BEFOREHAND = frozenset({ContactState.EXCUSED, ContactState.CANCELLED})


def _place(case: CaseFile, place: str, today: date) -> str:
    """A protected address is kept with the citizen alone, where it is asked for: not in lists, journal and calendars."""
    return _("Protected address") if case.citizen.hides(place, today) else place.strip()


@transaction.atomic
def plan_contact(
    *,
    case: CaseFile,
    kind: ContactKind,
    at: datetime,
    place: str,
    staff: list[User],
    by: User,
    today: date,
    minutes: int = USUAL_MINUTES,
    others: str = "",
) -> Contact:
    """Plan a meeting or call. It becomes a task on its day."""
    perms.check_team(by)
    case = lock_open_case(case)
    _check_ahead(at)
    _check_minutes(minutes)
    contact = Contact.objects.create(
        case=case, kind=kind, at=at, place=_place(case, place, today), minutes=minutes, others=others.strip()
    )
    contact.staff.set(staff)
    reconcile_tasks(case=case, today=today)
    return contact


@transaction.atomic
def register_contact(
    *,
    case: CaseFile,
    kind: ContactKind,
    at: datetime,
    state: ContactState,
    staff: list[User],
    by: User,
    today: date,
    place: str = "",
    notes: str = "",
    minutes: int = USUAL_MINUTES,
    others: str = "",
    contact: Contact | None = None,
    seen_state: str | None = None,
) -> Contact:
    """Register how a contact went, planned before or not. A first meeting held needs two staff (domain.md §2).

    `contact` is the one planned before; a wrong registration is corrected by registering anew, which the journal tells.
    On a closed case only what had passed and was not registered yet is registered still.
    `seen_state` is the state it had when the form was drawn: another one by now is a conflict.
    """
    perms.check_team(by)
    case = lock_case(case)
    if contact is not None:
        contact = _locked(contact, case, seen_state)
    if not case.is_open and not (contact is not None and contact.waits and state != ContactState.PLANNED):
        raise Refused(_("The case is closed."))
    _check_time(state, at, case)
    _check_minutes(minutes)
    _check_staff(kind, state, staff)
    corrected = contact is not None and contact.state != ContactState.PLANNED
    moved_from = contact.at if contact is not None and not corrected else at
    contact = contact or Contact(case=case)
    place = _place(case, place, today)
    contact.kind, contact.at, contact.place, contact.state, contact.notes = kind, at, place, state, notes
    contact.minutes, contact.others = minutes, others.strip()
    contact.save()
    contact.staff.set(staff)
    if state != ContactState.PLANNED or corrected:
        title = f"{ContactKind(kind).label}: {ContactState(state).label}"
        add_journal_entry(
            case=case,
            kind=EntryKind.CORRECTION if corrected else EntryKind.CONTACT,
            title=_("Corrected: %(title)s") % {"title": title} if corrected else title,
            text=_notes_with_people(contact, staff, by),
            by=by,
            event_at=min(at, clock.now()) if state != ContactState.PLANNED else None,
        )
    elif moved_from != at:
        _tell_of_move(contact, moved_from, "", by)
    reconcile_tasks(case=case, today=today)
    return contact


@transaction.atomic
def move_contact(
    *,
    contact: Contact,
    at: datetime,
    by: User,
    today: date,
    place: str,
    reason: str = "",
    seen_at: datetime | None = None,
) -> Contact:
    """Move a planned contact to another time or place. The journal keeps both times; `seen_at` guards against two movers."""
    perms.check_team(by)
    case = lock_open_case(contact.case)
    contact = _locked(contact, case, ContactState.PLANNED)
    if seen_at is not None and contact.at != seen_at:
        raise Conflict(
            _("Somebody else has moved this contact in the meantime, to %(time)s.")
            % {"time": danish.date_and_time(contact.at)}
        )
    _check_ahead(at)
    place = _place(case, place, today)
    if (contact.at, contact.place) == (at, place):
        raise Refused(_("Choose another time or place."), field="date")
    before, contact.at, contact.place = contact.at, at, place
    contact.save(update_fields=["at", "place"])
    _tell_of_move(contact, before, reason, by)
    reconcile_tasks(case=case, today=today)
    return contact


@transaction.atomic
def cancel_contact(
    *, contact: Contact, state: ContactState, reason: str, by: User, today: date, seen_at: datetime | None = None
) -> Contact:
    """Cancel a planned contact: the citizen in time, or the team. Neither counts against the citizen (domain.md §3.5)."""
    perms.check_team(by)
    if state not in KNOWN_BEFOREHAND:
        raise Refused(_("Choose who cancels."), field="state")
    if state == ContactState.CANCELLED and not reason.strip():
        raise Refused(_("Write why the team cancels."), field="reason")
    case = lock_open_case(contact.case)
    contact = _locked(contact, case, ContactState.PLANNED)
    if seen_at is not None and contact.at != seen_at:
        raise Conflict(
            _("Somebody else has moved this contact in the meantime, to %(time)s.")
            % {"time": danish.date_and_time(contact.at)}
        )
    contact.state, contact.notes = state, _paragraphs(contact.notes, reason)
    contact.save(update_fields=["state", "notes"])
    add_journal_entry(
        case=case,
        kind=EntryKind.CONTACT,
        title=f"{contact.get_kind_display()}: {ContactState(state).label}",
        text=_paragraphs(_("Was planned for %(time)s.") % {"time": danish.date_and_time(contact.at)}, reason),
        by=by,
    )
    reconcile_tasks(case=case, today=today)
    return contact


def _tell_of_move(contact: Contact, before: datetime, reason: str, by: User) -> None:
    """The citizen was told the former time, so the journal keeps it."""
    times = _("From %(before)s to %(after)s.") % {
        "before": danish.date_and_time(before),
        "after": danish.date_and_time(contact.at),
    }
    add_journal_entry(
        case=contact.case,
        kind=EntryKind.CONTACT,
        title=_("Moved: %(kind)s") % {"kind": contact.get_kind_display()},
        text=_paragraphs(times, contact.place, reason),
        by=by,
    )


def _locked(contact: Contact, case: CaseFile, seen_state: str | None) -> Contact:
    """The contact, locked and fresh; a Conflict where it is no longer as the form showed it."""
    contact = Contact.objects.select_for_update().get(pk=contact.pk, case=case)
    if seen_state is not None and contact.state != seen_state:
        raise Conflict(
            _("Somebody else has registered this contact in the meantime: %(state)s.")
            % {"state": contact.get_state_display()}
        )
    return contact


def _check_ahead(at: datetime) -> None:
    if at < clock.now():
        raise Refused(_("The time has passed. Choose how the contact went, or a later time."), field="date")
    _check_within_reach(at)


def _check_within_reach(at: datetime) -> None:
    if at > clock.now() + FURTHEST_AHEAD:
        raise Refused(_("Choose a day within the coming year."), field="date")


def _check_time(state: str, at: datetime, case: CaseFile) -> None:
    if state == ContactState.PLANNED:
        _check_ahead(at)
    elif state not in KNOWN_BEFOREHAND and at > clock.now():
        raise Refused(_("The time lies in the future. Plan the contact instead."), field="date")
    _check_within_reach(at)
    if danish.local_date(at) < case.opened_on - BEFORE_THE_CASE:
        raise Refused(
            _("The case was opened on %(date)s. Check the year.") % {"date": danish.long_date(case.opened_on)},
            field="date",
        )


def _check_minutes(minutes: int) -> None:
    if not SHORTEST <= minutes <= LONGEST:
        raise Refused(
            _("Write how many minutes, between %(low)s and %(high)s.") % {"low": SHORTEST, "high": LONGEST},
            field="minutes",
        )


def _check_staff(kind: ContactKind, state: ContactState, staff: list[User]) -> None:
    needed = STAFF_AT_FIRST_MEETING if kind == ContactKind.FIRST_MEETING else 1
    if state == ContactState.ATTENDED and len({person.pk for person in staff}) < needed:
        raise Refused(
            _("Choose the two members of staff who took part in the first meeting.")
            if needed > 1
            else _("Choose who took part."),
            field="staff",
        )


def _notes_with_people(contact: Contact, staff: list[User], by: User) -> str:
    """The journal is read on its own, so it names where it was and who was there besides the author."""
    alone = [person.pk for person in staff] == [by.pk] and not contact.others
    people = [] if alone else [person.full_name for person in staff] + [contact.others]
    return _paragraphs(contact.notes, ", ".join(_filled([*people, contact.place])))


def _filled(parts: Iterable[str]) -> list[str]:
    return [part.strip() for part in parts if part.strip()]


def _paragraphs(*parts: str) -> str:
    return "\n".join(_filled(parts))
