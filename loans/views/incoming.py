"""Payments that wait for a person: the lists, one of them, and what can be done with it (domain.md §7.5)."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from loans import payment_queries as queries
from loans import portfolio, services
from loans.enums import Extra
from loans.models import IncomingPayment, Loan
from loans.payment_enums import Aside, IncomingState
from loans.payment_forms import FindLoanForm, ReasonForm
from loans.payment_queries import PaymentView
from loans.queries import payout_date
from loans.services.matching import candidates_for, may_be_parked
from loans.views.base import add_refusal
from loans.views.imports import money_required
from loans.views.payments import preview
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from microloan.core.forms import BaseForm, DateField

PER_PAGE = 25


class PaymentFilterForm(BaseForm):
    """Payer, text or reference; from and to."""

    mark_optional = False

    q = forms.CharField(label=gettext_lazy("Payer, text or reference"), required=False, max_length=100)
    start = DateField(label=gettext_lazy("From"), required=False)
    end = DateField(label=gettext_lazy("To"), required=False)


@money_required
@require_safe
def payments(request: StaffRequest) -> HttpResponse:
    """What waits for a person, list by list, the newest first."""
    view = request.GET.get("view", "")
    view = view if view in PaymentView.values else PaymentView.PARKED.value
    form = PaymentFilterForm(request.GET if {"q", "start", "end"} & set(request.GET) else None)
    chosen = form.cleaned_data if form.is_bound and form.is_valid() else {}
    rows = queries.payments(view, text=chosen.get("q", ""), start=chosen.get("start"), end=chosen.get("end"))
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    counts = queries.payment_counts()
    candidates = candidates_for(page) if view == PaymentView.PARKED else {}
    lines = [{"row": row, "candidates": candidates.get(row.pk, [])} for row in page]
    cases = [row.loan.case for row in page if row.loan]
    cases += [candidate.loan.case for found in candidates.values() for candidate in found]
    logged(request, AccessAction.LIST, *cases)
    context = {
        "view": view,
        "views": [
            {"label": one.label, "url": f"?view={one.value}", "current": one == view, "count": counts[one.value]}
            for one in PaymentView
        ],
        "form": form,
        "is_filtered": any(chosen.values()),
        "page": page,
        "lines": lines,
        "tab": "payments",
        "overpaid": portfolio.overpaid(clock.today()).count(),
        "proposals": queries.open_reversals().count() + queries.open_refunds().count(),
    }
    return render(request, "loans/payments/payments.html", context)


def _payment(pk: int) -> IncomingPayment:
    related = ("source__uploaded_by", "loan__case__citizen", "return_proposed_by", "returned_by", "same_as__source")
    found: IncomingPayment = get_object_or_404(
        IncomingPayment.objects.exclude(state__in=[IncomingState.NEW, IncomingState.DISCARDED]).select_related(
            *related
        ),
        pk=pk,
    )
    return found


def return_form(data: Any = None) -> ReasonForm:
    return ReasonForm(
        data,
        label=_("Why is it not ours, and how does it go back?"),
        hint=_("Such as “Meant for the library; paid back by bank transfer”. Without CPR numbers."),
        missing=_("Write why the money is not ours, and how it goes back."),
    )


@money_required
@require_safe
def payment(request: StaffRequest, pk: int) -> HttpResponse:
    """One payment: what the bank told, which loan it may be for, and what to do."""
    return _page(request, _payment(pk))


def _page(
    request: StaffRequest, row: IncomingPayment, *, find: FindLoanForm | None = None, back: ReasonForm | None = None
) -> HttpResponse:
    candidates = candidates_for([row])[row.pk] if row.state == IncomingState.PARKED else []
    shown = [candidate.loan.case for candidate in candidates] + ([row.loan.case] if row.loan else [])
    logged(request, AccessAction.VIEW, *shown)
    context = {
        "row": row,
        "rows": told_rows(row),
        "candidates": candidates,
        "find": find or FindLoanForm(),
        "back": back or return_form(),
        "other_rows": told_rows(row.same_as) if row.same_as and row.state == IncomingState.CONFLICT else [],
        "may_be_parked": row.state == IncomingState.ASIDE and may_be_parked(row),
        "to_be_seen": row.state == IncomingState.ASIDE and row.aside == Aside.REVERSAL and row.matched_by_id is None,
        "is_proposer": row.return_proposed_by_id == request.user.pk,
        "tab": "payments",
    }
    return render(request, "loans/payments/payment.html", context)


def told_rows(row: IncomingPayment) -> list[tuple[str, Any]]:
    """What the bank has told of an entry."""
    amount = danish.kr(row.amount) if row.currency == "DKK" else f"{danish.grouped(row.amount)} {row.currency}"
    rows = [
        (_("Amount"), amount),
        (_("Value date"), danish.long_date(row.value_date)),
        (_("Booked by the bank on"), danish.long_date(row.booked_on)),
        (_("Payer"), row.payer or _("not told")),
        (_("Payment reference"), row.reference or _("none")),
        (_("Text"), row.text),
        (_("File"), _("%(file)s, line or entry %(line)s") % {"file": row.source.name, "line": row.position}),
    ]
    return [(label, value) for label, value in rows if value]


@money_required
@require_http_methods(["POST"])
def payment_match(request: StaffRequest, pk: int) -> HttpResponse:
    """The loan a person has chosen: before and after first, then it is booked."""
    row, today = _payment(pk), clock.today()
    form = FindLoanForm(request.POST)
    if row.state != IncomingState.PARKED:
        messages.warning(request, _("The payment is not parked any more."))
        return redirect("loans:incoming", pk=pk)
    if not form.is_valid() or "edit" in request.POST:
        return _page(request, row, find=form if form.errors else None)
    loan: Loan = form.cleaned_data["loan"]
    if request.POST.get("step") != "book":
        return _check(request, row, loan)
    logged(request, AccessAction.CHANGE, loan.case)
    try:
        services.match_payment(incoming=row, loan=loan, by=request.user, today=today)
    except Conflict as conflict:
        for message in conflict.messages:
            messages.warning(request, message)
        return redirect("loans:incoming", pk=pk)
    except Refused as refusal:
        add_refusal(form, refusal)
        return _page(request, row, find=form)
    messages.success(
        request,
        _("%(amount)s is booked on the loan of %(citizen)s.")
        % {"amount": danish.kr(row.amount), "citizen": loan.case.citizen},
    )
    return redirect("loans:payments")


def _check(request: StaffRequest, row: IncomingPayment, loan: Loan) -> HttpResponse:
    logged(request, AccessAction.VIEW, loan.case)
    context = {
        "row": row,
        "rows": [
            (_("Citizen"), f"{loan.case.citizen}, {loan.case.number}"),
            (_("Loan"), f"{loan.number}, {danish.kr(loan.principal)}"),
            *told_rows(row),
        ],
        "loan": loan,
        "hidden": {"loan": loan.number, "step": "book"},
        "tab": "payments",
    }
    paid_out = payout_date(loan)
    if paid_out is not None and row.value_date >= paid_out:
        context |= preview(loan, row.amount, row.value_date, Extra.COVER, clock.today())
    return render(request, "loans/payments/match_check.html", context)


def _act(request: StaffRequest, pk: int, action: Any, done: str) -> HttpResponse:
    """Do something with a payment; a refusal is shown on its page."""
    try:
        action()
    except Refused as refusal:
        for message in refusal.messages:
            messages.warning(request, message)
    else:
        messages.success(request, done)
    return redirect("loans:incoming", pk=pk)


@money_required
@require_POST
def payment_return(request: StaffRequest, pk: int) -> HttpResponse:
    """Propose that the money is not ours."""
    row = _payment(pk)
    logged(request, AccessAction.CHANGE)
    form = return_form(request.POST)
    if not form.is_valid():
        return _page(request, row, back=form)
    reason = form.cleaned_data["reason"]
    return _act(
        request,
        pk,
        lambda: services.propose_return(incoming=row, reason=reason, by=request.user),
        _("Proposed as not ours. Another person confirms it."),
    )


@money_required
@require_POST
def payment_return_answer(request: StaffRequest, pk: int) -> HttpResponse:
    """Another person confirms that the money is not ours, or it is parked again."""
    row, today = _payment(pk), clock.today()
    logged(request, AccessAction.CHANGE)
    if request.POST.get("answer") == "confirm":
        return _act(
            request,
            pk,
            lambda: services.confirm_return(incoming=row, by=request.user, today=today),
            _("It is on record that the money is not ours."),
        )
    return _act(
        request,
        pk,
        lambda: services.keep_payment(incoming=row, by=request.user),
        _("The payment is parked again."),
    )


@money_required
@require_POST
def payment_settle(request: StaffRequest, pk: int) -> HttpResponse:
    """Say what a conflict is: a payment of its own, or the one that is known."""
    row = _payment(pk)
    logged(request, AccessAction.CHANGE)
    is_payment = request.POST.get("answer") == "payment"
    if row.state == IncomingState.ASIDE:
        return _act(
            request,
            pk,
            lambda: services.settle_aside(incoming=row, is_payment=is_payment, by=request.user),
            _("The payment is parked.") if is_payment else _("Noted as seen."),
        )
    return _act(
        request,
        pk,
        lambda: services.settle_conflict(incoming=row, is_payment=is_payment, by=request.user),
        _("It is a payment of its own, and is parked.") if is_payment else _("It counts once."),
    )
