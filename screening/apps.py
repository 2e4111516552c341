from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ScreeningConfig(AppConfig):
    name = "screening"
    label = "screening"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.registry import CaseTab, register_tab
        from microloan.accounts.enums import TEAM
        from screening import case_file, journey

        journey.register()
        case_file.register_sections()
        register_tab(
            CaseTab(
                "screening",
                _("Screenings"),
                "screening:list",
                TEAM,
                order=20,
                count=lambda case: case.screenings.count() or None,
            )
        )
