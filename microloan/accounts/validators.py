from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from microloan.accounts.demo import DEMO_PASSWORD


class NotTheDemoPassword:
    """The password that is printed on the log-in page of every demo is nobody's secret."""

    def validate(self, password: str, user: Any = None) -> None:
        if password.casefold() == DEMO_PASSWORD:
            raise ValidationError(_("This password is known to everybody. Choose another."), code="demo_password")

    def get_help_text(self) -> str:
        return _("It is not a password that others know.")


class NotTheOldPassword:
    """A new password differs from the present one."""

    def validate(self, password: str, user: Any = None) -> None:
        if user is not None and user.pk and user.check_password(password):
            raise ValidationError(_("Choose a password that differs from the present one."), code="old_password")

    def get_help_text(self) -> str:
        return _("It differs from the present password.")
