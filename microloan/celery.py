"""The Celery application. One beat, any number of workers; what is due lives in PostgreSQL, so Redis may be lost."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microloan.settings")
app = Celery("microloan")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
