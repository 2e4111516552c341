"""Search as you type, and as a plain form (ui-guide.md §2)."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases.search import search as find
from cases.views.base import first_page_for
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import CASE_READERS, StaffRequest, role_required
from microloan.core import clock

LONGEST = 100


@role_required(*CASE_READERS)
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def search(request: StaffRequest) -> HttpResponse:
    """Name, CPR, case, loan, phone or CVR number; by POST, so that nothing typed stands in an address.

    The log keeps what kind of search it was and whom it gave, never what was typed. A number that names one case leads
    straight to it; a name never does, for that might be somebody else.
    """
    if request.method != "POST":
        return render(request, "cases/search.html", {"hits": [], "query": ""})
    query = request.POST.get("q", "").replace("\0", "")[:LONGEST].strip()
    found = find(request.user, query, clock.today())
    if query:
        logged(request, AccessAction.SEARCH, *found.cases, what=f"cases:search:{found.kind}")
    if found.is_certain and not request.htmx:
        return redirect(first_page_for(request.user, found.cases[0]))
    hits = [
        {
            "name": str(case.citizen),
            "detail": f"{case.number} · {case.plain_step if request.user.is_referrer else case.get_phase_display()}",
            "url": first_page_for(request.user, case),
        }
        for case in found.cases
    ]
    template = "includes/_search_hits.html" if request.htmx else "cases/search.html"
    return render(request, template, {"hits": hits, "query": query})
