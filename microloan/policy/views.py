"""Rule sets, legal bases and the municipality's own facts, for administrators."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from microloan.accounts.perms import administrator_required
from microloan.core import clock
from microloan.core.danish import long_date
from microloan.core.errors import Refused
from microloan.policy import presentation, services
from microloan.policy.forms import LegalBasisForm, MunicipalityForm, RuleSetForm
from microloan.policy.guards import is_used
from microloan.policy.models import LegalBasis, Municipality, RuleSet

PER_PAGE = 25


def refuse(form: Any, refusal: Refused) -> None:
    """Show a refusal at its field, or above the form."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


# --- Rule sets -------------------------------------------------------------------------------------------------------


@administrator_required
@require_safe
def rule_sets(request: HttpRequest) -> HttpResponse:
    """The rule sets, newest first: planned, in force, former."""
    today = clock.today()
    page = Paginator(RuleSet.objects.order_by("-valid_from", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"rule_set": rule_set, **presentation.state_on(rule_set, today)} for rule_set in page]
    return render(request, "policy/rule_sets.html", {"page": page, "rows": rows})


@administrator_required
@require_safe
def rule_set(request: HttpRequest, pk: int) -> HttpResponse:
    """Every parameter, and what differs from the set before."""
    found = get_object_or_404(RuleSet, pk=pk)
    today = clock.today()
    before = RuleSet.objects.filter(valid_from__lt=found.valid_from).order_by("-valid_from").first()
    context = {
        "rule_set": found,
        "before": before,
        "groups": presentation.rule_groups(found, before),
        "planned": found.valid_from > today,
        **presentation.state_on(found, today),
    }
    return render(request, "policy/rule_set.html", context)


@administrator_required
def rule_set_new(request: HttpRequest) -> HttpResponse:
    """A new rule set from a day to come; it begins as a copy of the newest."""
    today = clock.today()
    newest = RuleSet.objects.order_by("-valid_from").first()
    form = RuleSetForm(
        request.POST if request.method == "POST" else None, initial=presentation.copy_of(newest) if newest else None
    )
    if request.method == "POST" and form.is_valid():
        values = dict(form.cleaned_data)
        valid_from = values.pop("valid_from")
        try:
            saved = services.replace_rule_set(values=values, valid_from=valid_from, by=request.user, today=today)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            text = _("The rule set is in force from %(date)s.") % {"date": long_date(saved.valid_from)}
            messages.success(request, text)
            return redirect("policy:rule_set", pk=saved.pk)
    return render(request, "policy/rule_set_form.html", {"form": form, "planned": None})


@administrator_required
def rule_set_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a rule set that is not in force yet; one in force has no such page."""
    today = clock.today()
    found = get_object_or_404(RuleSet, pk=pk, valid_from__gt=today)
    form = RuleSetForm(request.POST if request.method == "POST" else None, instance=found, planned=True)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_planned_rule_set(
                rule_set=found, values=dict(form.cleaned_data), by=request.user, today=today
            )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The changes have been saved."))
            return redirect("policy:rule_set", pk=pk)
    return render(request, "policy/rule_set_form.html", {"form": form, "planned": found})


# --- Legal bases -----------------------------------------------------------------------------------------------------


@administrator_required
@require_safe
def legal_bases(request: HttpRequest) -> HttpResponse:
    today = clock.today()
    page = Paginator(LegalBasis.objects.order_by("-valid_from", "code"), PER_PAGE).get_page(request.GET.get("page"))
    rows = [{"basis": basis, **presentation.state_on(basis, today)} for basis in page]
    open_for_loans = bool(services.bases_for_loans(today))
    return render(request, "policy/legal_bases.html", {"page": page, "rows": rows, "open_for_loans": open_for_loans})


@administrator_required
def legal_basis_new(request: HttpRequest) -> HttpResponse:
    return _legal_basis_form(request, None)


@administrator_required
def legal_basis(request: HttpRequest, pk: int) -> HttpResponse:
    return _legal_basis_form(request, get_object_or_404(LegalBasis, pk=pk))


def _legal_basis_form(request: HttpRequest, basis: LegalBasis | None) -> HttpResponse:
    used = basis is not None and is_used(basis)
    given = request.POST if request.method == "POST" else None
    form = LegalBasisForm(given, instance=basis, used=used)
    if request.method == "POST" and form.is_valid():
        try:
            saved = services.save_legal_basis(basis=basis, values=dict(form.cleaned_data), by=request.user)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("%(name)s has been saved.") % {"name": saved.title})
            return redirect("policy:legal_bases")
    return render(request, "policy/legal_basis_form.html", {"form": form, "basis": basis, "used": used})


# --- The municipality ------------------------------------------------------------------------------------------------


@administrator_required
def municipality(request: HttpRequest) -> HttpResponse:
    """What letters and screens print of the municipality."""
    form = MunicipalityForm(
        request.POST if request.method == "POST" else None, instance=Municipality.objects.filter(pk=1).first()
    )
    if request.method == "POST" and form.is_valid():
        try:
            services.save_municipality(values=dict(form.cleaned_data), by=request.user)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The municipality's facts have been saved."))
            return redirect("policy:municipality")
    return render(request, "policy/municipality.html", {"form": form})


@login_not_required
@require_safe
@cache_control(public=True, max_age=300)
def theme(request: HttpRequest) -> HttpResponse:
    """The municipality's colour as a style sheet, since a page may not hold style of its own (CSP)."""
    found = Municipality.objects.filter(pk=1).only("primary_colour").first()
    css = presentation.theme_css(found.primary_colour) if found else ""
    return HttpResponse(css, content_type="text/css; charset=utf-8")
