from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CoreConfig(AppConfig):
    name = "microloan.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from microloan.core import checks, jobs
        from microloan.core.once import forget_sent_forms

        if not checks.is_command_without_secrets():
            checks.refuse_unsafe_start()
        jobs.register("forget_sent_forms", forget_sent_forms, order=900, label=_("Memory of sent forms"))
