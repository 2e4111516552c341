"""Payments from the citizen: oldest instalment first, part payments, settled and overpaid (domain.md §7.5)."""

from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from loans import letters
from loans.enums import EntryKind, Extra, PlanCause, SupportKind
from loans.models import LedgerEntry, Loan
from loans.queries import current_plan, payout_date, position_of
from loans.services.ledger import lock_loan, write_entry
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.danish import kr
from microloan.core.errors import Refused
from microloan.core.money import ZERO


@transaction.atomic
def register_payment(
    *,
    loan: Loan,
    amount: Decimal,
    value_date: date,
    key: str,
    by: User,
    today: date,
    voucher: str = "",
    extra: Extra = Extra.COVER,
) -> LedgerEntry:
    """Book a payment of `amount` kroner (0.01 up to the loan itself). The same key counts once.

    `extra`: what money ahead of plan does, where the citizen has asked (domain.md §7.3); the changed plan is sent.
    A back-dated payment replays what follows. What is more than the debt is held as overpaid, to be refunded.
    """
    if by.role != Role.BENEFITS_OFFICER:
        raise Refused(_("Only a benefits officer registers payments."))
    loan = lock_loan(loan)
    paid_out = check_takes_payments(loan)
    _check_payment(loan, amount, value_date, paid_out, today)
    return book_payment(
        loan=loan, amount=amount, value_date=value_date, key=key, by=by, today=today, voucher=voucher, extra=extra
    )


def check_takes_payments(loan: Loan) -> date:
    """The day the loan was paid out; Refused where nothing is paid back."""
    paid_out = payout_date(loan)
    if loan.kind != SupportKind.LOAN:
        raise Refused(_("A grant is not repaid."))
    if paid_out is None:
        raise Refused(_("The loan has not been paid out yet."))
    return paid_out


def book_payment(
    *,
    loan: Loan,
    amount: Decimal,
    value_date: date,
    key: str,
    by: User,
    today: date,
    voucher: str = "",
    extra: Extra = Extra.COVER,
) -> LedgerEntry:
    """Write a payment on a locked loan, with what follows from it: journal, receipt when all is paid, tasks."""
    already = LedgerEntry.objects.filter(key=key).exists()
    entry = write_entry(
        loan=loan,
        kind=EntryKind.PAYMENT,
        amount=-amount,
        value_date=value_date,
        key=key,
        by=by,
        voucher=voucher.strip(),
        extra=extra,
    )
    if already:
        return entry
    cases.add_journal_entry(
        case=loan.case,
        kind=JournalKind.LOAN,
        title=_("Payment received: %(amount)s") % {"amount": kr(amount)},
        by=by,
        link={"name": "loans:loan", "kwargs": {"number": loan.case.number}},
    )
    position = position_of(loan)
    if position is not None and position.is_settled:
        letters.send_or_tell(letters.send_loan_repaid, loan=loan, position=position, by=by, today=today)
    elif extra != Extra.COVER:
        _send_changed_plan(loan, amount, by, today)
    cases.reconcile_tasks(case=loan.case, today=today)
    return entry


def _send_changed_plan(loan: Loan, amount: Decimal, by: User, today: date) -> None:
    plan = current_plan(loan)
    if plan is not None and plan.cause == PlanCause.EXTRA_PAYMENT:
        letters.send_or_tell(letters.send_changed_plan, loan=loan, by=by, today=today, plan=plan, extra_paid=amount)


def _check_payment(loan: Loan, amount: Decimal, value_date: date, paid_out: date, today: date) -> None:
    if amount <= ZERO or amount > loan.principal:
        raise Refused(
            _("Write an amount between 0.01 kr. and %(max)s, which is the whole loan.") % {"max": kr(loan.principal)},
            field="amount",
        )
    if value_date > today:
        raise Refused(_("The payment cannot lie in the future."), field="value_date")
    if value_date < paid_out:
        raise Refused(_("The payment cannot be earlier than the payout."), field="value_date")
