"""Hand-over to recovery, recall, what recovery brings in, and what is given up (domain.md §7.6; docs/decisions/166)."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases import services as cases
from loans import arrears, dossier, letters, rules
from loans.arrears_words import obstacle_words
from loans.enums import ClaimState, EntryKind, HandoverState
from loans.models import Handover, HandoverClaim, LedgerEntry, Loan, WriteDown, WriteOff
from loans.payment_enums import ProposalState
from loans.queries import position_of
from loans.services.arrears import journal, lock_with_arrears
from loans.services.imports import check_money
from loans.services.ledger import lock_loan, write_entry
from loans.services.payments import check_takes_payments
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.danish import kr, short_date
from microloan.core.errors import Conflict, Refused
from microloan.core.money import ZERO


def missing_of(claims: Iterable[rules.Claim]) -> list[str]:
    """What stands in the way, claim by claim, in words."""
    return [
        _("%(day)s: %(why)s") % {"day": short_date(claim.due), "why": obstacle_words(claim.obstacles)}
        for claim in claims
        if claim.obstacles
    ]


@transaction.atomic
def propose_handover(*, loan: Loan, reason: str, by: User, today: date) -> Handover:
    """Propose the claims that lack nothing to the project lead. Refused where there is none, with what is missing."""
    perms.check_team(by)
    if not reason.strip():
        raise Refused(_("Write why the claims should be handed over, and what was tried."), field="reason")
    loan = lock_with_arrears(loan)
    if loan.handovers.filter(state=HandoverState.OPEN).exists():
        raise Conflict(_("There is a proposal already. The project lead decides it."))
    standing = arrears.standing_of(loan, today)
    if standing is None or not standing.ready:
        missing = missing_of(standing.claims) if standing else []
        raise Refused(_("Nothing may be handed over today."), *missing)
    handover = Handover.objects.create(loan=loan, reason=reason.strip(), proposed_by=by, proposed_on=today)
    HandoverClaim.objects.bulk_create(
        HandoverClaim(
            handover=handover,
            loan=loan,
            due_on=claim.due,
            numbers=list(claim.numbers),
            amount=claim.remaining,
            limitation_on=claim.limitation_on,
        )
        for claim in standing.ready
    )
    total = sum((claim.remaining for claim in standing.ready), ZERO)
    journal(loan, _("Hand-over to recovery proposed: %(amount)s") % {"amount": kr(total)}, handover.reason, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return handover


def _locked(handover: Handover) -> tuple[Loan, Handover]:
    loan = lock_with_arrears(handover.loan)
    found: Handover = Handover.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=handover.pk)
    if found.state != HandoverState.OPEN:
        raise Conflict(_("Somebody has decided it in the meantime: %(state)s.") % {"state": found.get_state_display()})
    return loan, found


@transaction.atomic
def approve_handover(*, handover: Handover, by: User, today: date) -> Handover:
    """The project lead hands the proposed claims over: each is an entry of its own, once.

    Everything is asked again on the day: a claim that was paid, deferred or paused since is not handed over.
    """
    perms.check_role(by, {Role.PROJECT_LEAD}, _("Only the project lead hands claims over."))
    loan, found = _locked(handover)
    if found.proposed_by_id == by.pk:
        raise Refused(_("You proposed it. Another person confirms it."))
    standing = arrears.standing_of(loan, today)
    claims = list(found.claims.select_for_update(of=("self",)).order_by("due_on"))
    _check_still_ready(claims, standing)
    found.facts = dossier.facts_of(loan, found, claims, standing, by, today)
    for claim in claims:
        claim.entry = write_entry(
            loan=loan,
            kind=EntryKind.HANDOVER,
            amount=-claim.amount,
            value_date=today,
            key=f"handover:{claim.pk}",
            by=by,
            claims=claim.numbers,
        )
        claim.state = ClaimState.WITH_RECOVERY
        claim.save()
    found.state, found.decided_by, found.decided_on = HandoverState.APPROVED, by, today
    found.save()
    total = sum((claim.amount for claim in claims), ZERO)
    journal(loan, _("Handed over to recovery: %(amount)s") % {"amount": kr(total)}, found.reason, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return found


def _check_still_ready(claims: list[HandoverClaim], standing: rules.Standing | None) -> None:
    now = {claim.due: claim for claim in standing.claims} if standing else {}
    problems = []
    for claim in claims:
        found = now.get(claim.due_on)
        if found is None or found.remaining != claim.amount or found.numbers != tuple(claim.numbers):
            problems.append(
                _("%(day)s: something has been paid, or the plan has changed.") % {"day": short_date(claim.due_on)}
            )
        else:
            problems += missing_of([found])
    if problems:
        raise Refused(_("It can no longer be handed over as it was proposed. Decline it, and propose anew."), *problems)


@transaction.atomic
def decline_handover(*, handover: Handover, answer: str, by: User, today: date) -> Handover:
    """Nothing is handed over: the project lead says no, or who proposed it takes it back. With the reason."""
    perms.check_team(by)
    loan, found = _locked(handover)
    if by.role != Role.PROJECT_LEAD and by.pk != found.proposed_by_id:
        raise Refused(_("Only the project lead hands claims over."))
    if not answer.strip():
        raise Refused(_("Write why nothing is handed over."), field="answer")
    for claim in found.claims.all():
        claim.state = ClaimState.DROPPED
        claim.save()
    found.state, found.decided_by, found.decided_on = HandoverState.DECLINED, by, today
    found.answer = answer.strip()
    found.save()
    journal(loan, _("Not handed over to recovery"), found.answer, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return found


# --- Afterwards ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def register_recovery(
    *, loan: Loan, amount: Decimal, value_date: date, key: str, voucher: str, by: User, today: date
) -> LedgerEntry:
    """Book what recovery has brought in, in kroner. At most what is with recovery; the same key counts once."""
    perms.check_role(by, {Role.BENEFITS_OFFICER}, _("Only a benefits officer registers payments."))
    if value_date > today:
        raise Refused(_("The payment cannot lie in the future."), field="value_date")
    loan = lock_loan(loan)
    return book_recovery(loan=loan, amount=amount, value_date=value_date, key=key, voucher=voucher, by=by, today=today)


def book_recovery(
    *, loan: Loan, amount: Decimal, value_date: date, key: str, voucher: str, by: User, today: date
) -> LedgerEntry:
    """Write what recovery brought in on a locked loan."""
    already = LedgerEntry.objects.filter(key=key).exists()
    if not already:
        check_takes_payments(loan)
        position = position_of(loan)
        with_recovery = position.handed_over if position else ZERO
        if not ZERO < amount <= with_recovery:
            raise Refused(
                _("Write an amount up to %(amount)s, which is what is with recovery.") % {"amount": kr(with_recovery)}
                if with_recovery
                else _("Nothing of this loan is with recovery."),
                field="amount",
            )
        first = min(entry.value_date for entry in loan.entries.all() if entry.kind == EntryKind.HANDOVER)
        if value_date < first:
            raise Refused(_("The payment cannot be earlier than the hand-over."), field="value_date")
    entry = write_entry(
        loan=loan,
        kind=EntryKind.RECOVERY_PAYMENT,
        amount=-amount,
        value_date=value_date,
        key=key,
        by=by,
        voucher=voucher.strip(),
    )
    if not already:
        journal(loan, _("Recovered by the authority: %(amount)s") % {"amount": kr(amount)}, "", by)
        position = position_of(loan)
        if position is not None and position.is_settled:
            letters.send_or_tell(letters.send_loan_repaid, loan=loan, position=position, by=by, today=today)
        cases.reconcile_tasks(case=loan.case, today=today)
    return entry


@transaction.atomic
def register_write_down(
    *, payment: LedgerEntry, amount: Decimal, told_on: date, note: str, by: User, today: date
) -> WriteDown:
    """The authority has been told of a payment that came to us. `amount` is 0 where the payment was for something else."""
    check_money(by)
    loan = lock_loan(payment.loan)
    if payment.kind != EntryKind.PAYMENT or WriteDown.objects.filter(payment=payment).exists():
        raise Conflict(_("It has been dealt with already."))
    if not ZERO <= amount <= -payment.amount:
        raise Refused(
            _("Write an amount from 0 kr. to %(amount)s, which is the payment.") % {"amount": kr(-payment.amount)},
            field="amount",
        )
    if told_on > today:
        raise Refused(_("The day cannot lie in the future."), field="told_on")
    if not note.strip():
        raise Refused(_("Write how the authority was told, or why nothing is written down."), field="note")
    done = WriteDown.objects.create(
        loan=loan, payment=payment, amount=amount, told_on=told_on, note=note.strip(), by=by
    )
    journal(loan, _("Claim written down by %(amount)s") % {"amount": kr(amount)}, done.note, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return done


# --- Given up ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def propose_write_off(*, loan: Loan, amount: Decimal, reason: str, by: User, today: date) -> WriteOff:
    """Propose to give up a part of what is owed, to us or with recovery. The project lead decides."""
    check_money(by)
    loan = lock_loan(loan)
    if loan.writeoffs.filter(state=ProposalState.OPEN).exists():
        raise Conflict(_("There is a proposal already. The project lead decides it."))
    _check_owed(loan, amount)
    if not reason.strip():
        raise Refused(_("Write why the debt is given up."), field="reason")
    proposal = WriteOff.objects.create(
        loan=loan, amount=amount, reason=reason.strip(), proposed_by=by, proposed_on=today
    )
    cases.reconcile_tasks(case=loan.case, today=today)
    return proposal


def _check_owed(loan: Loan, amount: Decimal) -> None:
    position = position_of(loan)
    owed = position.outstanding + position.handed_over if position else ZERO
    if not ZERO < amount <= owed:
        raise Refused(
            _("Write an amount up to %(amount)s, which is what is owed.") % {"amount": kr(owed)}, field="amount"
        )


def _locked_write_off(write_off: WriteOff) -> tuple[Loan, WriteOff]:
    loan = lock_loan(write_off.loan)
    found: WriteOff = WriteOff.objects.select_for_update(of=("self",)).get(pk=write_off.pk)
    if found.state != ProposalState.OPEN:
        raise Conflict(_("Somebody has decided it in the meantime: %(state)s.") % {"state": found.get_state_display()})
    return loan, found


@transaction.atomic
def confirm_write_off(*, write_off: WriteOff, by: User, today: date) -> LedgerEntry:
    """The project lead decides that the debt is given up."""
    perms.check_role(by, {Role.PROJECT_LEAD}, _("Only the project lead decides a write-off."))
    loan, found = _locked_write_off(write_off)
    if found.proposed_by_id == by.pk:
        raise Refused(_("You proposed it. Another person confirms it."))
    _check_owed(loan, found.amount)
    entry = write_entry(
        loan=loan,
        kind=EntryKind.WRITE_OFF,
        amount=-found.amount,
        value_date=today,
        key=f"write-off:{found.pk}",
        by=by,
        reason=found.reason,
    )
    found.state, found.decided_by, found.decided_on, found.entry = ProposalState.CONFIRMED, by, today, entry
    found.save()
    journal(loan, _("Written off: %(amount)s") % {"amount": kr(found.amount)}, found.reason, by)
    cases.reconcile_tasks(case=loan.case, today=today)
    return entry


@transaction.atomic
def decline_write_off(*, write_off: WriteOff, answer: str, by: User, today: date) -> WriteOff:
    """The debt stands: the project lead says no, or who proposed it takes it back. With the reason."""
    check_money(by)
    loan, found = _locked_write_off(write_off)
    if by.role != Role.PROJECT_LEAD and by.pk != found.proposed_by_id:
        raise Refused(_("Only the project lead decides a write-off."))
    if not answer.strip():
        raise Refused(_("Write why the debt stands."), field="answer")
    found.state, found.decided_by, found.decided_on = ProposalState.DECLINED, by, today
    found.answer = answer.strip()
    found.save()
    cases.reconcile_tasks(case=loan.case, today=today)
    return found
