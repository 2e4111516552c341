from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ReportsConfig(AppConfig):
    name = "reports"
    label = "reports"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from microloan.accounts.enums import TEAM, Role
        from microloan.core import navigation

        navigation.register(
            "overview", _("Overview"), "reports:overview", roles={Role.MANAGER, *TEAM}, order=50, owns=("reports:",)
        )
