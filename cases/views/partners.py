"""The list of partner organisations, which the administrator keeps (domain.md §3.3). No case content stands here."""

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from cases import services
from cases.forms import add_refusal
from cases.models import PartnerOrganisation
from cases.views.base import posted
from microloan.accounts.perms import StaffRequest, administrator_required
from microloan.core.errors import Refused
from microloan.core.forms import BaseForm

PER_PAGE = 25


class PartnerForm(BaseForm):
    name = forms.CharField(label=gettext_lazy("Name of the organisation"), max_length=100)
    is_active = forms.BooleanField(
        label=gettext_lazy("In use"),
        required=False,
        initial=True,
        help_text=gettext_lazy("Not in use: it can no longer be chosen, and stays on the cases that name it."),
    )


@administrator_required
@require_safe
def partners(request: StaffRequest) -> HttpResponse:
    rows = PartnerOrganisation.objects.order_by("-is_active", "name", "pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "cases/partners.html", {"page": page})


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def partner_new(request: StaffRequest) -> HttpResponse:
    return _partner_form(request, None)


@administrator_required
@require_http_methods(["GET", "HEAD", "POST"])
def partner(request: StaffRequest, pk: int) -> HttpResponse:
    return _partner_form(request, get_object_or_404(PartnerOrganisation, pk=pk))


def _partner_form(request: StaffRequest, known: PartnerOrganisation | None) -> HttpResponse:
    initial = {"name": known.name, "is_active": known.is_active} if known else {}
    form = PartnerForm(posted(request), initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_partner(partner=known, **form.cleaned_data, by=request.user)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("%(name)s has been saved.") % {"name": saved.name})
            return redirect("cases:partners")
    return render(request, "cases/partner_form.html", {"form": form, "partner": known})
