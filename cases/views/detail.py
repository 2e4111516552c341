"""The case page, its journal, and what is shown only when asked for (ui-guide.md §3.2)."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from cases import queries, registry, services
from cases.enums import EntryKind
from cases.forms import CorrectionForm, NoteForm, add_refusal
from cases.models import CaseFile, JournalEntry
from cases.views.base import case_context, first_page_for, get_case, posted
from microloan.accounts.enums import TEAM, AccessAction, Role
from microloan.accounts.perms import StaffRequest, role_required, team_required
from microloan.core.errors import Refused

EXCERPT = 6
ENTRIES_PER_PAGE = 25
TASKS_ON_CASE_PAGE = 12
SECRETS = ("cpr", "address")


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def detail(request: StaffRequest, number: str) -> HttpResponse:
    """The case page: deadline, tasks, journal, panels. A POST is a new note."""
    case = get_case(request, number)
    form = NoteForm(posted(request))
    if request.method == "POST" and _write_note(request, case, form):
        return redirect("cases:detail", number=case.number)
    return render(request, "cases/detail.html", _overview(request, case, form))


def _overview(request: StaffRequest, case: CaseFile, form: NoteForm) -> dict[str, Any]:
    context = case_context(request, case, tab="overview")
    today = context["today"]
    tasks = list(queries.case_tasks(case))
    entries = queries.journal_of(case)
    return {
        **context,
        "form": form,
        "tasks": tasks[:TASKS_ON_CASE_PAGE],
        "open_tasks": len(tasks),
        "done_tasks": case.tasks.filter(done_at__isnull=False).count(),
        "late_tasks": sum(task.due_on < today for task in tasks),
        "deadline": queries.next_deadline(tasks),
        "entries": queries.entry_rows(entries[:EXCERPT], case.number),
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


def _write_note(request: StaffRequest, case: CaseFile, form: NoteForm) -> JournalEntry | None:
    if not form.is_valid():
        return None
    try:
        return services.write_note(
            case=case,
            text=form.cleaned_data["text"],
            kind=EntryKind(form.cleaned_data["kind"]),
            event_at=form.event_at,
            by=request.user,
        )
    except Refused as refusal:
        if refusal.field == "event_at":
            refusal.field = "date"
        add_refusal(form, refusal)
        return None


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def journal(request: StaffRequest, number: str) -> HttpResponse:
    """The whole journal, newest first, by kind; and a new note."""
    case = get_case(request, number)
    form = NoteForm(posted(request))
    if request.method == "POST" and _write_note(request, case, form):
        return redirect("cases:journal", number=case.number)
    kind = request.GET.get("kind", "")
    kind = kind if kind in EntryKind.values else ""
    page = Paginator(queries.journal_of(case, kind=kind), ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **case_context(request, case, tab="journal"),
        "form": form,
        "page": page,
        "entries": queries.entry_rows(page, case.number),
        "kinds": queries.journal_views(case, kind),
    }
    return render(request, "cases/journal.html", context)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def journal_correct(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """A mistake is put right by a new entry that names the old one; both stay (domain.md §3.7)."""
    case = get_case(request, number)
    entry = get_object_or_404(case.journal.select_related("author"), pk=pk)
    form = CorrectionForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.write_note(case=case, text=form.cleaned_data["text"], by=request.user, corrects=entry)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            return redirect("cases:journal", number=case.number)
    context = {
        **case_context(request, case, tab="journal"),
        "form": form,
        "entry": entry,
        "entries": queries.entry_rows([entry], case.number),
    }
    return render(request, "cases/journal_correct.html", context)


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
