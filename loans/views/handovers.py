"""Hand-over to recovery: proposed, decided, its dossier; what comes in, and what is given up (domain.md §7.6)."""

import json
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from loans import arrears_forms, dossier, services
from loans.arrears_words import claim_rows
from loans.enums import HandoverState
from loans.forms import new_key
from loans.models import Handover
from loans.payment_enums import ProposalState
from loans.queries import loans_visible_to, payments_to_tell, position_of
from loans.views.arrears import form_page, late_loan, to_arrears
from loans.views.base import add_refusal, page_of
from loans.views.imports import money_required
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.perms import (
    StaffRequest,
    benefits_officer_required,
    lead_decides,
    role_required,
    team_required,
)
from microloan.core import clock, danish
from microloan.core.errors import Refused
from microloan.core.export import csv_response
from microloan.core.money import ZERO

dossier_readers_required = role_required(Role.BENEFITS_OFFICER, Role.PROJECT_LEAD)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def handover_propose(request: StaffRequest, number: str) -> HttpResponse:
    """One page that says what is missing per claim; what lacks nothing may be proposed."""
    case, loan, standing = late_loan(request, number)
    today = clock.today()
    form = arrears_forms.HandoverForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.propose_handover(loan=loan, reason=form.cleaned_data["reason"], by=request.user, today=today)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The proposal has been sent to the project lead."))
            return to_arrears(case)
    context = {
        **page_of(request, case),
        "loan": loan,
        "form": form,
        "rows": claim_rows(standing),
        "ready": standing.ready,
        "total": sum((claim.remaining for claim in standing.ready), ZERO),
    }
    return render(request, "loans/handover_propose.html", context)


@lead_decides("loans:arrears")
@require_http_methods(["GET", "HEAD", "POST"])
def handover_decide(request: StaffRequest, number: str) -> HttpResponse:
    """The proposal with all that it rests on, and the project lead's answer."""
    case, loan, standing = late_loan(request, number)
    today = clock.today()
    found = next((one for one in loan.handovers.all() if one.state == HandoverState.OPEN), None)
    if found is None:
        messages.info(request, _("There is no proposal to decide."))
        return to_arrears(case)
    is_no = request.POST.get("step") == "decline"
    form = arrears_forms.AnswerForm(request.POST if is_no else None)
    problems: list[str] = []
    if request.method == "POST":
        try:
            _check_seen(request, found.pk)
            if is_no and form.is_valid():
                services.decline_handover(
                    handover=found, answer=form.cleaned_data["answer"], by=request.user, today=today
                )
                messages.success(request, _("Nothing has been handed over."))
                return to_arrears(case)
            if not is_no:
                services.approve_handover(handover=found, by=request.user, today=today)
                messages.success(request, _("Handed over. The dossier is ready for the debtor system."))
                return to_arrears(case)
        except Refused as refusal:
            problems = list(refusal.messages)
    claims = list(found.claims.all())
    context = {
        **page_of(request, case),
        "loan": loan,
        "found": found,
        "claims": claims,
        "total": sum((claim.amount for claim in claims), ZERO),
        "rows": claim_rows(standing),
        "attempts": sorted(loan.contact_attempts.all(), key=lambda one: (one.made_on, one.pk)),
        "form": form,
        "problems": problems,
        "is_proposer": found.proposed_by_id == request.user.pk,
    }
    return render(request, "loans/handover_decide.html", context)


def _check_seen(request: StaffRequest, pk: int) -> None:
    """What is decided is what stood on the page, not something that has come since."""
    if request.POST.get("handover") != str(pk):
        raise Refused(_("The proposal has been decided or taken back already. Nothing was changed."))


@dossier_readers_required
@require_safe
def handover_dossier(request: StaffRequest, pk: int, kind: str) -> HttpResponseBase:
    """The dossier as PDF, CSV or JSON. It holds the CPR number, so each download is logged."""
    found = get_object_or_404(
        Handover.objects.select_related("loan__case__citizen"),
        pk=pk,
        loan__in=loans_visible_to(request.user),
        state=HandoverState.APPROVED,
    )
    logged(request, AccessAction.DOWNLOAD, found.loan.case)
    name = f"overdragelse-{found.loan.number}-{found.pk}"
    if kind == "csv":
        return csv_response(name, dossier.CSV_HEADINGS, dossier.rows_of(found))
    if kind == "json":
        text = json.dumps(dossier.data_of(found), ensure_ascii=False, indent=1)
        return download(text.encode(), f"{name}.json", "application/json")
    if kind == "pdf":
        return download(dossier.pdf_of(found), f"{name}.pdf", "application/pdf")
    raise Http404


def download(data: bytes, name: str, content_type: str) -> HttpResponse:
    response = HttpResponse(data, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "no-store"
    return response


@benefits_officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def recovery(request: StaffRequest, number: str) -> HttpResponse:
    """Register what recovery has brought in."""
    case, loan, _standing = late_loan(request, number)
    today, position = clock.today(), position_of(loan)
    most = position.handed_over if position else ZERO
    if not most:
        messages.info(request, _("Nothing of this loan is with recovery."))
        return to_arrears(case)

    def act(values: dict[str, Any]) -> None:
        key = f"recovery:{values.pop('key')}"
        services.register_recovery(loan=loan, key=key, by=request.user, today=today, **values)

    return form_page(
        request,
        case,
        loan,
        arrears_forms.RecoveryForm(request.POST or None, most=most, today=today, initial={"key": new_key()}),
        heading=_("Register what recovery has brought in"),
        rows=[(_("With recovery"), danish.kr(most))],
        submit=_("Register the amount"),
        act=act,
        done=_("The amount is registered."),
    )


@money_required
@require_http_methods(["GET", "HEAD", "POST"])
def write_down(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """The authority has been told of a payment that came to us."""
    case, loan, _standing = late_loan(request, number)
    today = clock.today()
    payment = payments_to_tell(loan).filter(pk=pk).first()
    if payment is None:
        messages.info(request, _("It has been dealt with already."))
        return to_arrears(case)
    payment.loan = loan
    return form_page(
        request,
        case,
        loan,
        arrears_forms.WriteDownForm(
            request.POST or None, most=-payment.amount, today=today, initial={"told_on": today}
        ),
        heading=_("Write the claim down with the authority"),
        text=_("The citizen has paid to us although a claim is with recovery. Tell the authority, then write it here."),
        rows=[(_("Payment"), f"{danish.kr(-payment.amount)}, {danish.long_date(payment.value_date)}")],
        submit=_("Save the write-down"),
        act=lambda values: services.register_write_down(payment=payment, by=request.user, today=today, **values),
        done=_("Saved."),
    )


@money_required
@require_http_methods(["GET", "HEAD", "POST"])
def write_off(request: StaffRequest, number: str) -> HttpResponse:
    """Propose to give up a part of what is owed."""
    case, loan, _standing = late_loan(request, number)
    today, position = clock.today(), position_of(loan)
    most = position.outstanding + position.handed_over if position else ZERO
    if not most or loan.writeoffs.filter(state=ProposalState.OPEN).exists():
        messages.info(
            request,
            _("There is a proposal already. The project lead decides it.") if most else _("Nothing is owed."),
        )
        return to_arrears(case)
    return form_page(
        request,
        case,
        loan,
        arrears_forms.WriteOffForm(request.POST or None, most=most),
        heading=_("Propose a write-off"),
        rows=[(_("Owed"), danish.kr(most))],
        text=_("The project lead decides. What is written off is no longer asked for."),
        submit=_("Propose to the project lead"),
        act=lambda values: services.propose_write_off(loan=loan, by=request.user, today=today, **values),
        done=_("The proposal has been sent to the project lead."),
    )


@lead_decides("loans:arrears")
@require_http_methods(["GET", "HEAD", "POST"])
def write_off_decide(request: StaffRequest, number: str) -> HttpResponse:
    """Decide a write-off: confirm, or decline with the reason."""
    case, loan, _standing = late_loan(request, number)
    today = clock.today()
    found = loan.writeoffs.filter(state=ProposalState.OPEN).select_related("proposed_by").first()
    if found is None:
        messages.info(request, _("There is no proposal to decide."))
        return to_arrears(case)
    is_no = request.POST.get("step") == "decline"
    form = arrears_forms.AnswerForm(request.POST if is_no else None)
    problems: list[str] = []
    if request.method == "POST":
        try:
            _check_seen(request, found.pk)
            if is_no and form.is_valid():
                services.decline_write_off(
                    write_off=found, answer=form.cleaned_data["answer"], by=request.user, today=today
                )
                messages.success(request, _("The debt stands."))
                return redirect("loans:loan", number=case.number)
            if not is_no:
                services.confirm_write_off(write_off=found, by=request.user, today=today)
                messages.success(request, _("The amount is written off."))
                return redirect("loans:loan", number=case.number)
        except Refused as refusal:
            problems = list(refusal.messages)
    rows = [
        (_("Amount"), danish.kr(found.amount)),
        (_("Why"), found.reason),
        (_("Proposed by"), f"{found.proposed_by}, {danish.short_date(found.proposed_on)}"),
    ]
    context = {
        **page_of(request, case),
        "loan": loan,
        "found": found,
        "facts": rows,
        "form": form,
        "problems": problems,
        "is_proposer": found.proposed_by_id == request.user.pk,
    }
    return render(request, "loans/write_off_decide.html", context)
