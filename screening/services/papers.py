"""Profiles, plans, self-evaluations and action plans in versions: every save is a new one (domain.md §4)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind
from cases.models import CaseFile, Document
from cases.services.locking import lock_open_case
from microloan.accounts.models import User
from microloan.core.errors import Conflict, Refused
from screening import perms
from screening.models import Paper
from screening.papers import rules
from screening.papers.enums import PaperKind, PaperSource, PlanStage
from screening.papers.questions import YES, Question, questions_of


@dataclass(frozen=True)
class PaperData:
    """What somebody wrote: `answers` by question, as they are stored. Questions that are not in it keep their answer."""

    kind: str
    answers: Mapping[str, str]
    answered_on: date
    stage: str = ""
    source: str = PaperSource.TYPED
    document: Document | None = field(default=None)


@transaction.atomic
def save_paper(*, case: CaseFile, data: PaperData, by: User, today: date, base_number: int | None = None) -> Paper:
    """Save a paper as a new version; earlier versions stay exactly as they were.

    `base_number` is the version the form was drawn from (0 for none): a Conflict where somebody saved one since.
    Saving what stands already (a double click) makes no version; the same answers given on another day do.
    """
    if not perms.may_write_papers(by):
        raise Refused(_("Only the microloan team writes profiles and plans."))
    case = lock_open_case(case)
    _check_date(data, case, today)
    newest = latest_paper(case, data.kind)
    stage = _stage(data, newest)
    answers = _merged(case, data, newest)
    standing = (newest.answers, newest.stage, newest.answered_on) if newest is not None else None
    if newest is not None and standing == (answers, stage, data.answered_on):
        return newest
    number = newest.number if newest else 0
    if base_number is not None and base_number != number:
        raise Conflict(_("Somebody else saved a newer version. Both are shown; choose."))
    paper = Paper.objects.create(
        case=case,
        kind=data.kind,
        stage=stage,
        number=number + 1,
        answers=answers,
        answered_on=data.answered_on,
        source=data.source,
        document=data.document,
        created_by=by,
    )
    cases.add_journal_entry(
        case=case,
        kind=EntryKind.SCREENING,
        title=_("%(paper)s, version %(number)s") % {"paper": paper.title, "number": paper.number},
        text=str(PaperSource(paper.source).label) if paper.source == PaperSource.FORM else "",
        by=by,
        link=link_to_paper(case, data.kind),
    )
    cases.reconcile_tasks(case=case, today=today)
    return paper


def _check_date(data: PaperData, case: CaseFile, today: date) -> None:
    if data.kind not in PaperKind.values:
        raise ValueError(f"Not a kind of paper: {data.kind}")
    if data.answered_on > today:
        raise Refused(_("The date cannot lie in the future."), field="answered_on")


def _stage(data: PaperData, newest: Paper | None) -> str:
    """A plan that has become detailed stays so."""
    if data.kind != PaperKind.BUSINESS_PLAN:
        return ""
    if newest is not None and newest.stage == PlanStage.DETAILED:
        return PlanStage.DETAILED
    return data.stage or PlanStage.PROVISIONAL


def _merged(case: CaseFile, data: PaperData, newest: Paper | None) -> dict[str, str]:
    """All answers of the new version, in the order of the questions; empty ones are left out."""
    questions = {question.code: question for question in questions_of(data.kind)}
    if unknown := set(data.answers) - set(questions):
        raise ValueError(f"Not asked: {sorted(unknown)}")
    standing = newest.answers if newest is not None else {}
    merged = {code: data.answers.get(code, standing.get(code, "")) for code in questions}
    if data.kind == PaperKind.ACTION_PLAN:
        for code, what in rules.goal_gaps(merged).items():
            raise Refused(what, field=code)
    answers = {code: _checked(questions[code], text) for code, text in merged.items() if text}
    if not answers:
        raise Refused(_("Write an answer to at least one of the questions."))
    return answers


def _checked(question: Question, text: str) -> str:
    """As it is read from a field: what is stored already passes as it is."""
    try:
        return rules.read(question, rules.typed(question, text))
    except rules.Unfit as unfit:
        raise Refused(str(unfit), field=question.code) from None


def latest_paper(case: CaseFile, kind: str) -> Paper | None:
    """The newest version. Chosen here, so that papers read ahead cost no query."""
    return max(
        (paper for paper in case.papers.all() if paper.kind == kind), key=lambda paper: paper.number, default=None
    )


def months_asked(case: CaseFile, since: date | None) -> int | None:
    """Months of extension the citizen asks for in the self-evaluation answered since a day; 0 where no number is given.

    None: the citizen does not ask, or has not answered since.
    """
    paper = latest_paper(case, PaperKind.SELF_EVALUATION)
    if paper is None or (since is not None and paper.answered_on < since):
        return None
    months = paper.answers.get("extension_months", "")
    wishes = paper.answers.get("wants_extension", "") == YES or months
    return int(months or 0) if wishes else None


def link_to_paper(case: CaseFile, kind: str) -> dict[str, Any]:
    return {"name": "screening:paper", "kwargs": {"number": case.number, "kind": kind}}
