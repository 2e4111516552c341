from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    name = "microloan.accounts"
    label = "accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from microloan.accounts import checks, specialists  # noqa: F401  (checks register themselves)
        from microloan.accounts.enums import Role
        from microloan.core import navigation

        navigation.restrict("demo_clock", {Role.ADMINISTRATOR, Role.PROJECT_LEAD})
        administrator, auditor = {Role.ADMINISTRATOR}, {Role.AUDITOR}
        navigation.register("users", _("Users"), "accounts:users", administrator, order=10, owns=("accounts:user",))
        navigation.register(
            "centres", _("Centres"), "accounts:centres", administrator, order=20, owns=("accounts:centre",)
        )
        navigation.register(
            "specialists",
            _("Specialists"),
            "accounts:specialists",
            specialists.KEEPERS,
            order=60,
            count=specialists.centres_without,
            owns=("accounts:specialist",),
        )
        navigation.register(
            "operations",
            _("Operations"),
            "accounts:operations",
            {Role.ADMINISTRATOR, Role.PROJECT_LEAD},
            order=70,
            owns=("accounts:operations",),
        )
        navigation.register(
            "access_log",
            _("Access log"),
            "accounts:access_log",
            auditor,
            order=10,
            owns=("accounts:access_log", "accounts:changes"),
        )
