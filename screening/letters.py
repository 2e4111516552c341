"""The letters of the screenings (domain.md §8): what each outcome tells the citizen, from the decided rows."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import ContactState
from cases.letters.registry import REQUIRED, LetterKind, register
from cases.letters.services import prepare_letter
from cases.models import CaseFile
from microloan.accounts.models import User
from microloan.core.errors import Refused
from microloan.policy.services import basis_facts, basis_for_letters, rule_set_on
from screening.enums import Hearing, Outcome, ScreeningNumber
from screening.models import HearingRecord, Screening
from screening.rules import rating

SCREENING_HEARING, SCREENING_STATUS = "screening_hearing", "screening_status"


def register_kinds() -> None:
    register(
        LetterKind(
            code=SCREENING_HEARING,
            label=gettext_lazy("Screening: before we decide (hearing)"),
            template="letters/screening_hearing.html",
            fields={"number": REQUIRED, "held_on": REQUIRED, "shown": REQUIRED, "answer_by": REQUIRED, "strengths": ()},
        )
    )
    register(
        LetterKind(
            code=SCREENING_STATUS,
            label=gettext_lazy("Screening 4: how it goes (pensioner)"),
            template=f"letters/{SCREENING_STATUS}.html",
            fields={"number": REQUIRED, "held_on": REQUIRED, "strengths": (), "goals": ()},
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


def send_outcome_letter(*, screening: Screening, by: User, today: date, goals: Sequence[str] = ()) -> None:
    """Tell the citizen the outcome of a decided screening, once.

    Screening 4 speaks through the letters about the living support; a pensioner, who has none, is told what was seen
    (docs/decisions/147). `goals` are those of the action plan that are still open.
    """
    if screening.number == ScreeningNumber.FOUR and not screening.case.is_pensioner:
        return
    with translation.override("da"):
        kind, context = _letter_of(screening, today, goals)
        prepare_letter(
            kind=kind, case=screening.case, key=f"screening:{screening.pk}", context=context, by=by, today=today
        )


def _letter_of(screening: Screening, today: date, goals: Sequence[str] = ()) -> tuple[str, dict[str, Any]]:
    """Which letter tells this outcome, and what it says."""
    if screening.number == ScreeningNumber.FOUR:
        return SCREENING_STATUS, _status(screening, goals)
    if screening.outcome == Outcome.REVISE:
        return "screening_revise", _revise(screening)
    if screening.outcome == Outcome.STOP:
        return "screening_refusal", _refusal(screening, today)
    if screening.number == ScreeningNumber.ONE:
        return "screening_admission", _admission(screening, today)
    if screening.number == ScreeningNumber.TWO:
        return "course_grant", _course_grant(screening, today)
    return "screening_continue", {
        **_talked(screening),
        "next_steps": [_("We now look at your loan. You get a letter when it has been decided.")],
    }


def _talked(screening: Screening) -> dict[str, Any]:
    light = rating(screening.outcome) if screening.number == ScreeningNumber.THREE else None
    return {
        "number": screening.number,
        "held_on": screening.held_on,
        "strengths": lines_of(screening.strengths),
        "light": light.value if light else "",
    }


def _status(screening: Screening, goals: Sequence[str]) -> dict[str, Any]:
    """No decision: what was seen at the talk, and the goals that are still open."""
    return {
        "number": screening.number,
        "held_on": screening.held_on,
        "strengths": lines_of(screening.strengths),
        "goals": list(goals),
    }


def _basis(today: date) -> dict[str, Any]:
    return basis_facts(basis_for_letters(today), rule_set_on(today))


def _revise(screening: Screening) -> dict[str, Any]:
    return {
        **_talked(screening),
        "back_on": screening.return_by,
        "improvements": lines_of(screening.improvements),
        "reasons": lines_of(screening.reasons),
    }


def _refusal(screening: Screening, today: date) -> dict[str, Any]:
    talked = _talked(screening)
    talked.pop("held_on")
    return {
        **talked,
        "effective_on": today,
        "legal_basis": _basis(today),
        "facts": [text for text in (screening.person, screening.money, screening.plan) if text],
        "considerations": lines_of(screening.reasons),
        "hearing": lines_of(screening.hearing_note) if screening.hearing == Hearing.ANSWERED else [],
    }


def _admission(screening: Screening, today: date) -> dict[str, Any]:
    case = screening.case
    if case.coach is None:
        raise Refused(_("Give the case a coach first. The letter to the citizen says who it is."))
    exemption = next((one for one in case.exemptions.all() if one.is_current(today)), None)
    return {
        "starts_on": today,
        "coach": case.coach.full_name,
        "next_contact_by": _next_contact_by(case, today),
        "exempt_from_activation": exemption is not None,
        "exceptions": [text for text in (exemption.begun_before, exemption.useful) if text] if exemption else [],
        "ask_about_activation": exemption is None and not case.is_pensioner,
        "legal_basis": _basis(today),
        "fully_favourable": True,
        "strengths": lines_of(screening.strengths),
    }


def _next_contact_by(case: CaseFile, today: date) -> date:
    """The day of the next planned contact; where none is planned, the day by which silence becomes a task of ours."""
    planned = case.contacts.filter(state=ContactState.PLANNED, at__date__gte=today).order_by("at", "pk").first()
    if planned is not None:
        return timezone.localdate(planned.at)
    return today + timedelta(days=rule_set_on(today).no_contact_days)


def _course_grant(screening: Screening, today: date) -> dict[str, Any]:
    for_everyone = screening.gives.get("mandatory", [])
    return {
        "modules": [
            {"title": title, "when": "", "place": "", "mandatory": title in for_everyone}
            for title in screening.gives.get("modules", [])
        ],
        "legal_basis": _basis(today),
        "fully_favourable": True,
        "strengths": lines_of(screening.strengths),
    }


def lines_of(text: str) -> list[str]:
    """A text box as a list: one item a line."""
    return [line.strip(" -•\t") for line in text.splitlines() if line.strip(" -•\t")]
