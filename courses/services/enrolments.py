"""Modules granted, seats given, waited for and given up (docs/decisions/156)."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import partial
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile
from cases.services.tasks import reconcile_cases
from courses import clashes
from courses.enums import HOLDS_A_PLACE, ON_THE_LIST, EnrolmentState, WithdrawalReason
from courses.models import CourseModule, CourseRun, Enrolment, Guest, ModuleGrant, OverruledClash
from courses.rules import seats_left
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from screening.models import Screening


@transaction.atomic
def grant_modules(*, screening: Screening, modules: Iterable[CourseModule], by: User, today: date) -> list[ModuleGrant]:
    """Grant modules to a case by screening 2; every mandatory module is among them (domain.md §4, §5)."""
    perms.check_lead(by)
    chosen = {module.pk: module for module in modules}
    for module in CourseModule.objects.filter(is_mandatory=True, is_active=True):
        chosen.setdefault(module.pk, module)
    return [
        ModuleGrant.objects.get_or_create(
            case=screening.case, module=module, defaults={"screening": screening, "granted_on": today}
        )[0]
        for module in sorted(chosen.values(), key=lambda module: module.order)
    ]


def grant_from_decision(*, screening: Screening, values: Mapping[str, Any], by: User, today: date) -> dict[str, Any]:
    """What a decided screening 2 gives: the modules, kept by name in the decision, and which of them are for everyone."""
    grants = grant_modules(screening=screening, modules=values.get("modules") or [], by=by, today=today)
    return {
        "modules": [grant.module.title for grant in grants],
        "mandatory": [grant.module.title for grant in grants if grant.module.is_mandatory],
    }


def locked_run(run: CourseRun) -> CourseRun:
    return CourseRun.objects.select_for_update(of=("self",)).select_related("module").get(pk=run.pk)


def _place_of(run: CourseRun, *, case: CaseFile | None = None, guest: Guest | None = None) -> Enrolment | None:
    """The seat, the place in line or the invitation that this person has on the run already."""
    return Enrolment.objects.filter(run=run, case=case, guest=guest, state__in=ON_THE_LIST).first()


def has_grant(run: CourseRun, case: CaseFile) -> bool:
    """Whether a case may have a seat without an exception: voluntary modules take no grant (domain.md §5)."""
    return run.module.is_voluntary or ModuleGrant.objects.filter(case=case, module=run.module).exists()


def free_seats(run: CourseRun) -> int:
    """Seats that nobody has; those who wait are not counted."""
    return seats_left(run.capacity, run.enrolments.filter(state=EnrolmentState.ENROLLED).count())


def _check_may_sit(run: CourseRun, case: CaseFile) -> None:
    if not case.is_open:
        raise Refused(_("The case is closed."), field="case")
    if not has_grant(run, case):
        raise Refused(_("Screening 2 has not granted this module to the citizen."), field="case")


def seat_clashes(run: CourseRun, people: Iterable[CaseFile]) -> list[clashes.Clash]:
    """What these citizens have at the same time as the sessions that are still to come."""
    ahead = run.sessions.held_or_planned().filter(starts_at__gte=clock.now()).order_by("starts_at", "pk")
    sessions = [(session.starts_at, session.ends_at) for session in ahead]
    return clashes.of_run(module=run.module, place=None, teacher=None, sessions=sessions, cases=people, but=[run])


def _overrule(run: CourseRun, case: CaseFile | None, reason: str, by: User) -> None:
    """A clash of the citizen is refused, unless somebody says why the seat is given all the same (docs/decisions/151)."""
    found = seat_clashes(run, [case]) if case is not None else []
    if not found:
        return
    if not reason.strip():
        raise Refused(
            *clashes.lines(found, named=True), _("Write why the seat is given all the same."), field="overruled"
        )
    perms.check_shown(reason, field="overruled")
    OverruledClash.objects.create(
        run=run, clashes="\n".join(clashes.lines(found)), reason=reason.strip(), overruled_by=by
    )


def _check_free(run: CourseRun) -> None:
    """A seat for somebody who does not wait: those in line come first."""
    free = free_seats(run)
    if not free:
        raise Refused(_("The course run is full. Put the citizen on the waiting list."), field="case")
    if run.enrolments.filter(state=EnrolmentState.WAITING).count() >= free:
        raise Refused(_("Others wait for the free seat. Put the citizen on the waiting list."), field="case")


def tell(case: CaseFile | None, title: str, by: User, text: str = "") -> None:
    """The journal of the case; a guest has none."""
    if case is not None:
        cases.add_journal_entry(case=case, kind=EntryKind.COURSE, title=title, text=text, by=by)


def reconcile(run: CourseRun, case: CaseFile | None, today: date) -> None:
    """The tasks of the case, and of those who wait on the run: whose turn it is may have changed.

    Theirs after the commit: their cases are not locked here, and whoever holds one may be waiting for this run.
    """
    if case is not None:
        cases.reconcile_tasks(case=case, today=today)
    waiting = run.enrolments.filter(state=EnrolmentState.WAITING, case__isnull=False).exclude(case=case)
    ids = sorted(set(waiting.values_list("case_id", flat=True)))
    if ids:
        transaction.on_commit(partial(cases.reconcile_cases, ids, today=today), robust=True)


@transaction.atomic
def enrol(*, run: CourseRun, case: CaseFile, by: User, today: date, overruled: str = "") -> Enrolment:
    """Give a case a seat. Case and run are locked: no seat is sold twice, and none on a case that closes meanwhile.

    Raises Refused without a grant from screening 2 (voluntary modules need none), where the run is full, or where others
    wait for what is free; and where the citizen has something else at the same time and `overruled` does not say why.
    """
    perms.check_team(by)
    case = cases.lock_case(case)
    run = locked_run(run)
    existing = _place_of(run, case=case)
    if existing is not None and existing.state == EnrolmentState.ENROLLED:
        return existing
    _check_may_sit(run, case)
    if existing is not None and existing.state == EnrolmentState.WAITING:
        raise Refused(_("The citizen is on the waiting list."), field="case")
    _check_free(run)
    _overrule(run, case, overruled, by)
    enrolment = existing or Enrolment(run=run, case=case)
    enrolment.state, enrolment.enrolled_on, enrolment.enrolled_by = EnrolmentState.ENROLLED, today, by
    enrolment.save()
    tell(case, _("Enrolled: %(module)s") % {"module": run.module.title}, by)
    reconcile(run, case, today)
    return enrolment


@transaction.atomic
def enrol_many(
    *, run: CourseRun, people: Iterable[CaseFile], by: User, today: date, overruled: str = ""
) -> list[Enrolment]:
    """Give several citizens a seat, or none of them."""
    perms.check_team(by)
    chosen = sorted(people, key=lambda case: case.pk)
    if not chosen:
        raise Refused(_("Choose at least one citizen."), field="people")
    if (free := free_seats(run)) < len(chosen):
        raise Refused(_("There are %(free)s free seats. Choose fewer citizens.") % {"free": free}, field="people")
    cases.lock_cases(case.pk for case in chosen)
    with cases.tasks_held_back():
        made = [enrol(run=run, case=case, by=by, today=today, overruled=overruled) for case in chosen]
    reconcile_cases([case.pk for case in chosen], today=today)
    return made


@transaction.atomic
def enrol_by_exception(
    *, run: CourseRun, case: CaseFile, reason: str, by: User, today: date, overruled: str = ""
) -> Enrolment:
    """A seat without a grant: the project lead says why, and the reason stands on the run and on the case."""
    perms.check_lead(by)
    if not reason.strip():
        raise Refused(_("Write why the citizen gets a seat without a grant."), field="reason")
    perms.check_shown(reason, field="reason", citizen=case.citizen)
    case = cases.lock_case(case)
    run = locked_run(run)
    existing = _place_of(run, case=case)
    if existing is not None and existing.exception_reason == reason.strip():
        return existing
    if existing is not None:
        raise Conflict(_("The citizen has a place on this course run already."), field="case")
    if not case.is_open:
        raise Refused(_("The case is closed."), field="case")
    if has_grant(run, case):
        raise Refused(_("Screening 2 has granted this module, so no exception is needed."), field="case")
    _check_free(run)
    _overrule(run, case, overruled, by)
    enrolment = Enrolment.objects.create(
        run=run, case=case, enrolled_on=today, enrolled_by=by, exception_reason=reason.strip(), exception_by=by
    )
    title = _("Enrolled by exception: %(module)s") % {"module": run.module.title}
    tell(case, title, by, enrolment.exception_reason)
    reconcile(run, case, today)
    return enrolment


@transaction.atomic
def enrol_guest(*, run: CourseRun, guest: Guest, by: User, today: date, wait: bool = False) -> Enrolment:
    """A seat (or with `wait` a place in line) for a participant without a loan case."""
    perms.check_team(by)
    run = locked_run(run)
    existing = _place_of(run, guest=guest)
    if existing is not None:
        return existing
    if wait:
        return _into_line(run, guest=guest, by=by, today=today)
    _check_free(run)
    return Enrolment.objects.create(run=run, guest=guest, enrolled_on=today, enrolled_by=by)


@transaction.atomic
def join_waiting_list(*, run: CourseRun, case: CaseFile, by: User, today: date) -> Enrolment:
    """A place at the end of the line. The line moves up when a seat falls free: `take_seat`."""
    perms.check_team(by)
    case = cases.lock_case(case)
    run = locked_run(run)
    existing = _place_of(run, case=case)
    if existing is not None and existing.state in HOLDS_A_PLACE:
        return existing
    _check_may_sit(run, case)
    enrolment = _into_line(run, case=case, by=by, today=today, place=existing)
    tell(case, _("On the waiting list: %(module)s") % {"module": run.module.title}, by)
    reconcile(run, case, today)
    return enrolment


def _into_line(
    run: CourseRun,
    *,
    by: User,
    today: date,
    case: CaseFile | None = None,
    guest: Guest | None = None,
    place: Enrolment | None = None,
) -> Enrolment:
    """`place`: the row of who was invited already."""
    if free_seats(run) > run.enrolments.filter(state=EnrolmentState.WAITING).count():
        raise Refused(_("There is a free seat. Give that instead."), field="case")
    place = place or Enrolment(run=run, case=case, guest=guest)
    place.state, place.waiting_since = EnrolmentState.WAITING, clock.now()
    place.enrolled_on, place.enrolled_by = today, by
    place.save()
    return place


@transaction.atomic
def take_seat(*, enrolment: Enrolment, by: User, today: date, overruled: str = "") -> Enrolment:
    """The first in line gets the seat that has fallen free. Pressed twice, or by two people, it is one seat."""
    perms.check_team(by)
    enrolment, case, run = locked_place(enrolment)
    if enrolment.state == EnrolmentState.ENROLLED:
        return enrolment
    if enrolment.state != EnrolmentState.WAITING:
        raise Conflict(_("The place has been given up in the meantime."))
    if case is not None and not case.is_open:
        raise Refused(_("The case is closed."))
    if not free_seats(run):
        raise Conflict(_("The course run has no free seat."))
    ahead = run.enrolments.filter(state=EnrolmentState.WAITING).order_by("waiting_since", "pk").first()
    if ahead != enrolment:
        raise Refused(_("Somebody else is first in line. Give that person the seat, or let the place be given up."))
    _overrule(run, case, overruled, by)
    enrolment.state, enrolment.enrolled_on, enrolment.enrolled_by = EnrolmentState.ENROLLED, today, by
    enrolment.save(update_fields=["state", "enrolled_on", "enrolled_by"])
    tell(case, _("Enrolled from the waiting list: %(module)s") % {"module": run.module.title}, by)
    reconcile(run, case, today)
    return enrolment


def lock_seat(key: int) -> None:
    """A seat, after its case."""
    case = Enrolment.objects.filter(pk=key).values_list("case_id", flat=True).first()
    cases.lock_cases([case] if case else [])
    Enrolment.objects.select_for_update(of=("self",)).filter(pk=key).first()


def locked_place(enrolment: Enrolment) -> tuple[Enrolment, CaseFile | None, CourseRun]:
    """Case, run, enrolment: locked in the same order as where seats are given."""
    case = cases.lock_case(enrolment.case) if enrolment.case_id else None
    run = locked_run(enrolment.run)
    rows = Enrolment.objects.select_for_update(of=("self",)).select_related("guest")
    enrolment = rows.get(pk=enrolment.pk)
    enrolment.run, enrolment.case = run, case
    return enrolment, case, run


@transaction.atomic
def withdraw(*, enrolment: Enrolment, why: str, reason: str, by: User, today: date) -> Enrolment:
    """Give up a seat or a place in line, with the reason: chosen, and in words where none of the choices says it."""
    perms.check_team(by)
    if why not in WithdrawalReason.values:
        raise Refused(_("Choose why the seat is given up."), field="why")
    if why == WithdrawalReason.OTHER and not reason.strip():
        raise Refused(_("Write why the citizen gives up the seat."), field="reason")
    enrolment, case, run = locked_place(enrolment)
    perms.check_shown(reason, field="reason", citizen=case.citizen if case else None)
    if enrolment.state == EnrolmentState.WITHDRAWN:
        return enrolment
    had_place = enrolment.state in HOLDS_A_PLACE
    waited = enrolment.state == EnrolmentState.WAITING
    enrolment.state, enrolment.withdrawn_on = EnrolmentState.WITHDRAWN, today
    enrolment.withdrawn_why, enrolment.withdrawn_reason = why, reason.strip()
    enrolment.save(update_fields=["state", "withdrawn_on", "withdrawn_why", "withdrawn_reason"])
    title = _("Left the waiting list: %(module)s") if waited else _("Gave up the seat: %(module)s")
    words = ". ".join(part for part in (str(enrolment.get_withdrawn_why_display()), enrolment.withdrawn_reason) if part)
    if had_place:
        tell(case, title % {"module": run.module.title}, by, words)
    reconcile(run, case, today)
    return enrolment


@transaction.atomic
def give_up_seats(*, case: CaseFile, reason: str, by: User, today: date) -> None:
    """Give up the seats of a case on runs that are not over; what was attended stays on record."""
    perms.check_team(by)
    seats = case.enrolments.filter(
        state__in=[*HOLDS_A_PLACE, EnrolmentState.INVITED], run__ends_on__gte=today
    ).select_related("case", "run")
    for enrolment in seats.order_by("run_id", "pk"):
        withdraw(enrolment=enrolment, why=WithdrawalReason.CASE_CLOSED, reason=reason, by=by, today=today)
