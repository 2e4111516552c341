"""The pure rules of the papers: reading what somebody wrote in a field, and laying two versions side by side."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from microloan.core import danish
from microloan.core.danish import Unreadable
from screening.papers.enums import FINISHED_GOALS, GoalResult
from screening.papers.questions import MOST_GOALS, AnswerKind, Part, Question

MOST_AMOUNT = Decimal("9999999.99")
_GROUPED_ONCE = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")


class Unfit(Exception):
    """An answer that cannot be kept as it is; the message says what to do."""


def clean(text: str) -> str:
    """As it is kept: one kind of line end, no control signs, no space around."""
    lines = unicodedata.normalize("NFC", text).replace("\r\n", "\n").replace("\r", "\n").split("\n")
    kept = ("".join(sign for sign in line if unicodedata.category(sign) != "Cc" or sign == "\t") for line in lines)
    return "\n".join(line.rstrip() for line in kept).strip()


def read(question: Question, text: str) -> str:
    """The answer as it is stored: dates as 2026-11-20, amounts as 1234.00, a choice as one of the choices."""
    text = clean(text)
    if not text:
        return ""
    if len(text) > question.longest:
        raise Unfit(_("Write at most %(count)s characters.") % {"count": question.longest})
    try:
        return _READERS[question.kind](question, text)
    except Unreadable as error:
        raise Unfit(str(error.message)) from None


def read_back(question: Question, text: str) -> str:
    """As `read`, of a form that came back: `14.500` is 14,500 kroner there. The citizen cannot be asked as they type, the
    question says kroner, and a person sees the amount before taking it over."""
    is_grouped = question.kind == AnswerKind.AMOUNT and _GROUPED_ONCE.fullmatch(clean(text))
    return read(question, f"{clean(text)} kr." if is_grouped else text)


def _text(question: Question, text: str) -> str:
    return text


def _line(question: Question, text: str) -> str:
    return " ".join(text.split())


def _date(question: Question, text: str) -> str:
    return danish.parse_date(text).isoformat()


def _amount(question: Question, text: str) -> str:
    amount = danish.parse_amount(text)
    if not 0 <= amount <= MOST_AMOUNT:
        raise Unfit(_("Write an amount from 0 to %(most)s.") % {"most": danish.kr(MOST_AMOUNT)})
    return f"{amount:.2f}"


def _number(question: Question, text: str) -> str:
    if not text.isascii() or not text.isdigit() or len(text) > 5:
        raise Unfit(_("Write a whole number."))
    return str(int(text))


def _choice(question: Question, text: str) -> str:
    found = next((choice for choice in question.choices if choice.casefold() == text.casefold()), None)
    if found is None:
        raise Unfit(_("Choose one of: %(choices)s.") % {"choices": ", ".join(question.choices)})
    return found


_READERS = {
    AnswerKind.TEXT: _text,
    AnswerKind.LINE: _line,
    AnswerKind.DATE: _date,
    AnswerKind.AMOUNT: _amount,
    AnswerKind.NUMBER: _number,
    AnswerKind.CHOICE: _choice,
}


def typed(question: Question, stored: str) -> str:
    """A stored answer as it stands in a field."""
    if not stored:
        return ""
    if question.kind == AnswerKind.DATE:
        return danish.input_date(date.fromisoformat(stored))
    if question.kind == AnswerKind.AMOUNT:
        return danish.amount_input(Decimal(stored))
    return stored


def shown(question: Question, stored: str) -> str:
    """A stored answer as it is read."""
    if not stored:
        return ""
    if question.kind == AnswerKind.DATE:
        return danish.long_date(date.fromisoformat(stored))
    if question.kind == AnswerKind.AMOUNT:
        return danish.kr(Decimal(stored))
    return stored


# --- Two versions side by side -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Pair:
    """One question in two versions."""

    question: Question
    before: str
    after: str

    @property
    def is_changed(self) -> bool:
        return self.before != self.after

    @property
    def change(self) -> str:
        """added, removed, changed, or empty where nothing is."""
        if not self.is_changed:
            return ""
        if not self.before:
            return "added"
        return "changed" if self.after else "removed"


@dataclass(frozen=True)
class ComparedPart:
    part: Part
    pairs: tuple[Pair, ...]

    @property
    def changes(self) -> int:
        return sum(pair.is_changed for pair in self.pairs)


def compare(parts: Iterable[Part], before: Mapping[str, str], after: Mapping[str, str]) -> list[ComparedPart]:
    """Every question with its answer in both versions, in the order of the paper."""
    return [
        ComparedPart(
            part,
            tuple(
                Pair(
                    question,
                    shown(question, before.get(question.code, "")),
                    shown(question, after.get(question.code, "")),
                )
                for question in part.questions
            ),
        )
        for part in parts
    ]


# --- Goals of an action plan ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Goal:
    """A goal of the action plan. `number` is its place on the paper, by which it is followed through the versions."""

    number: int
    text: str
    how: str = ""
    by: date | None = None


def goals_of(answers: Mapping[str, str]) -> list[Goal]:
    goals = []
    for number in range(1, MOST_GOALS + 1):
        text = answers.get(f"goal_{number}", "")
        if text:
            by = answers.get(f"goal_{number}_by", "")
            how = answers.get(f"goal_{number}_how", "")
            goals.append(Goal(number, text, how, date.fromisoformat(by) if by else None))
    return goals


def goal_gaps(answers: Mapping[str, str]) -> dict[str, str]:
    """A goal has a date, and a date has a goal: question → what to do."""
    gaps: dict[str, str] = {}
    for number in range(1, MOST_GOALS + 1):
        goal, by = answers.get(f"goal_{number}", ""), answers.get(f"goal_{number}_by", "")
        if goal and not by:
            gaps[f"goal_{number}_by"] = _("Write by when the goal is to be reached.")
        elif not goal and (by or answers.get(f"goal_{number}_how", "")):
            gaps[f"goal_{number}"] = _("Write the goal, or empty its other fields.")
    return gaps


def is_open(result: str) -> bool:
    return result not in {finished.value for finished in FINISHED_GOALS}


def is_late(goal: Goal, result: str, today: date) -> bool:
    return goal.by is not None and goal.by < today and is_open(result or GoalResult.NOT_BEGUN)
