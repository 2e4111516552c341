"""The case file as one PDF: ordered, waited for, fetched. For the team alone (access to documents)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import services
from cases.case_file import section_choices
from cases.enums import ExportState
from cases.forms import CaseFileForm, add_refusal
from cases.models import CaseFile, CaseFileExport
from cases.views.base import case_context, get_case, posted
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core.errors import Refused

PER_PAGE = 10


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def case_file(request: StaffRequest, number: str) -> HttpResponse:
    """Order the case file, and see what has been ordered. A part of the page asks anew while one is being made."""
    if request.htmx:  # asks whether it is ready: nothing of the case is shown, so nothing is logged
        found: CaseFile = get_object_or_404(CaseFile.objects.visible_to(request.user), number=number)
        return render(request, "cases/_case_files.html", _ordered(request, found))
    ordering = request.method == "POST"
    case = get_case(request, number, action=AccessAction.EXPORT if ordering else None)
    everything = [key for key, _label in section_choices()]
    initial = {"sections": everything, "leave_out": True, "mask_cpr": True}
    form = CaseFileForm(posted(request), initial=initial)
    if ordering and form.is_valid():
        try:
            services.order_case_file(case=case, by=request.user, **form.cleaned_data)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The case file is being made. It appears below when it is ready."))
            return redirect("cases:case_file", number=case.number)
    context = {**case_context(request, case, tab="journal"), **_ordered(request, case), "form": form}
    return render(request, "cases/case_file.html", context)


def _ordered(request: StaffRequest, case: CaseFile) -> dict[str, Any]:
    exports = case.exports.select_related("ordered_by").order_by("-ordered_at", "-pk")
    page = Paginator(exports, PER_PAGE).get_page(request.GET.get("page"))
    return {"case": case, "page": page, "is_at_work": any(export.is_at_work for export in page)}


@team_required
@require_safe
def case_file_download(request: StaffRequest, number: str, pk: int) -> HttpResponseBase:
    """A finished file, under a name that says nothing about the person."""
    case = get_case(request, number, action=AccessAction.DOWNLOAD)
    export: CaseFileExport = get_object_or_404(case.exports.filter(state=ExportState.READY), pk=pk)
    export.case = case
    try:
        file = export.open()
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(file, as_attachment=True, filename=export.file_name, content_type="application/pdf")
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
