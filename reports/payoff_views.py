"""Does it pay: the assumptions, the result with its uncertainty, and saved calculations (domain.md §10)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from microloan.accounts.enums import Role
from microloan.accounts.perms import StaffRequest, role_required
from microloan.core import clock
from microloan.core.errors import Refused
from reports import payoff as figures
from reports.forms import PayoffForm
from reports.models import Scenario
from reports.payoff_words import assumptions_of, payoff_of
from reports.rules.break_even import Counted
from reports.rules.quarters import quarter_ends

PER_PAGE = 20
payoff_required = role_required(*figures.READERS)


@payoff_required
@require_http_methods(["GET", "HEAD", "POST"])
def payoff(request: StaffRequest) -> HttpResponse:
    """Fill in, see the result, and save it with a name."""
    as_of = quarter_ends(clock.today())[0]
    aggregates_only = request.user.role == Role.MANAGER
    found = figures.known(as_of)
    shown = figures.for_managers(found) if aggregates_only else found
    form = PayoffForm(request.POST) if request.method == "POST" else PayoffForm(initial=figures.initial(shown))
    result = None
    if form.is_bound and form.is_valid():
        given = assumptions_of(form.cleaned_data)
        result = payoff_of(given, found.counted, aggregates_only=aggregates_only)
        if "save" in request.POST:
            try:
                saved = figures.save_scenario(
                    name=form.cleaned_data["name"],
                    assumptions=given,
                    counted=found.counted,
                    as_of=as_of,
                    by=request.user,
                )
            except Refused as refusal:
                form.add_error("name", list(refusal.messages))
            else:
                messages.success(request, _("The calculation has been saved."))
                return redirect("reports:scenario", pk=saved.pk)
    context: dict[str, Any] = {
        "form": form,
        "result": result,
        "as_of": as_of,
        "known": shown,
        "page": Paginator(Scenario.objects.select_related("by"), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "reports/payoff.html", context)


@payoff_required
@require_safe
def scenario(request: StaffRequest, pk: int) -> HttpResponse:
    """A saved calculation, as it was."""
    found = get_object_or_404(Scenario.objects.select_related("by"), pk=pk)
    result = payoff_of(
        assumptions_of(found.assumptions),
        Counted(found.counted, found.self_supporting),
        aggregates_only=request.user.role == Role.MANAGER,
    )
    return render(request, "reports/scenario.html", {"found": found, "result": result})
