"""Former cohorts from a file: upload, trial run, the rows that stand in the way, then load."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import StaffRequest, lead_required
from microloan.accounts.services import log_access
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.export import xlsx_response
from reports import history_uploads
from reports.forms import HistoryFileForm
from reports.models import HistoryUpload
from reports.rules.history_sheets import DANISH_NAMES
from reports.rules.history_sheets import SHEETS as COLUMNS

PER_PAGE = 50
SHEETS = {
    "cohorts": gettext_lazy("Cohorts"),
    "participants": gettext_lazy("Participants"),
    "loans": gettext_lazy("Loans"),
    "payments": gettext_lazy("Payments"),
    "livelihoods": gettext_lazy("Livelihoods"),
}


@lead_required
@require_http_methods(["GET", "HEAD", "POST"])
def uploads(request: StaffRequest) -> HttpResponse:
    """The files so far, and the form for the next."""
    form = HistoryFileForm(request.POST, request.FILES) if request.method == "POST" else HistoryFileForm()
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data["file"]
        try:
            made = history_uploads.upload_history(
                data=given.read(history_uploads.MAX_BYTES + 1), name=given.name, by=request.user, today=clock.today()
            )
        except Refused as refusal:
            form.add_error("file", list(refusal.messages))
        else:
            return redirect("reports:history_upload", pk=made.pk)
    files = HistoryUpload.objects.select_related("uploaded_by", "loaded_by")
    page = Paginator(files, PER_PAGE).get_page(request.GET.get("page"))
    sheets = [(sheet.danish[0], [column.danish[0] for column in sheet.columns]) for sheet in COLUMNS]
    return render(request, "reports/history.html", {"form": form, "page": page, "sheets": sheets})


@lead_required
@require_safe
def upload(request: HttpRequest, pk: int) -> HttpResponse:
    """What the trial run said: what would be loaded, or every row that stands in the way."""
    found = _upload(pk)
    context = {
        "found": found,
        "counts": [(words, found.report[sheet]) for sheet, words in SHEETS.items() if sheet in found.report],
        "page": Paginator(_lines(found.errors), PER_PAGE).get_page(request.GET.get("page")),
        "warnings": _lines(found.report.get("warnings", [])[:PER_PAGE]),
    }
    return render(request, "reports/history_upload.html", context)


@lead_required
@require_POST
def check(request: StaffRequest, pk: int) -> HttpResponse:
    """The trial run once more."""
    return _do(request, pk, history_uploads.check_again, "")


@lead_required
@require_POST
def load(request: StaffRequest, pk: int) -> HttpResponse:
    """Load what was tried."""
    return _do(request, pk, history_uploads.load_history, _("The former cohorts have been loaded."))


def _do(request: StaffRequest, pk: int, service: Any, done: str) -> HttpResponse:
    try:
        service(upload=_upload(pk), by=request.user, today=clock.today())
    except Refused as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        if done:
            messages.success(request, done)
    return redirect("reports:history_upload", pk=pk)


@lead_required
@require_safe
def errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    """The rows that stand in the way as a sheet, to be mended beside the file."""
    found = _upload(pk)
    headings = [_("Sheet"), _("Row"), _("Column"), _("What is wrong")]
    rows = [[line["sheet"], line["row"] or "", line["column"], line["message"]] for line in _lines(found.errors)]
    log_access(
        user=request.user, action=AccessAction.EXPORT, what="reports:history_errors", purpose=_("Mistakes in a file")
    )
    return xlsx_response(_("mistakes-in-the-file"), {_("Mistakes"): (headings, rows)})


def _upload(pk: int) -> HistoryUpload:
    found: HistoryUpload = get_object_or_404(HistoryUpload.objects.select_related("uploaded_by", "loaded_by"), pk=pk)
    return found


def _lines(found: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Mistakes or notes with the Danish names of sheet and column."""
    return [
        {**line, **{part: DANISH_NAMES.get(line[part], line[part]) for part in ("sheet", "column")}} for line in found
    ]
