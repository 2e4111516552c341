"""One call per view for the access log (danish-rules.md §7: who, when, what, purpose).

    logged(request, AccessAction.VIEW, case)
    logged(request, AccessAction.SEARCH, *[case for case in hits])
    logged(request, AccessAction.EXPORT, *cases, what="payments_csv", purpose=Purpose.PAYMENT)

Call it where the data is read, after `visible_to` has let the request through. Cases are anything with `number` and
`citizen_id`; keys alone are written. `what` is the name of the address unless the view knows better, `purpose` the work
of the role. Both are codes, with words in `microloan/accounts/audit.py`: citizens who ask are shown them.
"""

from collections.abc import Iterable
from typing import Any, Protocol

from django.http import HttpRequest

from microloan.accounts.enums import PURPOSE_OF_ROLE, AccessAction, Role
from microloan.accounts.models import AccessLog
from microloan.accounts.services import log_access


class OfACitizen(Protocol):
    number: str
    citizen_id: int


def logged(
    request: HttpRequest,
    action: AccessAction,
    *cases: OfACitizen,
    what: str = "",
    purpose: str = "",
    number: str = "",
    numbers: Iterable[str] = (),
) -> AccessLog:
    """Log what the user of this request has just been given. `number` names a case where there is no object of it;
    `numbers` those of people without one."""
    user: Any = request.user
    match = request.resolver_match
    return log_access(
        user=user,
        action=action,
        what=what or (match.view_name if match else request.path),
        purpose=purpose or PURPOSE_OF_ROLE[Role(user.role)],
        citizen_ids=[case.citizen_id for case in cases],
        case_numbers=[*(case.number for case in cases), *([number] if number else []), *numbers],
    )
