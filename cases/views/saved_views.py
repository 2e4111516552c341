"""Views of a list under a name (ui-guide.md §2): saved, listed, removed, and brought back."""

from datetime import date

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Q
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from cases import queries, services, worklist
from cases.filters import CaseFilter, TaskFilter
from cases.forms import SaveViewForm, add_refusal
from cases.models import SavedView, ViewPage
from cases.services.saved_views import may_remove
from cases.views.base import posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused

VIEWS_PER_PAGE = 50
ADDRESSES = {ViewPage.WORK: "cases:work", ViewPage.CASES: "cases:list"}


def _page_asked_for(request: StaffRequest) -> ViewPage:
    return ViewPage.CASES if request.GET.get("list") == ViewPage.CASES else ViewPage.WORK


def _address(page: str, query: str) -> str:
    address = reverse(ADDRESSES[ViewPage(page)])
    return f"{address}?{query}" if query else address


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def view_new(request: StaffRequest) -> HttpResponse:
    """Keep the filters in the address under a name."""
    page, today = _page_asked_for(request), clock.today()
    data: QueryDict = request.GET
    filters: TaskFilter | CaseFilter
    if page == ViewPage.WORK:
        view = data.get("view", "")
        filters = TaskFilter(data, queryset=queries.open_tasks(request.user), request=request, today=today)
        query = filters.as_query(view=view if view in worklist.LABELS and view != "mine" else "")
    else:
        filters = CaseFilter(data, queryset=queries.case_list(request.user), request=request)
        query = filters.as_query(sort=data.get("sort", ""))
    form = SaveViewForm(posted(request))
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            services.save_view(
                owner=request.user, page=page, name=values["name"], query=query, is_shared=values["is_shared"]
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The view “%(name)s” has been saved.") % {"name": values["name"]})
            return redirect(_address(page, query))
    context = {
        "form": form,
        "page": page,
        "rows": _facts(page, filters, data, today),
        "back": _address(page, query),
    }
    return render(request, "cases/view_new.html", context)


def _facts(page: ViewPage, filters: TaskFilter | CaseFilter, data: QueryDict, today: date) -> list[tuple[str, str]]:
    rows = [(_("List"), str(page.label))]
    if page == ViewPage.WORK:
        view = data.get("view", "")
        rows.append((_("View"), worklist.view_label(view if view in worklist.LABELS else "mine", today)))
    rows.append((_("Filters"), ", ".join(tag["label"] for tag in filters.tags()) or _("No filters")))
    return rows


@team_required
@require_safe
def saved_views(request: StaffRequest) -> HttpResponse:
    """One's own views and the shared ones, to open or remove."""
    views = SavedView.objects.kept().filter(Q(owner=request.user) | Q(is_shared=True)).select_related("owner")
    page = Paginator(views.order_by("page", "name", "pk"), VIEWS_PER_PAGE).get_page(request.GET.get("page"))
    rows = [
        {"view": view, "url": _address(view.page, view.query), "may_remove": may_remove(view, request.user)}
        for view in page
    ]
    return render(request, "cases/saved_views.html", {"rows": rows, "page": page})


def _own(request: StaffRequest, pk: int) -> SavedView:
    view: SavedView = get_object_or_404(SavedView.objects.select_related("owner"), pk=pk)
    if view.owner_id == request.user.pk or view.is_shared:
        return view
    return get_object_or_404(SavedView.objects.none(), pk=pk)  # somebody else's own view does not exist here


@team_required
@require_POST
def view_remove(request: StaffRequest, pk: int) -> HttpResponse:
    """Acts at once, and can be undone from the message until the next page."""
    view = _own(request, pk)
    try:
        services.remove_view(view=view, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, render_to_string("cases/_view_removed.html", {"view": view}, request=request))
    return redirect("cases:saved_views")


@team_required
@require_POST
def view_restore(request: StaffRequest, pk: int) -> HttpResponse:
    view = _own(request, pk)
    try:
        services.restore_view(view=view, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return redirect("cases:saved_views")
