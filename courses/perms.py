"""Who keeps the catalogue of courses; the rest is casework (`cases.perms`)."""

from django.utils.translation import gettext as _

from cases.perms import check_role
from microloan.accounts.enums import Role
from microloan.accounts.models import User

KEEPERS = frozenset({Role.PROJECT_LEAD, Role.ADMINISTRATOR})


def check_keeper(by: User) -> None:
    check_role(by, KEEPERS, _("Only the project lead and the administrator can do this."))
