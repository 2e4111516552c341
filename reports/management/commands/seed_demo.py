from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from microloan.celery import app
from microloan.core import clock
from reports.demo import municipality


class Command(BaseCommand):
    help = "Builds the demo municipality with the real services, over simulated time up to today. Only in demo mode."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEMO:
            raise CommandError("seed_demo works in demo mode only (DEMO=1).")
        # Letters are sent on the simulated day they belong to, so not by a worker that lives today.
        eager, app.conf.task_always_eager = app.conf.task_always_eager, True
        # Nobody is told by e-mail of what happens in a past that is only played.
        mail, settings.EMAIL_BACKEND = settings.EMAIL_BACKEND, "django.core.mail.backends.dummy.EmailBackend"
        try:
            made = municipality.build(clock.today(), say=self.stderr.write)
        finally:
            app.conf.task_always_eager, settings.EMAIL_BACKEND = eager, mail
        if missing := municipality.phases_missing():
            raise CommandError(f"No case in: {', '.join(missing)}")
        self.stdout.write(f"{made} invented citizens" if made else "The demo municipality is there already.")
