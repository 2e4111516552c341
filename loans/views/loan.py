"""The loan of a case: head, plan, ledger, support, and what may be done next (ui-guide.md §3.4)."""

from datetime import date
from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from cases.letters.models import Letter
from cases.models import CaseFile
from cases.views.base import get_case
from loans import overview, rules
from loans.models import Loan, LoanDecision, PlanVersion
from loans.prerequisites import Check, checks_before_decision, checks_before_payout
from loans.queries import (
    bases_for_proposals,
    changes_of,
    loan_of,
    newest_decision,
    payout_date,
    position_of,
    support_of,
)
from loans.services.imports import MONEY_ROLES
from loans.views.base import page_of
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from microloan.accounts.perms import StaffRequest, role_required
from microloan.core import danish

ENTRIES_PER_PAGE = 50
LETTER_KINDS = (
    "loan_grant",
    "grant_decision",
    "loan_refusal",
    "grant_refusal",
    "loan_agreement",
    "loan_repaid",
    "deferment_decision",
    "instalment_decision",
    "plan_refusal",
    "new_plan",
    "first_dunning",
    "second_dunning",
    "handover_notice",
)


@role_required(*TEAM, Role.BENEFITS_OFFICER)
@require_safe
def loan(request: StaffRequest, number: str) -> HttpResponse:
    """One page from the first prerequisite to the last instalment."""
    case = get_case(request, number)
    context = page_of(request, case)
    today = context["today"]
    found, decision, periods = loan_of(case), newest_decision(case), support_of(case)
    position = position_of(found) if found else None
    word, tone = overview.state_words(found, decision, position, today)
    context |= {
        "loan": found,
        "decision": decision,
        "state_word": word,
        "state_tone": tone,
        "actions": overview.actions_for(request.user, case, found, decision, bool(periods)),
        "support": overview.support_of_page(found, periods, today),
        "named_periods": overview.kinds_of_periods(periods),
        "letters": _letters(case, request.user),
        "checks": _checks(case, found, decision, today),
    }
    if found is not None:
        context |= _loan_context(request, found, position, today)
    return render(request, "loans/loan.html", context)


def _checks(case: CaseFile, found: Loan | None, decision: LoanDecision | None, today: date) -> list[Check]:
    """What is demanded, as far as the loan has come; nothing once it is paid out."""
    if found is not None:
        return [] if payout_date(found) else checks_before_payout(found, today)
    if decision is None or decision.is_decided:
        bases = bases_for_proposals(today)
        decision = LoanDecision(case=case, legal_basis=bases[0] if bases else None)
    decision.case = case
    return checks_before_decision(decision, today)


def _loan_context(request: StaffRequest, found: Loan, position: Any, today: date) -> dict[str, Any]:
    plans = list(found.plan_versions.all())
    plan = _chosen(plans, request.GET.get("version", ""))
    is_current = plan is None or plan is plans[0]
    lines = overview.lines_of(plan, position if is_current else None, today)
    shown = request.GET.get("show", "all")
    shown = shown if shown in overview.SHOWN and is_current else "all"
    page = Paginator(overview.postings_of(found), ENTRIES_PER_PAGE).get_page(request.GET.get("page"))
    return {
        "money": overview.money_of(found, position, today),
        "terms_rows": overview.terms_rows(found, lines),
        "is_paid_out": payout_date(found) is not None,
        "sent_back_reason": getattr(getattr(found, "order", None), "sent_back_reason", ""),
        "plan": plan,
        "older_plans": plans[1:],
        "is_current": is_current,
        "lines": lines,
        "years": overview.years_of(lines, today, shown, _pauses(found) if is_current else ()),
        "changes": overview.changes_of_page(found, request.user),
        "plan_views": _plan_views(found.case, lines, shown, today),
        "page": page,
        "may_reverse": request.user.role in MONEY_ROLES,
        "may_refund": request.user.role == Role.BENEFITS_OFFICER,
    }


def _pauses(found: Loan) -> list[rules.Deferment]:
    return [change for change in changes_of(found) if isinstance(change, rules.Deferment)]


def _chosen(plans: list[PlanVersion], wanted: str) -> PlanVersion | None:
    """The version asked for, else the one in force."""
    if not wanted:
        return plans[0] if plans else None
    for plan in plans:
        if str(plan.version) == wanted:
            return plan
    raise Http404


def _plan_views(case: CaseFile, lines: list[overview.Line], shown: str, today: date) -> list[dict[str, Any]]:
    """All, this year, what is late (with the count)."""
    url = reverse("loans:loan", kwargs={"number": case.number})
    late = sum(line.state == "late" for line in lines)
    words = {"all": _("All instalments"), "year": _("This year"), "late": _("Late only")}
    return [
        {
            "label": words[key],
            "url": f"{url}?show={key}#plan",
            "current": key == shown,
            "count": danish.number(late) if key == "late" else None,
        }
        for key in overview.SHOWN
    ]


def _letters(case: CaseFile, user: User) -> list[Letter]:
    """The letters about the loan that this person may open, the newest first."""
    return list(
        Letter.objects.visible_to(user)
        .filter(case=case, kind__in=LETTER_KINDS, copy_of=None)
        .only("pk", "kind", "subject", "dated", "case_id")
        .order_by("-created_at", "-pk")
    )
