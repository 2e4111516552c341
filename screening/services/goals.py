"""The goals of the action plan, followed up at evaluation meetings (domain.md §4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import ContactKind, ContactState, EntryKind
from cases.models import CaseFile, Contact
from cases.services.locking import lock_open_case
from microloan.accounts.models import User
from microloan.core.errors import Refused
from screening import perms
from screening.models import GoalReview
from screening.papers import rules
from screening.papers.enums import GoalResult, PaperKind
from screening.papers.rules import Goal
from screening.services.papers import latest_paper


@dataclass(frozen=True)
class Reviewed:
    """What is said of one goal at a meeting."""

    result: str
    note: str = ""


@dataclass(frozen=True)
class GoalStanding:
    """A goal with its newest follow-up, if any."""

    goal: Goal
    review: GoalReview | None = None
    is_late: bool = False

    @property
    def result(self) -> str:
        return self.review.result if self.review else ""

    @property
    def is_open(self) -> bool:
        return rules.is_open(self.result)


def standings(case: CaseFile, today: date) -> list[GoalStanding]:
    """The goals of the newest action plan, each with what was said of it last, in whichever version of the plan."""
    plan = latest_paper(case, PaperKind.ACTION_PLAN)
    if plan is None:
        return []
    newest: dict[int, GoalReview] = {}
    for review in reviews_of(case):
        newest.setdefault(review.goal, review)
    found = []
    for goal in rules.goals_of(plan.answers):
        review = newest.get(goal.number)
        found.append(GoalStanding(goal, review, rules.is_late(goal, review.result if review else "", today)))
    return found


def reviews_of(case: CaseFile) -> QuerySet[GoalReview]:
    """Newest first."""
    return GoalReview.objects.filter(paper__case=case).select_related("contact", "by").order_by("-at", "-pk")


def evaluation_meetings(case: CaseFile) -> list[Contact]:
    """The evaluation meetings that were held, newest first."""
    return list(case.contacts.filter(kind=ContactKind.EVALUATION, state=ContactState.ATTENDED).order_by("-at", "-pk"))


@transaction.atomic
def review_goals(
    *, case: CaseFile, contact: Contact, results: Mapping[int, Reviewed], by: User, today: date
) -> list[GoalReview]:
    """Write down how it stands with the goals, as talked about at an evaluation meeting."""
    if not perms.may_write_papers(by):
        raise Refused(_("Only the microloan team follows up on goals."))
    case = lock_open_case(case)
    if contact.pk not in {meeting.pk for meeting in evaluation_meetings(case)}:
        raise Refused(_("Choose the evaluation meeting where you talked about the goals."), field="contact")
    plan = latest_paper(case, PaperKind.ACTION_PLAN)
    goals = {goal.number: goal for goal in rules.goals_of(plan.answers)} if plan else {}
    if plan is None or not results or not set(results) <= set(goals):
        raise Refused(_("Write how it stands with at least one goal."))
    if not all(said.result in GoalResult.values for said in results.values()):
        raise Refused(_("Choose how it stands with the goal."))
    reviews = GoalReview.objects.bulk_create(
        GoalReview(paper=plan, goal=number, contact=contact, result=said.result, note=said.note.strip(), by=by)
        for number, said in sorted(results.items())
    )
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.SCREENING,
        title=_("Goals followed up"),
        text="\n".join(_line(goals[review.goal], review) for review in reviews),
        by=by,
        link={"name": "screening:goals", "kwargs": {"number": case.number}},
    )
    cases.reconcile_tasks(case=case, today=today)
    return reviews


def _line(goal: Goal, review: GoalReview) -> str:
    words = f"{goal.number}. {goal.text}: {GoalResult(review.result).label}"
    return f"{words}. {review.note}" if review.note else words
