"""What two people do together: reverse an entry, pay back what was too much (domain.md §7.4, §7.5)."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loans import payment_queries as queries
from loans import services
from loans.models import IncomingPayment, LedgerEntry, Refund, Reversal
from loans.payment_enums import ProposalState
from loans.payment_forms import ReasonForm, RefundForm, ReversalForm
from loans.queries import loans_visible_to
from loans.services.refunds import overpaid_of
from loans.services.reversals import REVERSIBLE, why_not_reversible
from loans.views.base import add_refusal, case_and_loan, page_of
from loans.views.imports import money_required
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, benefits_officer_required
from microloan.core import clock, danish
from microloan.core.errors import Refused


def entry_rows(entry: LedgerEntry) -> list[tuple[str, Any]]:
    return [
        (_("Entry"), f"{entry.get_kind_display()}, {danish.kr(abs(entry.amount))}"),
        (_("Value date"), danish.long_date(entry.value_date)),
        (_("Voucher number"), entry.voucher or "–"),
        (_("Booked by"), str(entry.by) if entry.by else _("The system")),
    ]


@money_required
@require_http_methods(["GET", "HEAD", "POST"])
def reverse_entry(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Propose to reverse an entry; another person confirms."""
    case, loan = case_and_loan(request, number)
    entry = next((one for one in loan.entries.all() if one.pk == pk), None)
    if entry is None or entry.kind not in REVERSIBLE:
        raise Http404
    entry.loan = loan
    if words := why_not_reversible(entry):
        messages.info(request, words)
        return redirect("loans:loan", number=case.number)
    came_from_file = IncomingPayment.objects.filter(entry=entry).exists()
    form = ReversalForm(request.POST if request.method == "POST" else None, came_from_file=came_from_file)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose_reversal(
                entry=entry,
                reason=form.cleaned_data["reason"],
                money=form.cleaned_data.get("money", ""),
                by=request.user,
                today=clock.today(),
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Proposed. Another person confirms before the entry is reversed."))
            return redirect("loans:loan", number=case.number)
    context = {**page_of(request, case), "form": form, "loan": loan, "rows": entry_rows(entry)}
    return render(request, "loans/payments/reverse.html", context)


@benefits_officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def refund(request: StaffRequest, number: str) -> HttpResponse:
    """Register that what was too much has been paid back; another person confirms."""
    case, loan = case_and_loan(request, number)
    overpaid, today = overpaid_of(loan), clock.today()
    waiting = loan.refunds.filter(state=ProposalState.OPEN).first()
    if waiting is not None or not overpaid:
        messages.info(
            request,
            _("A refund has been registered already. Another person confirms it.")
            if waiting
            else _("Nothing has been paid too much on this loan."),
        )
        return redirect("loans:loan", number=case.number)
    data = request.POST if request.method == "POST" else None
    form = RefundForm(data, overpaid=overpaid, today=today, initial={"amount": overpaid, "paid_on": today})
    if request.method == "POST" and form.is_valid():
        try:
            services.propose_refund(loan=loan, by=request.user, today=today, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The refund is registered. Another person confirms before it is booked."))
            return redirect("loans:loan", number=case.number)
    context = {**page_of(request, case), "form": form, "loan": loan, "overpaid": overpaid}
    return render(request, "loans/payments/refund.html", context)


@money_required
@require_safe
def proposals(request: StaffRequest) -> HttpResponse:
    """Reversals and refunds that wait for a second person, the oldest first."""
    reversals = list(queries.open_reversals().order_by("proposed_on", "pk")[:200])
    refunds = list(queries.open_refunds().order_by("proposed_on", "pk")[:200])
    logged(request, AccessAction.LIST, *[one.loan.case for one in (*reversals, *refunds)])
    context = {"reversals": reversals, "refunds": refunds, "tab": "proposals"}
    return render(request, "loans/payments/proposals.html", context)


def answer_form(data: Any = None) -> ReasonForm:
    return ReasonForm(
        data,
        name="answer",
        label=_("Why not?"),
        missing=_("Write why the entry stays as it is."),
    )


@money_required
@require_http_methods(["GET", "HEAD", "POST"])
def reversal(request: StaffRequest, pk: int) -> HttpResponse:
    """Confirm or decline a reversal."""
    found = get_object_or_404(
        Reversal.objects.select_related("loan__case__citizen", "target__by", "proposed_by", "decided_by"),
        pk=pk,
        loan__in=loans_visible_to(request.user),
    )
    rows = [
        (_("Citizen"), f"{found.loan.case.citizen}, {found.loan.case.number}"),
        *entry_rows(found.target),
        (_("Why it is wrong"), found.reason),
        (_("The money"), found.get_money_display()),
        (_("Proposed by"), f"{found.proposed_by}, {danish.short_date(found.proposed_on)}"),
    ]
    return _decide(
        request,
        found,
        [row for row in rows if row[1]],
        title=_("Reverse an entry"),
        submit=_("Confirm reversal"),
        confirm=services.confirm_reversal,
        decline=services.decline_reversal,
        name="reversal",
    )


@money_required
@require_http_methods(["GET", "HEAD", "POST"])
def refund_answer(request: StaffRequest, pk: int) -> HttpResponse:
    """Confirm or decline a refund."""
    found = get_object_or_404(
        Refund.objects.select_related("loan__case__citizen", "proposed_by", "decided_by"),
        pk=pk,
        loan__in=loans_visible_to(request.user),
    )
    rows = [
        (_("Citizen"), f"{found.loan.case.citizen}, {found.loan.case.number}"),
        (_("Amount"), danish.kr(found.amount)),
        (_("Paid back on"), danish.long_date(found.paid_on)),
        (_("Voucher number"), found.voucher),
        (_("Why"), found.reason),
        (_("Proposed by"), f"{found.proposed_by}, {danish.short_date(found.proposed_on)}"),
    ]
    return _decide(
        request,
        found,
        rows,
        title=_("Refund what was paid too much"),
        submit=_("Confirm refund"),
        confirm=services.confirm_refund,
        decline=services.decline_refund,
        name="refund",
    )


def _decide(
    request: StaffRequest,
    found: Any,
    rows: list[tuple[str, Any]],
    *,
    title: str,
    submit: str,
    confirm: Callable[..., Any],
    decline: Callable[..., Any],
    name: str,
) -> HttpResponse:
    is_post, is_confirming = request.method == "POST", request.POST.get("step") == "confirm"
    logged(request, AccessAction.CHANGE if is_post else AccessAction.VIEW, found.loan.case)
    form = answer_form(request.POST if is_post and not is_confirming else None)
    given = {name: found, "by": request.user, "today": clock.today()}
    if is_post and (is_confirming or form.is_valid()):
        try:
            if is_confirming:
                confirm(**given)
            else:
                decline(**given, answer=form.cleaned_data["answer"])
        except Refused as refusal:
            for message in refusal.messages:
                messages.warning(request, message)
        else:
            messages.success(
                request, _("Confirmed and booked.") if is_confirming else _("Declined. Nothing is booked.")
            )
            return redirect("loans:proposals")
    if found.state != ProposalState.OPEN:
        rows = [
            *rows,
            (found.get_state_display(), f"{found.decided_by}, {danish.short_date(found.decided_on)}"),
            *([(_("Why not"), found.answer)] if found.answer else []),
        ]
    context = {
        "found": found,
        "rows": rows,
        "title": title,
        "submit": submit,
        "form": form,
        "is_open": found.state == ProposalState.OPEN,
        "is_proposer": found.proposed_by_id == request.user.pk,
        "tab": "proposals",
    }
    return render(request, "loans/payments/decide.html", context)
