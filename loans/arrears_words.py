"""Arrears as the screens show them: claims, what has been done, what is missing, in words."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.utils.translation import gettext as _

from loans import rules
from loans.enums import LadderStep, Obstacle
from loans.models import ArrearsLetter, Loan
from microloan.core import danish


@dataclass(frozen=True)
class ClaimRow:
    """A claim with the words of what comes next and what is missing before a hand-over."""

    claim: rules.Claim
    next_words: str
    missing: str


@dataclass(frozen=True)
class Done:
    """Something that has been done about the debt, for the log."""

    on: date
    what: str
    by: str = ""
    note: str = ""


def claim_rows(standing: rules.Standing) -> list[ClaimRow]:
    return [ClaimRow(claim, _next_words(standing, claim), obstacle_words(claim.obstacles)) for claim in standing.claims]


def obstacle_words(obstacles: Iterable[Obstacle]) -> str:
    """What is missing, each as a sentence: `Det er ikke gammelt nok. Varslet er ikke sendt.`"""
    return " ".join(f"{Obstacle(one).label}." for one in obstacles)


def band_words(band: str) -> str:
    """An age band as it is read: `1–30 dage`."""
    return _("%(band)s days") % {"band": band.replace("-", "–")}


def _next_words(standing: rules.Standing, claim: rules.Claim) -> str:
    if claim.waiting:
        return _("%(letter)s is made, but not sent") % {"letter": LadderStep(claim.waiting[0]).label}
    if claim.next_step is None or claim.next_on is None:
        return ""
    if claim.next_step is LadderStep.HANDOVER:
        return _("May be proposed for hand-over when nothing is missing")
    words = {"letter": LadderStep(claim.next_step).label, "day": danish.short_date(claim.next_on)}
    return _("%(letter)s on %(day)s") % words


def done_of(loan: Loan) -> list[Done]:
    """Letters, pauses and interruptions, in the order they came. Attempts have a list of their own."""
    return sorted((*_letters(loan), *_pauses(loan), *_interruptions(loan)), key=lambda one: one.on)


def _letters(loan: Loan) -> Iterator[Done]:
    seen = set()
    for row in loan.arrears_letters.all():
        if row.letter_id not in seen:
            seen.add(row.letter_id)
            sent = row.letter.dispatched_on
            state = "" if sent else str(row.letter.get_status_display())
            yield Done(sent or row.letter.dated, _letter_words(row), note=state)


def _letter_words(row: ArrearsLetter) -> str:
    """The letter with what it asked for: `Første rykkerbrev: 2.917 kr.`"""
    label, total = str(LadderStep(row.step).label), row.letter.context.get("total")
    return f"{label}: {danish.kr(Decimal(total))}" if total else label


def _pauses(loan: Loan) -> Iterator[Done]:
    for pause in loan.pauses.all():
        words = _("Paused until %(day)s: %(reason)s") % {
            "day": danish.short_date(pause.until),
            "reason": pause.get_reason_display(),
        }
        yield Done(pause.from_on, words, pause.by.full_name, pause.note)
        if pause.lifted_on and pause.lifted_by:
            yield Done(pause.lifted_on, _("The pause was lifted"), pause.lifted_by.full_name)


def _interruptions(loan: Loan) -> Iterator[Done]:
    for event in loan.limitation_events.all():
        yield Done(
            event.happened_on,
            _("Limitation interrupted: %(what)s") % {"what": event.get_kind_display()},
            event.by.full_name,
            event.note,
        )
