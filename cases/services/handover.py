"""All of a worker's cases to another, with a note and a receipt; who stands in during an absence (domain.md §3.6)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms, substitutes
from cases.enums import EntryKind
from cases.models import Absence, CaseFile, Contact, HandedOverCase, HandOver, JournalEntry
from cases.services.tasks import reconcile_cases
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused


def check_hand_over(*, worker: User, to: User | None, note: str, by: User) -> substitutes.Load:
    """What would refuse a hand-over, before anything moves; what would move. Also asked by the check page."""
    perms.check_team(by)
    if by.role != Role.PROJECT_LEAD and by.pk != worker.pk:
        raise Refused(_("Only the project lead hands over a colleague's cases."), field="worker")
    if to is None or to.role not in TEAM or not to.is_active:
        raise Refused(_("Choose who in the microloan team takes over."), field="to")
    if to.pk == worker.pk:
        raise Refused(_("Choose somebody else to take over."), field="to")
    if not note.strip():
        raise Refused(_("Write a note to who takes over."), field="note")
    load = substitutes.load_of(worker)
    if load.is_empty:
        raise Refused(
            _("%(name)s has no cases, tasks or planned contacts.") % {"name": worker.full_name}, field="worker"
        )
    return load


@transaction.atomic
def hand_over(*, worker: User, to: User, note: str, by: User, today: date) -> HandOver:
    """Move all open cases of a worker, the open tasks in their name and the planned contacts; the receipt says what moved.

    Everything or nothing: the cases are locked first, in one order, so two hand-overs at once follow each other. Raises
    Refused where there is nothing to move.
    """
    perms.check_team(by)
    touched = _lock(worker)
    check_hand_over(worker=worker, to=to, note=note, by=by)
    note = note.strip()
    cases = list(substitutes.cases_of(worker))
    contacts = _move_contacts(worker, to)
    for case in cases:
        case.coach, case.version = to, case.version + 1
    CaseFile.objects.bulk_update(cases, ["coach", "version"], batch_size=500)
    tasks = substitutes.tasks_of(worker).update(owner=to)
    receipt = HandOver.objects.create(
        from_worker=worker, to_worker=to, note=note, on=today, by=by, task_count=tasks, contact_count=contacts
    )
    HandedOverCase.objects.bulk_create([HandedOverCase(hand_over=receipt, case=case) for case in cases], batch_size=500)
    _write(receipt, cases, by=by)
    reconcile_cases(touched, today=today)
    return receipt


def _lock(worker: User) -> list[int]:
    """The cases in the worker's name and those of the tasks in it."""
    ids = {*substitutes.cases_of(worker).values_list("pk", flat=True)}
    ids |= {*substitutes.tasks_of(worker).values_list("case_id", flat=True)}
    locked = CaseFile.objects.filter(pk__in=ids).select_for_update(of=("self",)).order_by("pk")
    return list(locked.values_list("pk", flat=True))


def _move_contacts(worker: User, to: User) -> int:
    """Who takes over holds the planned contacts; somebody who is on one already stands there once."""
    through = Contact.staff.through
    rows = through._default_manager.filter(contact__in=substitutes.contacts_of(worker), user=worker)
    planned = list(rows.values_list("contact_id", flat=True))
    rows.delete()
    through._default_manager.bulk_create(
        [through(contact_id=pk, user=to) for pk in planned], batch_size=500, ignore_conflicts=True
    )
    return len(planned)


def _write(receipt: HandOver, cases: list[CaseFile], *, by: User) -> None:
    """A line in the journal of each case, with the note."""
    now = clock.now()
    names = {"old": receipt.from_worker.full_name, "new": receipt.to_worker.full_name}
    JournalEntry.objects.bulk_create(
        [
            JournalEntry(
                case=case,
                kind=EntryKind.NOTE,
                title=_("Handed over from %(old)s to %(new)s") % names,
                text=receipt.note,
                author=by,
                event_at=now,
                entered_at=now,
            )
            for case in cases
        ],
        batch_size=500,
    )


@transaction.atomic
def record_absence(
    *, worker: User, substitute: User | None, from_on: date, to_on: date, note: str, by: User, today: date
) -> Absence:
    """Somebody is away from a day to a day, both counted; the substitute sees what falls due."""
    perms.check_team(by)
    if by.role != Role.PROJECT_LEAD and by.pk != worker.pk:
        raise Refused(_("Only the project lead records a colleague's absence."), field="worker")
    if substitute is None or substitute.role not in TEAM or not substitute.is_active:
        raise Refused(_("Choose a substitute from the microloan team."), field="substitute")
    if substitute.pk == worker.pk:
        raise Refused(_("Choose somebody else as substitute."), field="substitute")
    if to_on < from_on:
        raise Refused(_("The last day must not be before the first."), field="to_on")
    if to_on < today:
        raise Refused(_("The absence is over. Write a last day that is today or later."), field="to_on")
    User.objects.select_for_update(of=("self",)).get(pk=worker.pk)
    _check_away(worker, substitute, from_on, to_on)
    return Absence.objects.create(
        worker=worker, substitute=substitute, from_on=from_on, to_on=to_on, note=note.strip(), recorded_by=by
    )


def _check_away(worker: User, substitute: User, from_on: date, to_on: date) -> None:
    meanwhile = Absence.objects.filter(cancelled_at__isnull=True, from_on__lte=to_on, to_on__gte=from_on)
    if known := meanwhile.filter(worker=worker).first():
        raise Refused(
            _("%(name)s is already recorded as away from %(start)s to %(end)s.") % _away(worker, known), field="from_on"
        )
    if known := meanwhile.filter(worker=substitute).first():
        raise Refused(
            _("%(name)s is away from %(start)s to %(end)s. Choose another.") % _away(substitute, known),
            field="substitute",
        )


def _away(who: User, absence: Absence) -> dict[str, str]:
    return {
        "name": who.full_name,
        "start": danish.short_date(absence.from_on),
        "end": danish.short_date(absence.to_on),
    }


@transaction.atomic
def cancel_absence(*, absence: Absence, by: User) -> Absence:
    """The worker is back, or stays: the substitute no longer sees the tasks. The row stays."""
    perms.check_team(by)
    if by.role != Role.PROJECT_LEAD and by.pk not in (absence.worker_id, absence.substitute_id):
        raise Refused(_("Only the project lead, the worker and the substitute call off an absence."))
    absence = Absence.objects.select_for_update(of=("self",)).get(pk=absence.pk)
    if absence.cancelled_at is not None:
        raise Conflict(_("The absence has been called off already."))
    absence.cancelled_at, absence.cancelled_by = clock.now(), by
    absence.save(update_fields=["cancelled_at", "cancelled_by"])
    return absence
