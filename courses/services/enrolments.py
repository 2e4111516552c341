"""Modules granted, seats given and given up."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile
from courses.enums import EnrolmentState
from courses.models import CourseModule, CourseRun, Enrolment, ModuleGrant
from courses.rules import seats_left
from microloan.accounts.models import User
from microloan.core.errors import Refused
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


@transaction.atomic
def enrol(*, run: CourseRun, case: CaseFile, by: User, today: date) -> Enrolment:
    """Give a case a seat. Case and run are locked: no seat is sold twice, and none on a case that closes meanwhile.

    Raises Refused without a grant from screening 2 (voluntary modules need none), or where the run is full.
    """
    perms.check_team(by)
    case = cases.lock_case(case)
    run = CourseRun.objects.select_for_update(of=("self",)).select_related("module").get(pk=run.pk)
    existing = Enrolment.objects.filter(run=run, case=case, state=EnrolmentState.ENROLLED).first()
    if existing is not None:
        return existing
    if not case.is_open:
        raise Refused(_("The case is closed."), field="case")
    if not run.module.is_voluntary and not ModuleGrant.objects.filter(case=case, module=run.module).exists():
        raise Refused(_("Screening 2 has not granted this module to the citizen."), field="case")
    enrolled = run.enrolments.filter(state=EnrolmentState.ENROLLED).count()
    if not seats_left(run.capacity, enrolled):
        raise Refused(_("The course run is full."), field="case")
    enrolment = Enrolment.objects.create(run=run, case=case, enrolled_on=today, enrolled_by=by)
    cases.add_journal_entry(
        case=case, kind=EntryKind.COURSE, title=_("Enrolled: %(module)s") % {"module": run.module.title}, by=by
    )
    cases.reconcile_tasks(case=case, today=today)
    return enrolment


@transaction.atomic
def withdraw(*, enrolment: Enrolment, reason: str, by: User, today: date) -> Enrolment:
    """Give up a seat, with the reason."""
    perms.check_team(by)
    if not reason.strip():
        raise Refused(_("Write why the citizen gives up the seat."), field="reason")
    enrolment = (
        Enrolment.objects.select_for_update(of=("self",)).select_related("case", "run__module").get(pk=enrolment.pk)
    )
    if enrolment.state == EnrolmentState.WITHDRAWN:
        return enrolment
    enrolment.state, enrolment.withdrawn_reason = EnrolmentState.WITHDRAWN, reason.strip()
    enrolment.save()
    cases.add_journal_entry(
        case=enrolment.case,
        kind=EntryKind.COURSE,
        title=_("Gave up the seat: %(module)s") % {"module": enrolment.run.module.title},
        text=enrolment.withdrawn_reason,
        by=by,
    )
    cases.reconcile_tasks(case=enrolment.case, today=today)
    return enrolment


@transaction.atomic
def give_up_seats(*, case: CaseFile, reason: str, by: User, today: date) -> None:
    """Give up the seats of a case on runs that are not over; what was attended stays on record."""
    perms.check_team(by)
    for enrolment in case.enrolments.filter(state=EnrolmentState.ENROLLED, run__ends_on__gte=today):
        withdraw(enrolment=enrolment, reason=reason, by=by, today=today)
