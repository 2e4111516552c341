from django.apps import AppConfig


class PolicyConfig(AppConfig):
    name = "microloan.policy"
    label = "policy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from microloan.core.context_processors import register_municipality
        from microloan.policy.services import municipality_name

        register_municipality(municipality_name)
