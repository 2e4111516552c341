"""Living support of a case: what it comes to a month, a suspended pension, and what happens afterwards (domain.md §6)."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.models import CaseFile
from loans import overview, rules, services
from loans.forms import EndSuspensionForm, SupportAmountForm, SuspensionForm
from loans.models import Loan, SupportAmount
from loans.queries import support_of
from loans.services.living import AMOUNT_ROLES
from loans.views.base import add_refusal, case_and_loan, page_of
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.perms import StaffRequest, role_required, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once

readers_required = role_required(*TEAM, Role.BENEFITS_OFFICER)
amounts_required = role_required(*AMOUNT_ROLES)


@readers_required
@require_safe
def living(request: StaffRequest, number: str) -> HttpResponse:
    """All that goes with the support on one page."""
    case, loan = case_and_loan(request, number)
    return render(request, "loans/living.html", _context(request, case, loan))


@amounts_required
@require_POST
@sent_once
def amount(request: StaffRequest, number: str) -> HttpResponse:
    """Record what the support comes to a month."""
    case, loan = case_and_loan(request, number)
    form = SupportAmountForm(request.POST)

    def save(values: dict[str, Any]) -> None:
        services.set_support_amount(case=case, by=request.user, today=clock.today(), **values)

    return _do(request, case, loan, "amount_form", form, save, _("The amount has been recorded."))


@team_required
@require_POST
@sent_once
def suspend(request: StaffRequest, number: str) -> HttpResponse:
    """Record that the pension is suspended."""
    case, loan = case_and_loan(request, number)
    form = SuspensionForm(request.POST)

    def save(values: dict[str, Any]) -> None:
        services.suspend_pension(case=case, by=request.user, today=clock.today(), **values)

    return _do(request, case, loan, "suspension_form", form, save, _("The suspension has been recorded."))


@team_required
@require_POST
@sent_once
def end(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Record that the pension is paid again."""
    case, loan = case_and_loan(request, number)
    suspension = get_object_or_404(case.pension_suspensions, pk=pk)
    form = EndSuspensionForm(request.POST)

    def save(values: dict[str, Any]) -> None:
        services.end_suspension(suspension=suspension, by=request.user, today=clock.today(), **values)

    return _do(request, case, loan, "end_form", form, save, _("It has been recorded that the pension is paid again."))


def _do(
    request: StaffRequest,
    case: CaseFile,
    loan: Loan,
    name: str,
    form: forms.Form,
    save: Callable[[dict[str, Any]], None],
    done: str,
) -> HttpResponse:
    """Save and back to the page; what is refused stands at its field on the page, with what was typed."""
    if form.is_valid():
        try:
            save(form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, done)
            return redirect("loans:living", number=case.number)
    return render(request, "loans/living.html", {**_context(request, case, loan), name: form, "refused": form})


def _context(request: StaffRequest, case: CaseFile, loan: Loan) -> dict[str, Any]:
    today, periods = clock.today(), support_of(case)
    amounts = list(SupportAmount.objects.filter(case=case).select_related("by"))
    suspensions = list(case.pension_suspensions.select_related("by", "ended_by"))
    running = next((one for one in suspensions if one.ended_on is None and one.until >= today), None)
    is_team = request.user.role in TEAM
    return {
        **page_of(request, case),
        "loan": loan,
        "support": overview.support_of_page(loan, periods, today),
        "named_periods": overview.kinds_of_periods(periods),
        "amounts": amounts[::-1],
        "cost": rules.support_cost(
            periods[0].starts_on,
            sum(period.months for period in periods),
            [(row.from_on, row.amount) for row in amounts],
            today,
        )
        if periods
        else None,
        "amount_form": SupportAmountForm(initial={"from_on": periods[0].starts_on})
        if periods and request.user.role in AMOUNT_ROLES
        else None,
        "suspensions": suspensions,
        "running": running,
        "suspension_form": SuspensionForm() if is_team and case.is_pensioner and not running else None,
        "end_form": EndSuspensionForm() if is_team and running else None,
    }
