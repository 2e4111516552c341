"""The disbursement queue, one payout, and its receipt (ui-guide.md §3.5)."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from courses.queries import residential_ends
from loans import services
from loans.enums import OrderState, SupportKind
from loans.forms import PayoutForm, PayoutUndoForm, SendBackForm
from loans.models import DisbursementOrder, Loan
from loans.overview import instalment_words
from loans.prerequisites import checks_before_payout
from loans.queries import (
    QueueView,
    current_plan,
    not_paid_out,
    orders_visible_to,
    payouts_of,
    queue,
    queue_counts,
    terms_of,
)
from loans.views.base import add_refusal
from loans.views.imports import money_required
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, benefits_officer_required, role_required
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from microloan.policy.services import municipality, rule_set_on

PER_PAGE = 25


@role_required(Role.BENEFITS_OFFICER, Role.PROJECT_LEAD)
@require_safe
def disbursements(request: StaffRequest) -> HttpResponse:
    """What is ready, what waits for the team, what was paid out this year. The project lead looks on."""
    today = clock.today()
    view = request.GET.get("view", "")
    view = view if view in QueueView.values else QueueView.READY.value
    counts = queue_counts(request.user, today)
    page = Paginator(queue(request.user, view, today), PER_PAGE).get_page(request.GET.get("page"))
    loans = list(page)
    logged(request, AccessAction.LIST, *[loan.case for loan in loans])
    ends = residential_ends([loan.case_id for loan in loans], today)
    context = {
        "view": view,
        "views": [
            {"label": one.label, "url": f"?view={one.value}", "current": one.value == view, "count": counts[one.value]}
            for one in QueueView
        ],
        "page": page,
        "rows": [_row(loan, ends.get(loan.case_id), today) for loan in loans],
        "target": rule_set_on(today).payout_target_days,
        "may_pay": request.user.role == Role.BENEFITS_OFFICER,
        "today": today,
    }
    return render(request, "loans/disbursements.html", context)


def _row(loan: Loan, residential_end: date | None, today: date) -> dict[str, Any]:
    order = getattr(loan, "order", None)
    until = order.paid_on if order and order.paid_on else today
    return {
        "loan": loan,
        "order": order,
        "due": order.due_on if order else loan.planned_payout_on,
        "days": (until - residential_end).days if residential_end else None,
        "waits_for": _waits_for(loan, order),
    }


def _waits_for(loan: Loan, order: DisbursementOrder | None) -> str:
    """What the team has to do before the loan can be paid out; empty where nothing is."""
    if order is not None:
        return order.sent_back_reason
    if loan.kind == SupportKind.LOAN and loan.agreement_signed_on is None:
        return _("The signed agreement")
    return _("The decision on living support")


def _order(request: StaffRequest, pk: int) -> DisbursementOrder:
    order: DisbursementOrder = get_object_or_404(orders_visible_to(request.user), pk=pk)
    viewed = request.method in ("GET", "HEAD")
    logged(request, AccessAction.VIEW if viewed else AccessAction.CHANGE, order.loan.case)
    return order


@benefits_officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def disbursement(request: StaffRequest, pk: int) -> HttpResponse:
    """Everything the officer needs to pay out one loan, and the form that registers it."""
    order, today = _order(request, pk), clock.today()
    if order.state == OrderState.PAID:
        if request.method == "POST":
            messages.warning(request, _("The payout has been registered already. Nothing was booked twice."))
        return redirect("loans:disbursement_receipt", pk=order.pk)
    form = PayoutForm(
        request.POST or None,
        kind=order.loan.kind,
        ordered_on=order.ordered_on,
        today=today,
        rest=not_paid_out(order.loan),
        initial={"paid_on": max(today, order.ordered_on), "seen": services.last_payout(order.loan)},
    )
    if request.method == "POST" and form.is_valid():
        try:
            values = {**form.cleaned_data, "seen": form.cleaned_data["seen"] or 0}
            services.register_payout(order=order, by=request.user, today=today, **values)
        except Conflict as conflict:
            for message in conflict.messages:
                messages.warning(request, message)
            return redirect("loans:disbursement", pk=order.pk)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            if not_paid_out(Loan.objects.get(pk=order.loan_id)):
                messages.success(request, _("The part is registered. The rest stays in the queue."))
            return redirect("loans:disbursement_receipt", pk=order.pk)
    return render(request, "loans/disbursement.html", _context(request, order, form, SendBackForm(), today))


def _context(
    request: StaffRequest, order: DisbursementOrder, form: PayoutForm, back: SendBackForm, today: date
) -> dict[str, Any]:
    loan = order.loan
    plan = current_plan(loan)
    lines = list(plan.instalments.all()) if plan else []
    planned = lines[0].due_on if lines else None
    checks = checks_before_payout(loan, today)
    return {
        "order": order,
        "loan": loan,
        "case": loan.case,
        "form": form,
        "back_form": back,
        "has_errors": bool(form.errors or back.errors),
        "checks": checks,
        "approved": f"{order.approved_by}, {danish.short_date(loan.decision.decided_on)}",
        "is_approver": order.approved_by_id == request.user.pk,
        "may_pay": order.state == OrderState.READY
        and order.approved_by_id != request.user.pk
        and all(check.met for check in checks),
        "is_loan": loan.kind == SupportKind.LOAN,
        "planned_due": planned,
        "first_due": terms_of(loan, max(today, order.ordered_on)).schedule()[0].due if planned else None,
        "instalments": instalment_words([line.amount for line in lines]) if lines else "",
        "account": account_of(loan),
        "today": today,
        "parts": payouts_of(loan),
        "rest": not_paid_out(loan),
        "may_undo": not services.why_not_undone(loan, request.user, today),
    }


def account_of(loan: Loan) -> str:
    """The account the payout is booked on, as the municipality has written it; empty where it has not."""
    place = municipality()
    return place.loan_account if loan.kind == SupportKind.LOAN else place.grant_account


@benefits_officer_required
@require_POST
def disbursement_back(request: StaffRequest, pk: int) -> HttpResponse:
    """Send an order back to the team with a reason."""
    order, today = _order(request, pk), clock.today()
    back = SendBackForm(request.POST)
    if back.is_valid():
        try:
            services.send_back(order=order, reason=back.cleaned_data["reason"], by=request.user, today=today)
        except Conflict as conflict:
            for message in conflict.messages:
                messages.warning(request, message)
            return redirect("loans:disbursement", pk=order.pk)
        except Refused as refusal:
            add_refusal(back, refusal)
        else:
            messages.success(request, _("The order is with the team. They see your reason."))
            return redirect("loans:disbursements")
    form = PayoutForm(
        None,
        kind=order.loan.kind,
        ordered_on=order.ordered_on,
        today=today,
        rest=not_paid_out(order.loan),
        initial={"paid_on": today, "seen": services.last_payout(order.loan)},
    )
    return render(request, "loans/disbursement.html", _context(request, order, form, back, today))


@benefits_officer_required
@require_safe
def disbursement_receipt(request: StaffRequest, pk: int) -> HttpResponse:
    """What was registered, and what happens next."""
    order = _order(request, pk)
    if order.state != OrderState.PAID:
        return redirect("loans:disbursement", pk=order.pk)
    loan = order.loan
    plan = current_plan(loan)
    lines = list(plan.instalments.all()) if plan else []
    rows = [
        (_("Citizen"), f"{loan.case.citizen}, {loan.case.number}"),
        (_("Booked as"), loan.get_kind_display()),
        (_("Amount"), danish.kr(order.amount)),
        (_("Paid out on"), danish.long_date(order.paid_on)),
        (_("Voucher number"), order.voucher),
        (_("Approved by"), str(order.approved_by)),
        (_("Paid out by"), str(order.disbursed_by)),
    ]
    context = {
        "order": order,
        "loan": loan,
        "case": loan.case,
        "rows": rows,
        "is_loan": loan.kind == SupportKind.LOAN,
        "first_due": lines[0].due_on if lines else None,
        "reminder_days": loan.rule_set.reminder_days_before,
        "may_undo": not services.why_not_undone(loan, request.user, clock.today()),
    }
    return render(request, "loans/disbursement_receipt.html", context)


@money_required
@require_http_methods(["GET", "HEAD", "POST"])
def payout_undo(request: StaffRequest, pk: int) -> HttpResponse:
    """Take a payout back on the day it was registered, by another person."""
    order, today = _order(request, pk), clock.today()
    loan = order.loan
    if words := services.why_not_undone(loan, request.user, today):
        messages.info(request, words)
        return redirect("loans:loan", number=loan.case.number)
    last = max(payouts_of(loan), key=lambda entry: entry.pk)
    form = PayoutUndoForm(request.POST or None, initial={"seen": last.pk})
    if request.method == "POST" and form.is_valid():
        reason, seen = form.cleaned_data["reason"], form.cleaned_data["seen"] or 0
        try:
            services.undo_payout(order=order, reason=reason, by=request.user, today=today, seen=seen)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The payout is taken back. The order stands in the queue again."))
            return redirect("loans:loan", number=loan.case.number)
    rows = [
        (_("Citizen"), f"{loan.case.citizen}, {loan.case.number}"),
        (_("Amount"), danish.kr(last.amount)),
        (_("Paid out on"), danish.long_date(last.value_date)),
        (_("Voucher number"), last.voucher),
        (_("Paid out by"), str(last.by)),
    ]
    return render(request, "loans/payout_undo.html", {"order": order, "loan": loan, "form": form, "rows": rows})
