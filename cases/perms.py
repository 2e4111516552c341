"""Who may change what in a case (domain.md §2). Views ask too, but a service refuses by itself, whoever calls it."""

from collections.abc import Collection
from typing import Any

from django.utils.translation import gettext as _

from cases.enums import Phase
from cases.models import Citizen
from microloan.accounts.enums import REFERRERS, TEAM, Role
from microloan.accounts.models import User
from microloan.core import cpr
from microloan.core.errors import Refused


def check_role(by: User, roles: Collection[str], message: Any, *, field: str | None = None) -> None:
    """Refuse anyone whose role is not among these; at the field that only they may fill in, if any."""
    if by.role not in roles:
        raise Refused(message, field=field)


def check_shown(text: str, *, field: str, citizen: Citizen | None = None) -> None:
    """What stands in lists, and on the screens of others, holds no CPR number, nor the protected address of whom it is about."""
    if cpr.holds_number(text):
        raise Refused(_("Write this without a CPR number: it stands in lists."), field=field)
    if citizen and citizen.protected_address and citizen.tells_address(text):
        raise Refused(_("Write this without the address, which is protected: it stands in lists."), field=field)


def check_team(by: User) -> None:
    """Casework is the microloan team's."""
    check_role(by, TEAM, _("Only the microloan team can do this."))


def check_lead(by: User) -> None:
    check_role(by, {Role.PROJECT_LEAD}, _("Only the project lead can do this."))


def check_may_move(by: User, phase: str) -> None:
    """Phases are moved by the team; the main course begins with the payout, which is a benefits officer's."""
    roles = {*TEAM, Role.BENEFITS_OFFICER} if phase == Phase.MAIN_COURSE else TEAM
    check_role(by, roles, _("Only the microloan team can do this."))


def check_may_refer(by: User) -> None:
    """Those who refer, and the team for citizens who ask by themselves."""
    check_role(by, {*TEAM, *REFERRERS}, _("Only caseworkers, referral specialists and the microloan team refer."))
