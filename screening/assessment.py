"""The assessment and recommendation of a round (vurdering og indstilling) as a PDF, for a reader who is the citizen (domain.md §8).

Made from the rows of the round. Those of a decided one are locked, so that it says the same whenever it is made.
"""

from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from microloan.core.errors import Refused
from microloan.core.pdf import UnprintableText, render_document
from microloan.policy.services import municipality
from screening import presentation, services
from screening.enums import Outcome, ScreeningNumber, ScreeningState
from screening.letters import lines_of
from screening.models import Screening


def may_be_made(screening: Screening) -> bool:
    """A draft is a working paper: the assessment exists from the day it is sent to the project lead."""
    return screening.state != ScreeningState.DRAFT


def render(screening: Screening, today: date) -> bytes:
    """The tagged PDF. Raises Refused for a draft, and where something written cannot be printed."""
    if not may_be_made(screening):
        raise Refused(_("The assessment is made when the screening has been sent to the project lead."))
    with translation.override("da"):
        html = render_to_string("screening/assessment.html", context_of(screening, today))
        css = render_to_string("screening/assessment.css")
        try:
            return render_document(html, stylesheets=[css]).data
        except UnprintableText as refusal:
            raise Refused(str(refusal)) from refusal


def file_name(screening: Screening) -> str:
    """A name that says nothing about the person."""
    return f"vurdering-{screening.case.number}-{screening.number}-{screening.round}.pdf".lower()


def context_of(screening: Screening, today: date) -> dict[str, Any]:
    """What the paper says, in the order a citizen reads it: what it leads to, what speaks for, then why."""
    scores = list(screening.scores.all())
    return {
        "screening": screening,
        "case": screening.case,
        "municipality": municipality(),
        "title": str(ScreeningNumber(screening.number).label),
        "staff": ", ".join(user.full_name for user in screening.staff.all()),
        "recommendation": services.outcome_words(screening, screening.recommendation),
        "recommended_by": screening.recommended_by,
        "outcome": services.outcome_words(screening) if screening.is_decided else "",
        "light": presentation.light_of(screening) if screening.is_decided else "",
        "is_stop": screening.outcome == Outcome.STOP,
        "strengths": lines_of(screening.strengths),
        "scores": [(score, presentation.rating_words(score) if score.value else "") for score in scores],
        "facts": [(fact.label, fact.value) for fact in services.facts_of(screening, today)],
        "material": services.material_of(screening),
        "warnings": [
            (warning, services.answer_to(screening, warning))
            for warning in services.current_warnings(screening, today).values()
        ],
        "improvements": lines_of(screening.improvements),
        "reasons": lines_of(screening.reasons),
        "parts": presentation.given_rows(screening) if screening.is_decided else [],
        "today": today,
    }
