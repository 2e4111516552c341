"""Whose time, or which place, is taken twice by course sessions (domain.md §5). A warning, never a bar: it may be overruled.

The rule is pure: what is asked for and what is taken are stretches of time with what they need.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.db.models import Q
from django.utils.translation import gettext as _

from cases.enums import ContactState
from cases.models import CaseFile, Cohort, Contact
from courses import progress
from courses.enums import EnrolmentState
from courses.models import CourseModule, CourseRun, CourseSession, Enrolment, Place, Teacher
from microloan.core import danish

DAY = timedelta(days=1)
Times = tuple[datetime, datetime]
# A module, the name of its place, its teacher and its sessions.
Plan = tuple[CourseModule, str, Teacher | None, Sequence[Times]]
# So many lines say what they have to say; the rest is counted.
MOST_LINES = 12


class Kind(StrEnum):
    TEACHER = "teacher"
    PLACE = "place"
    CITIZEN = "citizen"


@dataclass(frozen=True)
class Need:
    """A teacher, a place or a citizen. Somebody who is asked for under two numbers is two."""

    kind: Kind
    key: int


@dataclass(frozen=True)
class Asked:
    """A session that is to be planned, and what it needs. `run`: whose sessions do not stand in each other's way."""

    starts_at: datetime
    ends_at: datetime
    needs: frozenset[Need]
    what: str = ""


@dataclass(frozen=True)
class Taken:
    starts_at: datetime
    ends_at: datetime
    need: Need
    what: str


@dataclass(frozen=True)
class Clash:
    need: Need
    asked: Asked
    taken: Taken


def find(asked: Sequence[Asked], taken: Iterable[Taken]) -> list[Clash]:
    """Every pair that needs the same at the same time, in order of time. Ends that meet are no clash."""
    found = [
        Clash(one.need, ask, one)
        for one in taken
        for ask in asked
        if one.need in ask.needs and ask.starts_at < one.ends_at and one.starts_at < ask.ends_at
    ]
    return sorted(found, key=lambda clash: (clash.asked.starts_at, clash.need.kind, clash.need.key, clash.taken.what))


def among(asked: Sequence[Asked]) -> list[Clash]:
    """The same among sessions that are all to be planned; each pair once."""
    found = []
    for number, ask in enumerate(asked):
        earlier = [
            Taken(other.starts_at, other.ends_at, need, other.what)
            for other in asked[:number]
            for need in other.needs & ask.needs
        ]
        found += find([ask], earlier)
    return found


def needs_of(teacher: Teacher | None, place: Place | None, cases: Iterable[CaseFile]) -> frozenset[Need]:
    needs = {Need(Kind.CITIZEN, case.pk) for case in cases}
    if teacher is not None and teacher.pk:
        needs.add(Need(Kind.TEACHER, teacher.pk))
    if place is not None and place.pk:
        needs.add(Need(Kind.PLACE, place.pk))
    return frozenset(needs)


def expected(*, module: CourseModule, cohort: Cohort | None, sessions: Sequence[Times]) -> list[CaseFile]:
    """Those of a cohort who lack the module that they were granted when these sessions begin: they are likely to take
    part. Who has completed it or has a seat on another run of it, is not."""
    if cohort is None or not sessions:
        return []
    begins_on = danish.local_date(min(start for start, _end in sessions))
    lacking = progress.without_a_seat(module, begins_on).filter(case__cohort=cohort).values("case")
    return list(CaseFile.objects.filter(pk__in=lacking).order_by("pk"))


def of_run(
    *,
    module: CourseModule,
    place: Place | None,
    teacher: Teacher | None,
    sessions: Sequence[tuple[datetime, datetime]],
    cases: Iterable[CaseFile],
    but: Iterable[CourseRun] = (),
) -> list[Clash]:
    """What stands in the way of these sessions."""
    needs = needs_of(teacher, place, cases)
    asked = [Asked(start, end, needs, module.title) for start, end in sessions]
    return find(asked, taken_by(asked, but=but))


def of_plan(plans: Iterable[Plan], cohort: Cohort) -> list[Clash]:
    """What stands in the way of several runs of a cohort, and where they stand in each other's way."""
    asked: list[Asked] = []
    for module, place_name, teacher, sessions in plans:
        place = Place.objects.filter(name__iexact=" ".join(place_name.split())).first()
        needs = needs_of(teacher, place, expected(module=module, cohort=cohort, sessions=sessions))
        asked += [Asked(start, end, needs, module.title) for start, end in sessions]
    return [*find(asked, taken_by(asked)), *among(asked)]


# --- What is taken -----------------------------------------------------------------------------------------------------


def taken_by(asked: Sequence[Asked], *, but: Iterable[CourseRun] = ()) -> list[Taken]:
    """What stands in the calendars of all that is asked for, in a fixed number of queries. `but`: runs left out."""
    if not asked:
        return []
    start, end = min(ask.starts_at for ask in asked), max(ask.ends_at for ask in asked)
    needs = frozenset[Need]().union(*(ask.needs for ask in asked))
    keys = {kind: [need.key for need in needs if need.kind == kind] for kind in Kind}
    sessions = CourseSession.objects.held_or_planned().filter(starts_at__lt=end, ends_at__gt=start)
    sessions = sessions.exclude(run__in=[run.pk for run in but]).select_related("run__module")
    return [
        *_by_sessions(sessions.filter(Q(run__teacher__in=keys[Kind.TEACHER]) | Q(run__place__in=keys[Kind.PLACE]))),
        *_by_seats(sessions, keys[Kind.CITIZEN]),
        *_by_contacts(keys[Kind.CITIZEN], start, end),
        *_by_staff(keys[Kind.TEACHER], start, end),
    ]


def _by_sessions(sessions: Iterable[CourseSession]) -> Iterator[Taken]:
    for session in sessions:
        run = session.run
        for kind, key in ((Kind.TEACHER, run.teacher_id), (Kind.PLACE, run.place_id)):
            if key is not None:
                yield Taken(session.starts_at, session.ends_at, Need(kind, key), run.module.title)


def _by_seats(sessions: Iterable[CourseSession], cases: Collection[int]) -> Iterator[Taken]:
    seats = Enrolment.objects.filter(state=EnrolmentState.ENROLLED, case__in=cases)
    runs: dict[int, list[int]] = {}
    for run, case in seats.values_list("run_id", "case_id").order_by("pk"):
        runs.setdefault(run, []).append(case)
    for session in sessions.filter(run__in=list(runs)):  # type: ignore[attr-defined]
        for case in runs[session.run_id]:
            yield Taken(session.starts_at, session.ends_at, Need(Kind.CITIZEN, case), session.run.module.title)


def _by_contacts(cases: Collection[int], start: datetime, end: datetime) -> Iterator[Taken]:
    planned = Contact.objects.filter(state=ContactState.PLANNED, at__gt=start - DAY, at__lt=end)
    for contact in planned.filter(case__in=cases).order_by("at", "pk"):
        need = Need(Kind.CITIZEN, contact.case_id)
        yield Taken(contact.at, contact.ends_at, need, contact.get_kind_display())


def _by_staff(teachers: Collection[int], start: datetime, end: datetime) -> Iterator[Taken]:
    """A coach who teaches may have planned a conversation."""
    planned = Contact.objects.filter(state=ContactState.PLANNED, at__gt=start - DAY, at__lt=end)
    planned = planned.filter(staff__teacher__in=teachers).order_by("at", "pk").prefetch_related("staff__teacher")
    for contact in planned.distinct():
        for worker in contact.staff.all():
            teacher = getattr(worker, "teacher", None)
            if teacher is not None and teacher.pk in teachers:
                yield Taken(contact.at, contact.ends_at, Need(Kind.TEACHER, teacher.pk), contact.get_kind_display())


# --- In words ----------------------------------------------------------------------------------------------------------


def lines(clashes: Iterable[Clash], *, named: bool = False) -> list[str]:
    """In words, each said once. Citizens by name only on screen (`named`); what is kept knows the case number alone."""
    found = list(clashes)
    names = _names({clash.need for clash in found}, named=named)
    told = list(dict.fromkeys(_line(clash, names) for clash in found))
    if len(told) > MOST_LINES:
        more = _("And %(count)s more.") % {"count": len(told) - MOST_LINES}
        told = [*told[:MOST_LINES], more]
    return told


def _line(clash: Clash, names: dict[Need, str]) -> str:
    words = {
        "who": names[clash.need],
        "what": clash.taken.what,
        "day": danish.short_date(clash.taken.starts_at),
        "time": danish.time_span(clash.taken.starts_at, clash.taken.ends_at),
    }
    return _("%(who)s already has: %(what)s, %(day)s %(time)s.") % words


def _names(needs: Iterable[Need], *, named: bool) -> dict[Need, str]:
    keys = {kind: [need.key for need in needs if need.kind == kind] for kind in Kind}
    names = {Need(Kind.TEACHER, row.pk): row.name for row in Teacher.objects.filter(pk__in=keys[Kind.TEACHER])}
    names |= {Need(Kind.PLACE, row.pk): row.name for row in Place.objects.filter(pk__in=keys[Kind.PLACE])}
    for case in CaseFile.objects.filter(pk__in=keys[Kind.CITIZEN]).select_related("citizen"):
        names[Need(Kind.CITIZEN, case.pk)] = f"{case.citizen} ({case.number})" if named else case.number
    return names
