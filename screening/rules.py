"""The pure rules of the screenings (domain.md §4)."""

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils.translation import gettext as _

from cases.enums import Phase
from microloan.core import danish
from microloan.core.calendars import is_deadline_day, next_deadline_day
from screening.enums import RATING_OF, Hearing, Outcome, Rating, ScreeningNumber

# Which phase each screening belongs to, and where "continue" leads (domain.md §3.1).
PHASE_OF = {1: Phase.RECRUITMENT, 2: Phase.BUSINESS_DEVELOPMENT, 3: Phase.COURSES, 4: Phase.MAIN_COURSE}
NEXT_PHASE = {1: Phase.BUSINESS_DEVELOPMENT, 2: Phase.COURSES, 3: Phase.APPROVAL}
# Handbook: two members of staff at the first screening; one is enough later.
STAFF_NEEDED = {1: 2, 2: 1, 3: 1, 4: 1}
# The fewest days a citizen has to answer a hearing, and what is proposed.
HEARING_DAYS, USUAL_HEARING_DAYS = 7, 14
# Later than this a day is a slip of the keyboard: it stands in a letter, and a decision waits for it.
LONGEST_HEARING_DAYS, LONGEST_RETURN_DAYS = 90, 365
# What stands in words in every screening; the person's strengths come first (ui-guide.md §3.3).
TEXTS = ("strengths", "person", "money", "plan")


def one_line(text: str) -> str:
    """Words on one line and without control characters, which a spreadsheet could not hold."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def rating(outcome: str) -> Rating | None:
    """Screening 3's traffic light: green continues, yellow improves the budget, red stops."""
    return RATING_OF[Outcome(outcome)] if outcome else None


def outcomes_for(number: int, *, pensioner: bool) -> list[Outcome]:
    """What a screening can lead to. The fourth extends or ends the living support; a pensioner has none (domain.md §4)."""
    if number == ScreeningNumber.FOUR:
        return [Outcome.CONTINUE] if pensioner else [Outcome.CONTINUE, Outcome.STOP]
    return [Outcome.CONTINUE, Outcome.REVISE, Outcome.STOP]


def outcome_label(outcome: str, number: int, *, pensioner: bool) -> str:
    """The decision in the words of its screening; the third says green, yellow or red."""
    if number == ScreeningNumber.THREE:
        return str(RATING_OF[Outcome(outcome)].label)
    if number == ScreeningNumber.FOUR:
        if outcome == Outcome.STOP:
            return _("End the living support")
        return _("Status registered") if pensioner else _("Extend the living support")
    return str(Outcome(outcome).label)


def result_label(outcome: str, number: int, *, pensioner: bool) -> str:
    """The decision once it is made: a fact, where the choice before it was an act."""
    if number == ScreeningNumber.FOUR and not pensioner:
        return _("Living support ends") if outcome == Outcome.STOP else _("Living support extended")
    return outcome_label(outcome, number, pensioner=pensioner)


def mean_rating(ratings: Iterable[tuple[int | None, int]]) -> Decimal | None:
    """The mean of (rating, weight) with one decimal, each counted as often as it weighs. What is not assessed is left out."""
    rated = [(value, weight) for value, weight in ratings if value is not None]
    if not rated:
        return None
    mean = Decimal(sum(value * weight for value, weight in rated)) / sum(weight for _value, weight in rated)
    return mean.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)


def weight_words(weight: int) -> str:
    """How much a criterion weighs, where it is more than the others."""
    if weight == 2:
        return _("weighs double")
    return _("weight %(weight)s") % {"weight": weight} if weight > 2 else ""


# Asked about the living support, which a pensioner has none of (domain.md §4).
ABOUT_SUPPORT = frozenset({"decisive"})


def is_asked(code: str, *, pensioner: bool) -> bool:
    """Whether a criterion makes sense for this citizen."""
    return not (pensioner and code in ABOUT_SUPPORT)


def needs_reasons(outcome: str) -> bool:
    """Whatever does not give the citizen everything asked for is explained (danish-rules.md §2.1)."""
    return outcome != Outcome.CONTINUE


def needs_hearing(outcome: str, number: int) -> bool:
    """A stop at screenings 1–3 goes against the citizen. The end of support is the end of a period that was known."""
    return outcome == Outcome.STOP and number != ScreeningNumber.FOUR


def missing_hearing(hearing: str, note: str) -> dict[str, str]:
    """What is still to be said about the hearing: field → what to do."""
    if hearing not in Hearing.values:
        return {"hearing": _("State how the citizen was heard, or why a hearing is not needed.")}
    if hearing == Hearing.ANSWERED and not note.strip():
        return {"hearing_note": _("Write what the citizen has answered.")}
    if hearing == Hearing.NOT_NEEDED and not note.strip():
        return {"hearing_note": _("Write why a hearing is not needed.")}
    return {}


def earliest_answer(today: date) -> date:
    """The soonest last day to answer a hearing; people need to read, ask and write. No deadline ends on a closed day."""
    return next_deadline_day(today + timedelta(days=HEARING_DAYS))


def usual_answer(today: date) -> date:
    """The last day that is proposed."""
    return next_deadline_day(today + timedelta(days=USUAL_HEARING_DAYS))


def answer_day_refusal(answer_by: date, today: date) -> str:
    """Why a hearing cannot run until this day, or empty."""
    earliest = earliest_answer(today)
    if answer_by < earliest:
        return _("Give the citizen at least until %(date)s.") % {"date": danish.long_date(earliest)}
    if not is_deadline_day(answer_by):
        day = danish.long_date(next_deadline_day(answer_by))
        return _("That is a weekend or a holiday. Choose %(date)s instead.") % {"date": day}
    if answer_by > today + timedelta(days=LONGEST_HEARING_DAYS):
        return _("Write a day within three months. Is the year right?")
    return ""


def return_day_refusal(return_by: date | None, today: date) -> str:
    """Why the citizen cannot come back by this day, or empty."""
    if return_by is None or return_by <= today:
        return _("Write a date after today by which the citizen comes back.")
    if return_by > today + timedelta(days=LONGEST_RETURN_DAYS):
        return _("Write a day within a year. Is the year right?")
    return ""


def hearing_refusal(
    hearing: str, *, answer_by: date | None, is_answered: bool, today: date, was_heard_before: bool = False
) -> str:
    """Why a stop cannot rest on this hearing yet, or empty. `answer_by` is None where no hearing was sent.

    `was_heard_before`: about a recommendation that was taken back, and not about this one.
    """
    if was_heard_before and answer_by is None and hearing in (Hearing.ANSWERED, Hearing.EXPIRED):
        return _(
            "The citizen was heard about an earlier recommendation. Hold a hearing about this one, or write why it is not needed."
        )
    if answer_by is not None and not is_answered and today <= answer_by:
        return _("The citizen has until %(date)s to answer. Register the answer, or wait.") % {
            "date": danish.long_date(answer_by)
        }
    if is_answered and hearing != Hearing.ANSWERED:
        return _("The citizen has answered. Choose that.")
    if hearing == Hearing.EXPIRED and answer_by is None:
        return _("No hearing has been sent, so no deadline has passed.")
    return ""


def may_begin_round(last_outcome: str, number: int, *, pensioner: bool) -> bool:
    """After the first round: a revision opens a new one, and an extension is followed by a new fourth screening."""
    if number == ScreeningNumber.FOUR:
        return last_outcome == Outcome.CONTINUE and not pensioner
    return last_outcome == Outcome.REVISE


def missing_before_recommendation(*, number: int, staff: Collection[int], texts: Mapping[str, str]) -> dict[str, str]:
    """What must stand in the form before it goes to the project lead: field → what to do."""
    missing: dict[str, str] = {}
    if len(set(staff)) < STAFF_NEEDED[number]:
        missing["staff"] = (
            _("Choose at least two members of staff who were present at screening 1.")
            if STAFF_NEEDED[number] == 2
            else _("Choose who was present.")
        )
    prompts = {
        "strengths": _("Write what speaks for the citizen."),
        "person": _("Write about the person."),
        "money": _("Write about the money."),
        "plan": _("Write about the plan."),
    }
    for field, prompt in prompts.items():
        if not texts.get(field, "").strip():
            missing[field] = prompt
    return missing


def loan_need(expenses: Decimal, own_funds: Decimal) -> Decimal:
    """What the establishment budget leaves to be borrowed, in kroner; never below zero."""
    return max(expenses - own_funds, Decimal("0.00"))
