"""The payout: by a benefits officer who did not approve, once, booked as a loan (domain.md §1, §2, §7.1)."""

from datetime import date

from django.db import transaction
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from cases.enums import Phase
from loans import letters
from loans.enums import EntryKind, OrderState, PlanCause, SupportKind
from loans.models import DisbursementOrder, Loan
from loans.prerequisites import checks_before_payout
from loans.queries import terms_of
from loans.services.ledger import lock_loan, write_entry
from loans.services.plans import store_plan
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core.danish import kr
from microloan.core.errors import Conflict, Refused


def lock_order(order: DisbursementOrder) -> DisbursementOrder:
    return DisbursementOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)


@transaction.atomic
def register_payout(
    *, order: DisbursementOrder, paid_on: date, voucher: str, booked: bool, by: User, today: date
) -> DisbursementOrder:
    """Register that the money went out: ledger entry, plan in force, and the case enters the main course.

    Raises Refused for the approver, for anyone but a benefits officer, or while something is missing; a second
    registration (double click, two browsers) is a Conflict and books nothing.
    """
    if by.role != Role.BENEFITS_OFFICER:
        raise Refused(_("Only a benefits officer registers a payout."))
    if by.pk == order.approved_by_id:
        raise Refused(_("You approved the loan. Somebody else has to pay it out."))
    loan = lock_loan(order.loan)
    case = loan.case
    order = lock_order(order)
    if order.state == OrderState.READY and case.phase != Phase.APPROVAL:
        raise Refused(_("The case is no longer in approval, so nothing is paid out. Ring the microloan team."))
    if order.state != OrderState.READY:
        raise Conflict(
            _("The payout has been registered already. Nothing was booked twice.")
            if order.state == OrderState.PAID
            else _("The order was sent back to the team and cannot be paid out now.")
        )
    _check_payout(order, loan, paid_on, voucher, booked, today)
    if missing := [check for check in checks_before_payout(loan, today) if not check.met]:
        raise Refused(*[f"{check.label}: {check.detail}" for check in missing])
    write_entry(
        loan=loan,
        kind=EntryKind.PAYOUT,
        amount=loan.principal,
        value_date=paid_on,
        key=f"payout-{loan.pk}",
        by=by,
        voucher=voucher.strip(),
    )
    order.state, order.disbursed_by, order.paid_on, order.voucher = OrderState.PAID, by, paid_on, voucher.strip()
    order.save()
    if loan.kind == SupportKind.LOAN:
        plan = store_plan(
            loan=loan, lines=terms_of(loan, paid_on).schedule(), cause=PlanCause.PAYOUT, by=by, today=today
        )
        if plan is not None:
            letters.send_or_tell(letters.send_new_plan, loan=loan, by=by, today=today, paid_on=paid_on)
    cases.add_journal_entry(
        case=case,
        kind=JournalKind.LOAN,
        title=_("%(kind)s paid out: %(amount)s") % {"kind": loan.get_kind_display(), "amount": kr(loan.principal)},
        by=by,
        for_referrer=True,
        link={"name": "loans:loan", "kwargs": {"number": case.number}},
    )
    cases.enter_phase(case=case, phase=Phase.MAIN_COURSE, by=by, today=today)
    return order


def _check_payout(order: DisbursementOrder, loan: Loan, paid_on: date, voucher: str, booked: bool, today: date) -> None:
    if paid_on > today:
        raise Refused(_("The payout cannot lie in the future. Register it on the day."), field="paid_on")
    if paid_on < order.ordered_on:
        raise Refused(_("The payout cannot be earlier than the order."), field="paid_on")
    if not voucher.strip():
        raise Refused(_("Write the voucher number of the booking."), field="voucher")
    if not booked:
        words = (
            _("Tick that the amount is booked as a loan.")
            if loan.kind == SupportKind.LOAN
            else _("Tick that the amount is booked as a grant.")
        )
        raise Refused(words, field="booked")


@transaction.atomic
def send_back(*, order: DisbursementOrder, reason: str, by: User, today: date) -> DisbursementOrder:
    """Send an order back to the team with a reason; nothing is paid out until the team sends it again."""
    if by.role != Role.BENEFITS_OFFICER:
        raise Refused(_("Only a benefits officer sends an order back."))
    if not reason.strip():
        raise Refused(_("Write what the team has to put right."), field="reason")
    case = cases.lock_case(order.loan.case)
    order = lock_order(order)
    if order.state != OrderState.READY:
        raise Conflict(_("The order is not waiting for payout."))
    order.state, order.sent_back_reason = OrderState.SENT_BACK, reason.strip()
    order.save()
    cases.add_journal_entry(
        case=case, kind=JournalKind.LOAN, title=_("Disbursement order sent back"), text=order.sent_back_reason, by=by
    )
    cases.reconcile_tasks(case=case, today=today)
    return order


@transaction.atomic
def send_again(*, order: DisbursementOrder, by: User, today: date) -> DisbursementOrder:
    """The team has put it right: the order stands in the queue again."""
    if by.role not in TEAM:
        raise Refused(_("Only the microloan team sends the order again."))
    case = cases.lock_case(order.loan.case)
    order = lock_order(order)
    if order.state != OrderState.SENT_BACK:
        raise Conflict(_("The order is not with the team."))
    order.state, order.sent_back_reason, order.due_on = OrderState.READY, "", max(order.due_on, today)
    order.save()
    cases.add_journal_entry(case=case, kind=JournalKind.LOAN, title=_("Disbursement order sent again"), by=by)
    cases.reconcile_tasks(case=case, today=today)
    return order
