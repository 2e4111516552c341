from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LoansConfig(AppConfig):
    name = "loans"
    label = "loans"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases.registry import CaseTab, register_tab
        from loans import journey
        from microloan.accounts.enums import TEAM, Role

        journey.register()
        register_tab(CaseTab("loans", _("Loan"), "loans:loan", TEAM | {Role.BENEFITS_OFFICER}, order=40))
