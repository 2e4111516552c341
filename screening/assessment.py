"""The assessment and recommendation of a round (vurdering og indstilling) as a PDF, for a reader who is the citizen (domain.md §8).

Made from the rows of the round. Those of a decided one are locked, so that it says the same whenever it is made.
"""

from datetime import date
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from cases.letters.registry import appeal_of, get_kind
from microloan.accounts.models import User
from microloan.core import danish
from microloan.core.errors import Refused
from microloan.core.forms import phone_groups
from microloan.core.pdf import UnprintableText, render_document, render_whatever
from microloan.policy.services import basis_facts, municipality
from screening import plain_words, presentation, services
from screening.enums import RATING_OF, Outcome, ScreeningNumber, ScreeningState
from screening.letters import lines_of
from screening.models import Screening


def may_be_made(screening: Screening) -> bool:
    """A draft is a working paper: the assessment exists from the day it is sent to the project lead."""
    return screening.state != ScreeningState.DRAFT


def render(screening: Screening, today: date) -> bytes:
    """The tagged PDF. Raises Refused for a draft, and where something written cannot be printed and can still be put right.

    What is decided is locked: a sign that no font has stands as its code there.
    """
    if not may_be_made(screening):
        raise Refused(_("The assessment is made when the screening has been sent to the project lead."))
    with translation.override("da"):
        html = render_to_string("screening/assessment.html", context_of(screening, today))
        css = render_to_string("screening/assessment.css")
        make = render_whatever if screening.is_decided else render_document
        try:
            return make(html, stylesheets=[css]).data
        except UnprintableText as refusal:
            raise Refused(str(refusal)) from refusal


def file_name(screening: Screening) -> str:
    """A name that says nothing about the person."""
    return f"vurdering-{screening.case.number}-{screening.number}-{screening.round}.pdf".lower()


def context_of(screening: Screening, today: date) -> dict[str, Any]:
    """What the paper says, in the order a citizen reads it: the result, what speaks for, what comes next, then why."""
    decided, case = screening.is_decided, screening.case
    outcome = screening.outcome or screening.recommendation
    return {
        "screening": screening,
        "case": case,
        "sender": _sender(case.coach),
        "contact": case.coach,
        "title": str(ScreeningNumber(screening.number).label),
        "staff": ", ".join(user.full_name for user in screening.staff.all()),
        "heading": plain_words.heading(screening.number, outcome, decided=decided, pensioner=case.is_pensioner),
        "next": _next(screening, outcome, today),
        "recommendation": services.outcome_words(screening, screening.recommendation).lower(),
        "colours": plain_words.COLOURS if screening.number == ScreeningNumber.THREE else (),
        "colour": RATING_OF[Outcome(outcome)].value if screening.number == ScreeningNumber.THREE else "",
        "appeal": _appeal(screening),
        "strengths": lines_of(screening.strengths),
        "scores": [
            (score, presentation.rating_words(score) if score.value else "") for score in screening.scores.all()
        ],
        "facts": plain_words.facts_for_citizen(services.facts_of(screening, today)),
        "material": services.material_of(screening),
        "warnings": [
            plain_words.asked(
                warning.code, text=warning.text, why=warning.why, answer=services.answer_to(screening, warning)
            )
            for warning in services.current_warnings(screening, today).values()
        ],
        "improvements": lines_of(screening.improvements),
        "reasons": lines_of(screening.reasons),
        "parts": presentation.given_rows(screening) if decided else [],
        "today": today,
    }


def _sender(contact: User | None) -> dict[str, str]:
    """Who the paper is from, and the number to ring: the coach's, else that of the house."""
    place = municipality()
    return {
        "authority": place.name,
        "department": place.department,
        "phone": phone_groups(contact.phone if contact and contact.phone else place.phone),
        "hours": place.phone_hours,
        "website": place.website,
    }


def _next(screening: Screening, outcome: str, today: date) -> list[str]:
    case = screening.case
    if screening.is_decided:
        coach = case.coach.full_name if case.coach else ""
        return plain_words.after_decision(screening.number, outcome, coach=coach, pensioner=case.is_pensioner)
    last = screening.hearing_until
    answer_by, is_over = (danish.long_date(last), last < today) if last else ("", False)
    return plain_words.before_decision(screening.number, outcome, answer_by=answer_by, is_over=is_over)


def _appeal(screening: Screening) -> dict[str, Any]:
    """The guidance of the letter, for a stop that it told. What ends with the living support has its own letter."""
    if screening.outcome != Outcome.STOP or screening.legal_basis is None or screening.rule_set is None:
        return {}
    basis = basis_facts(screening.legal_basis, screening.rule_set)
    return appeal_of(get_kind("screening_refusal"), {"legal_basis": basis})
