"""What is read of cohorts: everybody's journey at a glance, and what a pre-course is to hold (domain.md §3.1, §5)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from cases import queries as cases
from cases import registry
from cases.enums import Holder, Phase, Source
from cases.models import CaseFile, Cohort
from cases.rules import Reliability
from courses import queries
from courses.models import CourseModule, CourseRun
from courses.queries import ModuleStatus
from courses.rules import latest_main_course_start
from microloan.accounts.models import User
from microloan.policy.services import remembered_rule_sets, rule_set_on

# The phases in which the days to the payout are counted.
BEFORE_PAYOUT = frozenset({Phase.COURSES, Phase.APPROVAL})
STEPS = 10
HOLDERS = dict(Holder.choices)


def cohorts() -> QuerySet[Any]:
    """All cohorts with how many are in them, newest first."""
    members = Count("cases", filter=~Q(cases__phase=Phase.CLOSED) | Q(cases__source=Source.HISTORY))
    return Cohort.objects.annotate(members=members, closed=Count("cases") - members).order_by("-start_on", "-code")


@dataclass(frozen=True)
class Residential:
    """The residential course of a case against its two dates: the main course's latest start, and the payout."""

    ended_on: date
    latest_start: date
    days: int
    target: int

    @property
    def is_late(self) -> bool:
        return self.days > self.target


@dataclass(frozen=True)
class Member:
    """One case of a cohort at a glance."""

    case: Any
    step: str
    share: int
    done: int
    modules: int
    unseated: list[str]
    reliability: Reliability
    residential: Residential | None
    is_late_joiner: bool
    next_words: str
    next_holder: str


def _next_words(case: Any) -> str:
    """The soonest task in words, as `Task.label` has them."""
    kind = registry.task_kinds.get(case.next_kind or "")
    return case.next_title or str(kind.label if kind else case.next_kind or "")


def members_of(cohort: Cohort, user: User) -> QuerySet[CaseFile]:
    """Whom this person may see of a cohort, the open ones first."""
    rows = CaseFile.objects.visible_to(user).filter(cohort=cohort)
    rows = rows.annotate(is_closed=Q(phase=Phase.CLOSED)).order_by("is_closed", "citizen__name", "pk")
    return cases.with_next_task(rows.select_related("citizen", "coach"))


def at_a_glance(cohort: Cohort, rows: Iterable[CaseFile], today: date) -> list[Member]:
    """In a fixed number of queries."""
    with remembered_rule_sets():
        return _at_a_glance(cohort, list(rows), today)


def _at_a_glance(cohort: Cohort, found: list[Any], today: date) -> list[Member]:
    ids = [case.pk for case in found]
    steps, ends = cases.steps_of(found), queries.residential_ends(ids, today)
    reliability = cases.reliability(ids)
    rule_set = rule_set_on(today)
    members = []
    for case in found:
        statuses = queries.modules_of(case, today)
        step = steps[case.pk]
        ended = ends.get(case.pk)
        members.append(
            Member(
                case=case,
                step=cases.step_label(step),
                share=step * 100 // STEPS,
                done=sum(status.completed for status in statuses),
                modules=len(statuses),
                unseated=_unseated(statuses),
                reliability=reliability[case.pk],
                residential=_residential(case, ended, today, rule_set) if ended else None,
                is_late_joiner=bool(case.cohort_joined_on and case.cohort_joined_on > cohort.start_on),
                next_words=_next_words(case),
                next_holder=str(HOLDERS.get(case.next_holder, "")),
            )
        )
    return members


def _unseated(statuses: Iterable[ModuleStatus]) -> list[str]:
    return [status.grant.module.title for status in statuses if status.enrolment is None]


def _residential(case: CaseFile, ended: date, today: date, rule_set: Any) -> Residential | None:
    if case.phase not in BEFORE_PAYOUT:
        return None
    latest = latest_main_course_start(ended, rule_set.residential_max_days)
    return Residential(ended, latest, (today - ended).days, rule_set.payout_target_days)


def residential_of(case: CaseFile, ended: date | None, today: date) -> Residential | None:
    """The same for one case, on its own page."""
    return _residential(case, ended, today, rule_set_on(today)) if ended else None


def residential_box(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    """On the overview of a case that waits for its payout: the days since the residential course."""
    if case.phase not in BEFORE_PAYOUT:
        return None
    residential = residential_of(case, queries.residential_end(case, today), today)
    return {"residential": residential} if residential else None


def runs_of(cohort: Cohort) -> QuerySet[Any]:
    """The runs of a cohort in the order in which they are held."""
    return queries.runs().filter(cohort=cohort).order_by("starts_on", "pk")


def modules_wanted(cohort: Cohort) -> QuerySet[Any]:
    """What a pre-course of this cohort is to hold: the mandatory modules and those granted to someone in it, in their
    order, the residential course last; `granted`: to how many, `is_planned`: the cohort has a run of it already."""
    open_cases = CaseFile.objects.live().open().filter(cohort=cohort)
    granted = Count("grants", filter=Q(grants__case__in=open_cases.values("pk")), distinct=True)
    planned = CourseRun.objects.filter(cohort=cohort, module=OuterRef("pk"), sessions__cancelled_at__isnull=True)
    modules = CourseModule.objects.filter(is_active=True, is_voluntary=False)
    modules = modules.annotate(granted=granted, is_planned=Exists(planned))
    return modules.filter(Q(is_mandatory=True) | Q(granted__gt=0)).order_by("is_residential", "order", "title", "pk")
