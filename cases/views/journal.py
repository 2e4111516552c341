"""The journal of a case: read by kind, author and period, written in, put right, marked (domain.md §3.7)."""

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import journal_queries, note_draft, queries, services
from cases.enums import EntryKind
from cases.forms import CorrectionForm, JournalFilterForm, NoteForm, add_refusal
from cases.models import CaseFile, JournalEntry
from cases.services import DraftState
from cases.views.base import case_context, get_case, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once

ENTRIES_PER_PAGE = 25


def note_form(request: StaffRequest, case: CaseFile) -> tuple[NoteForm, DraftState]:
    """A new note, which begins with what the writer has left unsent."""
    draft = services.open_draft(owner=request.user, kind=note_draft.NOTE, key=case.number, today=clock.today())
    return NoteForm(posted(request), initial=draft.content), draft


def save_note(request: StaffRequest, case: CaseFile, form: NoteForm) -> JournalEntry | None:
    if not form.is_valid():
        return None
    values = form.cleaned_data
    try:
        entry = services.write_note(
            case=case,
            text=values["text"],
            kind=EntryKind(values["kind"]),
            event_at=form.event_at,
            others_data=values["others_data"],
            by=request.user,
        )
    except Refused as refusal:
        if refusal.field == "event_at":
            refusal.field = "date"
        add_refusal(form, refusal)
        return None
    _finish(request, note_draft.NOTE, case.number)
    return entry


def _finish(request: StaffRequest, kind: str, key: str) -> None:
    page = services.draft_page(request.POST)
    services.finish_draft(owner=request.user, kind=kind, key=key, page=page, now=clock.now())


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def journal(request: StaffRequest, number: str) -> HttpResponse:
    """The whole journal, newest first; and a new note."""
    case = get_case(request, number)
    form, draft = note_form(request, case)
    if request.method == "POST" and save_note(request, case, form):
        return redirect("cases:journal", number=case.number)
    kind = request.GET.get("kind", "")
    kind = kind if kind in EntryKind.values else ""
    filters = JournalFilterForm(request.GET, authors=journal_queries.authors(case))
    entries = journal_queries.entries(case, kind=kind, **filters.chosen())
    page = Paginator(entries, ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    context = {
        **case_context(request, case, tab="journal"),
        "form": form,
        "draft": draft,
        "filters": filters,
        "page": page,
        "entries": queries.entry_rows(page, case, clock.today()),
        "kinds": journal_queries.views(case, kind, filters.query()),
    }
    return render(request, "cases/journal.html", context)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def journal_correct(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """A mistake is put right by a new entry that names the old one; both stay."""
    case = get_case(request, number)
    entry = _entry(case, pk)
    key = note_draft.correction_key(case.number, entry.pk)
    draft = services.open_draft(owner=request.user, kind=note_draft.CORRECTION, key=key, today=clock.today())
    form = CorrectionForm(posted(request), initial=draft.content)
    if request.method == "POST" and form.is_valid():
        try:
            services.write_note(case=case, text=form.cleaned_data["text"], by=request.user, corrects=entry)
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            _finish(request, note_draft.CORRECTION, key)
            return redirect("cases:journal", number=case.number)
    return _page(request, "journal_correct", case, entry, form=form, draft=draft)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def journal_mark(request: StaffRequest, number: str, pk: int) -> HttpResponse:
    """Mark an entry as holding another person's data, or take the mark away, after a look at what that means."""
    case = get_case(request, number)
    entry = _entry(case, pk)
    wanted = request.POST.get("others_data")  # said by the button: two presses are not one mark and its removal
    if wanted in ("yes", "no"):
        services.mark_entry(entry=entry, others_data=wanted == "yes", by=request.user)
        messages.success(request, _("The entry is marked.") if wanted == "yes" else _("The mark is taken away."))
        return redirect("cases:journal", number=case.number)
    return _page(request, "journal_mark", case, entry)


def _entry(case: CaseFile, pk: int) -> Any:
    entries = journal_queries.marked(case.journal.select_related("author", "case"))
    return get_object_or_404(entries, pk=pk)


def _page(request: StaffRequest, name: str, case: CaseFile, entry: JournalEntry, **more: Any) -> HttpResponse:
    context = {"entry": entry, "entries": queries.entry_rows([entry], case, clock.today()), **more}
    return render(request, f"cases/{name}.html", {**case_context(request, case, tab="journal"), **context})
