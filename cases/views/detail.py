"""The case page, its journal, and what is shown only when asked for (ui-guide.md §3.2)."""

from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cases import journal_queries, queries, registry
from cases.models import CaseFile
from cases.views.base import case_context, first_page_for, get_case
from cases.views.journal import note_form, save_note
from microloan.accounts.enums import TEAM, AccessAction, Role
from microloan.accounts.perms import StaffRequest, role_required, team_required
from microloan.core.once import sent_once

EXCERPT = 6
ENTRIES_PER_PAGE = 25
TASKS_ON_CASE_PAGE = 12
SECRETS = ("cpr", "address")


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def detail(request: StaffRequest, number: str) -> HttpResponse:
    """The case page: deadline, tasks, journal, panels. A POST is a new note."""
    case = get_case(request, number)
    form, draft = note_form(request, case)
    if request.method == "POST" and save_note(request, case, form):
        return redirect("cases:detail", number=case.number)
    return render(request, "cases/detail.html", {**_overview(request, case), "form": form, "draft": draft})


def _overview(request: StaffRequest, case: CaseFile) -> dict[str, Any]:
    context = case_context(request, case, tab="overview")
    today = context["today"]
    tasks = list(queries.case_tasks(case))
    entries = journal_queries.entries(case)
    return {
        **context,
        "tasks": tasks[:TASKS_ON_CASE_PAGE],
        "open_tasks": len(tasks),
        "done_tasks": case.tasks.filter(done_at__isnull=False).count(),
        "late_tasks": sum(task.due_on < today for task in tasks),
        "deadline": queries.next_deadline(tasks),
        "entries": queries.entry_rows(entries[:EXCERPT], case, today),
        "entry_count": case.journal.count(),
        "firm": getattr(case, "business", None),
        "referral": getattr(case, "referral", None),
        "reliability": queries.reliability([case.pk])[case.pk],
        "panels": panels_for(request, case, today),
        "next": request.get_full_path(),
    }


def panels_for(request: StaffRequest, case: CaseFile, today: date) -> list[str]:
    """The boxes of the higher rooms, each rendered by its own template."""
    boxes: list[str] = []
    for panel in registry.panels:
        if request.user.role not in panel.roles:
            continue
        filling = panel.context(case, request.user, today)
        if filling is not None:
            boxes.append(render_to_string(panel.template, {"case": case, "today": today, **filling}, request=request))
    return boxes


@role_required(*TEAM, Role.BENEFITS_OFFICER)
@never_cache
@require_POST
def reveal(request: StaffRequest, number: str) -> HttpResponse:
    """The whole CPR number, or a protected address: by POST, and logged (domain.md §2, danish-rules.md §7)."""
    secret = request.POST.get("what", "")
    if secret not in SECRETS:
        raise Http404
    case = get_case(request, number, action=AccessAction.REVEAL, what=f"cases:reveal_{secret}")
    context = {"case": case, "secret": secret, "back": first_page_for(request.user, case)}
    if request.htmx:
        return render(request, "cases/_revealed.html", context)
    return render(request, "cases/revealed.html", {**case_context(request, case, tab=""), **context})
