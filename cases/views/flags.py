"""Flags of a case: raised with a reason, resolved with what was done (domain.md §3.6)."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import services
from cases.forms import FlagForm, ResolveFlagForm, add_refusal
from cases.models import CaseFile, Flag
from cases.views.base import case_context, get_case, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused

FLAGS_PER_PAGE = 25


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def flags(request: StaffRequest, number: str) -> HttpResponse:
    """The flags of a case, open ones first, and a new one."""
    case = get_case(request, number)
    form = FlagForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.raise_flag(case=case, reason=form.cleaned_data["reason"], by=request.user)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The case is flagged."))
            return redirect("cases:detail", number=case.number)
    rows = case.flags.select_related("raised_by", "resolved_by").order_by(
        F("resolved_at").desc(nulls_first=True), "-raised_at", "-pk"
    )
    page = Paginator(rows, FLAGS_PER_PAGE).get_page(request.GET.get("page"))
    for flag in page:
        _hide_address(flag, case)
    return render(
        request, "cases/flags.html", {**case_context(request, case, tab="overview"), "form": form, "page": page}
    )


def _hide_address(flag: Flag, case: CaseFile) -> None:
    """What was written before the address was protected is shown without it."""
    shown = case.citizen.without_address
    flag.reason, flag.resolution = shown(flag.reason, clock.today()), shown(flag.resolution, clock.today())


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def flag_resolve(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Say what was done about a flag; it then stands as resolved."""
    case = get_case(request, number)
    flag = get_object_or_404(case.flags.select_related("raised_by", "resolved_by"), pk=pk)
    if not flag.is_open:
        _hide_address(flag, case)
        messages.info(
            request, _("The flag has been resolved already: %(resolution)s") % {"resolution": flag.resolution}
        )
        return redirect("cases:flags", number=case.number)
    form = ResolveFlagForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.resolve_flag(flag=flag, resolution=form.cleaned_data["resolution"], by=request.user)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The flag is resolved."))
            return redirect("cases:detail", number=case.number)
    _hide_address(flag, case)
    return render(
        request, "cases/flag_resolve.html", {**case_context(request, case, tab="overview"), "form": form, "flag": flag}
    )
