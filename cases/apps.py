from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CasesConfig(AppConfig):
    name = "cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from cases import audit, next_steps, registry
        from cases.enums import livelihoods_of_rule_sets
        from microloan.accounts.enums import TEAM
        from microloan.policy import registry as policy

        audit.register()
        policy.livelihoods.register("cases", livelihoods_of_rule_sets)
        next_steps.register()
        registry.register_tab(registry.CaseTab("overview", _("Overview"), "cases:detail", TEAM, order=10))
