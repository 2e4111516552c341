"""Part of the integration run: does the log-in page come up in the production shape, with every static file in place?"""

import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "microloan.settings")

import django  # noqa: E402

django.setup()

from django.conf import settings  # noqa: E402
from django.shortcuts import resolve_url  # noqa: E402
from django.test import Client  # noqa: E402

answer = Client().get(resolve_url(settings.LOGIN_URL), secure=True, headers={"host": settings.ALLOWED_HOSTS[0]})
if answer.status_code != 200 or not answer.headers.get("Content-Security-Policy"):
    sys.exit(f"the log-in page answers {answer.status_code}")
