"""The documents of a case: list, upload, versions, and the files behind a check and a line in the access log."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import document_queries as queries
from cases import services
from cases.enums import DocumentKind
from cases.forms import DocumentForm, FileForm, NewDocumentForm, WithdrawDocumentForm, add_refusal
from cases.models import CaseFile, Document
from cases.models.document import DocumentFileChanged
from cases.views.base import case_context, get_case, locked, posted
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import User
from microloan.accounts.perms import StaffRequest, lead_required, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused
from microloan.core.once import sent_once

PER_PAGE = 25


def _page(request: StaffRequest, name: str, case: CaseFile, **more: Any) -> HttpResponse:
    return render(request, f"cases/{name}.html", {**case_context(request, case, tab="documents"), **more})


def _document(case: CaseFile, pk: int, *, reader: User | None = None) -> Document:
    """One that is withdrawn is no longer there, but for the project lead to read."""
    is_lead = reader is not None and reader.role == Role.PROJECT_LEAD
    document: Document = get_object_or_404(case.documents.all() if is_lead else case.documents.kept(), pk=pk)
    document.case = case
    return document


@team_required
@require_safe
def documents(request: StaffRequest, number: str) -> HttpResponse:
    """All documents of a case, newest first, by kind."""
    case = get_case(request, number)
    kind = request.GET.get("kind", "")
    kind = kind if kind in DocumentKind.values else ""
    page = Paginator(queries.documents_of(case, kind=kind), PER_PAGE).get_page(request.GET.get("page"))
    is_lead = request.user.role == Role.PROJECT_LEAD
    withdrawn = queries.withdrawn_of(case).count() if is_lead else 0
    return _page(request, "documents", case, page=page, kinds=queries.document_views(case, kind), withdrawn=withdrawn)


@lead_required
@require_safe
def documents_withdrawn(request: StaffRequest, number: str) -> HttpResponse:
    """What was put on this case by mistake: who withdrew it, when and why."""
    case = get_case(request, number)
    page = Paginator(queries.withdrawn_of(case), PER_PAGE).get_page(request.GET.get("page"))
    return _page(request, "documents_withdrawn", case, page=page)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def document_new(request: StaffRequest, number: str) -> HttpResponse:
    """Upload a document."""
    case = get_case(request, number)
    today = clock.today()
    files = request.FILES if request.method == "POST" else None
    form = NewDocumentForm(posted(request), files, today=today, stored={}, initial={"dated": today})
    if request.method == "POST" and form.is_valid():
        facts = {name: form.cleaned_data[name] for name in services.DOCUMENT_FIELDS}
        try:
            services.add_document(case=case, upload=form.upload, by=request.user, today=today, **facts)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The document is saved."))
            return redirect("cases:documents", number=case.number)
    return _page(request, "document_new", case, form=form)


@team_required
@require_safe
def document(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """One document with all its versions."""
    case = get_case(request, number)
    found = _document(case, pk, reader=request.user)
    return _page(request, "document", case, document=found, versions=queries.versions_of(found))


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def document_edit(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Put title, kind, date or the mark right; the files stay."""
    case = locked(request, get_case(request, number))
    found = _document(case, pk)
    today = clock.today()
    form = DocumentForm(posted(request), stored=DocumentForm.stored_of(found), row=found, today=today)
    if request.method == "POST" and form.is_valid():
        try:
            services.update_document(document=found, values=form.cleaned_data, by=request.user, today=today)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The document is corrected."))
            return redirect("cases:document", number=case.number, pk=found.pk)
    return _page(request, "document_edit", case, document=found, form=form)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def document_version_new(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Upload a newer version; the older stay readable."""
    case = get_case(request, number)
    found = _document(case, pk)
    form = FileForm(posted(request), request.FILES if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            version = services.add_version(document=found, upload=form.upload, by=request.user, today=clock.today())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("Version %(number)s is saved.") % {"number": version.number})
            return redirect("cases:document", number=case.number, pk=found.pk)
    return _page(request, "document_version_new", case, document=found, form=form)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def document_withdraw(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """The reason, then a check page that repeats the facts, then the document is off the case."""
    case = get_case(request, number)
    found = _document(case, pk)
    form = WithdrawDocumentForm(posted(request))
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return _page(request, "document_withdraw", case, document=found, form=form)
    reason = form.cleaned_data["reason"]
    try:
        if request.POST.get("step") == "withdraw":
            services.withdraw_document(document=found, reason=reason, by=request.user)
            messages.success(request, _("The document is withdrawn. Put it on the right case."))
            return redirect("cases:documents", number=case.number)
        services.check_withdrawal(reason, citizen=case.citizen)
    except Refused as refusal:
        add_refusal(form, refusal)
        return _page(request, "document_withdraw", case, document=found, form=form)
    rows = [
        (_("Document"), found.title),
        (_("Kind"), found.get_kind_display()),
        (_("Dated"), danish.long_date(found.dated)),
        (_("Versions"), str(found.versions.count())),
        (_("Why"), reason),
    ]
    return _page(request, "document_withdraw_check", case, document=found, rows=rows, reason=reason)


@team_required
@require_safe
def document_file(request: StaffRequest, number: str, pk: int, version: int) -> HttpResponse:
    """The file of a version: the only way to it. Browsers show pages and pictures; the rest is saved."""
    case = get_case(request, number, action=AccessAction.DOWNLOAD)
    found = _document(case, pk, reader=request.user)
    wanted = get_object_or_404(found.versions.all(), number=version)
    wanted.document = found
    try:
        data = wanted.read()
    except DocumentFileChanged as refusal:
        return render(request, "letters/file_changed.html", {"refusal": refusal.messages[0]}, status=409)
    response = HttpResponse(data, content_type=wanted.content_type)
    way = "inline" if wanted.is_shown_by_browsers else "attachment"
    response["Content-Disposition"] = f'{way}; filename="{wanted.download_name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response
