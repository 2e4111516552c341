"""Screenings in words: the lines of the check page, the decision, and two versions side by side."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import CaseFile
from cases.models.work import link_url
from microloan.accounts.models import User
from microloan.core import danish
from screening import perms, queries, registry, rules
from screening.enums import BudgetKind, Outcome, ScreeningNumber, ScreeningState
from screening.forms import ScreeningForm, explained, hearing_rows
from screening.models import Screening
from screening.registry import Clock, Material
from screening.services import answer_to, clocks_of, current_warnings, missing_of, outcome_words
from screening.services.budgets import PATHS


@dataclass(frozen=True)
class Answer:
    """One line of the check page: what was answered, where to put it right, and what is missing."""

    label: str
    value: str
    anchor: str = ""
    note: str = ""
    missing: str = ""
    part: str = ""
    weight: str = ""


# The parts of the form, under which its answers are read again.
MEETING, WARNINGS, CRITERIA, THREE_PS = "meeting", "warnings", "criteria", "three_ps"
PART_LABELS = {
    MEETING: gettext_lazy("The meeting"),
    WARNINGS: gettext_lazy("Warnings and their answers"),
    CRITERIA: gettext_lazy("Criteria"),
    THREE_PS: gettext_lazy("The three P's"),
}


@dataclass(frozen=True)
class AnswerPart:
    """The answers under one heading; `note` is what is worked out from them."""

    code: str
    answers: tuple[Answer, ...]
    note: str = ""

    @property
    def label(self) -> str:
        return str(PART_LABELS[self.code])


def parts_of(screening: Screening, answers: Iterable[Answer]) -> list[AnswerPart]:
    """The answers part by part, with what the ratings come to by the weights of their version."""
    notes = {CRITERIA: mean_words(screening)}
    return [
        AnswerPart(code, tuple(rows), notes.get(code, "")) for code, rows in groupby(answers, key=lambda row: row.part)
    ]


def mean_words(screening: Screening) -> str:
    """What the ratings come to, each counted as often as it weighs; empty before there is one (docs/decisions/129)."""
    ratings = [(score.value, score.criterion.weight) for score in screening.scores.all()]
    weighed = rules.mean_rating(ratings)
    plain = rules.mean_rating((value, 1) for value, _weight in ratings)
    if weighed is None or plain is None:
        return ""
    if all(weight == 1 for _value, weight in ratings):
        return _("Mean %(mean)s of 5.") % {"mean": danish.number(plain, 1)}
    return _("Mean %(mean)s of 5 by weight, %(plain)s without.") % {
        "mean": danish.number(weighed, 1),
        "plain": danish.number(plain, 1),
    }


def answers_of(screening: Screening, today: date) -> list[Answer]:
    """All answers of a screening in the order of the form, with what is missing before it goes on."""
    missing = missing_of(screening, today) if not screening.is_decided else {}
    labels = ScreeningForm.base_fields
    rows = [
        Answer(str(labels["held_on"].label), danish.long_date(screening.held_on), "id_held_on", part=MEETING),
        Answer(
            str(labels["staff"].label),
            ", ".join(user.full_name for user in screening.staff.all()),
            "id_staff_0",
            missing=missing.get("staff", ""),
            part=MEETING,
        ),
    ]
    rows.append(_text(screening, "strengths", missing, MEETING))
    rows += _warnings(screening, missing, today)
    rows += [_score(score) for score in screening.scores.all()]
    rows += [_text(screening, name, missing, THREE_PS) for name in rules.TEXTS if name != "strengths"]
    return rows


def _text(screening: Screening, name: str, missing: Mapping[str, str], part: str) -> Answer:
    label = str(ScreeningForm.base_fields[name].label)
    return Answer(label, getattr(screening, name), f"id_{name}", missing=missing.get(name, ""), part=part)


def _warnings(screening: Screening, missing: Mapping[str, str], today: date) -> list[Answer]:
    """The warnings as they are now, with the answer given to just these words."""
    rows = []
    for code, warning in current_warnings(screening, today).items():
        name = f"answer_{code}"
        is_missing = _("Answer the warning in words.") if name in missing else ""
        answer = answer_to(screening, warning)
        rows.append(
            Answer(warning.text, answer, f"id_{name}", note=explained(warning), missing=is_missing, part=WARNINGS)
        )
    return rows


def _score(score: Any) -> Answer:
    value = _("Not assessed") if score.value is None else rating_words(score)
    return Answer(
        score.criterion.title,
        value,
        f"id_score_{score.criterion_id}_0",
        note=score.note,
        part=CRITERIA,
        weight=rules.weight_words(score.criterion.weight),
    )


def rating_words(score: Any) -> str:
    """`5 of 5: Brænder for det`; between the ends, the number alone says enough."""
    meaning = {1: score.criterion.low, 5: score.criterion.high}.get(score.value, "")
    words = _("%(rating)s of 5") % {"rating": score.value}
    return f"{words}: {meaning}" if meaning else words


def light_of(screening: Screening) -> str:
    """Red, yellow or green for the third screening, else empty."""
    rating = rules.rating(screening.outcome)
    return rating.value if rating is not None and screening.number == ScreeningNumber.THREE else ""


def tone_of(screening: Screening) -> str:
    """Red is kept for refusal, so the planned end of support is plain."""
    if screening.outcome == Outcome.STOP and screening.number == ScreeningNumber.FOUR:
        return ""
    return {Outcome.CONTINUE: "good", Outcome.REVISE: "warn", Outcome.STOP: "bad"}.get(Outcome(screening.outcome), "")


def result_of(screening: Screening) -> dict[str, str]:
    """State or outcome of a round as a word with its tone."""
    if not screening.is_decided:
        tone = "info" if screening.recommendation else ""
        return {"word": str(screening.get_state_display()), "tone": tone, "light": ""}
    return {"word": outcome_words(screening), "tone": tone_of(screening), "light": light_of(screening)}


def given_rows(screening: Screening) -> list[tuple[str, Any]]:
    """What the decision gives: granted modules, months of extension."""
    parts = [part for part in registry.parts_of(screening.number) if screening.outcome in part.outcomes]
    return [row for part in parts for row in part.words(screening.gives)]


def decision_rows(screening: Screening) -> list[tuple[str, Any]]:
    """Who decided what, when and why."""
    decided = _("%(date)s by %(name)s") % {
        "date": danish.long_date(screening.decided_on),
        "name": screening.decided_by.full_name,
    }
    rows: list[tuple[str, Any]] = [(_("Decided"), decided), *given_rows(screening)]
    if screening.reasons:
        rows.append((_("Reasons"), screening.reasons))
    if screening.outcome == Outcome.REVISE:
        rows.append((_("What must be better"), screening.improvements))
        rows.append((_("The citizen comes back by"), danish.long_date(screening.return_by)))
    rows += hearing_rows(screening.hearing, screening.hearing_note)
    if screening.legal_basis:
        rows.append((_("Legal basis"), screening.legal_basis.reference))
    return rows


def material_rows(case: CaseFile, material: Iterable[Material]) -> list[dict[str, Any]]:
    """Versions with their figures, each with the address of just that version."""
    return [
        {
            "label": item.label,
            "version": item.version,
            "figures": item.figures,
            "url": link_url(dict(item.link), case.number) if item.link else "",
            "compare": _compare_url(case, item),
        }
        for item in material
    ]


def _compare_url(case: CaseFile, item: Material) -> str:
    """Where a budget stands beside the version before it; empty for the first, and for what is no budget."""
    if item.code not in BudgetKind.values or item.version < 2:
        return ""
    address = reverse(
        "screening:budget_compare", kwargs={"number": case.number, "kind": PATHS.get(item.code, "establishment")}
    )
    return f"{address}?before={item.version - 1}&after={item.version}"


def clock_rows(clocks: Iterable[Clock]) -> list[tuple[str, str]]:
    """`45 days of 98`; without a target, the days alone."""
    return [
        (
            clock.label,
            danish.days(clock.days)
            if clock.target is None
            else _("%(days)s of %(target)s") % {"days": danish.days(clock.days), "target": clock.target},
        )
        for clock in clocks
    ]


def back_box(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    """On the case: what was sent back to be improved, by when, and the clocks that go on meanwhile."""
    back = queries.sent_back(case) if case.is_open else None
    return {"back": back, "clocks": clock_rows(clocks_of(case, today))} if back else None


def specialist_box(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    """How far the first screening is, for the referral specialist of the case's centre, who may hold it."""
    if not perms.may_screen(user, case, ScreeningNumber.ONE):
        return None
    newest = case.screenings.filter(number=ScreeningNumber.ONE).order_by("-round").first()
    may_start = case.phase == rules.PHASE_OF[ScreeningNumber.ONE] and (
        newest is None
        or (newest.is_decided and rules.may_begin_round(newest.outcome, newest.number, pensioner=case.is_pensioner))
    )
    is_draft = newest is not None and newest.state == ScreeningState.DRAFT and case.is_open
    return {"newest": newest, "may_start": may_start, "is_draft": is_draft, "result": newest and result_of(newest)}
