from django.apps import AppConfig


class CoreConfig(AppConfig):
    name = "microloan.core"
    label = "core"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from microloan.core import checks

        if not checks.is_command_without_secrets():
            checks.refuse_unsafe_start()
