"""The friendly reminder before an instalment: whom it is for, and whether it may still be sent (domain.md §7.6).

Selected for many loans at once, then asked again for each at the moment of sending: a loan that has been paid, handed
over or settled in between is not reminded, and nobody is reminded of a day that has passed.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import structlog
from django.db import transaction
from django.db.models import Exists, Max, OuterRef, Prefetch, QuerySet
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import Holder
from cases.letters.models import Letter
from loans import letters, rules
from loans.enums import EntryKind, SupportKind
from loans.models import Instalment, LedgerEntry, Loan
from loans.queries import PLAN_CHANGES, instalments_due, position_of
from microloan.core import clock, jobs
from microloan.core.errors import Refused
from microloan.core.jobs import Counts
from microloan.policy.models import RuleSet

log = structlog.get_logger(__name__)
BATCH = 200
TITLE_LENGTH = 160


@dataclass(frozen=True)
class Reminder:
    """One reminder that is due: what remains of the line, and which line of how many it is."""

    loan: Loan
    instalment: Instalment
    amount: Decimal
    count: int


def send_due(today: date) -> Counts:
    """Make the reminders that are due and not made yet. Running it again makes none."""
    counts = Counts()
    for batch in jobs.in_batches(list(_coming(today).values_list("pk", flat=True)), BATCH):
        counts += _send_batch(batch, today)
    return counts


def _coming(today: date) -> QuerySet[Instalment]:
    """The lines of plans in force that fall due soon, on loans that have been paid out."""
    days = RuleSet.objects.filter(loans__isnull=False).aggregate(most=Max("reminder_days_before"))["most"]
    if days is None:
        return Instalment.objects.none()
    lines = instalments_due(today, today + timedelta(days=days))
    if (
        today < clock.real_today()
    ):  # a day that is caught up: what was not known on it is told of on the days that follow
        lines = lines.filter(plan__made_on__lte=today)
    paid_out = LedgerEntry.objects.filter(loan=OuterRef("plan__loan"), kind=EntryKind.PAYOUT, reversed_by__isnull=True)
    return lines.filter(Exists(paid_out), plan__loan__kind=SupportKind.LOAN).order_by("plan__loan_id", "number")


def _send_batch(ids: Iterable[int], today: date) -> Counts:
    """A fixed number of queries to find out who is reminded, then one letter each."""
    lines = list(Instalment.objects.filter(pk__in=list(ids)).select_related("plan").order_by("plan__loan_id", "number"))
    loans = _loans([line.plan.loan_id for line in lines])
    keys = {line.pk: letters.reminder_key(loans[line.plan.loan_id], line) for line in lines}
    known = set(Letter.objects.filter(key__in=keys.values()).values_list("key", flat=True))
    counts = Counts()
    for line in lines:
        loan = loans[line.plan.loan_id]
        if line.due_on > today + timedelta(days=loan.rule_set.reminder_days_before):
            continue
        is_wanted = keys[line.pk] not in known and not is_paused(loan, today)
        if not is_wanted:
            counts += Counts(skipped=1)
            continue
        with jobs.apart(loan.case.number):
            reminder = reminder_of(loan, line)
            counts += Counts(created=1) if reminder is not None and _send(reminder, today) else Counts(skipped=1)
    return counts


def _loans(ids: Iterable[int]) -> dict[int, Loan]:
    loans = (
        Loan.objects.filter(pk__in=set(ids))
        .select_related("case__citizen", "case__coach", "rule_set")
        .prefetch_related(Prefetch("entries", LedgerEntry.objects.order_by("value_date", "pk")), PLAN_CHANGES, "pauses")
    )
    return {loan.pk: loan for loan in loans}


def reminder_of(loan: Loan, line: Instalment) -> Reminder | None:
    """What there is to remind of on a line; None when it is paid or the loan has gone to recovery."""
    position = position_of(loan)
    owed = owed_on(position, line.due_on)
    if position is None or not owed:
        return None
    return Reminder(loan, line, owed, len(position.lines))


def pauses_of(loan: Loan) -> Iterator[rules.Span]:
    """The days on which the reminders stood or stand still. One lifted on its first day never began."""
    for pause in loan.pauses.all():
        last = min(pause.until, pause.lifted_on - timedelta(days=1)) if pause.lifted_on else pause.until
        if last >= pause.from_on:
            yield rules.Span(pause.from_on, last)


def is_paused(loan: Loan, today: date) -> bool:
    """Whether a person has stopped the reminders (domain.md §7.6)."""
    return any(span.holds(today) for span in pauses_of(loan))


def owed_on(position: rules.Position | None, due: date) -> Decimal:
    """What is still owed to us on the lines that fall due on a day; nothing once anything is with recovery."""
    if position is None or position.handed_over:
        return Decimal("0.00")
    return sum((line.remaining for line in position.lines if line.due == due), Decimal("0.00"))


def _send(reminder: Reminder, today: date) -> bool:
    """One letter. Where it cannot be made (no address, say) the others are made all the same."""
    try:
        with transaction.atomic():
            letters.send_instalment_reminder(
                loan=reminder.loan,
                instalment=reminder.instalment,
                amount=reminder.amount,
                count=reminder.count,
                today=today,
            )
    except Refused as refusal:
        log.warning("reminder_not_made", loan=reminder.loan.number, case=reminder.loan.case.number)
        tell_the_team(reminder.loan, refusal, today)
        return False
    return True


def tell_the_team(loan: Loan, refusal: Refused, today: date) -> None:
    """A task that says why the citizen was not reminded; once, though the job comes back every day."""
    title = _("A reminder could not be made: %(why)s") % {"why": refusal.messages[0]}
    title = title[:TITLE_LENGTH]
    case = loan.case
    if case.is_open and not case.tasks.filter(title=title, done_at__isnull=True).exists():
        cases.add_task(case=case, title=title, due_on=today, holder=Holder.TEAM, owner=case.coach, by=None)


def why_not_send(letter: Letter) -> str:
    """Asked at the moment of sending; a text holds the letter back (`cases.letters.registry.send_checks`)."""
    due = parse_date(letter.context["due"])
    loan = (
        Loan.objects.filter(case=letter.case_id)
        .select_related("rule_set")
        .prefetch_related("entries", PLAN_CHANGES, "pauses")
        .first()
    )
    position = position_of(loan) if loan else None
    if due is None or due < clock.today():
        return _("The instalment has fallen due in the meantime.")
    if position is None or position.is_settled:
        return _("The loan has been settled in the meantime.")
    if position.handed_over:
        return _("The loan has gone to recovery in the meantime.")
    if is_paused(loan, clock.today()):
        return _("The reminders have been paused in the meantime.")
    owed = owed_on(position, due)
    if not owed:
        return _("The instalment has been paid in the meantime.")
    if owed != Decimal(letter.context["amount"]):
        return _("A part of the instalment has been paid in the meantime.")
    return ""
