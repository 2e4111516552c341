"""What makes Mit arbejde look lived in: tasks that citizens hold, tasks given away and moved, views under a name."""

from datetime import date, datetime, time, timedelta

from cases import services as cases
from cases.enums import Holder, Phase
from cases.models import CaseFile, SavedView, Task
from courses import services as courses
from courses.models import CourseRun
from microloan.accounts.models import User
from microloan.core import clock

# What citizens were asked for: days ago asked, days ago done (None: still waiting).
ERRANDS = (
    (Phase.BUSINESS_DEVELOPMENT, "Find et lokale, og få en pris på lejen", 18, None),
    (Phase.BUSINESS_DEVELOPMENT, "Hent tilbud fra to leverandører", 25, 9),
    (Phase.COURSES, "Lav første udkast til hjemmesiden", 20, 12),
    (Phase.COURSES, "Send regnskabet for de første salg", 12, None),
    (Phase.APPROVAL, "Aflever underskrift fra udlejer", 9, None),
    (Phase.MAIN_COURSE, "Send momstal for kvartalet", 16, 5),
)


def work(today: date, *, lead: User, coach: User, second_coach: User) -> None:
    """Errands of citizens at several phases, two tasks handed to a colleague, and three saved views."""
    used: set[int] = set()
    for phase, title, asked, done in ERRANDS:
        case = CaseFile.objects.live().filter(phase=phase).exclude(pk__in=used).order_by("pk").first()
        if case is None:
            continue
        used.add(case.pk)
        _errand(case, title, today, asked, done, by=case.coach or coach)
    _views(lead=lead, coach=coach, second_coach=second_coach)
    given = Task.objects.filter(done_at__isnull=True, holder=Holder.TEAM, is_promise=False, owner=coach, key="")
    tasks = list(given.order_by("due_on", "pk").values_list("pk", flat=True)[:2])
    if tasks:
        cases.assign_tasks(task_ids=tasks, owner=second_coach, by=lead, today=today)


def calendars(runs: list[CourseRun], today: date, *, lead: User, coach: User) -> None:
    """A coach who teaches the next course, so that its sessions stand in the calendar, and an address for that calendar."""
    teacher = courses.add_teacher(name=coach.full_name, phone="", email=coach.email, by=lead, user=coach)
    ahead = sorted((run for run in runs if run.ends_on >= today), key=lambda run: (run.starts_on, run.pk))
    for run in ahead[:1]:
        courses.update_run(
            run=run,
            place=run.place.name,
            capacity=run.capacity,
            teacher=teacher,
            cohort=run.cohort,
            by=lead,
            overruled="Samtalerne flyttes, når deltagerne har fået besked.",
        )
    cases.renew_feed(user=coach)


def _errand(case: CaseFile, title: str, today: date, asked: int, done: int | None, *, by: User) -> None:
    def at(days_ago: int) -> datetime:
        return datetime.combine(today - timedelta(days=days_ago), time(13, 20), tzinfo=clock.COPENHAGEN)

    with clock.at(at(asked)) as then:
        task = cases.add_task(
            case=case, title=title, due_on=then.date() + timedelta(days=7), holder=Holder.CITIZEN, owner=by, by=by
        )
    if done is not None:
        with clock.at(at(done)):
            cases.complete_task(task=task, by=by)


def _views(*, lead: User, coach: User, second_coach: User) -> None:
    if SavedView.objects.exists():
        return
    cases.save_view(owner=lead, page="work", name="Over fristen i teamet", query="view=team&due=late", is_shared=True)
    cases.save_view(owner=lead, page="cases", name="Venter på borgeren", query="waiting_on=citizen", is_shared=True)
    cases.save_view(owner=coach, page="work", name="Kurser denne uge", query="due=soon&phase=courses", is_shared=False)
