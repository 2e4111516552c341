"""What is taught, by whom, where and when not: modules, teachers, places, school holidays."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import Phase
from cases.models import CaseFile
from courses.defaults import MODULES
from courses.models import CourseModule, Place, SchoolHoliday, Teacher
from courses.perms import check_keeper
from microloan.accounts.models import User
from microloan.core.errors import Refused

# Whose own course is behind them: who may teach or be a mentor as a former borrower.
PAST_THE_LOAN = frozenset({Phase.AFTERCARE, Phase.CLOSED})
MODULE_FIELDS = (
    "title",
    "rhythm",
    "sessions",
    "hours_per_session",
    "usual_start",
    "order",
    "is_mandatory",
    "is_residential",
    "is_voluntary",
    "completion_percent",
    "run_cost",
    "is_active",
)


@transaction.atomic
def ensure_catalogue() -> None:
    """Put in the starting modules where they are missing; changes nothing that is there."""
    for module in MODULES:
        CourseModule.objects.get_or_create(code=module["code"], defaults=module)


@transaction.atomic
def save_module(*, module: CourseModule | None, values: Mapping[str, Any], by: User) -> CourseModule:
    """Add a module to the catalogue or correct it. Runs that are planned already stay as they are."""
    check_keeper(by)
    if unknown := set(values) - set(MODULE_FIELDS):
        raise ValueError(f"Not for this service: {sorted(unknown)}")
    stored = CourseModule.objects.select_for_update().get(pk=module.pk) if module else None
    saved = stored or CourseModule(code=_code_for(values["title"]))
    for name, value in values.items():
        setattr(saved, name, value)
    _check_module(saved)
    saved.save()
    return saved


def _check_module(module: CourseModule) -> None:
    same = CourseModule.objects.filter(title__iexact=module.title.strip()).exclude(pk=module.pk)
    if same.exists():
        raise Refused(_("There is already a module of that name."), field="title")
    if module.is_voluntary and module.is_mandatory:
        raise Refused(_("A module is either mandatory or voluntary."), field="is_voluntary")
    others = CourseModule.objects.filter(is_residential=True, is_active=True).exclude(pk=module.pk)
    if module.is_residential and module.is_active and others.exists():
        raise Refused(_("There is already a residential course. Take it out of use first."), field="is_residential")
    if module.is_residential and module.is_voluntary:
        raise Refused(_("The residential course belongs to the pre-course."), field="is_voluntary")


def _code_for(title: str) -> str:
    plain = title.lower().replace("æ", "ae").replace("ø", "oe").replace("å", "aa")
    base = slugify(plain).replace("-", "_")[:30] or "module"
    if not CourseModule.objects.filter(code=base).exists():
        return base
    highest = CourseModule.objects.aggregate(highest=Max("pk"))["highest"]
    return f"{base}_{highest + 1}"


@transaction.atomic
def add_teacher(
    *,
    name: str,
    phone: str,
    email: str,
    by: User,
    user: User | None = None,
    former_case: CaseFile | None = None,
    is_mentor: bool = False,
) -> Teacher:
    """Add a teacher to the register; `user` where a coach teaches, so that the calendar shows it; `former_case`: of a
    former borrower."""
    perms.check_team(by)
    teacher = Teacher(name=name.strip(), phone=phone.strip(), email=email.strip(), user=user, is_mentor=is_mentor)
    teacher.former_case = former_case
    _check_teacher(teacher)
    teacher.save()
    return teacher


@transaction.atomic
def update_teacher(
    *,
    teacher: Teacher,
    name: str,
    phone: str,
    email: str,
    former_case: CaseFile | None,
    is_mentor: bool,
    is_active: bool,
    by: User,
) -> Teacher:
    """Put right what is written of a teacher. Who is taken out of the register stays on the runs that name them."""
    perms.check_team(by)
    teacher = Teacher.objects.select_for_update(of=("self",)).get(pk=teacher.pk)
    teacher.name, teacher.phone, teacher.email = name.strip(), phone.strip(), email.strip()
    teacher.former_case, teacher.is_mentor, teacher.is_active = former_case, is_mentor, is_active
    _check_teacher(teacher)
    teacher.save()
    return teacher


def _check_teacher(teacher: Teacher) -> None:
    others = Teacher.objects.exclude(pk=teacher.pk)
    if teacher.is_active and others.filter(name__iexact=teacher.name, is_active=True).exists():
        raise Refused(_("There is already a teacher of that name."), field="name")
    if teacher.user is not None and others.filter(user=teacher.user).exists():
        raise Refused(_("The coach is in the register already."), field="user")
    case = teacher.former_case
    if case is None:
        return
    if case.phase not in PAST_THE_LOAN:
        raise Refused(_("Choose somebody whose case is closed or in aftercare."), field="former_case")
    if others.filter(former_case=case).exists():
        raise Refused(_("The former borrower is in the register already."), field="former_case")


def place_called(name: str) -> Place:
    """The place of this name, put into the register where it is new."""
    plain = " ".join(name.split())
    if not plain:
        raise Refused(_("Write where the course is held."), field="place")
    return Place.objects.filter(name__iexact=plain).first() or Place.objects.create(name=plain)


@transaction.atomic
def save_place(*, place: Place | None, name: str, address: str, directions: str, by: User) -> Place:
    """Add a place to the register or correct it."""
    perms.check_team(by)
    if Place.objects.filter(name__iexact=name.strip()).exclude(pk=place.pk if place else None).exists():
        raise Refused(_("There is already a place of that name."), field="name")
    place = place or Place()
    place.name, place.address, place.directions = name.strip(), address.strip(), directions.strip()
    place.save()
    return place


@transaction.atomic
def add_school_holiday(*, name: str, first_on: date, last_on: date, by: User) -> SchoolHoliday:
    """Days off in the schools. What is planned already stays where it is."""
    check_keeper(by)
    if last_on < first_on:
        raise Refused(_("The last day must not be before the first."), field="last_on")
    return SchoolHoliday.objects.create(name=name.strip(), first_on=first_on, last_on=last_on)


@transaction.atomic
def remove_school_holiday(*, holiday: SchoolHoliday, by: User) -> None:
    """Take school holidays out again; the history keeps them."""
    check_keeper(by)
    SchoolHoliday.objects.filter(pk=holiday.pk).delete()
