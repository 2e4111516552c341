"""The access log and the change history, for the data protection officer. Nothing can be edited (domain.md §2)."""

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_tables2 import RequestConfig

from microloan.accounts import audit
from microloan.accounts.enums import AccessAction, Purpose
from microloan.accounts.filters import AccessLogFilter
from microloan.accounts.logging import logged
from microloan.accounts.models import AccessLog
from microloan.accounts.paging import CappedPaginator
from microloan.accounts.perms import auditor_required
from microloan.accounts.registry import Subject, subject_of, tracked_rows_of
from microloan.accounts.tables import AccessLogTable
from microloan.core.export import csv_response

PER_PAGE = 50


@auditor_required
@require_safe
def access_log(request: HttpRequest) -> HttpResponse:
    """Who looked at what, newest first, by user, action, period and case."""
    found = AccessLogFilter(request.GET, queryset=AccessLog.objects.select_related("user"))
    table = AccessLogTable(found.qs)
    RequestConfig(request, paginate={"per_page": PER_PAGE, "paginator_class": CappedPaginator}).configure(table)
    context = {"filter": found, "table": table, "most": CappedPaginator.most, "keep": {}}
    return render(request, "accounts/access_log.html", context)


@auditor_required
@require_safe
def find_case(request: HttpRequest) -> HttpResponse:
    """From a case number that was typed to its page."""
    number = request.GET.get("number", "").strip().upper()
    if subject_of(number) is None:
        return render(request, "accounts/access_log_unknown.html", {"number": number[:20]}, status=404)
    return redirect("accounts:access_log_case", number=number)


def _subject(number: str) -> Subject:
    found = subject_of(number)
    if found is None:
        raise Http404
    return found


@auditor_required
@require_safe
def case(request: HttpRequest, number: str) -> HttpResponse:
    """All lines about the citizen behind a case number. The officer sees the number, never the name."""
    subject = _subject(number)
    logged(request, AccessAction.VIEW, number=number)
    table = AccessLogTable(audit.log_of_subject(subject).select_related("user"))
    RequestConfig(request, paginate={"per_page": PER_PAGE, "paginator_class": CappedPaginator}).configure(table)
    context = {"number": number, "subject": subject, "table": table, "tab": "log"}
    return render(request, "accounts/access_log_case.html", context)


@auditor_required
@require_safe
def extract(request: HttpRequest, number: str) -> HttpResponseBase:
    """For a citizen who asks: dates, actions and purposes, without the names of employees (danish-rules.md §7)."""
    subject = _subject(number)
    lines = audit.log_of_subject(subject)
    logged(request, AccessAction.EXPORT, number=number, purpose=Purpose.ACCESS_REQUEST)
    headings = [_("Date and time"), _("Action"), _("What"), _("Purpose")]
    return csv_response(f"logudtraek-{number}", headings, audit.extract(lines))


@auditor_required
@require_safe
def changes(request: HttpRequest, number: str) -> HttpResponse:
    """What was changed in a case: field, before, after, who. Free text and identifying facts are not shown."""
    _subject(number)
    logged(request, AccessAction.VIEW, number=number)
    page = Paginator(audit.change_lines(tracked_rows_of(number)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/changes.html", {"number": number, "page": page, "tab": "changes"})
