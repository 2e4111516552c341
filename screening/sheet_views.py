"""Budgets as files: the spreadsheet out and back, and the paper."""

from dataclasses import asdict

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from cases.models import CaseFile
from cases.views.base import get_case, locked
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.export import XLSX_TYPE
from microloan.policy.services import rule_set_on
from screening import queries, services, sheet_files
from screening.budget_pdf import budget_pdf
from screening.budget_views import establishment_page, stored_lines
from screening.enums import BudgetKind
from screening.forms import BudgetForm, Lines, empty_lines, refuse
from screening.models import Budget
from screening.services.budgets import PATHS
from screening.sheet_files import Read, Sheet
from screening.year_forms import UploadForm
from screening.year_views import context_of, edit_page, forms_for, stored_of

ESTABLISHMENT = "establishment"
KINDS = {ESTABLISHMENT: BudgetKind.ESTABLISHMENT, **{path: BudgetKind(kind) for kind, path in PATHS.items()}}


def kind_of(path: str) -> BudgetKind:
    if path not in KINDS:
        raise Http404
    return KINDS[path]


def _version(case: CaseFile, kind: BudgetKind, number: int) -> Budget:
    found = next((budget for budget in queries.budgets_of(case, kind) if budget.number == number), None)
    if found is None:
        raise Http404
    found.case = case
    return found


@team_required
@require_safe
def sheet(request: HttpRequest, number: str, kind: str, version: int) -> HttpResponse:
    """A version as a spreadsheet to fill in; version 0 is a blank one."""
    of = kind_of(kind)
    case = get_case(request, number, action=AccessAction.DOWNLOAD)
    made = _blank(case, of) if version == 0 else sheet_files.sheet_of(case, _version(case, of, version), clock.today())
    return _file(sheet_files.write(made), XLSX_TYPE, f"{case.number}-{kind}-v{version}.xlsx")


def _blank(case: CaseFile, kind: BudgetKind) -> Sheet:
    """Only before the first version: a later sheet begins with what stands."""
    if services.latest_budget(case, kind=kind) is not None:
        raise Http404
    if kind == BudgetKind.ESTABLISHMENT:
        return Sheet(case.number, kind, 0, rule_set_on(clock.today()))
    _rows, data = stored_of(None)
    year = services.draw_up(case=case, kind=kind, rows=[], data=data, today=clock.today())
    return Sheet(case.number, kind, 0, year.rule_set, frame=year.frame)


def _file(content: bytes, content_type: str, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type=content_type)
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@team_required
@require_safe
def paper(request: HttpRequest, number: str, kind: str, version: int) -> HttpResponse:
    """A version as a PDF for the citizen."""
    of = kind_of(kind)
    case = get_case(request, number, action=AccessAction.DOWNLOAD)
    budget = _version(case, of, version)
    try:
        content = budget_pdf(case, budget, clock.today())
    except Refused as refusal:
        messages.warning(request, refusal.messages[0])
        if of == BudgetKind.ESTABLISHMENT:
            return redirect("screening:budget", number=case.number)
        return redirect("screening:year_budget", number=case.number, kind=kind)
    return _file(content, "application/pdf", f"{case.number}-{kind}-v{version}.pdf")


@team_required
def sheet_upload(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """Read a filled-in sheet into the form of a new version. Nothing is saved before somebody saves that."""
    of = kind_of(kind)
    case = locked(request, get_case(request, number))
    form = UploadForm(request.POST, request.FILES) if request.method == "POST" else UploadForm()
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        newest = services.latest_budget(case, kind=of)
        try:
            read = sheet_files.read(file.name, file.read(sheet_files.MOST_BYTES + 1), case=case, kind=of, newest=newest)
        except Refused as refusal:
            refuse(form, refusal)
        else:
            return _read_page(request, case, read, newest)
    context = context_of(request, case, of, form=form, upload_path=kind)
    return render(request, "screening/sheet_upload.html", context)


def _read_page(request: HttpRequest, case: CaseFile, read: Read, newest: Budget | None) -> HttpResponse:
    """The form as if the sheet had been typed into it."""
    if read.data is None:
        stored = {"note": newest.note if newest else "", "lines": stored_lines(newest)}
        form = BudgetForm(stored=stored, row=newest)
        lines = Lines(initial=empty_lines([asdict(line) for line in read.lines]))
        return establishment_page(request, case, form, lines, from_sheet=True)
    return edit_page(
        request, case, read.kind, *forms_for(read.kind, newest, rows=read.rows, frame=read.data), from_sheet=True
    )
