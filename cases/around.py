"""The people around the citizen on the case page: who has a part today (domain.md §3.4)."""

from datetime import date
from typing import Any

from cases.models import CaseFile
from microloan.accounts.models import User


def panel(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    """Those of today; left out where there is nobody, so that the page stays short."""
    found = {
        "representatives": [one for one in case.representatives.all() if one.is_current(today)],
        "interpreters": [one for one in case.interpreters.all() if one.is_current(today)],
        "mentors": [one for one in case.mentors.all() if one.is_current(today)],
        "exemption": next((one for one in case.exemptions.all() if one.is_current(today)), None),
    }
    return found if any(found.values()) else None
