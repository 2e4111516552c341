"""What the screenings ask: the criteria sets and their versions, for administrators (domain.md §4)."""

from typing import Any, cast

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from microloan.accounts.perms import StaffRequest, administrator_required
from microloan.core.errors import Refused
from screening import queries, services
from screening.criteria_forms import BaseCriteria, Criteria, CriteriaNoteForm, rows_of
from screening.enums import ScreeningNumber
from screening.forms import refuse
from screening.models import CriteriaSet

PER_PAGE = 25


@administrator_required
@require_safe
def criteria_sets(request: StaffRequest) -> HttpResponse:
    """The four screenings, each with the version that new rounds use."""
    if not CriteriaSet.objects.exists():
        services.ensure_criteria()
    return render(request, "screening/criteria_sets.html", {"sets": queries.current_sets()})


@administrator_required
@require_safe
def criteria_set(request: StaffRequest, number: int) -> HttpResponse:
    """One version of a set, the newest where none is asked for; and the list of all versions."""
    _known(number)
    versions = queries.versions_of_set(number)
    wanted = request.GET.get("version", "")
    if wanted and not (wanted.isdecimal() and len(wanted) < 5):
        raise Http404
    shown: CriteriaSet = get_object_or_404(versions, version=int(wanted)) if wanted else versions[0]
    context = {
        "title": ScreeningNumber(number).label,
        "number": number,
        "shown": shown,
        "criteria": shown.criteria.order_by("order", "pk"),
        "page": Paginator(versions, PER_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "screening/criteria_set.html", context)


@administrator_required
def criteria_edit(request: StaffRequest, number: int) -> HttpResponse:
    """Write a new version, beginning from the one in use."""
    _known(number)
    current = CriteriaSet.objects.get(number=number, is_current=True)
    if request.method != "POST":
        empty = Criteria(initial=rows_of(services.data_of(current)))
        return _edit_page(request, current, CriteriaNoteForm(initial={"version": current.version}), empty)
    form, rows = CriteriaNoteForm(request.POST), cast(BaseCriteria, Criteria(request.POST))
    if rows.is_valid() and form.is_valid():
        try:
            made = services.change_criteria(
                number=number,
                criteria=rows.criteria(),
                note=form.cleaned_data["note"],
                base_version=form.cleaned_data["version"],
                by=request.user,
            )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            _tell(request, made, current)
            return redirect("screening:criteria_set", number=number)
    return _edit_page(request, current, form, rows)


def _tell(request: StaffRequest, made: CriteriaSet, before: CriteriaSet) -> None:
    if made.pk == before.pk:
        messages.info(request, _("Nothing was different, so no new version was made."))
    else:
        messages.success(
            request, _("Version %(version)s is used by the rounds that begin from now on.") % {"version": made.version}
        )


def _edit_page(request: StaffRequest, current: CriteriaSet, form: CriteriaNoteForm, rows: Any) -> HttpResponse:
    has_errors = rows.is_bound and (not rows.is_valid() or not form.is_valid())
    context = {
        "title": ScreeningNumber(current.number).label,
        "current": current,
        "form": form,
        "rows": rows,
        "has_errors": has_errors,
    }
    return render(request, "screening/criteria_edit.html", context)


def _known(number: int) -> None:
    if number not in ScreeningNumber.values:
        raise Http404
    if not CriteriaSet.objects.filter(number=number).exists():
        services.ensure_criteria()
