"""The Celery application. One beat, any number of workers; what is due lives in PostgreSQL, so Redis may be lost."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.schedules import crontab
from celery.signals import setup_logging

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microloan.settings")
app = Celery("microloan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# In Danish time (CELERY_TIMEZONE). The first call does the day's jobs; the later ones find nothing left to do.
app.conf.beat_schedule = {
    "daily-jobs": {"task": "microloan.core.tasks.run_daily_jobs", "schedule": crontab(minute="0", hour="6-22")},
    "watch": {"task": "microloan.accounts.tasks.watch_the_jobs", "schedule": crontab(minute="*/5")},
    "lost-letters": {"task": "cases.letters.tasks.send_lost_letters", "schedule": crontab(minute="*/10")},
    "lost-payments": {"task": "loans.tasks.continue_imports", "schedule": crontab(minute="7-59/10")},
    "lost-case-files": {"task": "cases.tasks.make_lost", "schedule": crontab(minute="5-59/10")},
}


@setup_logging.connect
def keep_our_logging(**_signal: Any) -> None:
    """Celery would install handlers of its own, past the nets that keep CPR numbers out of the logs."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)
