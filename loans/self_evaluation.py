"""The self-evaluation before screening 4: asked for once per end of the support, reminded of once (domain.md §4, §9).

A pensioner has no living support, and takes part all the same: the half year of the main course is the occasion (H).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Prefetch
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import Holder, Phase
from cases.letters.models import Letter
from cases.models import CaseFile
from cases.registry import NextStep
from loans import letters
from loans.queries import main_course_is_over, support_of
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User
from microloan.core import clock, danish, jobs
from microloan.core.calendars import add_working_days
from microloan.core.errors import Refused
from microloan.core.jobs import Counts
from microloan.policy.services import rule_set_on
from screening.evaluation_letters import REMINDER, REQUEST
from screening.models import Paper
from screening.papers.enums import PaperKind

log = structlog.get_logger(__name__)
# A pensioner has no support period; screening 4 is held before the main course's half year is over.
MAIN_COURSE_WEEKS = 26
KEYS = {
    "self_evaluation": "self-evaluation",
    "self_evaluation_answer": "evaluation-answer",
    "self_evaluation_call": "evaluation-call",
}
READ_REQUESTS, READ_ANSWERS = "self_evaluations_asked", "self_evaluations_read"


@dataclass(frozen=True)
class Occasion:
    """What a self-evaluation is made for: the end of the living support or, without one, of the main course."""

    starts_on: date
    ends_on: date
    with_support: bool


def occasion_of(case: CaseFile) -> Occasion | None:
    """None outside the main course, and before the living support of one who gets it is decided."""
    if case.phase != Phase.MAIN_COURSE:
        return None
    periods = support_of(case)
    if periods:
        return Occasion(periods[-1].starts_on, periods[-1].ends_on, with_support=True)
    if not case.is_pensioner:
        return None
    start = case.phase_entered_on
    return Occasion(start, start + timedelta(weeks=MAIN_COURSE_WEEKS), with_support=False)


def key_of(case: CaseFile, occasion: Occasion) -> str:
    """One request per case and end: an extension asks anew."""
    return f"self-evaluation:{case.pk}:{occasion.ends_on.isoformat()}"


def answer_by(occasion: Occasion, today: date) -> date:
    """Before screening 4 is to be decided, but never sooner than a week from now."""
    weeks = rule_set_on(today).screening4_weeks
    return max(occasion.ends_on - timedelta(weeks=weeks), today + timedelta(days=7))


def is_due(case: CaseFile, occasion: Occasion) -> bool:
    """Whether the request for this end has not been made yet."""
    return not case.letters.filter(key=key_of(case, occasion)).exists()


@transaction.atomic
def request_self_evaluation(*, case: CaseFile, by: User, today: date) -> Occasion:
    """Send the citizen the form that is to be answered before screening 4. Sent once per end (domain.md §9)."""
    if by.role not in TEAM:
        raise Refused(_("Only the microloan team asks for a self-evaluation."))
    case = cases.lock_case(case)
    occasion = occasion_of(case)
    if occasion is None:
        raise Refused(_("A self-evaluation belongs to the main course."))
    letters.send_self_evaluation(
        case=case,
        key=key_of(case, occasion),
        ends_on=occasion.ends_on,
        back_by=answer_by(occasion, today),
        by=by,
        today=today,
    )
    cases.reconcile_tasks(case=case, today=today)
    return occasion


# --- Waiting for the answer ------------------------------------------------------------------------------------------------


def read_requests() -> Prefetch:
    requests = Letter.objects.filter(kind=REQUEST).only("key", "case", "context", "dated")
    return Prefetch("letters", requests, to_attr=READ_REQUESTS)


def read_answers() -> Prefetch:
    answers = Paper.objects.filter(kind=PaperKind.SELF_EVALUATION).only("case", "kind", "number", "answered_on")
    return Prefetch("papers", answers, to_attr=READ_ANSWERS)


def _requests(case: CaseFile) -> list[Letter]:
    read = getattr(case, READ_REQUESTS, None)
    return list(case.letters.filter(kind=REQUEST)) if read is None else read


def _answers(case: CaseFile) -> list[Paper]:
    read = getattr(case, READ_ANSWERS, None)
    return list(case.papers.filter(kind=PaperKind.SELF_EVALUATION)) if read is None else read


def next_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """Asked for in time; then the citizen's answer, and a call when it does not come."""
    occasion = occasion_of(case)
    if occasion is None or main_course_is_over(case):
        return
    asked = next((letter for letter in _requests(case) if letter.key == key_of(case, occasion)), None)
    if asked is None:
        weeks = rule_set_on(today).self_evaluation_weeks
        # An extension is shorter than the notice: then from its first day.
        due_on = max(occasion.ends_on - timedelta(weeks=weeks), occasion.starts_on)
        yield _step(case, occasion, "self_evaluation", Holder.TEAM, due_on, "loans:self_evaluation")
    elif not is_answered(asked, _answers(case)):
        yield from _waiting(case, occasion, back_by_of(asked), today)


def _waiting(case: CaseFile, occasion: Occasion, back_by: date, today: date) -> Iterator[NextStep]:
    if today <= back_by:
        yield _step(case, occasion, "self_evaluation_answer", Holder.CITIZEN, back_by, "screening:papers")
    else:
        due_on = add_working_days(back_by, 2)
        yield _step(case, occasion, "self_evaluation_call", Holder.TEAM, due_on, "screening:papers")


def _step(case: CaseFile, occasion: Occasion, kind: str, holder: Holder, due_on: date, page: str) -> NextStep:
    end = _("The living support ends on %(day)s.") % {"day": danish.short_date(occasion.ends_on)}
    return NextStep(
        key=f"{KEYS[kind]}-{occasion.ends_on.isoformat()}",
        kind=kind,
        holder=holder,
        due_on=due_on,
        why=end if occasion.with_support else "",
        link=_link(page, case),
    )


def _link(name: str, case: CaseFile) -> dict[str, Any]:
    return {"name": name, "kwargs": {"number": case.number}}


def back_by_of(request: Letter) -> date:
    back_by = parse_date(request.context["back_by"])
    assert back_by is not None
    return back_by


def is_answered(request: Letter, answers: list[Paper]) -> bool:
    """An answer from the day of the request on, whichever way it came."""
    return any(answer.answered_on >= request.dated for answer in answers)


# --- The reminder ------------------------------------------------------------------------------------------------------------


def remind_on(request: Letter, days: int) -> date:
    """So many days before the answer is due (the rule set), but at least as many after it was asked for."""
    before = timedelta(days=days)
    return max(back_by_of(request) - before, min(request.dated + before, back_by_of(request)))


def send_reminders(today: date) -> Counts:
    """Remind of each self-evaluation that has not come, once. Running it again makes none."""
    counts, days = Counts(), rule_set_on(today).self_evaluation_reminder_days
    waiting = Letter.objects.filter(kind=REQUEST, copy_of=None, representative=None, case__phase=Phase.MAIN_COURSE)
    reminded = set(Letter.objects.filter(kind=REMINDER).values_list("key", flat=True))
    for request in waiting.select_related("case__citizen", "case__coach").order_by("pk"):
        with jobs.apart(request.case.number):
            is_time = remind_on(request, days) <= today <= back_by_of(request)
            if is_time and _reminder_key(request) not in reminded and not why_not_remind(request):
                counts += Counts(created=1) if _remind(request, today) else Counts(skipped=1)
    return counts


def _reminder_key(request: Letter) -> str:
    return request.key.replace("self-evaluation:", "self-evaluation-reminder:", 1)


def why_not_remind(request: Letter) -> str:
    """Why nothing is to be reminded of any more; empty where there is."""
    if request.case.phase != Phase.MAIN_COURSE or main_course_is_over(request.case):
        return _("The main course is over.")
    occasion = occasion_of(request.case)
    if occasion is None or request.key != key_of(request.case, occasion):
        return _("The day that the self-evaluation was for has moved in the meantime.")
    if is_answered(request, list(request.case.papers.filter(kind=PaperKind.SELF_EVALUATION))):
        return _("The citizen has answered in the meantime.")
    return ""


def _remind(request: Letter, today: date) -> bool:
    """One letter. Where it cannot be made (no address, say) the others are made all the same, and somebody calls later."""
    try:
        with transaction.atomic():
            letters.remind_of_self_evaluation(
                case=request.case,
                key=_reminder_key(request),
                facts={name: request.context[name] for name in ("ends_on", "back_by", "with_support")},
                today=today,
            )
    except Refused:
        log.warning("self_evaluation_reminder_not_made", case=request.case.number)
        return False
    return True


def why_not_send(letter: Letter) -> str:
    """Asked at the moment of sending (`cases.letters.registry.send_checks`)."""
    back_by = parse_date(letter.context["back_by"])
    if back_by is None or back_by < clock.today():
        return _("The day has passed in the meantime.")
    key = letter.key.split(":representative:")[0].replace("self-evaluation-reminder:", "self-evaluation:", 1)
    request = Letter.objects.filter(key=key).select_related("case").first()
    return why_not_remind(request) if request else _("The self-evaluation was not asked for.")
