"""Any figure of a loan explained, and the statement for the citizen (domain.md §7.3)."""

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from loans import statement as statements
from loans.explain import explain as explain_figure
from loans.queries import payouts_of, position_of
from loans.views.arrears import readers_required
from loans.views.base import add_refusal, case_and_loan, page_of
from loans.views.handovers import download
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.forms import BaseForm, DateField


@readers_required
@require_safe
def explain(request: StaffRequest, number: str, what: str) -> HttpResponse:
    """Why a balance, an instalment or a date is what it is."""
    case, loan = case_and_loan(request, number)
    today = clock.today()
    form = BalanceForm(request.GET if "day" in request.GET else None, initial={"day": today})
    day = form.cleaned_data["day"] if form.is_bound and form.is_valid() else None
    found = explain_figure(loan, what, today, day)
    if found is None:
        raise Http404
    context = {**page_of(request, case), "loan": loan, "found": found, "day": day}
    context["form"] = form if what == "balance" else None
    return render(request, "loans/explain.html", context)


class BalanceForm(BaseForm):
    """The day of a balance."""

    day = DateField(label=gettext_lazy("Balance on"))

    def clean_day(self) -> object:
        day = self.cleaned_data["day"]
        if day > clock.today():
            raise forms.ValidationError(_("Write a day that is not in the future."))
        return day


class StatementForm(BalanceForm):
    """The day of the statement."""

    day = DateField(label=gettext_lazy("Statement on"))


@readers_required
@require_http_methods(["GET", "HEAD", "POST"])
def statement(request: StaffRequest, number: str) -> HttpResponse:
    """Plan, payments and balance on any day, as PDF for the citizen."""
    case, loan = case_and_loan(request, number)
    if position_of(loan) is None or not payouts_of(loan):
        raise Http404
    form = StatementForm(request.POST or None, initial={"day": clock.today()})
    if request.method == "POST" and form.is_valid():
        try:
            pdf = statements.pdf_of(loan, form.cleaned_data["day"])
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            logged(request, AccessAction.DOWNLOAD, case)
            return download(pdf, f"kontoudtog-{loan.number}-{form.cleaned_data['day']}.pdf", "application/pdf")
    return render(request, "loans/statement.html", {**page_of(request, case), "loan": loan, "form": form})
