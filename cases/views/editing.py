"""Pages that change facts of a case. Of two people who save at once, the later one sees both versions and chooses, and
nothing is changed until then (ui-guide.md §2, `microloan.core.two_versions`)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases import services
from cases.forms import CitizenForm, CoachForm, CohortForm, FirmForm, add_refusal
from cases.models import Business, CaseFile
from cases.views.base import case_context, get_case, locked, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.two_versions import TwoVersionsForm


@dataclass(frozen=True)
class Editing:
    """One page: its form, what it starts with, and the service that saves it."""

    title: Any
    submit: Any
    saved: Any
    form_class: type[TwoVersionsForm]
    stored: Callable[[CaseFile, date], dict[str, Any]]
    save: Callable[[CaseFile, Any, StaffRequest], object]
    row: Callable[[CaseFile], Model | None]
    intro: Any = ""
    needs_day: bool = False  # the form asks what holds today


def _edit(request: StaffRequest, number: str, page: Editing) -> HttpResponse:
    case = locked(request, get_case(request, number))
    today = clock.today()
    day: dict[str, Any] = {"today": today} if page.needs_day else {}
    form = page.form_class(posted(request), stored=page.stored(case, today), row=page.row(case), **day)
    if request.method == "POST" and form.is_valid():
        try:
            page.save(case, form, request)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, page.saved)
            return redirect("cases:detail", number=case.number)
    context = {**case_context(request, case, tab="overview"), "form": form, "page": page}
    return render(request, "cases/edit.html", context)


CITIZEN = Editing(
    title=gettext_lazy("Citizen's data"),
    submit=gettext_lazy("Save citizen's data"),
    saved=gettext_lazy("The citizen's data is saved."),
    form_class=CitizenForm,
    needs_day=True,
    stored=lambda case, today: CitizenForm.stored_of(case.citizen, today),
    row=lambda case: case.citizen,
    save=lambda case, form, request: services.update_citizen(
        case=case,
        values=form.values,
        by=request.user,
        today=clock.today(),
        version=case.version,
    ),
)
COACH = Editing(
    title=gettext_lazy("Assign coach"),
    submit=gettext_lazy("Save coach"),
    saved=gettext_lazy("The coach is assigned."),
    intro=gettext_lazy("The coach also gets the case's open tasks."),
    form_class=CoachForm,
    stored=lambda case, today: {"coach": case.coach},
    row=lambda case: case,
    save=lambda case, form, request: services.assign_coach(
        case=case,
        coach=form.cleaned_data["coach"],
        by=request.user,
        today=clock.today(),
        version=case.version,
    ),
)
COHORT = Editing(
    title=gettext_lazy("Choose cohort"),
    submit=gettext_lazy("Save cohort"),
    saved=gettext_lazy("The cohort is saved."),
    form_class=CohortForm,
    stored=lambda case, today: {
        "cohort": case.cohort,
        "cohort_joined_on": case.cohort_joined_on,
        "cohort_note": case.cohort_note,
    },
    row=lambda case: case,
    save=lambda case, form, request: services.set_cohort(
        case=case,
        cohort=form.cleaned_data["cohort"],
        joined_on=form.cleaned_data["cohort_joined_on"],
        note=form.cleaned_data["cohort_note"],
        by=request.user,
        version=case.version,
    ),
)


def _firm_row(case: CaseFile) -> Business | None:
    return Business.objects.filter(case=case).first()


def _firm(case: CaseFile, today: date) -> dict[str, Any]:
    firm = _firm_row(case)
    names = ("name", "form", "trade", "cvr", "started_on")
    return {name: getattr(firm, name) if firm else None for name in names}


BUSINESS = Editing(
    title=gettext_lazy("Business"),
    submit=gettext_lazy("Save business"),
    saved=gettext_lazy("The business is saved."),
    intro=gettext_lazy("The business has to belong to the citizen alone. A loan cannot go to a partnership."),
    form_class=FirmForm,
    stored=_firm,
    row=_firm_row,
    save=lambda case, form, request: services.save_business(
        case=case, by=request.user, today=clock.today(), version=case.version, **form.values
    ),
)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def citizen(request: StaffRequest, number: str) -> HttpResponse:
    return _edit(request, number, CITIZEN)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def coach(request: StaffRequest, number: str) -> HttpResponse:
    return _edit(request, number, COACH)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def cohort(request: StaffRequest, number: str) -> HttpResponse:
    return _edit(request, number, COHORT)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def business(request: StaffRequest, number: str) -> HttpResponse:
    return _edit(request, number, BUSINESS)
