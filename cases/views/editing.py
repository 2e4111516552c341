"""Pages that change facts of a case. Each form carries the version it was drawn from: of two people who save at once,
the later one sees both versions, and nothing is changed until it is decided (ui-guide.md §2)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from cases import services
from cases.forms import CitizenForm, CoachForm, CohortForm, FirmForm, add_refusal, set_again
from cases.models import Business, CaseFile
from cases.views.base import case_context, get_case, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Conflict, Refused


@dataclass(frozen=True)
class Editing:
    """One page: its form, what it starts with, and the service that saves it."""

    title: Any
    submit: Any
    saved: Any
    form_class: type[forms.Form]
    initial: Callable[[CaseFile], dict[str, Any]]
    save: Callable[[CaseFile, Any, StaffRequest], object]
    intro: Any = ""


def _edit(request: StaffRequest, number: str, page: Editing) -> HttpResponse:
    case = get_case(request, number)
    stored = page.initial(case)
    form = page.form_class(posted(request), initial={**stored, "version": case.version})
    conflict: list[dict[str, str]] = []
    if request.method == "POST" and form.is_valid():
        try:
            page.save(case, form, request)
        except Conflict as refusal:
            conflict = _both_versions(form, stored)
            set_again(form, "version", case.version)
            add_refusal(form, refusal)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, page.saved)
            return redirect("cases:detail", number=case.number)
    context = {**case_context(request, case, tab="overview"), "form": form, "page": page, "conflict": conflict}
    return render(request, "cases/edit.html", context)


def _both_versions(form: forms.Form, stored: dict[str, Any]) -> list[dict[str, str]]:
    """What is saved and what was typed, for each field in which they differ."""
    rows = []
    for name, field in form.fields.items():
        if name == "version":
            continue
        mine, saved = form.cleaned_data.get(name), stored.get(name)
        if (mine or None) != (saved or None):
            rows.append({"label": str(field.label), "saved": _words(field, saved), "mine": _words(field, mine)})
    return rows


def _words(field: forms.Field, value: Any) -> str:
    if isinstance(field, forms.BooleanField):
        return _("Yes") if value else _("No")
    if value in (None, ""):
        return "–"
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        return str(dict(cast(Any, field.choices)).get(value, value))
    show = getattr(field, "show", str)  # dates and numbers are shown as they are written
    return str(show(value))


CITIZEN = Editing(
    title=gettext_lazy("Citizen's data"),
    submit=gettext_lazy("Save citizen's data"),
    saved=gettext_lazy("The citizen's data is saved."),
    form_class=CitizenForm,
    initial=lambda case: CitizenForm.initial_of(case.citizen),
    save=lambda case, form, request: services.update_citizen(
        case=case,
        values=form.values,
        by=request.user,
        today=clock.today(),
        version=form.cleaned_data["version"],
    ),
)
COACH = Editing(
    title=gettext_lazy("Assign coach"),
    submit=gettext_lazy("Save coach"),
    saved=gettext_lazy("The coach is assigned."),
    intro=gettext_lazy("The coach also gets the case's open tasks."),
    form_class=CoachForm,
    initial=lambda case: {"coach": case.coach},
    save=lambda case, form, request: services.assign_coach(
        case=case,
        coach=form.cleaned_data["coach"],
        by=request.user,
        today=clock.today(),
        version=form.cleaned_data["version"],
    ),
)
COHORT = Editing(
    title=gettext_lazy("Choose cohort"),
    submit=gettext_lazy("Save cohort"),
    saved=gettext_lazy("The cohort is saved."),
    form_class=CohortForm,
    initial=lambda case: {"cohort": case.cohort},
    save=lambda case, form, request: services.set_cohort(
        case=case, cohort=form.cleaned_data["cohort"], by=request.user, version=form.cleaned_data["version"]
    ),
)


def _firm(case: CaseFile) -> dict[str, Any]:
    firm = Business.objects.filter(case=case).first()
    names = ("name", "form", "trade", "cvr", "started_on")
    return {name: getattr(firm, name) for name in names} if firm else {}


BUSINESS = Editing(
    title=gettext_lazy("Business"),
    submit=gettext_lazy("Save business"),
    saved=gettext_lazy("The business is saved."),
    intro=gettext_lazy("The business has to belong to the citizen alone. A loan cannot go to a partnership."),
    form_class=FirmForm,
    initial=_firm,
    save=lambda case, form, request: services.save_business(
        case=case, by=request.user, today=clock.today(), version=form.cleaned_data["version"], **form.values
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
