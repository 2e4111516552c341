"""One call per view for the access log (danish-rules.md §7: who, when, what, purpose).

    logged(request, AccessAction.VIEW, _("Case page"), case)
    logged(request, AccessAction.SEARCH, _("Search for citizens"), *hits)
    logged(request, AccessAction.EXPORT, _("Payments as CSV"), *cases, purpose=_("Reconciliation with the bank"))

Call it where the data is read, after `visible_to` has let the request through. Cases are anything with `number` and
`citizen_id`; keys alone are written. `what` names the kind of data, never a person; `purpose` is the work of the role
unless the view knows better. Both are shown to citizens who ask who has looked at their data.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import AccessLog
from microloan.accounts.services import log_access

PURPOSES = {
    Role.CASEWORKER: _("Referral to the microloan programme and follow-up on it"),
    Role.REFERRAL_SPECIALIST: _("Referral to the microloan programme and follow-up on it"),
    Role.COACH: _("Casework in the microloan programme"),
    Role.PROJECT_LEAD: _("Casework in the microloan programme"),
    Role.BENEFITS_OFFICER: _("Payout and repayment of microloans"),
    Role.MANAGER: _("Follow-up on the results of the programme"),
    Role.ADMINISTRATOR: _("Running the system"),
    Role.AUDITOR: _("Supervision of data protection"),
}


class OfACitizen(Protocol):
    number: str
    citizen_id: int


def logged(
    request: HttpRequest, action: AccessAction, what: Any, *cases: OfACitizen, purpose: Any = "", number: str = ""
) -> AccessLog:
    """Log what the user of this request has just been given. `number` names a case where there is no object of it."""
    user: Any = request.user
    return log_access(
        user=user,
        action=action,
        what=str(what),
        purpose=str(purpose or PURPOSES[Role(user.role)]),
        citizen_ids=_present(case.citizen_id for case in cases),
        case_numbers=[*(case.number for case in cases), *([number] if number else [])],
    )


def _present(ids: Iterable[int | None]) -> list[int]:
    return [pk for pk in ids if pk is not None]
