"""The letters of the screenings (domain.md §8): what each outcome tells the citizen, from the decided rows."""

from datetime import date
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.letters.registry import REQUIRED, LetterKind, register
from cases.letters.services import prepare_letter
from microloan.accounts.models import User
from microloan.policy.services import basis_facts, basis_for_letters, rule_set_on
from screening.enums import Hearing, Outcome, ScreeningNumber
from screening.models import HearingRecord, Screening

SCREENING_HEARING = "screening_hearing"


def register_kinds() -> None:
    register(
        LetterKind(
            code=SCREENING_HEARING,
            label=gettext_lazy("Screening: before we decide (hearing)"),
            template="letters/screening_hearing.html",
            fields={"number": REQUIRED, "held_on": REQUIRED, "shown": REQUIRED, "answer_by": REQUIRED, "strengths": ()},
        )
    )


def send_hearing_letter(*, record: HearingRecord, by: User, today: date) -> None:
    """Show the citizen what a stop would rest on, and ask for comments, once."""
    screening = record.screening
    with translation.override("da"):
        prepare_letter(
            kind=SCREENING_HEARING,
            case=screening.case,
            key=f"hearing:{record.pk}",
            context={
                "number": screening.number,
                "held_on": screening.held_on,
                "shown": lines_of(record.shown),
                "answer_by": record.answer_by,
                "strengths": lines_of(screening.strengths),
            },
            by=by,
            today=today,
        )


def send_outcome_letter(*, screening: Screening, by: User, today: date) -> None:
    """Tell the citizen the outcome of a decided screening, once. Screening 4 speaks through the support letters."""
    if screening.number == ScreeningNumber.FOUR:
        return
    with translation.override("da"):
        kind, context = _letter_of(screening, today)
        prepare_letter(
            kind=kind, case=screening.case, key=f"screening:{screening.pk}", context=context, by=by, today=today
        )


def _letter_of(screening: Screening, today: date) -> tuple[str, dict[str, Any]]:
    if screening.outcome == Outcome.REVISE:
        return "screening_revise", {
            "number": screening.number,
            "held_on": screening.held_on,
            "back_on": screening.return_by,
            "improvements": lines_of(screening.improvements),
            "strengths": lines_of(screening.strengths),
        }
    if screening.outcome == Outcome.STOP:
        return "screening_refusal", {
            "number": screening.number,
            "effective_on": today,
            "legal_basis": basis_facts(basis_for_letters(today), rule_set_on(today)),
            "facts": [text for text in (screening.person, screening.money, screening.plan) if text],
            "considerations": lines_of(screening.reasons),
            "hearing": lines_of(screening.hearing_note) if screening.hearing == Hearing.ANSWERED else [],
            "strengths": lines_of(screening.strengths),
        }
    if screening.number == ScreeningNumber.ONE:
        coach = screening.case.coach
        return "screening_admission", {
            "starts_on": today,
            "coach": coach.full_name if coach else "",
            "legal_basis": basis_facts(basis_for_letters(today), rule_set_on(today)),
            "fully_favourable": True,
            "strengths": lines_of(screening.strengths),
        }
    if screening.number == ScreeningNumber.TWO:
        return "course_grant", {
            "modules": [
                {"title": title, "when": "", "place": "", "mandatory": False}
                for title in screening.gives.get("modules", [])
            ],
            "legal_basis": basis_facts(basis_for_letters(today), rule_set_on(today)),
            "fully_favourable": True,
            "strengths": lines_of(screening.strengths),
        }
    return "screening_continue", {
        "number": screening.number,
        "held_on": screening.held_on,
        "strengths": lines_of(screening.strengths),
        "next_steps": [_("We now look at your loan. You get a letter when it has been decided.")],
    }


def lines_of(text: str) -> list[str]:
    """A text box as a list: one item a line."""
    return [line.strip(" -•\t") for line in text.splitlines() if line.strip(" -•\t")]
