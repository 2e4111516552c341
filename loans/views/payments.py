"""Registering what the citizen pays (domain.md §7.5)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loans import rules, services
from loans.enums import EntryKind, Extra, SupportKind
from loans.forms import PaymentForm, new_key
from loans.models import Loan
from loans.overview import money_of, preview_rows
from loans.queries import changes_of, entries_after_payout, payout_date, position_of, terms_in_force
from loans.views.base import add_refusal, case_and_loan, page_of, typed
from microloan.accounts.perms import StaffRequest, benefits_officer_required
from microloan.core import clock, danish
from microloan.core.errors import Refused


@benefits_officer_required
@require_http_methods(["GET", "HEAD", "POST"])
def payment(request: StaffRequest, number: str) -> HttpResponse:
    """Amount, day and voucher; then before and after, side by side; then it is booked, once."""
    case, loan = case_and_loan(request, number)
    today, paid_out_on = clock.today(), payout_date(loan)
    if loan.kind != SupportKind.LOAN or paid_out_on is None:
        messages.info(
            request,
            _("A grant is not paid back.")
            if loan.kind == SupportKind.GRANT
            else _("The loan has not been paid out yet."),
        )
        return redirect("loans:loan", number=case.number)
    form = PaymentForm(
        request.POST or None, loan=loan, paid_out_on=paid_out_on, today=today, initial={"key": new_key()}
    )
    context = {
        **page_of(request, case),
        "form": form,
        "loan": loan,
        "money": money_of(loan, position_of(loan), today),
    }
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return render(request, "loans/payment.html", context)
    values = form.cleaned_data
    if request.POST.get("step") != "book":
        context |= preview(loan, values["amount"], values["value_date"], values["extra"], today)
        rows = _rows(values)
        return render(
            request, "loans/payment_check.html", {**context, "rows": rows, "hidden": typed(form, step="book")}
        )
    try:
        services.register_payment(
            loan=loan,
            amount=values["amount"],
            value_date=values["value_date"],
            key=f"payment:{values['key']}",
            voucher=values["voucher"],
            extra=values["extra"],
            by=request.user,
            today=today,
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return render(request, "loans/payment.html", context)
    messages.success(request, _("The payment of %(amount)s is registered.") % {"amount": danish.kr(values["amount"])})
    return redirect("loans:loan", number=case.number)


def _rows(values: dict[str, Any]) -> list[tuple[str, Any]]:
    return [
        (_("Amount"), danish.kr(values["amount"])),
        (_("Arrived on"), danish.long_date(values["value_date"])),
        (_("Voucher number"), values["voucher"]),
        (_("If it is more than what is due"), values["extra"].label),
    ]


def preview(loan: Loan, amount: Decimal, on: date, extra: Extra, today: date) -> dict[str, Any]:
    """The loan before and after the payment (domain.md §7.3): balance, next instalment, and what is too much."""
    if loan.rule_set is None:
        return {"before": [], "after": [], "overpaid": None}
    new = rules.Entry(id=0, kind=EntryKind.PAYMENT, value_date=on, amount=-amount, extra=extra)
    change = rules.preview_entry(terms_in_force(loan), entries_after_payout(loan), changes_of(loan), new)
    too_much = change.after.overpaid - change.before.overpaid
    return {
        "before": preview_rows(change.before, today),
        "after": preview_rows(change.after, today),
        "overpaid": too_much or None,
        "settles": change.after.is_settled and not change.before.is_settled,
    }
