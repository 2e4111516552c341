"""What every sub-page of a case shares. Used by the views of this room and of the higher ones:

    @team_required
    def screenings(request, number):
        case = get_case(request, number)
        return render(request, "screening/list.html", {**case_context(request, case, tab="screening"), …})

The template extends `cases/case_base.html` and fills `case_title` (the page's name, for the title of the window) and
`case_content` (beginning with an h2: the h1 is the citizen's name).
"""

from datetime import date
from typing import Any, cast

from django.http import HttpRequest, QueryDict
from django.shortcuts import get_object_or_404
from django.urls import NoReverseMatch, reverse

from cases import queries, registry
from cases.models import CaseFile, Citizen
from cases.services import lock_case
from microloan.accounts.enums import TEAM, AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.models import User
from microloan.core import clock

# Who may ask for the whole CPR number and a protected address.
REVEALERS = frozenset({*TEAM, Role.BENEFITS_OFFICER})


def posted(request: HttpRequest) -> QueryDict | None:
    """What a form is bound to: also an empty post is one."""
    return request.POST if request.method == "POST" else None


def get_case(request: HttpRequest, number: str, *, action: AccessAction | None = None, what: str = "") -> CaseFile:
    """The case with this number if this person may see it, else 404. The access is logged: a GET as viewed, else as changed."""
    case: CaseFile = get_object_or_404(queries.case_with_everything(cast(User, request.user)), number=number)
    viewed = request.method in ("GET", "HEAD")
    logged(request, action or (AccessAction.VIEW if viewed else AccessAction.CHANGE), case, what=what)
    return case


def locked(request: HttpRequest, case: CaseFile) -> CaseFile:
    """The case and its citizen as they stand now, locked to the end of the request: what two people may change at once is
    compared under this lock (microloan.core.two_versions). A page that is only looked at needs no lock."""
    if request.method != "POST":
        return case
    lock_case(case)
    Citizen.objects.select_for_update().get(pk=case.citizen_id)
    fresh: CaseFile = queries.case_with_everything(cast(User, request.user)).get(pk=case.pk)
    return fresh


def case_context(request: HttpRequest, case: CaseFile, *, tab: str) -> dict[str, Any]:
    """Header, journey and tabs of a case, for templates that extend `cases/case_base.html`."""
    today, user = clock.today(), cast(User, request.user)
    steps = queries.journey(case, today)
    if user.is_referrer:  # the steps lead to pages of the team
        steps = [{**step, "url": ""} for step in steps]
    return {
        "case": case,
        "today": today,
        "header": header(user, case, steps, today),
        "steps": steps,
        "tabs": tabs_for(user, case, current=tab),
    }


def header(user: User, case: CaseFile, steps: list[dict[str, Any]], today: date) -> dict[str, Any]:
    """The identity header: the step a case is at or that it is closed, protection, and what this person may do."""
    at = next((step for step in steps if step["state"] in ("current", "stopped")), steps[-1])
    return {
        "status": queries.step_label(at["number"]) if case.is_open else case.get_phase_display(),
        "tone": "info" if case.is_open else "",
        "is_protected": case.citizen.is_protected_on(today),
        "may_work": user.is_team,
        "may_reveal": user.role in REVEALERS,
        "flags": _flags(case, today) if user.is_team else [],
        "may_reopen": user.role == Role.PROJECT_LEAD and not case.is_open,
    }


def _flags(case: CaseFile, today: date) -> list[dict[str, Any]]:
    """Those nobody has resolved; what was written before the address was protected is shown without it."""
    open_ones = case.flags.filter(resolved_at__isnull=True).order_by("raised_at", "pk")
    return [{"pk": flag.pk, "reason": case.citizen.without_address(flag.reason, today)} for flag in open_ones]


def first_page_for(user: User, case: CaseFile) -> str:
    """Where this person meets the case: the team at its overview, others at the first page that is theirs."""
    if user.is_referrer:
        return reverse("cases:referral_detail", kwargs={"number": case.number})
    tabs = tabs_for(user, case, current="")
    return tabs[0]["url"] if tabs else reverse("cases:detail", kwargs={"number": case.number})


def tabs_for(user: User, case: CaseFile, *, current: str) -> list[dict[str, Any]]:
    """The sub-pages this person may open, for `includes/_tabs.html`."""
    tabs = []
    for tab in registry.tabs:
        url = _address(tab.url_name, case.number) if user.role in tab.roles else ""
        if url:
            count = tab.count(case) if tab.count else None
            tabs.append({"label": tab.label, "url": url, "current": tab.key == current, "count": count})
    return tabs


def _address(url_name: str, number: str) -> str:
    """A page that this installation does not have is not linked (as in `core.context_processors`)."""
    try:
        return reverse(url_name, kwargs={"number": number})
    except NoReverseMatch:
        return ""
