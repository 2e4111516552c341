"""Who may change what in a case (domain.md §2). Views ask too, but a service refuses by itself, whoever calls it."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from microloan.accounts.enums import REFERRERS, TEAM, Role
from microloan.accounts.models import User
from microloan.core.errors import Refused


def check_role(by: User, roles: Collection[str], message: Any = "") -> None:
    """Refuse anyone whose role is not among these."""
    if by.role not in roles:
        raise Refused(message or _("Your role may not do this. Ask the microloan team."))


def check_team(by: User) -> None:
    """Casework is the microloan team's."""
    check_role(by, TEAM, _("Only the microloan team can do this."))


def check_lead(by: User) -> None:
    check_role(by, {Role.PROJECT_LEAD}, _("Only the project lead can do this."))


def check_may_refer(by: User) -> None:
    """Those who refer, and the team for citizens who ask by themselves."""
    check_role(by, {*TEAM, *REFERRERS}, _("Only caseworkers, referral specialists and the microloan team refer."))
