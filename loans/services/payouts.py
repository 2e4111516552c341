"""The payout: by a benefits officer who did not approve, once, booked as a loan (domain.md §1, §2, §7.1)."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.utils.timezone import localdate
from django.utils.translation import gettext as _

from cases import services as cases
from cases.enums import EntryKind as JournalKind
from cases.enums import Phase
from loans import letters
from loans.enums import EntryKind, OrderState, PlanCause, SupportKind
from loans.models import DisbursementOrder, LedgerEntry, Loan
from loans.prerequisites import checks_before_payout
from loans.queries import not_paid_out, payouts_of, terms_of
from loans.services.imports import check_money
from loans.services.ledger import lock_loan, write_entry
from loans.services.plans import store_plan
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.core.danish import kr
from microloan.core.errors import Conflict, Refused
from microloan.core.money import ZERO
from microloan.policy.enums import ScheduleStart


def lock_order(order: DisbursementOrder) -> DisbursementOrder:
    return DisbursementOrder.objects.select_for_update(of=("self",)).get(pk=order.pk)


@transaction.atomic
def register_payout(
    *,
    order: DisbursementOrder,
    paid_on: date,
    voucher: str,
    booked: bool,
    by: User,
    today: date,
    amount: Decimal | None = None,
    seen: int | None = None,
) -> DisbursementOrder:
    """Register that the money went out, all of it or a part: ledger entry, plan in force, and the case enters the main
    course. `amount`: kroner of a part; the rest where nothing is given. `seen`: the last payout that was on the screen
    (`last_payout`): a Conflict where another has been registered since, such as by a double click.

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
    earlier = payouts_of(loan)
    if order.state == OrderState.READY and case.phase not in (
        Phase.APPROVAL,
        *([Phase.MAIN_COURSE] if earlier else []),
    ):
        raise Refused(_("The case is no longer in approval, so nothing is paid out. Ring the microloan team."))
    if order.state != OrderState.READY:
        raise Conflict(
            _("The payout has been registered already. Nothing was booked twice.")
            if order.state == OrderState.PAID
            else _("The order was sent back to the team and cannot be paid out now.")
        )
    _check_seen(loan, seen)
    _check_payout(order, loan, paid_on, voucher, booked, today)
    rest = not_paid_out(loan)
    amount = rest if amount is None else amount
    _check_part(amount, rest, paid_on, earlier)
    if missing := [check for check in checks_before_payout(loan, today) if not check.met]:
        raise Refused(*[f"{check.label}: {check.detail}" for check in missing])
    number = loan.entries.filter(kind=EntryKind.PAYOUT).count()
    write_entry(
        loan=loan,
        kind=EntryKind.PAYOUT,
        amount=amount,
        value_date=paid_on,
        key=f"payout-{loan.pk}-{number + 1}" if number else f"payout-{loan.pk}",
        by=by,
        voucher=voucher.strip(),
    )
    is_last = amount == rest
    if is_last:
        order.state, order.disbursed_by, order.paid_on, order.voucher = OrderState.PAID, by, paid_on, voucher.strip()
        order.save()
    if loan.kind == SupportKind.LOAN and _makes_plan(loan, is_first=not earlier, is_last=is_last):
        _plan(loan, paid_on, by, today)
    cases.add_journal_entry(
        case=case,
        kind=JournalKind.LOAN,
        title=_("%(kind)s paid out: %(amount)s") % {"kind": loan.get_kind_display(), "amount": kr(amount)},
        by=by,
        for_referrer=True,
        link={"name": "loans:loan", "kwargs": {"number": case.number}},
    )
    if case.phase == Phase.APPROVAL:
        cases.enter_phase(case=case, phase=Phase.MAIN_COURSE, by=by, today=today)
    else:
        cases.reconcile_tasks(case=case, today=today)
    return order


def last_payout(loan: Loan) -> int:
    """The key of the last payout that was registered, taken back or not; 0 for none."""
    return max((entry.pk for entry in loan.entries.all() if entry.kind == EntryKind.PAYOUT), default=0)


def _check_seen(loan: Loan, seen: int | None) -> None:
    if seen is not None and seen != last_payout(loan):
        raise Conflict(
            _("Something has been paid out since you opened the page. Nothing was booked. Look at it again.")
        )


def _check_part(amount: Decimal, rest: Decimal, paid_on: date, earlier: Sequence[LedgerEntry]) -> None:
    if not ZERO < amount <= rest:
        raise Refused(_("Write an amount above 0 and up to %(rest)s.") % {"rest": kr(rest)}, field="amount")
    if earlier and paid_on < earlier[-1].value_date:
        raise Refused(_("The payout cannot be earlier than the part before it."), field="paid_on")


def _makes_plan(loan: Loan, *, is_first: bool, is_last: bool) -> bool:
    """With the first part, on the full amount, or with the last: the rule set says which (domain.md §7.3)."""
    at_the_end = loan.rule_set is not None and loan.rule_set.schedule_start == ScheduleStart.LAST_PART
    return is_last if at_the_end else is_first


def _plan(loan: Loan, paid_on: date, by: User, today: date) -> None:
    lines = terms_of(loan, paid_on).schedule()
    plan = store_plan(loan=loan, lines=lines, cause=PlanCause.PAYOUT, by=by, today=today)
    if plan is not None:
        letters.send_or_tell(letters.send_new_plan, loan=loan, by=by, today=today, paid_on=paid_on)


def why_not_undone(loan: Loan, by: User, today: date) -> str:
    """Why the last payout cannot be taken back by this person today; empty where it can."""
    payouts = sorted(payouts_of(loan), key=lambda entry: entry.pk)
    if not payouts:
        return _("Nothing has been paid out.")
    last = payouts[-1]
    if localdate(last.booked_at) != today:
        return _(
            "A payout is taken back on the day it was registered only. Afterwards the money comes back as a payment."
        )
    if last.by_id == by.pk:
        return _("You registered the payout. Another person takes it back.")
    standing = {entry.reverses_id for entry in loan.entries.all()}
    if any(one.pk > last.pk and one.pk not in standing and one.reverses_id is None for one in loan.entries.all()):
        return _("Something has been booked after the payout. Reverse that first.")
    return ""


@transaction.atomic
def undo_payout(
    *, order: DisbursementOrder, reason: str, by: User, today: date, seen: int | None = None
) -> DisbursementOrder:
    """Take the last payout back on the day it was registered, by a second person; the order stands in the queue again.

    `seen`: the payout that was on the screen, as in `register_payout`; one that has been taken back is a Conflict too.

    Where nothing else has been paid out, the case goes back to approval. The entry stays, with the one that reverses it.
    """
    check_money(by)
    if not reason.strip():
        raise Refused(_("Write why the payout is taken back."), field="reason")
    loan = lock_loan(order.loan)
    order = lock_order(order)
    if words := why_not_undone(loan, by, today):
        raise Refused(words)
    last = max(payouts_of(loan), key=lambda entry: entry.pk)
    if seen is not None and seen != last.pk:
        raise Conflict(_("The payout has been taken back already. Nothing else was changed."))
    write_entry(
        loan=loan,
        kind=EntryKind.REVERSAL,
        amount=-last.amount,
        value_date=max(today, last.value_date),
        key=f"reversal:{last.pk}",
        by=by,
        reason=reason.strip(),
        reverses=last,
    )
    order.state, order.disbursed_by, order.paid_on, order.voucher = OrderState.READY, None, None, ""
    order.save()
    cases.add_journal_entry(
        case=loan.case,
        kind=JournalKind.LOAN,
        title=_("Payout taken back: %(amount)s") % {"amount": kr(last.amount)},
        text=reason.strip(),
        by=by,
        link={"name": "loans:loan", "kwargs": {"number": loan.case.number}},
    )
    if loan.case.phase == Phase.MAIN_COURSE and not payouts_of(lock_loan(loan)):
        cases.step_back(case=loan.case, phase=Phase.APPROVAL, reason=reason, by=by, today=today)
    cases.reconcile_tasks(case=loan.case, today=today)
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
