"""What courses rest on (usual costs, addresses of places, school holidays), and network meetings: held, and to come."""

from datetime import date, datetime, time, timedelta
from decimal import Decimal

from cases import services as cases
from cases.enums import Phase
from cases.models import CaseFile, Mentor
from courses import planning
from courses import services as courses
from courses.enums import AttendanceMark
from courses.models import CourseModule, CourseRun, Enrolment, Place, SchoolHoliday, Teacher
from courses.services.catalogue import MODULE_FIELDS
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.clock import COPENHAGEN

COSTS = {
    "accounting": 28_000,
    "vat_tax": 14_500,
    "marketing": 16_000,
    "website": 9_000,
    "insurance": 2_500,
    "residential_course": 96_000,
    "network_meeting": 1_850,
}
ADDRESSES = {
    "Kursuscentret ved søen": ("Søvej 1, 0000 Prøveby", "Bus 12 holder ved døren. Parkering bag huset."),
    "Biblioteket, mødelokale 2": ("Torvet 3, 0000 Prøveby", "Gå op ad trappen til højre for indgangen."),
    "Iværksætterhuset": ("Prøvevej 4, 0000 Prøveby", "Gå ind ad porten. Lokalet ligger på første sal."),
}
PROGRAMME = "17.00 Velkommen og nyt siden sidst\n17.20 {theme}\n18.30 Suppe og tid til at tale sammen"
SCRIPT = "16.30 Stil borde og kaffe frem.\n17.00 Coachen byder velkommen.\n18.55 Spørg, hvad næste møde skal handle om."
THEMES = ("Priser, der holder", "Sådan får jeg de næste kunder")
IDEAS = "Inviter banken til at fortælle om erhvervskonti.\nFlere vil gerne se hinandens butikker."


def lay_the_ground(today: date, *, lead: User) -> None:
    """Before any course is planned: a run takes its cost from the module."""
    for module in CourseModule.objects.filter(code__in=COSTS).order_by("pk"):
        values = {name: getattr(module, name) for name in MODULE_FIELDS}
        courses.save_module(module=module, values={**values, "run_cost": Decimal(COSTS[module.code])}, by=lead)
    for name, (address, directions) in ADDRESSES.items():
        place = Place.objects.filter(name=name).first()
        courses.save_place(place=place, name=name, address=address, directions=directions, by=lead)
    if not SchoolHoliday.objects.exists():
        for year in (today.year, today.year + 1):
            for name, first, last in _holidays(year):
                courses.add_school_holiday(name=f"{name} {year}", first_on=first, last_on=last, by=lead)


def _holidays(year: int) -> list[tuple[str, date, date]]:
    """The usual weeks: 7, 42, and the summer."""
    return [
        ("Vinterferie", date.fromisocalendar(year, 7, 1), date.fromisocalendar(year, 7, 5)),
        ("Sommerferie", date(year, 6, 27), date(year, 8, 9)),
        ("Efterårsferie", date.fromisocalendar(year, 42, 1), date.fromisocalendar(year, 42, 5)),
    ]


def network(today: date, *, lead: User, coach: User) -> None:
    """Two meetings held, four to come; the next has its answers. A former borrower tells about prices."""
    former = CaseFile.objects.live().filter(phase=Phase.CLOSED, loans__isnull=False).order_by("pk").first()
    teacher = courses.add_teacher(
        name=str(former.citizen) if former else "Tove Testesen",
        phone="00000000",
        email="",
        by=lead,
        former_case=former,
        is_mentor=True,
    )
    _mentors(teacher, today, by=coach)
    plan = courses.MeetingPlan(
        module=CourseModule.objects.get(code="network_meeting"),
        place="Iværksætterhuset",
        capacity=20,
        audience="both",
        teacher=teacher,
    )
    first = today - timedelta(days=50)
    days = planning.monthly_days(first, 6, planning.Closed())
    with clock.at(first - timedelta(days=20)):
        runs = courses.plan_meetings(plan=plan, times=planning.times(days, time(17), Decimal(2)), by=coach)
    held = [run for run in runs if run.starts_on < today]
    for number, run in enumerate(held):
        _write(run, THEMES[number % 2], IDEAS if run == held[-1] else "", by=coach)
        _hold(run, coach, number)
    if coming := [run for run in runs if run.starts_on > today]:
        _write(coming[0], "Moms uden mavepine", "", by=coach)
        _ask(coming[0], coach, today)


def _mentors(teacher: Teacher, today: date, *, by: User) -> None:
    """The former borrower helps somebody in the main course."""
    helped = CaseFile.objects.live().filter(phase=Phase.MAIN_COURSE).order_by("-pk").first()
    if helped is not None:
        values = {"name": teacher.name, "trade": "Detailhandel", "phone": teacher.phone, "from_on": today}
        known = ("courses", str(teacher.pk))
        cases.add_person(case=helped, kind=Mentor, values=values, by=by, today=today, known=known)


def _write(run: CourseRun, theme: str, ideas: str, *, by: User) -> None:
    courses.save_meeting(
        run=run,
        audience="both",
        theme=theme,
        programme=PROGRAMME.format(theme=theme),
        script=SCRIPT,
        ideas=ideas,
        reply_by=run.starts_on - timedelta(days=3),
        by=by,
    )


def _ask(run: CourseRun, coach: User, day: date) -> list[Enrolment]:
    """Yes, no, and some who have not answered."""
    phases = (Phase.MAIN_COURSE, Phase.AFTERCARE)
    people = CaseFile.objects.live().filter(phase__in=phases, phase_entered_on__lte=day).order_by("pk")[:6]
    asked = courses.invite_to_meeting(run=run, people=people, by=coach, today=day)
    for number, seat in enumerate(asked):
        if number % 3 != 2:
            courses.answer(enrolment=seat, comes=number % 3 == 0 or number == 1, by=coach, today=day)
    return [Enrolment.objects.get(pk=seat.pk) for seat in asked]


def _hold(run: CourseRun, coach: User, number: int) -> None:
    with clock.at(datetime.combine(run.starts_on - timedelta(days=12), time(10), tzinfo=COPENHAGEN)) as then:
        asked = _ask(run, coach, then.date())
    marks = {
        seat.pk: AttendanceMark.ABSENT if index == number else AttendanceMark.PRESENT
        for index, seat in enumerate(seat for seat in asked if seat.state == "enrolled")
    }
    session = run.sessions.get()
    with clock.at(session.starts_at + timedelta(minutes=10)):
        courses.mark_attendance(session=session, marks=marks, by=coach, today=run.starts_on)
