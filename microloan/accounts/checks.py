"""`manage.py check --database default`: no demo user may be left in an installation with citizens."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from microloan.accounts.demo import DEMO_PASSWORD, DEMO_USERNAMES
from microloan.accounts.models import User


@register(Tags.database)
def no_demo_users(app_configs: Any = None, databases: Any = None, **kwargs: Any) -> list[CheckMessage]:
    """Active users who still have the password that every demo shows. Production refuses it at the log-in as well."""
    if settings.DEMO or not databases or User._meta.db_table not in connections["default"].introspection.table_names():
        return []
    found = User.objects.filter(username__in=DEMO_USERNAMES, is_active=True)
    names = sorted(user.username for user in found if user.check_password(DEMO_PASSWORD))
    if not names:
        return []
    return [
        Error(
            f"Demo users have access: {', '.join(names)}.",
            hint="Close their access, or load a database of your own.",
            id="accounts.E001",
        )
    ]
