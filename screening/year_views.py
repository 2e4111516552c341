"""The pages of the operating and the liquidity budget: shown, written, asked "what if", approved."""

from collections.abc import Mapping
from datetime import date
from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.models import CaseFile
from cases.services import DraftState
from cases.views.base import case_context, get_case, locked
from microloan.accounts.models import User
from microloan.accounts.perms import StaffRequest, lead_required, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.months import add_months, month_start, months_between
from microloan.core.two_versions import NOTE
from screening import perms, queries, services, year_presentation
from screening.budget_drafts import end_budget_draft, open_budget_draft, typed_in, while_posted
from screening.budget_rules import MONTHS, Question, Row
from screening.enums import BudgetKind, BudgetState, VatPeriod
from screening.forms import refuse
from screening.models import Budget
from screening.services import FrameData
from screening.services.budgets import PATHS
from screening.versions import version_of
from screening.year_forms import Sections, WhatIfForm, YearForm, month_words, typed_rows

FARTHEST = 240  # months between what is stored and what can be chosen
KINDS = {path: kind for kind, path in PATHS.items()}


def kind_of(path: str) -> BudgetKind:
    """`liquidity` in an address; what is no such budget has no page."""
    if path not in KINDS:
        raise Http404
    return BudgetKind(KINDS[path])


def context_of(request: HttpRequest, case: CaseFile, kind: str, **more: Any) -> dict[str, Any]:
    context = case_context(request, case, tab="screening")
    return {
        **context,
        "kind": kind,
        "kind_label": BudgetKind(kind).label,
        "path": PATHS.get(str(kind), ""),
        "budget_links": budget_links(case, kind),
        "may_decide": perms.may_decide(cast(User, request.user)),
        **more,
    }


def budget_links(case: CaseFile, kind: str) -> list[dict[str, Any]]:
    """The three budgets of a case, for the line of links on their pages."""
    return [{"label": one.label, "path": PATHS.get(one.value, ""), "is_current": one == kind} for one in BudgetKind]


@team_required
@require_safe
def year_budget(request: HttpRequest, number: str, kind: str) -> HttpResponse:
    """One version with its totals, chart and dates, and the list of all."""
    of = kind_of(kind)
    case = get_case(request, number)
    versions = queries.budgets_of(case, of)
    budget = version_of(versions, request.GET.get("version", ""))
    is_newest = bool(versions) and budget is versions[0]
    context: dict[str, Any] = {"versions": versions, "budget": budget, "is_newest": is_newest}
    context["may_write"] = case.is_open and is_newest
    if budget is not None:
        year = services.year_budget_of(budget)
        context["shown"] = year_presentation.shown(year)
        if of == BudgetKind.OPERATING:
            context["break_even"] = year_presentation.break_even_rows(year)
        approved = budget.state == BudgetState.APPROVED
        context["may_approve"] = (
            is_newest and not approved and case.is_open and perms.may_decide(cast(User, request.user))
        )
        context["is_stale"] = is_newest and case.is_open and services.loan_has_changed(case, budget, clock.today())
    return render(request, "screening/year_budget.html", context_of(request, case, of, **context))


@team_required
def year_budget_edit(request: StaffRequest, number: str, kind: str) -> HttpResponse:
    """Write a new version, beginning from the newest."""
    of = kind_of(kind)
    case = locked(request, get_case(request, number))
    newest = services.latest_budget(case, kind=of)
    draft = open_budget_draft(case, of, request.user, clock.today())
    if request.method != "POST":
        return edit_page(request, case, of, *_shown(of, newest, draft), draft=draft)
    draft = while_posted(draft)
    step = request.POST.get("step", "save")
    form, lines = forms_for(of, newest, data=request.POST)
    if step == "more":
        return edit_page(request, case, of, *_more(of, newest, request.POST, form.seen_note), draft=draft)
    if not (lines.is_valid() and form.is_valid()):
        if lines.is_empty:
            form.add_error(None, _("Write at least one line with an amount."))
        return edit_page(request, case, of, form, lines, draft=draft)
    if step == "look":
        return edit_page(request, case, of, form, lines, look=True, draft=draft)
    return _save(request, case, of, form, lines, newest, draft)


def _shown(kind: str, newest: Budget | None, draft: DraftState) -> tuple[YearForm, Sections]:
    """The newest version to go on from, or what the writer has typed already."""
    if draft.content:
        typed = typed_in(draft)
        return _more(kind, newest, typed, typed.get(NOTE, ""), more=False)
    rows, frame = stored_of(newest)
    return forms_for(kind, newest, rows=rows, frame=frame)


def stored_of(newest: Budget | None) -> tuple[list[Row], FrameData]:
    """What stands now; before the first version, a year from the month to come."""
    if newest is not None:
        return list(services.year_budget_of(newest).rows), services.frame_data_of(newest)
    return [], FrameData(starts_on=add_months(month_start(clock.today()), 1), vat_period=VatPeriod.QUARTER.value)


def forms_for(
    kind: str,
    newest: Budget | None,
    *,
    data: QueryDict | None = None,
    rows: list[Row] | None = None,
    frame: FrameData | None = None,
) -> tuple[YearForm, Sections]:
    """The form and its lines: as posted, or with `rows` and `frame` filled in."""
    stored_rows, stored_frame = stored_of(newest)
    stored = {
        "starts_on": stored_frame.starts_on,
        "vat_period": stored_frame.vat_period,
        "opening": stored_frame.opening or None,
        "b_tax": stored_frame.b_tax or None,
        "note": newest.note if newest else "",
        "lines": stored_rows,
    }
    months = months_of(kind, frame or stored_frame)
    if data is None:
        shown = frame or stored_frame
        initial = {
            "starts_on": shown.starts_on,
            "vat_period": shown.vat_period,
            "opening": shown.opening or None,
            "b_tax": shown.b_tax or None,
        }
        form = YearForm(stored=stored, row=newest, initial=initial, kind=kind, today=clock.today())
        return form, Sections(kind, months, rows=stored_rows if rows is None else rows)
    lines = Sections(kind, months_of(kind, _posted_frame(data, stored_frame)), data)
    return YearForm(data, stored=stored, row=newest, lines=lines, kind=kind, today=clock.today()), lines


def _posted_frame(data: Mapping[str, Any], stored: FrameData) -> FrameData:
    """The first month as it was chosen, for the heads of the columns."""
    try:
        chosen = month_start(date.fromisoformat(data.get("starts_on", "")))
    except ValueError:
        return stored
    return FrameData(starts_on=chosen) if abs(months_between(stored.starts_on, chosen)) < FARTHEST else stored


def months_of(kind: str, frame: FrameData) -> list[Any]:
    return [add_months(frame.starts_on, index) for index in range(MONTHS)] if services.amounts_of(kind) > 1 else []


def _more(
    kind: str, newest: Budget | None, data: Mapping[str, Any], noted: str, *, more: bool = True
) -> tuple[YearForm, Sections]:
    """Everything as it was typed, unread; with `more` lines under each heading."""
    stored_rows, stored_frame = stored_of(newest)
    typed = {name: data.get(name, "") for name in ("starts_on", "vat_period", "opening", "b_tax", "note")}
    stored = {"starts_on": stored_frame.starts_on, "lines": stored_rows}
    form = YearForm(stored=stored, initial=typed, kept_note=noted, kind=kind, today=clock.today())
    months = months_of(kind, _posted_frame(data, stored_frame))
    return form, Sections(kind, months, rows=typed_rows(kind, data), more=more)


def edit_page(
    request: HttpRequest, case: CaseFile, kind: str, form: YearForm, lines: Sections, *, look: bool = False, **more: Any
) -> HttpResponse:
    has_errors = form.is_bound and (not lines.is_valid() or not form.is_valid())
    heads = [month_words(month) for month in lines.months]
    context: dict[str, Any] = {
        "form": form,
        "lines": lines,
        "has_errors": has_errors,
        "heads": heads,
        "column_count": 2 + (len(heads) or 1),
        **more,
    }
    if look:
        drawn = services.draw_up(
            case=case, kind=kind, rows=form.chosen_lines(), data=form.chosen_frame(), today=clock.today()
        )
        context["shown"] = year_presentation.shown(drawn)
        if kind == BudgetKind.OPERATING:
            context["break_even"] = year_presentation.break_even_rows(drawn)
    return render(request, "screening/year_edit.html", context_of(request, case, kind, **context))


def _save(
    request: StaffRequest,
    case: CaseFile,
    kind: str,
    form: YearForm,
    lines: Sections,
    newest: Budget | None,
    draft: DraftState,
) -> HttpResponse:
    try:
        saved = services.save_year_budget(
            case=case,
            kind=kind,
            rows=form.chosen_lines(),
            data=form.chosen_frame(),
            note=form.cleaned_data["note"],
            base_number=newest.number if newest else 0,
            by=request.user,
            today=clock.today(),
        )
    except Refused as refusal:
        refuse(form, refusal)
        return edit_page(request, case, kind, form, lines, draft=draft)
    end_budget_draft(draft, request.user, request.POST)
    messages.success(request, _("The budget is saved as version %(number)s.") % {"number": saved.number})
    return redirect("screening:year_budget", number=case.number, kind=PATHS[str(kind)])


@team_required
@require_safe
def what_if(request: HttpRequest, number: str) -> HttpResponse:
    """The newest liquidity budget beside one with smaller or later sales. Looks only."""
    case = get_case(request, number)
    budget = services.latest_budget(case, kind=BudgetKind.LIQUIDITY)
    if budget is None:
        raise Http404
    usual = Question()
    asked = {"percent": usual.percent, "delay": usual.delay, "goods": usual.goods_follow}
    form = WhatIfForm(request.GET if "percent" in request.GET else asked)
    question = form.question() if form.is_valid() else None
    context: dict[str, Any] = {"form": form, "budget": budget}
    if question is not None:
        context["compared"] = year_presentation.compared(services.year_budget_of(budget), question)
    return render(request, "screening/what_if.html", context_of(request, case, BudgetKind.LIQUIDITY, **context))


@lead_required
def year_budget_approve(request: HttpRequest, number: str, kind: str, version: int) -> HttpResponse:
    """Check page, then the version is locked."""
    of = kind_of(kind)
    case = get_case(request, number)
    budget = next((row for row in queries.budgets_of(case, of) if row.number == version), None)
    if budget is None:
        raise Http404
    back = redirect("screening:year_budget", number=case.number, kind=kind)
    if request.method == "POST":
        try:
            services.approve_budget(budget=budget, by=cast(User, request.user), today=clock.today())
        except Refused as refusal:
            messages.warning(request, refusal.messages[0])
        else:
            messages.success(request, _("The budget is approved and locked."))
        return back
    if budget.state == BudgetState.APPROVED:
        return back
    shown = year_presentation.shown(services.year_budget_of(budget))
    rows = [
        (_("Citizen"), str(case.citizen)),
        (_("Version"), budget.number),
        *shown.facts,
        (_("Result"), shown.finding),
    ]
    context = context_of(request, case, of, budget=budget, rows=rows)
    return render(request, "screening/year_approve.html", context)
