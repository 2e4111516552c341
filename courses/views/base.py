"""What the pages of courses share."""

from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from cases.models import CaseFile
from courses.enums import EnrolmentState
from courses.models import CourseRun, CourseSession, Enrolment
from microloan.core import danish
from microloan.core.errors import Refused

RUNS_PER_PAGE = 20


def show_refusal(form: Any, refusal: Refused) -> None:
    """Put a service's words at their field, or on top where they belong to none."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


def visible_enrolments(course_run: CourseRun, request: HttpRequest) -> list[Enrolment]:
    """The participants this person may see."""
    visible = CaseFile.objects.visible_to(request.user)
    return list(
        course_run.enrolments.filter(state=EnrolmentState.ENROLLED, case__in=visible).select_related("case__citizen")
    )


def candidates_for(course_run: CourseRun, request: HttpRequest) -> QuerySet[CaseFile]:
    """Open cases with a grant of the module and no seat on this run; for a voluntary module all open cases."""
    cases = CaseFile.objects.visible_to(request.user).live().open().select_related("citizen")
    if not course_run.module.is_voluntary:
        cases = cases.filter(module_grants__module=course_run.module)
    return cases.exclude(pk__in=course_run.enrolments.filter(state=EnrolmentState.ENROLLED).values("case")).order_by(
        "citizen__name", "pk"
    )


def is_held(course_session: CourseSession, today: date) -> bool:
    """Attendance can be taken from the day of the session on."""
    return danish.local_date(course_session.starts_at) <= today


def unmarked(enrolments: list[Enrolment], marks: dict[int, str]) -> int:
    return sum(enrolment.pk not in marks for enrolment in enrolments)


def get_seat(request: HttpRequest, pk: int, *, lock: bool = False) -> Enrolment:
    """`lock`: on a POST, nobody else saves it before this request is over."""
    if lock and request.method == "POST":
        Enrolment.objects.select_for_update().filter(pk=pk).first()
    visible = CaseFile.objects.visible_to(request.user)
    return get_object_or_404(
        Enrolment.objects.filter(case__in=visible).select_related("case__citizen", "run__module"), pk=pk
    )
