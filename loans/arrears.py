"""Arrears read from the rows and put before `rules.standing`; and the letters of the ladder, daily (domain.md §7.6)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import structlog
from django.db import transaction
from django.db.models import Prefetch, QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from loans import arrears_letters, portfolio, rules
from loans.enums import LadderStep, SupportKind
from loans.models import ArrearsLetter, ContactAttempt, Handover, LimitationEvent, Loan, ReminderPause
from loans.queries import changes_of, position_of, with_ledger
from loans.reminders import is_paused, pauses_of, tell_the_team
from loans.services.ledger import lock_loan
from microloan.core import clock, jobs
from microloan.core.errors import Refused
from microloan.core.jobs import Counts
from microloan.policy.models import RuleSet

log = structlog.get_logger(__name__)
BATCH = 200


def with_arrears(loans: QuerySet[Loan]) -> QuerySet[Loan]:
    """Loans with all that `standing_of` reads, in a fixed number of queries."""
    return with_ledger(loans).prefetch_related(
        Prefetch("arrears_letters", ArrearsLetter.objects.select_related("letter").order_by("due_on", "pk")),
        Prefetch("contact_attempts", ContactAttempt.objects.select_related("by").order_by("made_on", "pk")),
        Prefetch("pauses", ReminderPause.objects.select_related("by", "lifted_by").order_by("from_on", "pk")),
        Prefetch("handovers", Handover.objects.select_related("proposed_by", "decided_by").order_by("-pk")),
        Prefetch("limitation_events", LimitationEvent.objects.select_related("by").order_by("happened_on", "pk")),
    )


def ladder_of(rule_set: RuleSet) -> rules.Ladder:
    """The days of the ladder, from the rule set the loan keeps."""
    return rules.Ladder(
        reminder=rule_set.reminder_days_before,
        call=rule_set.call_days_after,
        first_dunning=rule_set.first_dunning_days,
        second_dunning=rule_set.second_dunning_days,
        handover=rule_set.handover_days,
    )


def gate_of(loan: Loan, rule_set: RuleSet) -> rules.Gate:
    """What a hand-over of this loan demands, and how long its claims stand."""
    return rules.Gate(
        attempts=rule_set.contact_attempts,
        channels=rule_set.contact_channels,
        notice_days=rule_set.handover_notice_days,
        minimum=rule_set.handover_minimum,
        limitation_years=rule_set.limitation_instrument_years if loan.debt_instrument else rule_set.limitation_years,
        warning_months=rule_set.limitation_warning_months,
    )


def history_of(loan: Loan) -> rules.History:
    """Letters, attempts, pauses and interruptions as the rules see them."""
    return rules.History(
        taken=[_taken(row) for row in loan.arrears_letters.all()],
        attempts=[rules.Attempt(row.made_on, row.channel, row.reached) for row in loan.contact_attempts.all()],
        pauses=list(pauses_of(loan)),
        interruptions=[
            rules.Interrupted(rules.Interruption(row.happened_on, row.years), row.due_on)
            for row in loan.limitation_events.all()
        ],
    )


def _taken(row: ArrearsLetter) -> rules.Taken:
    return rules.Taken(row.due_on, LadderStep(row.step), row.letter.dispatched_on)


def standing_of(loan: Loan, today: date) -> rules.Standing | None:
    """Where a loan stands with what is late; None before payout, for a grant, and for an imported loan without a plan."""
    position = position_of(loan)
    if position is None or loan.rule_set is None:
        return None
    return rules.standing(
        position,
        today,
        history_of(loan),
        ladder=ladder_of(loan.rule_set),
        gate=gate_of(loan, loan.rule_set),
        deferments=[change for change in changes_of(loan) if isinstance(change, rules.Deferment)],
    )


def letters_due(standing: rules.Standing) -> list[tuple[LadderStep, list[rules.Claim]]]:
    """The letters a person may send today: what the ladder asks for, and notices where nothing else is missing."""
    due = [(step, list(standing.due_for(step))) for step in rules.LETTERS]
    due.append((LadderStep.NOTICE, [claim for claim in standing.claims if claim.needs_notice]))
    return [(step, claims) for step, claims in due if claims]


def why_stopped(loan: Loan, today: date) -> str:
    """Why nothing is sent about this loan today; empty where something may be."""
    deferments = [change for change in changes_of(loan) if isinstance(change, rules.Deferment)]
    if any(change.from_month <= today < change.resumes for change in deferments):
        return _("The loan has been deferred in the meantime.")
    if is_paused(loan, today):
        return _("The reminders have been paused in the meantime.")
    return ""


# --- The daily job -------------------------------------------------------------------------------------------------------


def send_letters(today: date) -> Counts:
    """Make the reminder letters that are due today. Running it again makes none; days that were missed come one by one."""
    counts = Counts()
    for batch in jobs.in_batches(list(late_loans(today).values_list("pk", flat=True)), BATCH):
        for loan in with_arrears(Loan.objects.filter(pk__in=batch).order_by("pk")).select_related("case__coach"):
            with jobs.apart(loan.case.number):
                counts += _send(loan, today)
    return counts


def late_loans(today: date) -> QuerySet[Loan]:
    """Loans on which something is overdue, found by the database (docs/decisions/163)."""
    loans: QuerySet[Any] = Loan.objects.filter(kind=SupportKind.LOAN, rule_set__isnull=False)
    return loans.alias(**portfolio.figures(today)).filter(late__gt=0, handed_over__lte=0).order_by("pk")


def _send(loan: Loan, today: date) -> Counts:
    standing = standing_of(loan, today)
    steps = [step for step in rules.LETTERS if standing is not None and standing.due_for(step)]
    if not steps:
        return Counts(skipped=1)
    try:
        with transaction.atomic():
            return _send_locked(loan, steps, today)
    except Refused as refusal:
        log.warning("arrears_letter_not_made", loan=loan.number, case=loan.case.number)
        tell_the_team(loan, refusal, today)
        return Counts(skipped=1)


def _send_locked(loan: Loan, steps: Iterable[LadderStep], today: date) -> Counts:
    """Asked again under the lock: what was paid or paused since is not written about."""
    lock_loan(loan)
    fresh = with_arrears(Loan.objects.filter(pk=loan.pk)).select_related("case__coach").get()
    standing = standing_of(fresh, today)
    made = 0
    for step in steps:
        claims = standing.due_for(step) if standing else ()
        if claims:
            arrears_letters.send(loan=fresh, step=step, claims=claims, by=None, today=today)
            made += 1
    return Counts(created=made, skipped=0 if made else 1)


def why_not_send(letter: Letter) -> str:
    """Asked at the moment of sending; a text holds the letter back (`cases.letters.registry.send_checks`)."""
    loan = with_arrears(Loan.objects.filter(case=letter.case_id)).first()
    position = position_of(loan) if loan else None
    if loan is None or position is None or position.is_settled:
        return _("The loan has been settled in the meantime.")
    if position.handed_over:
        return _("The loan has gone to recovery in the meantime.")
    if words := why_stopped(loan, clock.today()):
        return words
    for line in letter.context["lines"]:
        owed = sum((one.remaining for one in position.lines if one.due == parse_date(line["due"])), Decimal("0.00"))
        if not owed:
            return _("An instalment has been paid in the meantime, or its date has moved.")
        if owed != Decimal(line["amount"]):
            return _("A part of an instalment has been paid in the meantime.")
    return ""


def unsent(loan: Loan) -> list[Letter]:
    """Letters about arrears that were made, but wait for a person."""
    return [row.letter for row in loan.arrears_letters.all() if row.letter.status != LetterStatus.DISPATCHED]
