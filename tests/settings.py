"""The test settings: the real database engine and Redis, demo CPR numbers, fast password hashing."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("DEMO", "1")
os.environ.setdefault("SECRET_KEY", "tests-only-0123456789-abcdefghijklmnopqrstuvwxyz-tests-only")
os.environ.setdefault("CPR_ENCRYPTION_KEYS", "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=")
os.environ.setdefault("CPR_INDEX_KEY", "tests-only-index-key-tests-only-index-key")

from microloan.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
AXES_ENABLED = False
DEMO_CLOCK = False  # else every test, pure ones too, would ask the database for the time
_folder = Path(tempfile.mkdtemp(prefix="mikrolaan-tests-"))
DOCUMENT_ROOT = _folder / "documents"
OUTBOX_ROOT = _folder / "outbox"
STORAGES = {  # plain static files: the hashed storage needs collectstatic
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DOCUMENT_ROOT}},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
TEMPLATES[0]["OPTIONS"]["string_if_invalid"] = "«undefined: %s»"  # noqa: F405  (the suite fails when it meets one)
