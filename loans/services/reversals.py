"""Taking an entry back: one person proposes with a reason, another confirms; then it is an entry itself (domain.md §7.4)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from loans.enums import ClaimState, EntryKind
from loans.models import HandoverClaim, IncomingPayment, LedgerEntry, Loan, Reversal
from loans.payment_enums import IncomingState, MoneyAfter, ProposalState, Why
from loans.services.imports import check_money
from loans.services.ledger import lock_loan, write_entry
from microloan.accounts.models import User
from microloan.core.danish import kr
from microloan.core.errors import Conflict, Refused

# A reversed hand-over is a recall of the claim (domain.md §7.6).
REVERSIBLE = (EntryKind.PAYMENT, EntryKind.REFUND, EntryKind.HANDOVER, EntryKind.RECOVERY_PAYMENT, EntryKind.WRITE_OFF)


def why_not_reversible(entry: LedgerEntry) -> str:
    """Why an entry cannot be reversed here; empty where it can."""
    if entry.kind not in REVERSIBLE:
        return _("This kind of entry is not reversed here.")
    if LedgerEntry.objects.filter(reverses=entry).exists():
        return _("The entry has been reversed already.")
    if Reversal.objects.filter(target=entry, state=ProposalState.OPEN).exists():
        return _("It has been proposed already to reverse this entry. Another person confirms it.")
    return ""


@transaction.atomic
def propose_reversal(*, entry: LedgerEntry, reason: str, money: str, by: User, today: date) -> Reversal:
    """Propose that an entry was a mistake. `money` says what has become of money that came from a file."""
    check_money(by)
    loan = lock_loan(entry.loan)
    if words := why_not_reversible(entry):
        raise Conflict(words)
    if not reason.strip():
        raise Refused(_("Write what was wrong with the entry."), field="reason")
    came_from_file = IncomingPayment.objects.filter(entry=entry).exists()
    if came_from_file and money not in MoneyAfter.values:
        raise Refused(_("Choose where the money is."), field="money")
    return Reversal.objects.create(
        loan=loan,
        target=entry,
        reason=reason.strip(),
        money=money if came_from_file else "",
        proposed_by=by,
        proposed_on=today,
    )


def _locked(reversal: Reversal) -> tuple[Loan, Reversal]:
    loan = lock_loan(reversal.loan)
    found: Reversal = (
        Reversal.objects.select_for_update(of=("self",)).select_related("target", "proposed_by").get(pk=reversal.pk)
    )
    if found.state != ProposalState.OPEN:
        raise Conflict(_("Somebody has decided it in the meantime: %(state)s.") % {"state": found.get_state_display()})
    return loan, found


@transaction.atomic
def confirm_reversal(*, reversal: Reversal, by: User, today: date) -> LedgerEntry:
    """Another person confirms: the entry is reversed, and the loan stands as if it had never been."""
    check_money(by)
    loan, found = _locked(reversal)
    if found.proposed_by_id == by.pk:
        raise Refused(_("You proposed it. Another person confirms it."))
    entry = write_entry(
        loan=loan,
        kind=EntryKind.REVERSAL,
        amount=-found.target.amount,
        value_date=max(today, found.target.value_date),
        key=f"reversal:{found.target_id}",
        by=by,
        reason=found.reason,
        reverses=found.target,
    )
    found.state, found.decided_by, found.decided_on, found.entry = ProposalState.CONFIRMED, by, today, entry
    found.save()
    _free_payment(found, by=by, today=today)
    _recall_claim(found)
    cases.add_journal_entry(
        case=loan.case,
        kind=JournalKind.LOAN,
        title=_("%(kind)s reversed: %(amount)s")
        % {"kind": found.target.get_kind_display(), "amount": kr(abs(found.target.amount))},
        text=found.reason,
        by=by,
        link={"name": "loans:loan", "kwargs": {"number": loan.case.number}},
    )
    cases.reconcile_tasks(case=loan.case, today=today)
    return entry


def _free_payment(reversal: Reversal, *, by: User, today: date) -> None:
    """A payment from a file is parked again, or has gone back; it is never without a place."""
    row = IncomingPayment.objects.select_for_update(of=("self",)).filter(entry=reversal.target).first()
    if row is None:
        return
    row.entry, row.loan, row.why = None, None, Why.REVERSED
    row.state = IncomingState.PARKED
    if reversal.money == MoneyAfter.GONE:
        row.state = IncomingState.RETURNED
        row.return_reason, row.return_proposed_by = reversal.reason, reversal.proposed_by
        row.returned_by, row.returned_on = by, today
    row.save()


def _recall_claim(reversal: Reversal) -> None:
    """What was handed over is ours again, and may be handed over anew when all is in place."""
    claim = HandoverClaim.objects.select_for_update(of=("self",)).filter(entry=reversal.target).first()
    if claim is not None:
        claim.state = ClaimState.RECALLED
        claim.save()


@transaction.atomic
def decline_reversal(*, reversal: Reversal, answer: str, by: User, today: date) -> Reversal:
    """Leave the entry as it is: another person declines, or the one who proposed takes it back. With the reason."""
    check_money(by)
    _loan, found = _locked(reversal)
    if not answer.strip():
        raise Refused(_("Write why the entry stays as it is."), field="answer")
    found.state, found.decided_by, found.decided_on = ProposalState.DECLINED, by, today
    found.answer = answer.strip()
    found.save()
    return found
