from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from cases.models import CaseFile
from cases.services import DraftState
from cases.views.base import get_case, locked
from microloan.accounts.perms import StaffRequest, lead_required, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused
from microloan.core.two_versions import NOTE
from screening import perms, queries, services
from screening.budget_drafts import end_budget_draft, open_budget_draft, typed_in, while_posted
from screening.enums import BudgetKind, BudgetState
from screening.forms import BudgetForm, Lines, empty_lines, refuse, typed_lines
from screening.models import Budget
from screening.services import LineData
from screening.versions import version_of
from screening.year_views import context_of


def _context(request: HttpRequest, case: CaseFile, **more: Any) -> dict[str, Any]:
    return context_of(request, case, BudgetKind.ESTABLISHMENT, **more)


@team_required
def budget(request: HttpRequest, number: str) -> HttpResponse:
    """The establishment budget: one version with its totals, and the list of all."""
    case = get_case(request, number)
    versions = queries.budgets_of(case)
    shown = version_of(versions, request.GET.get("version", ""))
    context = {
        "versions": versions,
        "shown": shown,
        "is_newest": bool(versions) and shown is versions[0],
        "may_write": case.is_open and bool(versions) and shown is versions[0],
        "totals": services.budget_totals(shown) if shown else {},
        "may_approve": bool(versions)
        and shown is versions[0]
        and shown.state != BudgetState.APPROVED
        and case.is_open
        and perms.may_decide(request.user),
    }
    return render(request, "screening/budget.html", _context(request, case, **context))


@team_required
def budget_edit(request: StaffRequest, number: str) -> HttpResponse:
    """Write a new version, beginning from the newest."""
    case = locked(request, get_case(request, number))
    newest = services.latest_budget(case)
    rows = stored_lines(newest)
    stored = {"note": newest.note if newest else "", "lines": rows}
    draft = open_budget_draft(case, BudgetKind.ESTABLISHMENT, request.user, clock.today())
    if request.method != "POST":
        form, lines = _shown(stored, newest, draft)
        return establishment_page(request, case, form, lines, draft=draft)
    draft = while_posted(draft)
    lines = Lines(request.POST)
    form = BudgetForm(request.POST, stored=stored, row=newest, lines=lines)
    if request.POST.get("step") == "more":
        note, noted = request.POST.get("note", ""), form.seen_note
        form = BudgetForm(stored=stored, initial={"note": note}, kept_note=noted)
        lines = Lines(initial=empty_lines(typed_lines(request.POST)))
        return establishment_page(request, case, form, lines, draft=draft)
    return _save(request, case, form, lines, newest, draft)


def _shown(stored: dict[str, Any], newest: Budget | None, draft: DraftState) -> tuple[BudgetForm, Any]:
    """The newest version to go on from, or what the writer has typed already."""
    if not draft.content:
        return BudgetForm(stored=stored, row=newest), Lines(
            initial=empty_lines([asdict(row) for row in stored["lines"]])
        )
    typed = typed_in(draft)
    form = BudgetForm(stored=stored, initial={"note": typed.get("note", "")}, kept_note=typed.get(NOTE, ""))
    return form, Lines(initial=empty_lines(typed_lines(typed)))


def stored_lines(budget: Budget | None) -> list[LineData]:
    """The lines of a version as they are typed; none before the first."""
    lines = budget.lines.all() if budget else []
    return [LineData(line.kind, line.text, line.amount) for line in lines]


def _save(
    request: StaffRequest, case: CaseFile, form: BudgetForm, lines: Any, newest: Budget | None, draft: DraftState
) -> HttpResponse:
    if lines.is_valid() and form.is_valid():
        try:
            saved = services.save_budget(
                case=case,
                lines=form.chosen_lines(),
                note=form.cleaned_data["note"],
                base_number=newest.number if newest else 0,
                by=request.user,
                today=clock.today(),
            )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            end_budget_draft(draft, request.user, request.POST)
            messages.success(request, _("The budget is saved as version %(number)s.") % {"number": saved.number})
            return redirect("screening:budget", number=case.number)
    return establishment_page(request, case, form, lines, draft=draft)


def establishment_page(request: HttpRequest, case: CaseFile, form: BudgetForm, lines: Any, **more: Any) -> HttpResponse:
    has_errors = lines.is_bound and (not lines.is_valid() or not form.is_valid())
    context = {"form": form, "lines": lines, "has_errors": has_errors, **more}
    return render(request, "screening/budget_edit.html", _context(request, case, **context))


@lead_required
def budget_approve(request: HttpRequest, number: str, version: int) -> HttpResponse:
    """Check page, then the version is locked."""
    case = get_case(request, number)
    budget = next((row for row in queries.budgets_of(case) if row.number == version), None)
    if budget is None:
        raise Http404
    if request.method == "POST":
        try:
            services.approve_budget(budget=budget, by=request.user, today=clock.today())
        except Refused as refusal:
            messages.warning(request, refusal.messages[0])
        else:
            messages.success(request, _("The budget is approved and locked."))
        return redirect("screening:budget", number=case.number)
    if budget.state == BudgetState.APPROVED:
        return redirect("screening:budget", number=case.number)
    totals = services.budget_totals(budget)
    rows = [
        (_("Citizen"), str(case.citizen)),
        (_("Version"), budget.number),
        (_("Expenses"), danish.kr(totals["expenses"])),
        (_("Own funds and other financing"), danish.kr(totals["own_funds"])),
        (_("Loan need"), danish.kr(totals["loan_need"])),
    ]
    return render(request, "screening/budget_approve.html", _context(request, case, budget=budget, rows=rows))
