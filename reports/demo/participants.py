"""People on a course: an exception, a guest, somebody who missed two sessions in a row, and a waiting list."""

from datetime import date, datetime, time, timedelta

from django.db.models import Max, Q

from cases.enums import ContactState, Phase
from cases.models import CaseFile, Cohort
from cases.services import set_cohort
from courses import services as courses
from courses.enums import AttendanceMark
from courses.models import CourseModule, CourseRun, Enrolment, Guest
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.calendars import is_working_day
from microloan.core.clock import COPENHAGEN

MODULE = "vat_tax"
WHY = "Holdet er det eneste før sommer, og borgeren starter sin forretning i august."
ALL_THE_SAME = "Borgeren kender begge tider og vælger kurset."
GUESTS = (("Gerda Gæstesen", "Kvindecentret"), ("Gustav Gæstesen", "Jobhuset"))

RESIDENTIAL_GUESTS = (
    "Gitte Gæstesen",
    "Gorm Gæstesen",
    "Grethe Prøvesen",
    "Gunnar Forsøg",
    "Gry Demosen",
    "Gert Fiktiv",
)


def fill_a_course(today: date, *, lead: User, coach: User) -> None:
    """A run with three seats that has met twice: the day before today, and a week before that."""
    in_courses = CaseFile.objects.filter(phase=Phase.COURSES).annotate(
        last=Max("contacts__at", filter=Q(contacts__state=ContactState.ATTENDED))
    )
    free = in_courses.exclude(enrolments__run__module__code=MODULE).order_by("last", "pk")
    granted = list(free.filter(module_grants__module__code=MODULE)[:2])
    other = free.exclude(module_grants__module__code=MODULE).first()
    if not granted or other is None:
        return
    days = [_working_day(today - timedelta(days=back)) for back in (8, 1)]
    run = _run([*days, today + timedelta(days=6)], coach)
    with clock.at(days[0] - timedelta(days=14)):
        on = clock.today()
        seats = [
            courses.enrol(run=run, case=granted[0], by=coach, today=on, overruled=ALL_THE_SAME),
            courses.enrol_by_exception(run=run, case=other, reason=WHY, by=lead, today=on, overruled=ALL_THE_SAME),
        ]
        guests = [_guest(name, sent_by, coach) for name, sent_by in GUESTS]
        seats.append(courses.enrol_guest(run=run, guest=guests[0], by=coach, today=on))
        courses.enrol_guest(run=run, guest=guests[1], by=coach, today=on, wait=True)
        for case in granted[1:]:
            courses.join_waiting_list(run=run, case=case, by=coach, today=on)
    _attend(run, seats, coach, today)


def round_off_the_cohort(today: date, *, coach: User) -> None:
    """The cohort of today knows when its main course starts, one of it came late, and its next residential course has
    guests of two other programmes."""
    cohort = Cohort.objects.filter(start_on__lte=today, end_on__gte=today).first()
    run = CourseRun.objects.filter(cohort=cohort, module__is_residential=True, starts_on__gt=today).first()
    if cohort is None or run is None:
        return
    courses.save_cohort(
        cohort=cohort,
        code=cohort.code,
        start_on=cohort.start_on,
        end_on=cohort.end_on,
        target_size=cohort.target_size,
        main_course_on=min(run.ends_on + timedelta(days=11), cohort.end_on),
        by=coach,
    )
    for number, name in enumerate(RESIDENTIAL_GUESTS):
        guest = _guest(name, GUESTS[number % 2][1], coach)
        courses.enrol_guest(run=run, guest=guest, by=coach, today=today)
    late = cohort.cases.filter(phase=Phase.COURSES).order_by("-opened_on", "-pk").first()
    if late is not None:
        note = "Begyndte efter de andre og har ikke været med til regnskab."
        joined = max(late.phase_entered_on, cohort.start_on + timedelta(days=1))
        set_cohort(case=late, cohort=cohort, joined_on=joined, note=note, by=coach)


def _working_day(day: date) -> date:
    while not is_working_day(day):
        day -= timedelta(days=1)
    return day


def _guest(name: str, sent_by: str, coach: User) -> Guest:
    return courses.add_guest(name=name, phone="00000000", email="", sent_by=sent_by, by=coach)


def _run(days: list[date], coach: User) -> CourseRun:
    sessions = [
        (datetime.combine(day, time(9), tzinfo=COPENHAGEN), datetime.combine(day, time(12), tzinfo=COPENHAGEN))
        for day in days
    ]
    with clock.at(days[0] - timedelta(days=30)):
        return courses.plan_run(
            module=CourseModule.objects.get(code=MODULE),
            place="Biblioteket, mødelokale 2",
            capacity=3,
            sessions=sessions,
            teacher=None,
            cohort=None,
            overruled="Der er flere lokaler på stedet.",
            by=coach,
        )


def _attend(run: CourseRun, seats: list[Enrolment], coach: User, today: date) -> None:
    """The first stays away both times; a mark of the others is corrected."""
    held = run.sessions.filter(ends_at__lt=datetime.combine(today, time(0), tzinfo=COPENHAGEN)).order_by("starts_at")
    for session in held:
        marks = {
            seats[0].pk: AttendanceMark.ABSENT,
            seats[1].pk: AttendanceMark.PRESENT,
            seats[2].pk: AttendanceMark.ABSENT,
        }
        with clock.at(session.starts_at + timedelta(minutes=5)):
            courses.mark_attendance(session=session, marks=marks, by=coach, today=session.starts_at.date())
        with clock.at(session.starts_at + timedelta(minutes=25)):
            late = {seats[2].pk: AttendanceMark.LATE}
            courses.mark_attendance(session=session, marks=late, by=coach, today=session.starts_at.date())
