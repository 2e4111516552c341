"""What people do about a late loan: try to reach the citizen, pause the reminders, send the notice (domain.md §7.6)."""

from datetime import date, timedelta

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from cases.enums import EntryKind as JournalKind
from cases.letters.models import Letter
from loans import arrears, arrears_letters
from loans.enums import AttemptChannel, InterruptionKind, LadderStep, PauseReason
from loans.models import ContactAttempt, LimitationEvent, Loan, ReminderPause
from loans.queries import position_of
from loans.reminders import is_paused
from loans.services.ledger import lock_loan
from microloan.accounts.models import User
from microloan.core.danish import short_date
from microloan.core.errors import Conflict, Refused

LONGEST_PAUSE = timedelta(days=366)
OLDEST_ATTEMPT = timedelta(days=90)


def journal(loan: Loan, title: str, text: str, by: User, kind: JournalKind = JournalKind.LOAN) -> None:
    cases.add_journal_entry(
        case=loan.case,
        kind=kind,
        title=title,
        text=text,
        by=by,
        link={"name": "loans:arrears", "kwargs": {"number": loan.case.number}},
    )


def lock_with_arrears(loan: Loan) -> Loan:
    """The loan locked, with all that its standing is worked out from."""
    case = lock_loan(loan).case
    fresh = arrears.with_arrears(Loan.objects.filter(pk=loan.pk)).select_related("case__coach").get()
    fresh.case = case
    return fresh


@transaction.atomic
def log_attempt(
    *, loan: Loan, channel: str, reached: bool, made_on: date, note: str, by: User, today: date
) -> ContactAttempt:
    """Log an attempt to reach the citizen about the debt. It stands in the journal too, and is never changed."""
    perms.check_team(by)
    if channel not in AttemptChannel.values:
        raise Refused(_("Choose how you tried to reach the citizen."), field="channel")
    if not today - OLDEST_ATTEMPT <= made_on <= today:
        raise Refused(_("Write a day within the last 90 days, at the latest today."), field="made_on")
    loan = lock_loan(loan)
    if position_of(loan) is None:
        raise Refused(_("The loan has not been paid out yet."))
    attempt = ContactAttempt.objects.create(
        loan=loan, channel=channel, reached=reached, made_on=made_on, note=note.strip(), by=by
    )
    outcome = _("talked with the citizen") if reached else _("the citizen was not reached")
    title = _("About the missed instalment: %(how)s, %(outcome)s") % {
        "how": str(AttemptChannel(channel).label).lower(),
        "outcome": outcome,
    }
    day = "" if made_on == today else short_date(made_on)
    journal(loan, title, "\n".join(part for part in (day, attempt.note) if part), by, JournalKind.CONTACT)
    cases.reconcile_tasks(case=loan.case, today=today)
    return attempt


@transaction.atomic
def pause_reminders(*, loan: Loan, until: date, reason: str, note: str, by: User, today: date) -> ReminderPause:
    """Stop the reminders from today to a day. The clock of the ladder stands still; the age of the debt does not."""
    perms.check_team(by)
    if reason not in PauseReason.values:
        raise Refused(_("Choose why the reminders are paused."), field="reason")
    if not note.strip():
        raise Refused(_("Write why the reminders are paused."), field="note")
    if not today <= until <= today + LONGEST_PAUSE:
        raise Refused(_("Write a day from today, at most a year from now."), field="until")
    loan = lock_with_arrears(loan)
    if is_paused(loan, today):
        raise Conflict(_("The reminders are paused already. Lift that pause first."))
    pause = ReminderPause.objects.create(loan=loan, from_on=today, until=until, reason=reason, note=note.strip(), by=by)
    title = _("Reminders paused until %(day)s: %(reason)s") % {
        "day": short_date(until),
        "reason": pause.get_reason_display(),
    }
    journal(loan, title, pause.note, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return pause


@transaction.atomic
def lift_pause(*, pause: ReminderPause, by: User, today: date) -> ReminderPause:
    """The reminders go on from today."""
    perms.check_team(by)
    loan = lock_loan(pause.loan)
    found: ReminderPause = ReminderPause.objects.select_for_update(of=("self",)).get(pk=pause.pk)
    if found.lifted_on is not None or found.until < today:
        raise Conflict(_("The pause is over already."))
    found.lifted_on, found.lifted_by = today, by
    found.save()
    journal(loan, _("Reminders go on from %(day)s") % {"day": short_date(today)}, "", by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return found


@transaction.atomic
def send_notice(*, loan: Loan, by: User, today: date) -> Letter:
    """Tell the citizen what happens if nothing is paid (danish-rules.md §3.2). For the claims that lack nothing else."""
    perms.check_team(by)
    loan = lock_with_arrears(loan)
    standing = arrears.standing_of(loan, today)
    claims = [claim for claim in standing.claims if claim.needs_notice] if standing else []
    if not claims:
        raise Conflict(_("No claim is ready for the notice. Look at what is missing for each."))
    letter = arrears_letters.send(loan=loan, step=LadderStep.NOTICE, claims=claims, by=by, today=today)
    cases.reconcile_tasks(case=loan.case, today=today)
    return letter


@transaction.atomic
def send_what_is_due(*, loan: Loan, by: User, today: date) -> list[Letter]:
    """The letters that are due for a loan today, as the job would make them, and the notice where it is all that is missing."""
    perms.check_team(by)
    loan = lock_with_arrears(loan)
    standing = arrears.standing_of(loan, today)
    made = []
    for step, claims in arrears.letters_due(standing) if standing else ():
        made.append(arrears_letters.send(loan=loan, step=step, claims=claims, by=by, today=today))
    if not made:
        raise Conflict(_("No letter is due for this loan today."))
    cases.reconcile_tasks(case=loan.case, today=today)
    return made


@transaction.atomic
def interrupt_limitation(
    *, loan: Loan, due_on: date | None, kind: str, happened_on: date, note: str, by: User, today: date
) -> LimitationEvent:
    """Write down what starts a new period of limitation, of one claim or of all."""
    perms.check_team(by)
    if kind not in InterruptionKind.values:
        raise Refused(_("Choose what happened."), field="kind")
    if happened_on > today:
        raise Refused(_("The day cannot lie in the future."), field="happened_on")
    if not note.strip():
        raise Refused(_("Write where the document is, and what it says."), field="note")
    loan = lock_loan(loan)
    if loan.rule_set is None or position_of(loan) is None:
        raise Refused(_("The loan has not been paid out yet."))
    event = LimitationEvent.objects.create(
        loan=loan,
        due_on=due_on,
        kind=kind,
        happened_on=happened_on,
        years=loan.rule_set.limitation_instrument_years,
        note=note.strip(),
        by=by,
    )
    journal(loan, _("Limitation interrupted: %(what)s") % {"what": event.get_kind_display()}, event.note, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return event
