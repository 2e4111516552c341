"""Person profile, business plan, self-evaluation and action plan: read, write, compare, print (domain.md §4)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from cases import services as cases
from cases.models import CaseFile
from cases.views.base import case_context, get_case, locked
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.pdf import UnprintableText
from screening import paper_pdf, paper_queries, services
from screening.forms import refuse
from screening.paper_drafts import draft_code
from screening.paper_forms import CompareForm, PaperForm, stage_of
from screening.papers import rules
from screening.papers.enums import PaperKind, PlanStage
from screening.papers.questions import parts_of
from screening.versions import version_of


def page(request: StaffRequest, name: str, case: CaseFile, **more: Any) -> HttpResponse:
    return render(request, f"screening/{name}.html", {**case_context(request, case, tab="screening"), **more})


def known_kind(kind: str) -> PaperKind:
    if kind not in PaperKind.values:
        raise Http404
    return PaperKind(kind)


def pdf_response(data: bytes, name: str) -> HttpResponse:
    response = HttpResponse(data, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{name}"'
    response["Cache-Control"] = "private, no-store"
    response["X-Content-Type-Options"] = "nosniff"
    return response


@team_required
@require_safe
def papers(request: StaffRequest, number: str) -> HttpResponse:
    """All papers of the case, their forms, and what came back."""
    case = get_case(request, number)
    return page(
        request,
        "papers",
        case,
        rows=paper_queries.paper_rows(case),
        other_forms=paper_queries.other_forms(case),
        made=paper_queries.budgets_made(case),
        received=paper_queries.received_of(case),
        standings=services.standings(case, clock.today()),
    )


@team_required
@require_safe
def paper(request: StaffRequest, number: str, kind: str) -> HttpResponse:
    """One version, and the list of all."""
    case = get_case(request, number)
    versions = paper_queries.versions_of(case, known_kind(kind))
    shown = version_of(versions, request.GET.get("version", ""))
    return page(
        request,
        "paper",
        case,
        kind=known_kind(kind),
        versions=versions,
        shown=shown,
        parts=paper_pdf.answered(shown) if shown else [],
        is_newest=bool(versions) and shown is versions[0],
        may_detail=shown is not None and shown.stage == PlanStage.PROVISIONAL and shown is versions[0],
        standings=services.standings(case, clock.today()) if kind == PaperKind.ACTION_PLAN else [],
    )


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def paper_edit(request: StaffRequest, number: str, kind: str) -> HttpResponse:
    """Write a new version, beginning from the newest or from the writer's draft."""
    case = locked(request, get_case(request, number))
    newest = services.latest_paper(case, known_kind(kind))
    code, today = draft_code(kind), clock.today()
    draft = cases.open_draft(owner=request.user, kind=code, key=case.number, today=today)
    posted = request.POST if request.method == "POST" else None
    wished = request.POST.get("stage") or request.GET.get("stage") or str(draft.content.get("stage", ""))
    stage = stage_of(kind, newest, wished)
    form = PaperForm(posted, case=case, kind=kind, stage=stage, newest=newest, draft=draft.content, today=today)
    if posted is not None and form.is_valid():
        try:
            saved = services.save_paper(
                case=case,
                data=form.paper(),
                base_number=newest.number if newest else 0,
                by=request.user,
                today=today,
            )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            showing = cases.draft_page(request.POST)
            cases.finish_draft(owner=request.user, kind=code, key=case.number, page=showing, now=clock.now())
            messages.success(request, _("Saved as version %(number)s.") % {"number": saved.number})
            return redirect("screening:paper", number=case.number, kind=kind)
    return page(request, "paper_edit", case, form=form, draft=draft, kind=known_kind(kind), newest=newest, stage=stage)


@team_required
@require_safe
def paper_compare(request: StaffRequest, number: str, kind: str) -> HttpResponse:
    """Two versions side by side."""
    case = get_case(request, number)
    versions = paper_queries.versions_of(case, known_kind(kind))
    if len(versions) < 2:
        raise Http404
    chosen = {"before": versions[1].number, "after": versions[0].number}
    form = CompareForm(request.GET if {"before", "after"} <= set(request.GET) else chosen, versions=versions)
    if form.is_valid():
        chosen = form.cleaned_data
    found = {version.number: version for version in versions}
    before, after = found[chosen["before"]], found[chosen["after"]]
    parts = rules.compare(parts_of(kind), before.answers, after.answers)
    return page(
        request,
        "paper_compare",
        case,
        kind=known_kind(kind),
        form=form,
        before=before,
        after=after,
        parts=[part for part in parts if any(pair.before or pair.after for pair in part.pairs)],
        changes=sum(part.changes for part in parts),
    )


@team_required
@require_safe
def paper_print(request: StaffRequest, number: str, kind: str, version: int) -> HttpResponse:
    """A version as a PDF."""
    case = get_case(request, number, action=AccessAction.DOWNLOAD)
    found = version_of(paper_queries.versions_of(case, known_kind(kind)), str(version))
    if found is None:
        raise Http404
    found.case = case
    try:
        data = paper_pdf.render_paper(found)
    except UnprintableText as refusal:
        messages.error(request, str(refusal))
        return redirect("screening:paper", number=case.number, kind=kind)
    return pdf_response(data, f"{kind}-{case.number}-v{version}.pdf")
