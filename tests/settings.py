"""The test settings: the real database engine and Redis, demo CPR numbers, fast password hashing.

Workers of a parallel run share the servers but nothing in them: each has its own database (pytest-django), its own
cache prefix and its own queue.
"""

import os
import tempfile
from pathlib import Path

os.environ["DEMO"] = "1"
os.environ["DEBUG"] = "0"
os.environ["HTTPS"] = "0"
os.environ["BEHIND_PROXY"] = "0"
os.environ["ALLOWED_HOSTS"] = "127.0.0.1,localhost,testserver"
os.environ["SECRET_KEY"] = "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-tests-only"
os.environ["CPR_ENCRYPTION_KEYS"] = "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="
os.environ["CPR_INDEX_KEY"] = "tests-only-index-key-0123456789-abcdef"

from microloan.settings import *  # noqa: E402, F403
from tests.support.undefined import UndefinedFails  # noqa: E402

_worker = os.environ.get("PYTEST_XDIST_WORKER", "main")
_run = os.environ.get("PYTEST_XDIST_TESTRUNUID", str(os.getpid()))

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
DEMO_CLOCK = False  # else every test, pure ones too, would ask the database for the time
METRICS_TOKEN = ""

_folder = Path(
    os.environ.get("TEST_FOLDER") or tempfile.mkdtemp(prefix="mikrolaan-tests-")
)  # a worker shares its test's
TEMPORARY_FOLDER = _folder  # deleted by conftest
DOCUMENT_ROOT = _folder / "documents"
OUTBOX_ROOT = _folder / "outbox"
STORAGES = {  # plain static files: the hashed storage needs collectstatic
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DOCUMENT_ROOT}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True  # no scan of all static files at each start
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
LOGGING["root"]["level"] = "WARNING"  # noqa: F405

DATABASES["default"]["CONN_MAX_AGE"] = 0  # noqa: F405
CACHES["default"]["KEY_PREFIX"] = f"tests-{_run}-{_worker}"  # noqa: F405

# Tasks run at once, except in tests that ask for the real queue (fixture `celery_worker`), whose worker process gets
# its queue and its database by environment.
CELERY_TASK_ALWAYS_EAGER = "TEST_QUEUE" not in os.environ
CELERY_TASK_EAGER_PROPAGATES = True
CELERY_TASK_DEFAULT_QUEUE = os.environ.get("TEST_QUEUE", f"tests-{_run}-{_worker}")
if "TEST_DATABASE_NAME" in os.environ:
    DATABASES["default"]["NAME"] = os.environ["TEST_DATABASE_NAME"]  # noqa: F405

TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = UndefinedFails()  # noqa: F405
