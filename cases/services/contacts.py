from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import ContactKind, ContactState, EntryKind
from cases.models import CaseFile, Contact
from cases.services.journal import add_journal_entry
from cases.services.locking import lock_open_case
from cases.services.tasks import reconcile_tasks
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused

# domain.md §2: at a first meeting at least two staff take part.
STAFF_AT_FIRST_MEETING = 2


@transaction.atomic
def plan_contact(
    *, case: CaseFile, kind: ContactKind, at: datetime, place: str, staff: list[User], by: User, today: date
) -> Contact:
    """Plan a meeting or call. It becomes a task on its day."""
    perms.check_team(by)
    case = lock_open_case(case)
    if at < clock.now():
        raise Refused(_("The time has passed. Choose how the contact went, or a later time."), field="date")
    contact = Contact.objects.create(case=case, kind=kind, at=at, place=place)
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
    contact: Contact | None = None,
    seen_state: str | None = None,
) -> Contact:
    """Register how a contact went, planned before or not. A first meeting held needs two staff (domain.md §2).

    `contact` is the one planned before; it may also be moved to another time (state "planned"), and a wrong
    registration is corrected by registering anew, which the journal tells. `seen_state` is the state it had when the
    form was drawn: another one by now is a conflict.
    """
    perms.check_team(by)
    case = lock_open_case(case)
    if contact is not None:
        contact = Contact.objects.select_for_update().get(pk=contact.pk, case=case)
        if seen_state is not None and contact.state != seen_state:
            raise Conflict(
                _("Somebody else has registered this contact in the meantime: %(state)s.")
                % {"state": contact.get_state_display()}
            )
    _check_time(state, at)
    _check_staff(kind, state, staff)
    corrected = contact is not None and contact.state != ContactState.PLANNED
    contact = contact or Contact(case=case)
    contact.kind, contact.at, contact.place, contact.state, contact.notes = kind, at, place, state, notes
    contact.save()
    contact.staff.set(staff)
    if state != ContactState.PLANNED or corrected:
        title = f"{ContactKind(kind).label}: {ContactState(state).label}"
        add_journal_entry(
            case=case,
            kind=EntryKind.CORRECTION if corrected else EntryKind.CONTACT,
            title=_("Corrected: %(title)s") % {"title": title} if corrected else title,
            text=_notes_with_people(notes, place, staff, by),
            by=by,
            event_at=at if state != ContactState.PLANNED else None,
        )
    reconcile_tasks(case=case, today=today)
    return contact


def _check_time(state: str, at: datetime) -> None:
    if state != ContactState.PLANNED and at > clock.now():
        raise Refused(_("The time lies in the future. Plan the contact instead."), field="date")
    if state == ContactState.PLANNED and at < clock.now():
        raise Refused(_("The time has passed. Choose how the contact went, or a later time."), field="date")


def _check_staff(kind: ContactKind, state: ContactState, staff: list[User]) -> None:
    needed = STAFF_AT_FIRST_MEETING if kind == ContactKind.FIRST_MEETING else 1
    if state == ContactState.ATTENDED and len({person.pk for person in staff}) < needed:
        raise Refused(
            _("Choose the two members of staff who took part in the first meeting.")
            if needed > 1
            else _("Choose who took part."),
            field="staff",
        )


def _notes_with_people(notes: str, place: str, staff: list[User], by: User) -> str:
    """The journal is read on its own, so it names where it was and who was there besides the author."""
    alone = [person.pk for person in staff] == [by.pk]
    people = "" if alone else ", ".join(person.full_name for person in staff)
    where = ", ".join(part for part in (people, place) if part)
    return "\n".join(part for part in (notes.strip(), where) if part)
