"""Mit arbejde, the case list, search, and the tasks of both."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_tables2 import RequestConfig

from cases import queries, services, substitutes, worklist
from cases.enums import Holder
from cases.filters import CaseFilter, TaskFilter
from cases.forms import NewTaskForm, TaskForm, add_refusal
from cases.models import CaseFile, Task, ViewPage
from cases.tables import CaseTable, PageRows
from cases.views.base import case_context, get_case, posted
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once

TASKS_PER_PAGE = 50
CASES_PER_PAGE = 50


@team_required
@require_safe
def work(request: StaffRequest) -> HttpResponse:
    """Mit arbejde: what is late, due today, this week and later (ui-guide.md §3.1)."""
    today = clock.today()
    view = request.GET.get("view", "mine")
    view = view if view in worklist.LABELS else "mine"
    filters = TaskFilter(
        request.GET, queryset=worklist.tasks_in(request.user, view, today), request=request, today=today
    )
    query = filters.as_query(view="" if view == "mine" else view)
    totals = worklist.totals(request.user, filters.qs, view, query, today)
    paginator = Paginator(filters.qs, TASKS_PER_PAGE)
    paginator.count = sum(totals.values())  # known already
    page = paginator.get_page(request.GET.get("page"))
    logged(request, AccessAction.LIST, *(task.case for task in page))
    substitutes.mark(page, request.user, today)
    context = {
        "standing_in": substitutes.covered_by(request.user, today),
        "today": today,
        "view": view,
        "view_label": worklist.LABELS[view],
        "views": worklist.views(request.user, today, view),
        "saved_views": worklist.saved_views(request.user, ViewPage.WORK, query),
        "query": query,
        "filter": filters,
        "tags": filters.tags(),
        "total": paginator.count,
        "sides": worklist.cases_by_side(request.user),
        "groups": worklist.grouped(page, totals, today),
        "page": page,
        "new_referrals": worklist.new_referrals(request.user, today),
        "waiting_on": worklist.waiting_on(request.user),
        "next": request.get_full_path(),
    }
    return render(request, "cases/work.html", context)


@team_required
@require_safe
def case_list(request: StaffRequest) -> HttpResponse:
    """All cases, filtered and sorted on the server."""
    today = clock.today()
    filters = CaseFilter(request.GET, queryset=queries.case_list(request.user), request=request)
    table = CaseTable(PageRows(filters.qs), today=today)
    table.holder_labels = dict(Holder.choices)
    query = filters.as_query(sort=request.GET.get("sort", ""))
    RequestConfig(request, paginate={"per_page": CASES_PER_PAGE, "silent": True}).configure(table)
    shown = [row.record for row in table.page.object_list]
    steps = queries.steps_of(shown)
    table.step_labels = {pk: queries.step_label(step) for pk, step in steps.items()}
    for case in shown:
        if not case.is_open:
            table.step_labels[case.pk] = case.get_phase_display()
    logged(request, AccessAction.LIST, *shown)
    context = {
        "table": table,
        "filter": filters,
        "tags": filters.tags(),
        "total": table.page.paginator.count,
        "sort": request.GET.get("sort", ""),
        "query": query,
        "saved_views": worklist.saved_views(request.user, ViewPage.CASES, query),
    }
    return render(request, "cases/list.html", context)


# --- Tasks ---------------------------------------------------------------------------------------------------------------


def _task_of(request: StaffRequest, pk: int) -> Task:
    visible = CaseFile.objects.visible_to(request.user)
    task: Task = get_object_or_404(Task.objects.select_related("case__citizen"), pk=pk, case__in=visible)
    logged(request, AccessAction.CHANGE, task.case)
    return task


def _back(request: StaffRequest, case: CaseFile) -> HttpResponse:
    """To the page the button stood on, if it is one of ours."""
    address = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return redirect(address if safe and address.startswith("/") else reverse("cases:detail", args=[case.number]))


@team_required
@require_POST
def task_done(request: StaffRequest, pk: int) -> HttpResponse:
    """ "Løst": acts at once, and can be undone from the message until the next page."""
    task = _task_of(request, pk)
    try:
        task = services.complete_task(task=task, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        context = {"task": task, "next": request.POST.get("next", "")}
        messages.success(request, render_to_string("cases/_task_done.html", context, request=request))
    return _back(request, task.case)


@team_required
@require_POST
def task_undo(request: StaffRequest, pk: int) -> HttpResponse:
    task = _task_of(request, pk)
    try:
        services.undo_complete_task(task=task, by=request.user)
    except Refused as refusal:
        messages.error(request, str(refusal))
    return _back(request, task.case)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def task_new(request: StaffRequest) -> HttpResponse:
    """A new task from the work list: the case is named by its number."""
    form = NewTaskForm(posted(request), user=request.user, today=clock.today(), initial={"owner": request.user})
    if request.method == "POST" and form.is_valid() and _add_task(request, form, form.case):
        return redirect("cases:work")
    return render(request, "cases/task_new.html", {"form": form})


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def case_task_new(request: StaffRequest, number: str) -> HttpResponse:
    """A new task in a case."""
    case = get_case(request, number)
    if not case.is_open:
        messages.info(request, _("The case is closed, so it takes no new tasks."))
        return redirect("cases:detail", number=case.number)
    form = TaskForm(posted(request), today=clock.today(), initial={"owner": case.coach or request.user})
    if request.method == "POST" and form.is_valid() and _add_task(request, form, case):
        return redirect("cases:detail", number=case.number)
    return render(request, "cases/case_task_new.html", {**case_context(request, case, tab="overview"), "form": form})


def _add_task(request: StaffRequest, form: TaskForm, case: CaseFile) -> Task | None:
    values = form.cleaned_data
    try:
        return services.add_task(
            case=case,
            title=values["title"],
            due_on=values["due_on"],
            holder=values["holder"],
            owner=values["owner"],
            by=request.user,
        )
    except Refused as refusal:
        add_refusal(form, refusal)
        return None


@team_required
@require_safe
def case_tasks(request: StaffRequest, number: str) -> HttpResponse:
    """All tasks of a case, open and done."""
    case = get_case(request, number)
    tasks = queries.all_tasks(case)
    page = Paginator(tasks, TASKS_PER_PAGE).get_page(request.GET.get("page"))
    context = {**case_context(request, case, tab="overview"), "page": page, "next": request.get_full_path()}
    return render(request, "cases/case_tasks.html", context)
