"""The boxes "Lån" and "Tilskud til forsørgelse" beside the case overview (ui-guide.md §3.2)."""

from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from cases.models import CaseFile
from cases.registry import CasePanel, register_panel
from loans import overview
from loans.enums import SupportKind
from loans.models import Loan
from loans.queries import PLAN_CHANGES, current_plan, payout_date, position_of, support_of
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User
from microloan.core import danish


def register() -> None:
    register_panel(CasePanel("loan", "loans/_loan_panel.html", loan_box, TEAM, order=40))
    register_panel(CasePanel("support", "loans/_support_panel.html", support_box, TEAM, order=41))


def _loan(case: CaseFile) -> Loan | None:
    return Loan.objects.filter(case=case).select_related("rule_set").prefetch_related("entries", PLAN_CHANGES).first()


def loan_box(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    """Granted, paid out, interest, instalments and what is owed; None before there is a loan."""
    loan = _loan(case)
    if loan is None:
        return None
    is_grant = loan.kind == SupportKind.GRANT
    rows = overview.terms_rows(loan, overview.lines_of(current_plan(loan), None, today))
    if payout_date(loan) and not is_grant:
        money = overview.money_of(loan, position_of(loan), today)
        rows += [(_("Paid"), danish.kr(money.paid)), (_("Balance"), danish.kr(money.balance))]
    return {"rows": rows, "is_grant": is_grant}


def support_box(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    """Basis, period, months used and what may be added; None before there is a loan."""
    loan = _loan(case)
    if loan is None or loan.rule_set is None:
        return None
    if case.is_pensioner:
        return {"rows": [(_("Living support"), _("None: the citizen keeps the disability pension."))]}
    support = overview.support_of_page(loan, support_of(case), today)
    if support is None:
        return {"rows": [(_("Living support"), _("Not decided yet."))]}
    return {"rows": overview.support_rows(support)}
