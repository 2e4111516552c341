"""The CPR number that was missing when an inquiry came in."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases import services
from cases.forms import add_refusal
from cases.views.base import case_context, get_case, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.forms import BaseForm, CprField


class CprForm(BaseForm):
    cpr = CprField(label=gettext_lazy("The citizen's CPR number"))
    same = forms.BooleanField(label=gettext_lazy("It is the same citizen as in the earlier case"), required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def hide_question(self) -> None:
        """Only asked where the number is known already."""
        self.fields["same"].widget = forms.HiddenInput()


@team_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def cpr(request: StaffRequest, number: str) -> HttpResponse:
    """Write the number down; a number that is known asks whether it is the same citizen."""
    case = get_case(request, number)
    if case.citizen.cpr_index:
        messages.info(request, _("The CPR number is written down."))
        return redirect("cases:detail", number=case.number)
    form = CprForm(posted(request), initial={"version": case.version})
    ask = False
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.record_cpr(
                case=case,
                cpr=values["cpr"],
                same=values["same"],
                version=values["version"],
                by=request.user,
                today=clock.today(),
            )
        except Refused as refusal:
            ask = refusal.field == "same"
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The CPR number is written down."))
            return redirect("cases:detail", number=case.number)
    if not ask:
        form.hide_question()
    return render(request, "cases/cpr.html", {**case_context(request, case, tab="overview"), "form": form})
