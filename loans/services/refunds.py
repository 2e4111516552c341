"""What was paid too much goes back to the citizen: one person registers it, another confirms (domain.md §7.5)."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from loans.enums import EntryKind
from loans.models import LedgerEntry, Loan, Refund
from loans.payment_enums import ProposalState
from loans.queries import position_of
from loans.services.imports import check_money
from loans.services.ledger import lock_loan, write_entry
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.danish import kr
from microloan.core.errors import Conflict, Refused
from microloan.core.money import ZERO


def overpaid_of(loan: Loan) -> Decimal:
    """What is held as paid too much; 0 for an imported loan, which has no plan."""
    position = position_of(loan)
    return position.overpaid if position else ZERO


@transaction.atomic
def propose_refund(
    *, loan: Loan, amount: Decimal, paid_on: date, voucher: str, reason: str, by: User, today: date
) -> Refund:
    """A benefits officer registers that money has been paid back. Another person confirms before it is booked."""
    if by.role != Role.BENEFITS_OFFICER:
        raise Refused(_("Only a benefits officer registers a refund."))
    loan = lock_loan(loan)
    if loan.refunds.filter(state=ProposalState.OPEN).exists():
        raise Conflict(_("A refund has been registered already. Another person confirms it."))
    _check_amount(loan, amount)
    if not voucher.strip():
        raise Refused(_("Write the voucher number of the booking."), field="voucher")
    if not reason.strip():
        raise Refused(_("Write why the money goes back."), field="reason")
    if paid_on > today:
        raise Refused(_("The refund cannot lie in the future. Register it on the day."), field="paid_on")
    last = max((entry.value_date for entry in loan.entries.all() if entry.kind == EntryKind.PAYMENT), default=paid_on)
    if paid_on < last:
        raise Refused(_("The refund cannot be earlier than the last payment."), field="paid_on")
    return Refund.objects.create(
        loan=loan,
        amount=amount,
        paid_on=paid_on,
        voucher=voucher.strip(),
        reason=reason.strip(),
        proposed_by=by,
        proposed_on=today,
    )


def _check_amount(loan: Loan, amount: Decimal) -> None:
    overpaid = overpaid_of(loan)
    if overpaid <= ZERO:
        raise Refused(_("Nothing has been paid too much on this loan."), field="amount")
    if not ZERO < amount <= overpaid:
        raise Refused(
            _("Write an amount up to %(amount)s, which is what has been paid too much.") % {"amount": kr(overpaid)},
            field="amount",
        )


def _locked(refund: Refund) -> tuple[Loan, Refund]:
    loan = lock_loan(refund.loan)
    found: Refund = Refund.objects.select_for_update(of=("self",)).select_related("proposed_by").get(pk=refund.pk)
    if found.state != ProposalState.OPEN:
        raise Conflict(_("Somebody has decided it in the meantime: %(state)s.") % {"state": found.get_state_display()})
    return loan, found


@transaction.atomic
def confirm_refund(*, refund: Refund, by: User, today: date) -> LedgerEntry:
    """Another person confirms: the refund is an entry of the ledger."""
    check_money(by)
    loan, found = _locked(refund)
    if found.proposed_by_id == by.pk:
        raise Refused(_("You proposed it. Another person confirms it."))
    _check_amount(loan, found.amount)
    entry = write_entry(
        loan=loan,
        kind=EntryKind.REFUND,
        amount=found.amount,
        value_date=found.paid_on,
        key=f"refund:{found.pk}",
        by=by,
        voucher=found.voucher,
        reason=found.reason,
    )
    found.state, found.decided_by, found.decided_on, found.entry = ProposalState.CONFIRMED, by, today, entry
    found.save()
    cases.add_journal_entry(
        case=loan.case,
        kind=JournalKind.LOAN,
        title=_("Refunded: %(amount)s") % {"amount": kr(found.amount)},
        text=found.reason,
        by=by,
        link={"name": "loans:loan", "kwargs": {"number": loan.case.number}},
    )
    cases.reconcile_tasks(case=loan.case, today=today)
    return entry


@transaction.atomic
def decline_refund(*, refund: Refund, answer: str, by: User, today: date) -> Refund:
    """The refund is not booked: another person declines, or the one who registered takes it back. With the reason."""
    check_money(by)
    _loan, found = _locked(refund)
    if not answer.strip():
        raise Refused(_("Write why the refund is not booked."), field="answer")
    found.state, found.decided_by, found.decided_on = ProposalState.DECLINED, by, today
    found.answer = answer.strip()
    found.save()
    return found
