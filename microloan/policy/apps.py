from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PolicyConfig(AppConfig):
    name = "microloan.policy"
    label = "policy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from microloan.accounts.enums import Role
        from microloan.core import navigation
        from microloan.core.context_processors import register_municipality
        from microloan.policy.services import municipality_name

        register_municipality(municipality_name)
        administrator = {Role.ADMINISTRATOR}
        navigation.register(
            "rule_sets", _("Rule sets"), "policy:rule_sets", administrator, order=30, owns=("policy:rule_set",)
        )
        navigation.register(
            "legal_bases", _("Legal bases"), "policy:legal_bases", administrator, order=40, owns=("policy:legal_bas",)
        )
        navigation.register("municipality", _("Municipality"), "policy:municipality", administrator, order=50)
