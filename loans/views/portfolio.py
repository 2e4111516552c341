"""The portfolio list, and the list as a file (domain.md §7)."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases.forms import ExportForm
from cases.views.base import posted
from loans import portfolio as lists
from loans.models import Loan
from microloan.accounts.enums import TEAM, AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, role_required
from microloan.core import clock
from microloan.core.export import csv_response, xlsx_response

PER_PAGE = 50
MOST_ROWS = 10_000
BATCH = 500
followers_required = role_required(*TEAM, Role.BENEFITS_OFFICER)


def _asked(request: StaffRequest) -> tuple[str, str]:
    keys = [one.key for one in lists.filters()]
    view, sort = request.GET.get("view", ""), request.GET.get("sort", "")
    return (view if view in keys else ""), (sort if sort.removeprefix("-") in lists.SORTS else lists.DEFAULT_SORT)


def _address(view: str, sort: str) -> str:
    given = {"view": view, "sort": sort if sort != lists.DEFAULT_SORT else ""}
    return "?" + urlencode({key: value for key, value in given.items() if value})


@followers_required
@require_safe
def portfolio(request: StaffRequest) -> HttpResponse:
    """Loans that have been paid out, list by list."""
    today = clock.today()
    view, sort = _asked(request)
    loans = lists.chosen(lists.portfolio(request.user, today), view, today)
    page = Paginator(lists.ordered(loans, sort).values_list("pk", flat=True), PER_PAGE).get_page(
        request.GET.get("page")
    )
    rows = lists.with_figures(list(page), today)
    logged(request, AccessAction.LIST, *[loan.case for loan in rows])
    context = {
        "rows": [{"loan": loan, "words": lists.words_of(loan)} for loan in rows],
        "page": page,
        "totals": lists.sum_of(loans, today) if page.paginator.count else None,
        "views": [
            {"label": _("All"), "url": _address("", sort), "current": not view, "count": None},
            *(
                {"label": one.label, "url": _address(one.key, sort), "current": one.key == view, "count": None}
                for one in lists.filters()
            ),
        ],
        "headings": _headings(view, sort),
        "query": _address(view, sort),
        "is_own": request.user.role == Role.COACH,
        "today": today,
    }
    return render(request, "loans/portfolio.html", context)


def _headings(view: str, sort: str) -> list[dict[str, Any]]:
    """The headings as links that sort; pressed again, the other way round."""
    words = {
        "citizen": _("Citizen"),
        "paid_out_on": _("Paid out on"),
        "principal": _("Loan"),
        "balance": _("Balance"),
        "late": _("Arrears"),
        "next_due": _("Next instalment"),
        "last_due": _("Last instalment"),
    }
    headings = []
    for name, word in words.items():
        is_up = sort == name
        state = "ascending" if is_up else "descending" if sort == f"-{name}" else ""
        headings.append(
            {
                "word": word,
                "url": _address(view, f"-{name}" if is_up else name),
                "sort": state,
                "is_number": name in ("principal", "balance", "late"),
            }
        )
    return headings


# --- As a file -----------------------------------------------------------------------------------------------------------


def headings() -> list[str]:
    return [
        _("Case"),
        _("Citizen"),
        _("Coach"),
        _("Loan no."),
        _("Paid out on"),
        _("Loan"),
        _("Balance"),
        _("Arrears"),
        _("With recovery"),
        _("Next instalment"),
        _("Last instalment"),
    ]


@followers_required
@require_http_methods(["GET", "HEAD", "POST"])
def portfolio_export(request: StaffRequest) -> HttpResponseBase:
    """Ask for the purpose, then give the file. List and order are those in the address."""
    today = clock.today()
    view, sort = _asked(request)
    loans = lists.chosen(lists.portfolio(request.user, today), view, today)
    total = loans.count()
    form = ExportForm(posted(request))
    if request.method == "POST" and form.is_valid() and 0 < total <= MOST_ROWS:
        ids = list(lists.ordered(loans, sort).values_list("pk", flat=True))
        return _file(request, ids, form.cleaned_data, today)
    name = next((str(one.label) for one in lists.filters() if one.key == view), _("All"))
    context = {
        "form": form,
        "rows": [(_("Loans"), str(total)), (_("List"), name), (_("Columns"), ", ".join(headings()))],
        "total": total,
        "too_many": total > MOST_ROWS,
        "most": MOST_ROWS,
        "query": _address(view, sort),
    }
    return render(request, "loans/portfolio_export.html", context)


def _file(request: StaffRequest, ids: list[int], values: dict[str, Any], today: date) -> HttpResponseBase:
    cases = [loan.case for loan in Loan.objects.filter(pk__in=ids).select_related("case").order_by("pk")]
    logged(request, AccessAction.EXPORT, *cases, what="loans:portfolio_export", purpose=values["purpose"])
    filename = f"laan-{today.isoformat()}"
    if values["format"] == "csv":
        return csv_response(filename, headings(), _lines(ids, today))
    return xlsx_response(filename, {_("Loans"): (headings(), _lines(ids, today))})


def _lines(ids: list[int], today: date) -> Iterator[list[Any]]:
    """Line by line, a fixed number of queries per 500 loans."""
    for start in range(0, len(ids), BATCH):
        for loan in lists.with_figures(ids[start : start + BATCH], today):
            found: Any = loan
            case = loan.case
            yield [
                case.number,
                _("(name protected)") if case.citizen.is_protected_on(today) else str(case.citizen),
                case.coach.full_name if case.coach else "",
                loan.number,
                found.paid_out_on,
                loan.principal,
                found.balance,
                found.late,
                found.handed_over,
                found.next_due,
                found.last_due,
            ]
