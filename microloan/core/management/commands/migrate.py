from typing import Any

from django.core.management.commands import migrate

from microloan.core.migrating import only_changed_fields_build_models


class Command(migrate.Command):
    def handle(self, *args: Any, **options: Any) -> None:
        with only_changed_fields_build_models():
            super().handle(*args, **options)
