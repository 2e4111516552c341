"""Accepting a referral, going on to the next phase, closing and reopening (domain.md §3.1, §3.4)."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases import closing, rules, services
from cases.earlier import earlier_cases
from cases.enums import ClosedBy, ClosingReason, Livelihood, Phase
from cases.forms import AcceptForm, CloseForm, NextPhaseForm, ReopenForm, add_refusal
from cases.models import CaseFile
from cases.models.work import link_url
from cases.views.base import case_context, get_case, posted
from microloan.accounts.perms import StaffRequest, lead_required, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: StaffRequest, number: str) -> HttpResponse:
    """Answer a referral: take it and choose a coach, or turn it away with a reason."""
    case = get_case(request, number)
    if case.phase != Phase.REFERRED:
        messages.info(request, _("The referral has been answered already."))
        return redirect("cases:detail", number=case.number)
    form = AcceptForm(posted(request), initial={"coach": case.coach or request.user})
    if request.method == "POST" and form.is_valid():
        try:
            services.accept(case=case, coach=form.cleaned_data["coach"], by=request.user, today=clock.today())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The case is in recruitment. The caseworker can see it."))
            return redirect("cases:detail", number=case.number)
    referral = getattr(case, "referral", None)
    context = {**case_context(request, case, tab="overview"), "form": form, "referral": referral}
    context["earlier"] = earlier_cases(case)
    return render(request, "cases/accept.html", context)


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def next_phase(request: StaffRequest, number: str) -> HttpResponse:
    """What is missing before the next phase, each with the source of the rule; and the button where a person moves it.

    Most phases are left by a step of their own, such as a decided screening: the page says by which.
    """
    case = get_case(request, number)
    today = clock.today()
    following = rules.next_phase(case.phase) if case.is_open else None
    left_by = rules.LEFT_BY.get(Phase(case.phase), "")
    missing = services.missing_for(case, following, today) if following else []
    form = NextPhaseForm(posted(request))
    if request.method == "POST" and following and not left_by and form.is_valid():
        try:
            services.enter_phase(
                case=case, phase=following, by=request.user, today=today, reason=form.cleaned_data["reason"]
            )
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The case is in the phase “%(phase)s”.") % {"phase": following.label})
            return redirect("cases:detail", number=case.number)
    context = {
        **case_context(request, case, tab="overview"),
        "following": following,
        "left_by": left_by,
        "missing": [_missing_row(one, case) for one in missing],
        "form": form,
    }
    return render(request, "cases/next_phase.html", context)


def _missing_row(missing: Any, case: CaseFile) -> dict[str, str]:
    url = link_url(missing.link, case.number) if missing.link else ""
    return {"text": missing.text, "source": missing.source, "url": url}


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def close(request: StaffRequest, number: str) -> HttpResponse:
    """The reason, then a check page that repeats the facts, then it is closed."""
    case = get_case(request, number)
    if not case.is_open:
        messages.info(request, _("The case is closed already."))
        return redirect("cases:detail", number=case.number)
    things = closing.open_at_closing(case, clock.today())
    may_complete = rules.may_complete(case.phase)
    unfinished = services.missing_for(case, Phase.CLOSED, clock.today()) if may_complete else []
    form = CloseForm(
        posted(request),
        may_complete=may_complete,
        things=things,
        unfinished=[one.text for one in unfinished],
        initial={"version": case.version},
    )
    open_things = [{"thing": one, "url": link_url(one.link, case.number) if one.link else ""} for one in things]
    context = {**case_context(request, case, tab="overview"), "open_things": open_things}
    if request.method != "POST" or not form.is_valid() or "edit" in request.POST:
        return render(request, "cases/close.html", {**context, "form": form})
    if request.POST.get("step") != "close":
        hidden = {name: request.POST.get(name, "") for name in form.fields} | {"step": "close"}
        return render(request, "cases/close_check.html", {**context, "rows": _closing_rows(form), "hidden": hidden})
    try:
        services.close_case(case=case, by=request.user, today=clock.today(), **form.values)
    except Refused as refusal:
        add_refusal(form, refusal)
        return render(request, "cases/close.html", {**context, "form": form})
    messages.success(request, _("The case is closed."))
    return redirect("cases:detail", number=case.number)


def _closing_rows(form: CloseForm) -> list[tuple[str, str]]:
    values = form.cleaned_data
    livelihood = Livelihood(values["livelihood"]).label if values["livelihood"] else _("Not known")
    return [
        (_("Reason"), str(ClosingReason(values["reason"]).label)),
        (_("Whose decision"), str(ClosedBy(values["choice_of"]).label)),
        (_("In words"), values["text"]),
        (_("Lives on now"), str(livelihood)),
        *((thing.asks, values[f"answer_{thing.key}"]) for thing in form.things if thing.asks),
        (_("Letter to the citizen"), _("Yes") if values["send_letter"] else _("No")),
    ]


@lead_required
@require_http_methods(["GET", "HEAD", "POST"])
def reopen(request: StaffRequest, number: str) -> HttpResponse:
    """Open a closed case again in the phase it was closed from; the project lead, with a reason."""
    case = get_case(request, number)
    if case.is_open:
        messages.info(request, _("The case is open already."))
        return redirect("cases:detail", number=case.number)
    form = ReopenForm(posted(request))
    if request.method == "POST" and form.is_valid():
        try:
            services.reopen_case(case=case, reason=form.cleaned_data["reason"], by=request.user, today=clock.today())
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The case is open again."))
            return redirect("cases:detail", number=case.number)
    rows = [
        (_("Closed"), danish.long_date(case.closed_on)),
        (_("Reason"), str(case.get_closing_reason_display())),
        (_("Whose decision"), str(case.get_closed_by_choice_of_display())),
        (_("In words"), case.closing_text),
        (_("Comes back to the phase"), str(services.phase_before(case).label)),
    ]
    return render(
        request, "cases/reopen.html", {**case_context(request, case, tab="overview"), "form": form, "rows": rows}
    )
