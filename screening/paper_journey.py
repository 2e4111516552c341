"""What the papers tell a screening: their versions, what the citizen asks for, and how far the goals are (domain.md §4)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import Prefetch, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import case_file
from cases import registry as cases
from cases.case_file import Item, Section
from cases.enums import ContactKind, ContactState, Holder, Phase
from cases.models import CaseFile, Contact
from cases.registry import NextStep
from microloan.core import danish
from microloan.core.calendars import add_working_days
from screening import paper_pdf, registry
from screening.enums import ScreeningNumber
from screening.models import GoalReview, Paper
from screening.papers import rules
from screening.papers.enums import GoalResult, PaperKind, PlanStage
from screening.papers.questions import FORM_OF_ANSWER
from screening.registry import Fact, Material
from screening.services import latest_paper, link_to_paper, standings

READ_PLANS = "plans_read"
# Which papers each screening looks at.
SHOWN = {
    ScreeningNumber.ONE: (PaperKind.PERSON_PROFILE, PaperKind.BUSINESS_PLAN),
    ScreeningNumber.TWO: (PaperKind.PERSON_PROFILE, PaperKind.BUSINESS_PLAN),
    ScreeningNumber.THREE: (PaperKind.BUSINESS_PLAN,),
    ScreeningNumber.FOUR: (PaperKind.SELF_EVALUATION,),
}


def register() -> None:
    registry.facts.register("papers", facts, order=20)
    registry.material.register("papers", material, order=20)
    registry.plan_facts.register("papers", plan_facts, order=20)
    cases.next_steps.register("goals", next_steps, order=25)
    of_phase = Q(kind=PaperKind.ACTION_PLAN, case__phase=Phase.MAIN_COURSE)
    of_phase |= Q(kind=PaperKind.BUSINESS_PLAN, case__phase=Phase.COURSES)
    plans = Paper.objects.filter(of_phase).prefetch_related("reviews")
    cases.next_step_relations.register("plans", Prefetch("papers", plans, to_attr=READ_PLANS))
    for code, label in (
        ("goals_review", gettext_lazy("Write down how it stands with the goals")),
        ("goals_late", gettext_lazy("Talk with the citizen about a goal that is past its date")),
    ):
        cases.register_task_kind(code, label, gettext_lazy("Follow up on goals"), beside=True)
    case_file.register(Section("papers", gettext_lazy("Profile, plans and self-evaluation"), items, order=38))


def next_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Goals are followed up at each evaluation meeting, and when one is past its date (H)."""
    if case.phase != Phase.MAIN_COURSE:
        return
    plans = plans_read(case, PaperKind.ACTION_PLAN)
    if not plans:
        return
    newest = max(plans, key=lambda plan: plan.number)
    reviews = sorted(
        (review for plan in plans for review in plan.reviews.all()), key=lambda review: (review.at, review.pk)
    )
    result = {review.goal: review for review in reviews}
    goals = [goal for goal in rules.goals_of(newest.answers) if _is_open(result.get(goal.number))]
    meeting = _newest_meeting(case, newest.answered_on)
    if goals and meeting is not None and meeting.pk not in {review.contact_id for review in reviews}:
        yield _step(case, "goals_review", timezone.localdate(meeting.at), 3, f"goals-{meeting.pk}")
        return
    late = [
        goal.by for goal in goals if goal.by and goal.by < today and not _said_since(result.get(goal.number), goal.by)
    ]
    if late:
        yield _step(case, "goals_late", min(late), 5, f"goals-late-{min(late).isoformat()}")


def plans_read(case: CaseFile, kind: PaperKind) -> list[Paper]:
    """The versions of the plan that the phase looks at: read ahead where many cases are looked at."""
    plans: list[Paper] | None = getattr(case, READ_PLANS, None)
    return [plan for plan in (case.papers.all() if plans is None else plans) if plan.kind == kind]


def _step(case: CaseFile, kind: str, day: date, working_days: int, key: str) -> NextStep:
    link = {"name": "screening:goals", "kwargs": {"number": case.number}}
    return NextStep(key=key, kind=kind, holder=Holder.TEAM, due_on=add_working_days(day, working_days), link=link)


def _is_open(review: GoalReview | None) -> bool:
    return review is None or rules.is_open(review.result)


def _said_since(review: GoalReview | None, day: date) -> bool:
    return review is not None and timezone.localdate(review.at) > day


def _newest_meeting(case: CaseFile, since: date) -> Contact | None:
    held = (
        contact
        for contact in case.contacts.all()
        if contact.kind == ContactKind.EVALUATION
        and contact.state == ContactState.ATTENDED
        and timezone.localdate(contact.at) >= since
    )
    return max(held, key=lambda contact: contact.at, default=None)


def material(case: CaseFile) -> Iterator[Material]:
    """The newest version of each paper."""
    for kind in PaperKind:
        newest = latest_paper(case, kind)
        if newest is not None:
            link = {**link_to_paper(case, kind), "query": {"version": str(newest.number)}}
            yield Material(kind.value, newest.title, newest.number, link=link)


def plan_facts(case: CaseFile, today: date) -> dict[str, Any]:
    """How far the plan is, the form and the trade of the business, and what sets it apart, in the words of the plan."""
    plan = latest_paper(case, PaperKind.BUSINESS_PLAN)
    if plan is None:
        return {}
    return {
        "has_plan": True,
        "is_plan_detailed": plan.stage == PlanStage.DETAILED,
        "plan_form": FORM_OF_ANSWER.get(plan.answers.get("business_form", ""), ""),
        "plan_trade": plan.answers.get("trade", ""),
        "difference": plan.answers.get("difference", ""),
    }


def facts(case: CaseFile, number: int, today: date) -> Iterator[Fact]:
    """Papers that are missing; at screening 4 what the citizen asks for, why, and the goals."""
    for kind in SHOWN.get(ScreeningNumber(number), ()):
        newest = latest_paper(case, kind)
        if newest is None:
            yield Fact(f"paper_{kind.value}", str(kind.label), _("Not written yet"))
        elif kind == PaperKind.SELF_EVALUATION:
            yield from _evaluation(case, newest)
    if number == ScreeningNumber.FOUR:
        yield from _goals(case, today)


def _evaluation(case: CaseFile, paper: Paper) -> Iterator[Fact]:
    """When the citizen answered, and what was asked for; a request that has been decided is asked no more."""
    rounds = case.screenings.filter(number=ScreeningNumber.FOUR, decided_on__gt=paper.answered_on)
    is_old = rounds.exists()
    told = danish.short_date(paper.answered_on)
    words = _("%(date)s, before the last decision") % {"date": told} if is_old else told
    yield Fact(f"paper_{PaperKind.SELF_EVALUATION.value}", str(PaperKind.SELF_EVALUATION.label), words)
    if not is_old and not case.is_pensioner:
        yield from _request(paper)


def _request(paper: Paper) -> Iterator[Fact]:
    """The citizen's own argument for an extension (H)."""
    wish, months = paper.answers.get("wants_extension", ""), paper.answers.get("extension_months", "")
    if not wish and not months:
        return
    said = f"{wish}, {danish.months(int(months))}" if months else wish
    yield Fact("extension_asked", _("Asks for an extension"), said.lstrip(", "))
    if why := paper.answers.get("extension_why", ""):
        yield Fact("extension_why", _("The citizen's reason"), why)


def _goals(case: CaseFile, today: date) -> Iterator[Fact]:
    found = standings(case, today)
    if not found:
        yield Fact("goals", str(PaperKind.ACTION_PLAN.label), _("Not written yet"))
        return
    reached = sum(standing.result == GoalResult.REACHED for standing in found)
    words = _("%(reached)s of %(total)s goals reached") % {"reached": reached, "total": len(found)}
    if late := sum(standing.is_late for standing in found):
        words += ", " + _("%(count)s past the date") % {"count": late}
    yield Fact("goals", str(PaperKind.ACTION_PLAN.label), words)
    newest = max((standing.review.at for standing in found if standing.review), default=None)
    if newest is not None:
        yield Fact("goals_followed_up", _("Goals followed up"), danish.short_date(newest))


def items(case: CaseFile) -> Iterator[Item]:
    """Every version of every paper, and each follow-up on the goals."""
    for paper in case.papers.select_related("created_by").order_by("created_at", "pk"):
        version = _("version %(number)s") % {"number": paper.number}
        yield Item(
            title=f"{paper.title}, {version}",
            at=paper.created_at,
            by=paper.created_by.full_name,
            rows=[row for _part, rows in paper_pdf.answered(paper) for row in rows],
        )
        goals = {goal.number: goal for goal in rules.goals_of(paper.answers)}
        for review in paper.reviews.select_related("by").order_by("at", "pk"):
            goal = goals[review.goal]
            yield Item(
                title=_("Goal %(number)s: %(goal)s") % {"number": goal.number, "goal": goal.text},
                at=review.at,
                by=review.by.full_name,
                rows=[(_("How it stands"), review.get_result_display()), (_("Note"), review.note)],
            )
