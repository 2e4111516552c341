from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from cases.views.base import case_context, get_case
from microloan.accounts.perms import team_required


@team_required
def detail(request: HttpRequest, number: str) -> HttpResponse:
    """The case page: deadline, tasks, journal, panels (ui-guide.md §3.2)."""
    case = get_case(request, number)
    return render(request, "cases/detail.html", case_context(request, case, tab="overview"))
