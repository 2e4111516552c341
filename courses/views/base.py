"""What the pages of courses share."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render

from cases.models import CaseFile
from courses import progress, services
from courses.enums import HOLDS_A_PLACE, EnrolmentState
from courses.forms.runs import OverruleForm, overruled_field
from courses.models import CourseRun, CourseSession, Enrolment, Guest
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.policy.services import rule_set_on

RUNS_PER_PAGE = 20
# Of more people than so many the first are offered, and the page says how the others are found.
MOST_SHOWN = 100


def show_refusal(form: Any, refusal: Refused) -> None:
    """Put a service's words at their field, or on top where they belong to none."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


def ask_why(form: Any, refusal: Refused) -> None:
    """Show the refusal; where something stands in the way, ask why it is done all the same."""
    if refusal.field == "overruled" and "overruled" not in form.fields:
        form.fields["overruled"] = overruled_field()
    show_refusal(form, refusal)


@dataclass(frozen=True)
class People:
    """Those on a run whom this person may see: with a seat, in line, gone, and asked to a meeting."""

    enrolled: list[Enrolment]
    waiting: list[Enrolment]
    gone: list[Enrolment]
    invited: list[Enrolment]
    declined: list[Enrolment]

    @property
    def everybody(self) -> list[Enrolment]:
        return [*self.enrolled, *self.waiting, *self.gone, *self.invited, *self.declined]

    @property
    def cases(self) -> list[CaseFile]:
        return [row.case for row in self.everybody if row.case]

    @property
    def guests(self) -> list[Guest]:
        return [row.guest for row in self.everybody if row.guest]


def people_of(course_run: CourseRun, request: HttpRequest) -> People:
    """Everybody on a run, in one query: guests are seen by the whole team."""
    rows = course_run.enrolments.filter(_seen_by(request)).select_related("case__citizen", "guest", "exception_by")
    found: dict[str, list[Enrolment]] = {state: [] for state in EnrolmentState.values}
    for row in rows:
        row.run = course_run
        found[row.state].append(row)
    waiting = sorted(found[EnrolmentState.WAITING], key=lambda row: (row.waiting_since or clock.now(), row.pk))
    return People(
        enrolled=found[EnrolmentState.ENROLLED],
        waiting=waiting,
        gone=found[EnrolmentState.WITHDRAWN],
        invited=found[EnrolmentState.INVITED],
        declined=found[EnrolmentState.DECLINED],
    )


def visible_enrolments(
    course_run: CourseRun, request: HttpRequest, states: Sequence[str] = (EnrolmentState.ENROLLED,)
) -> list[Enrolment]:
    """The participants with a seat (or in other `states`) that this person may see."""
    seats = course_run.enrolments.filter(_seen_by(request), state__in=states)
    return list(seats.select_related("case__citizen", "guest"))


def _seen_by(request: HttpRequest) -> Q:
    return Q(case__in=CaseFile.objects.visible_to(request.user)) | Q(guest__isnull=False)


def cases_of(enrolments: Iterable[Enrolment]) -> list[CaseFile]:
    return [enrolment.case for enrolment in enrolments if enrolment.case]


def log_people(request: HttpRequest, action: AccessAction, *enrolments: Enrolment) -> None:
    """One line in the access log for the people of these places; guests by their own number."""
    numbers = [enrolment.guest.number for enrolment in enrolments if enrolment.guest]
    logged(request, action, *cases_of(enrolments), numbers=numbers)


def candidates_for(course_run: CourseRun, request: HttpRequest) -> QuerySet[CaseFile]:
    """Open cases with a grant of the module that they have not completed and no place on this run; for a voluntary module
    all open cases. `seat_from`: the first day of another run of the module on which a case has a seat already."""
    today = clock.today()
    cases = CaseFile.objects.visible_to(request.user).live().open().select_related("citizen")
    if not course_run.module.is_voluntary:
        lacking = progress.missing_modules(rule_set_on(today).completion_percent).filter(module=course_run.module)
        cases = cases.filter(pk__in=lacking.values("case"))
    others = Enrolment.objects.filter(
        case=OuterRef("pk"),
        state=EnrolmentState.ENROLLED,
        run__module=course_run.module,
        run__ends_on__gte=today,
    ).order_by("run__starts_on", "pk")
    cases = cases.annotate(seat_from=Subquery(others.values("run__starts_on")[:1]))
    return cases.exclude(pk__in=_taken(course_run)).order_by("citizen__name", "pk")


def _taken(course_run: CourseRun) -> QuerySet:
    """The cases that have a place on the run already."""
    return course_run.enrolments.filter(state__in=HOLDS_A_PLACE, case__isnull=False).values("case")


def exceptions_for(course_run: CourseRun, request: HttpRequest) -> QuerySet[CaseFile]:
    """Open cases without a grant of the module and without a place on the run."""
    cases = CaseFile.objects.visible_to(request.user).live().open().select_related("citizen")
    granted = course_run.module.grants.values("case")
    return cases.exclude(pk__in=granted).exclude(pk__in=_taken(course_run)).order_by("citizen__name", "pk")


@dataclass(frozen=True)
class Offered:
    """Whom a page offers for a seat: the first of them, by name, or those whose name or case number holds `asked`."""

    rows: QuerySet[CaseFile]
    shown: int
    number: int
    asked: str

    @property
    def is_searched(self) -> bool:
        """More than can be shown, or asked for already: there is a field to search with."""
        return self.number > self.shown or bool(self.asked)


def offered(candidates: QuerySet[CaseFile], request: HttpRequest) -> Offered:
    asked = " ".join(request.GET.get("q", "").split())
    if asked:
        candidates = candidates.filter(Q(citizen__name__icontains=asked) | Q(number__icontains=asked))
    first = [case.pk for case in candidates[: MOST_SHOWN + 1]]
    number = len(first) if len(first) <= MOST_SHOWN else candidates.count()
    return Offered(candidates.filter(pk__in=first[:MOST_SHOWN]), len(first[:MOST_SHOWN]), number, asked)


def is_held(course_session: CourseSession, now: datetime) -> bool:
    """Attendance can be taken when the session has begun."""
    return not course_session.is_cancelled and course_session.starts_at <= now


def unmarked(enrolments: list[Enrolment], marks: dict[int, str]) -> int:
    return sum(enrolment.pk not in marks for enrolment in enrolments)


def get_seat(request: HttpRequest, pk: int, *, lock: bool = False) -> Enrolment:
    """`lock`: on a POST, nobody else saves it before this request is over."""
    if lock and request.method == "POST":
        services.lock_seat(pk)
    rows = Enrolment.objects.filter(_seen_by(request)).select_related("case__citizen", "guest", "run__module")
    return get_object_or_404(rows, pk=pk)


def seat_all_the_same(
    request: HttpRequest, run: CourseRun, name: str, refusal: Refused, *cases: CaseFile
) -> HttpResponse:
    """Something stands in the way of a seat that was given with one click: say what, and ask why all the same.

    The page sends the answer to the address that asked.
    """
    form = OverruleForm(request.POST)
    form.is_valid()
    logged(request, AccessAction.VIEW, *cases)
    show_refusal(form, refusal)
    return render(request, "courses/seat_clash.html", {"run": run, "name": name, "form": form})
