"""Hand-over of a worker's cases, and absence with a substitute (domain.md §3.6)."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import services, substitutes
from cases.forms import AbsenceForm, HandOverForm, add_refusal
from cases.models import Absence, HandOver
from cases.substitutes import Load
from cases.views.base import posted
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused

PER_PAGE = 25
CASES_PER_PAGE = 100
DOUBLE_CLICK = timedelta(minutes=5)


@team_required
@require_safe
def handover(request: StaffRequest) -> HttpResponse:
    """Who is away and who stands in; the receipts of hand-overs."""
    today = clock.today()
    absences = Paginator(substitutes.absences(today), PER_PAGE).get_page(request.GET.get("away"))
    context = {
        "today": today,
        "absences": absences,
        "may_cancel": {absence.pk for absence in absences if _may_cancel(request, absence)},
        "page": Paginator(substitutes.hand_overs(), PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "cases/handover.html", context)


def _may_cancel(request: StaffRequest, absence: Absence) -> bool:
    user = request.user
    return user.role == Role.PROJECT_LEAD or user.pk in (absence.worker_id, absence.substitute_id)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def handover_new(request: StaffRequest) -> HttpResponse:
    """Whose cases, to whom and with which note; a check page that says what moves; then the receipt."""
    is_lead = request.user.role == Role.PROJECT_LEAD
    initial = {"worker": request.GET.get("worker") if is_lead else request.user.pk}
    form = HandOverForm(posted(request), user=request.user, initial=initial)
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return render(request, "cases/handover_new.html", {"form": form})
    values = form.cleaned_data
    try:
        if request.POST.get("step") == "move":
            return _move(request, values)
        load = services.check_hand_over(by=request.user, **values)
    except Refused as refusal:
        add_refusal(form, refusal)
        return render(request, "cases/handover_new.html", {"form": form})
    return _check_page(request, form, load)


def _check_page(request: StaffRequest, form: HandOverForm, load: Load) -> HttpResponse:
    values = form.cleaned_data
    cases = list(substitutes.cases_of(values["worker"])[:CASES_PER_PAGE])
    logged(request, AccessAction.LIST, *cases)
    rows = [
        (_("From"), values["worker"].full_name),
        (_("To"), values["to"].full_name),
        (_("Open cases"), load.cases),
        (_("Open tasks"), load.tasks),
        (_("Planned contacts"), load.contacts),
        (_("Note"), values["note"]),
    ]
    hidden = {name: request.POST.get(name, "") for name in form.fields} | {"step": "move"}
    context = {"rows": rows, "hidden": hidden, "cases": cases, "load": load, **values}
    return render(request, "cases/handover_check.html", context)


def _move(request: StaffRequest, values: dict[str, Any]) -> HttpResponse:
    if made := _made_just_now(request, values):
        return redirect("cases:handover_receipt", pk=made.pk)
    receipt = services.hand_over(by=request.user, today=clock.today(), **values)
    logged(request, AccessAction.CHANGE, *[row.case for row in receipt.rows.select_related("case")])
    messages.success(request, _("The cases are handed over."))
    return redirect("cases:handover_receipt", pk=receipt.pk)


def _made_just_now(request: StaffRequest, values: dict[str, Any]) -> HandOver | None:
    """The receipt of the same hand-over, for who pressed twice: there is nothing left to move."""
    return HandOver.objects.filter(
        from_worker=values["worker"],
        to_worker=values["to"],
        by=request.user,
        note=values["note"].strip(),
        at__gte=clock.now() - DOUBLE_CLICK,
    ).first()


@team_required
@require_safe
def handover_receipt(request: StaffRequest, pk: int) -> HttpResponse:
    """What moved, from whom, to whom, when and by whom."""
    receipt = get_object_or_404(substitutes.hand_overs(), pk=pk)
    rows = receipt.rows.select_related("case__citizen").order_by("case__number", "pk")
    page = Paginator(rows, CASES_PER_PAGE).get_page(request.GET.get("page"))
    logged(request, AccessAction.LIST, *[row.case for row in page])
    return render(request, "cases/handover_receipt.html", {"receipt": receipt, "page": page})


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def absence_new(request: StaffRequest) -> HttpResponse:
    """Somebody will be away; who stands in sees the tasks in Mit arbejde."""
    today = clock.today()
    initial = {"worker": request.user.pk, "from_on": today}
    form = AbsenceForm(posted(request), user=request.user, today=today, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.record_absence(by=request.user, today=today, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The absence is recorded. The substitute sees the tasks in My work."))
            return redirect("cases:handover")
    return render(request, "cases/absence_new.html", {"form": form})


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def absence_cancel(request: StaffRequest, pk: int) -> HttpResponse:
    """Back again, or not away after all."""
    if request.method != "POST":  # an address that was kept: the button stands on the list
        return redirect("cases:handover")
    absence = get_object_or_404(Absence.objects.select_related("worker"), pk=pk)
    try:
        services.cancel_absence(absence=absence, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The absence of %(name)s is called off.") % {"name": absence.worker.full_name})
    return redirect("cases:handover")
