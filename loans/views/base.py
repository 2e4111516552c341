"""What the views of loans share."""

from typing import Any

from django import forms
from django.http import Http404

from cases.forms import add_refusal
from cases.models import CaseFile
from cases.views.base import case_context, get_case
from loans.models import Loan
from loans.queries import loan_of
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.perms import StaffRequest


def page_of(request: StaffRequest, case: CaseFile) -> dict[str, Any]:
    """The frame of a page of the case. A benefits officer sees header and loan, not the journey (domain.md §2)."""
    context = case_context(request, case, tab="loans")
    if request.user.role == Role.BENEFITS_OFFICER:
        context["steps"] = []
    return context


def case_and_loan(request: StaffRequest, number: str, *, action: AccessAction | None = None) -> tuple[CaseFile, Loan]:
    """The case and its loan, or 404 where there is none."""
    case = get_case(request, number, action=action)
    loan = loan_of(case)
    if loan is None:
        raise Http404
    return case, loan


def typed(form: forms.BaseForm, **more: str) -> dict[str, str]:
    """What was typed, to be sent again by a check page."""
    return {name: form.data.get(name, "") for name in form.fields} | more


__all__ = ["add_refusal", "case_and_loan", "page_of", "typed"]
