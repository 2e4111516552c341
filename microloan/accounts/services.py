from collections.abc import Iterable

import structlog

from microloan.accounts.enums import AccessAction
from microloan.accounts.models import AccessLog, User


def log_access(
    *,
    user: User,
    action: AccessAction,
    what: str,
    purpose: str,
    citizen_ids: Iterable[int] = (),
    case_numbers: Iterable[str] = (),
) -> AccessLog:
    """Write one line of the access log (danish-rules.md §7). `what` and `purpose` never hold a name or CPR number."""
    context = structlog.contextvars.get_contextvars()
    return AccessLog.objects.create(
        user=user,
        role=user.role,
        action=action,
        what=what,
        purpose=purpose,
        citizen_ids=sorted(set(citizen_ids)),
        case_numbers=sorted(set(case_numbers)),
        request_id=str(context.get("request_id", ""))[:40],
    )
