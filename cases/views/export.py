"""The case list as a file: with a purpose, logged, without addresses, and harmless to open (danish-rules.md §7)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import queries, turns
from cases.enums import Holder
from cases.filters import CaseFilter
from cases.forms import ExportForm
from cases.models import CaseFile
from cases.tables import CaseTable, PageRows
from cases.views.base import posted
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.export import csv_response, xlsx_response

MOST_ROWS = 10_000
BATCH = 500


def headings() -> list[str]:
    return [
        _("Case"),
        _("Citizen"),
        _("Phase"),
        _("In this phase since"),
        _("Step"),
        _("Coach"),
        _("Centre"),
        _("Cohort"),
        _("Livelihood"),
        _("Channel"),
        _("Opened"),
        _("Next date"),
        _("Waiting on"),
        _("Days in all"),
        _("Days waiting on us"),
        _("Days waiting on the citizen"),
        _("Days waiting on others"),
    ]


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def export(request: StaffRequest) -> HttpResponseBase:
    """Ask for the purpose, then give the file. The filters and the order are those in the address."""
    today = clock.today()
    filters = CaseFilter(request.GET, queryset=queries.case_list(request.user), request=request)
    total = filters.qs.count()
    form = ExportForm(posted(request))
    if request.method == "POST" and form.is_valid() and 0 < total <= MOST_ROWS:
        return _file(request, filters, form.cleaned_data, today)
    context = {
        "form": form,
        "rows": [
            (_("Cases"), str(total)),
            (_("Filters"), ", ".join(tag["label"] for tag in filters.tags()) or _("All open cases")),
            (_("Columns"), ", ".join(headings())),
        ],
        "total": total,
        "too_many": total > MOST_ROWS,
        "most": MOST_ROWS,
        "query": filters.as_query(sort=request.GET.get("sort", "")),
    }
    return render(request, "cases/export.html", context)


def _file(request: StaffRequest, filters: CaseFilter, values: dict[str, Any], today: date) -> HttpResponseBase:
    table = CaseTable(PageRows(filters.qs), today=today)
    table.order_by = request.GET.getlist("sort") or table.Meta.order_by
    cases = list(table.data.data.only("number", "citizen_id").select_related(None))
    logged(request, AccessAction.EXPORT, *cases, what="cases:export", purpose=values["purpose"])
    lines = rows([case.pk for case in cases], filters, today)
    filename = f"sager-{today.isoformat()}"
    if values["format"] == "csv":
        return csv_response(filename, headings(), lines)
    return xlsx_response(filename, {_("Cases"): (headings(), lines)})


def rows(ids: list[int], filters: CaseFilter, today: date) -> Iterator[list[Any]]:
    """Line by line, a fixed number of queries per 500 cases."""
    holders = dict(Holder.choices)
    for start in range(0, len(ids), BATCH):
        batch = ids[start : start + BATCH]
        found = filters.qs.order_by().select_related("citizen", "coach", "centre", "cohort").in_bulk(batch)
        steps = queries.steps_of(found.values())
        times = turns.time_in_phases(batch, today)
        for pk in batch:
            if case := found.get(pk):
                yield _line(case, queries.step_label(steps[pk]), times[pk], holders, today)


def _line(case: CaseFile, step: str, times: list[turns.PhaseTime], holders: dict[str, Any], today: date) -> list[Any]:
    """One case. Of a citizen whose name and address are protected, the number has to do: a file gets about."""
    row: Any = case
    protected = case.citizen.is_protected_on(today)
    return [
        case.number,
        _("(name protected)") if protected else str(case.citizen),
        str(case.get_phase_display()),
        case.phase_entered_on,
        step if case.is_open else "",
        case.coach.full_name if case.coach else "",
        case.centre.name if case.centre else "",
        case.cohort.code if case.cohort else "",
        str(case.get_livelihood_display()),
        str(case.get_channel_display()),
        case.opened_on,
        row.next_due_on,
        str(holders.get(row.next_holder, "")),
        sum(time.total for time in times),
        sum(time.us for time in times),
        sum(time.citizen for time in times),
        sum(time.others for time in times),
    ]
