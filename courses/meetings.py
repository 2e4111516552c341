"""What is read of voluntary meetings: the list, who may be asked, and the ideas from the last ones."""

from typing import Any

from django.db.models import Count, Q, QuerySet

from cases.enums import Phase
from cases.models import CaseFile
from courses.enums import ATTENDED, ON_THE_LIST, Audience, EnrolmentState
from courses.models import CourseRun, Meeting
from microloan.accounts.models import User

PHASES = {
    Audience.MAIN_COURSE: (Phase.MAIN_COURSE,),
    Audience.AFTERCARE: (Phase.AFTERCARE,),
    Audience.BOTH: (Phase.MAIN_COURSE, Phase.AFTERCARE),
}
# So many earlier meetings lend their ideas to the next.
EARLIER = 3


def meetings() -> QuerySet[Any]:
    """All meetings with how many are asked, come and came, soonest first."""

    def number(state: EnrolmentState) -> Count:
        return Count("run__enrolments", filter=Q(run__enrolments__state=state), distinct=True)

    came = Q(run__enrolments__attendance__mark__in=ATTENDED)
    return (
        Meeting.objects.select_related("run__module", "run__place", "run__cohort", "run__teacher")
        .annotate(
            open=number(EnrolmentState.INVITED),
            yes=number(EnrolmentState.ENROLLED),
            no=number(EnrolmentState.DECLINED),
            came=Count("run__enrolments", filter=came, distinct=True),
        )
        .order_by("run__starts_on", "pk")
    )


def may_be_asked(run: CourseRun, user: User) -> QuerySet[CaseFile]:
    """Open cases in the phases that the meeting is for, of its cohort if it has one, and not on its list yet."""
    phases = PHASES[Audience(run.meeting.audience)]
    cases = CaseFile.objects.visible_to(user).live().filter(phase__in=phases)
    if run.cohort_id:
        cases = cases.filter(cohort=run.cohort_id)
    asked = run.enrolments.filter(state__in=ON_THE_LIST, case__isnull=False).values("case")
    return cases.exclude(pk__in=asked).select_related("citizen", "coach").order_by("phase", "citizen__name", "pk")


def ideas_before(run: CourseRun) -> list[Meeting]:
    """What earlier meetings of the same kind left as ideas, newest first."""
    earlier = Meeting.objects.filter(run__module=run.module_id, run__starts_on__lt=run.starts_on).exclude(ideas="")
    return list(earlier.select_related("run").order_by("-run__starts_on", "-pk")[:EARLIER])
