"""Settings, all from the environment. A missing or weak production setting stops the start (`microloan.core.checks`)."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
import structlog
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from microloan.core.logs import mask_cpr

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

# --- Shape -----------------------------------------------------------------------------------------------------------
# DEMO: logins shown on the log-in page, fictitious CPR numbers (day + 60), a clock that can be moved. Never in production.
DEMO = env.bool("DEMO", default=False)
DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost"] if DEMO or DEBUG else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DEMO_CLOCK = DEMO
# A demo that others on a closed network may look at; else a demo answers to this machine only.
DEMO_ON_NETWORK = env.bool("DEMO_ON_NETWORK", default=False)
SET_IN_ENVIRONMENT = {name for name in ("DATABASE_URL", "REDIS_URL") if env.str(name, default="")}
ALLOW_FICTITIOUS_CPR = env.bool("ALLOW_FICTITIOUS_CPR", default=DEMO)
# Newest key first; older keys still decrypt (rotation). 32 random bytes each, urlsafe base64.
CPR_ENCRYPTION_KEYS = env.list("CPR_ENCRYPTION_KEYS", default=[])
CPR_INDEX_KEY = env.str("CPR_INDEX_KEY", default="")
DOCUMENT_ROOT = Path(env.str("DOCUMENT_ROOT", default=str(BASE_DIR / "var" / "documents")))
OUTBOX_ROOT = Path(env.str("OUTBOX_ROOT", default=str(BASE_DIR / "var" / "outbox")))

# --- Apps ------------------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.forms",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_filters",
    "django_tables2",
    "django_htmx",
    "django_structlog",
    "axes",
    "csp",
    "pgtrigger",
    "pghistory",
    "microloan.core",
    "microloan.accounts",
    "microloan.policy",
    "cases",
    "cases.letters",
    "screening",
    "courses",
    "loans",
    "reports",
]
MIDDLEWARE = [
    "microloan.core.middleware.SignsOfLife",
    "microloan.core.metrics.MetricsMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "microloan.core.middleware.KnownMethods",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "microloan.core.middleware.NoNulCharacters",
    "microloan.core.middleware.KeptInNoCache",
    "microloan.accounts.middleware.LoginRequired",
    "microloan.accounts.middleware.NewPasswordRequired",
    "django_structlog.middlewares.RequestMiddleware",
    "pghistory.middleware.HistoryMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
    "microloan.core.middleware.NoBlankPages",
]
ROOT_URLCONF = "microloan.urls"
WSGI_APPLICATION = "microloan.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.debug",
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "microloan.core.context_processors.shell",
            ],
            "builtins": ["microloan.core.templatetags.danish", "microloan.core.templatetags.ui"],
        },
    }
]
CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"
CRISPY_FAIL_SILENTLY = False
DJANGO_TABLES2_TEMPLATE = "includes/table.html"

# --- Data ------------------------------------------------------------------------------------------------------------
DATABASES = {"default": env.db_url("DATABASE_URL", default="postgres:///microloan")}
DATABASES["default"]["ATOMIC_REQUESTS"] = True
DATABASES["default"]["CONN_MAX_AGE"] = 60
# After a restart of the database the first user of each kept connection would meet an error.
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
# Flash disks and a database that fits in memory: without this PostgreSQL reads whole tables where an index is at hand, and
# compiles queries for longer than they run (docs/performance.md).
PLANNER = "-c random_page_cost=1.1 -c jit=off"
DATABASES["default"]["OPTIONS"].setdefault("options", PLANNER + " -c lock_timeout=10s -c statement_timeout=60s")
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL},
    "process": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# Every tracked row keeps who and which request changed it (architecture.md §3).
PGHISTORY_CONTEXT_FIELD_NULL = True
PGHISTORY_MIDDLEWARE_METHODS = ("POST",)

# --- People ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "microloan.accounts.validators.NotTheDemoPassword"},
    {"NAME": "microloan.accounts.validators.NotTheOldPassword"},
]
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
SESSION_COOKIE_AGE = env.int("SESSION_MINUTES", default=60) * 60
SESSION_SAVE_EVERY_REQUEST = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "microloan.core.views.csrf_failure"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_CALLABLE = "microloan.accounts.lockout.locked_out"
AXES_USERNAME_CALLABLE = "microloan.accounts.lockout.username"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False
AXES_VERBOSE = False
AXES_USERNAME_FORM_FIELD = "username"

# --- Language and clock ----------------------------------------------------------------------------------------------
LANGUAGE_CODE = "da"
LANGUAGES = [("da", _("Danish")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Copenhagen"

# --- Files -----------------------------------------------------------------------------------------------------------
STATIC_URL = "static/"
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "var" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": DOCUMENT_ROOT}},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEMO or DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
WHITENOISE_USE_FINDERS = DEMO or DEBUG
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
# What looks for viruses in uploads: nothing (default), "clamav", or the dotted name of a class (cases/scanning.py).
VIRUS_SCANNER = env.str("VIRUS_SCANNER", default="")
CLAMAV_ADDRESS = env.str("CLAMAV_ADDRESS", default="/run/clamav/clamd.ctl")

METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

# --- Security --------------------------------------------------------------------------------------------------------
HTTPS = env.bool("HTTPS", default=not (DEMO or DEBUG))
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31536000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$", r"^metrics$"]
BEHIND_PROXY = env.bool("BEHIND_PROXY", default=False)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_PROXY else None
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "img-src": [SELF, "data:"],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

# --- Jobs (stack.md §9: late acks, short time-out, nothing stored in Redis that matters) ------------------------------
CELERY_BROKER_URL = env.str("CELERY_BROKER_URL", default=REDIS_URL)
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_WORKER_HIJACK_ROOT_LOGGER = False

# --- Mail ------------------------------------------------------------------------------------------------------------
EMAIL_CONFIG = env.email_url("EMAIL_URL", default="consolemail://")
vars().update(EMAIL_CONFIG)
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="mikrolaan@example.org")

# --- Letters (docs/drift.md, Kanaler) --------------------------------------------------------------------------------
# A letter that could not be handed over is tried again after so many minutes, then twice as long, up to a limit.
LETTER_ATTEMPTS = env.int("LETTER_ATTEMPTS", default=8)
LETTER_RETRY_MINUTES = env.int("LETTER_RETRY_MINUTES", default=10)
LETTER_RETRY_MINUTES_AT_MOST = env.int("LETTER_RETRY_MINUTES_AT_MOST", default=720)
# Digital Post: the CVR number letters are sent under. Without one there are no messages, only the PDF and its manifest.
MEMO_SENDER_CVR = env.str("MEMO_SENDER_CVR", default="00000000" if DEMO else "")
MEMO_VERSION = env.str("MEMO_VERSION", default="1.1")
MEMO_SCHEMA_FOLDER = env.str("MEMO_SCHEMA_FOLDER", default="")
# Letters on paper: gathered in one file a day, or (0) one file each in the outbox the moment they are made.
PRINT_BATCHES = env.bool("PRINT_BATCHES", default=True)
PRINT_BATCH_BY_JOB = env.bool("PRINT_BATCH_BY_JOB", default=True)
PRINT_SORT = env.str("PRINT_SORT", default="postcode")  # postcode, name or case
PRINT_DUPLEX = env.bool("PRINT_DUPLEX", default=True)
PRINT_COVER = env.bool("PRINT_COVER", default=True)
# Where the mail server lays what comes back: a Maildir, or an mbox file. Without one nobody is told of a wrong address.
BOUNCE_FOLDER = env.str("BOUNCE_FOLDER", default="")
# Tells a citizen by SMS that there is a letter: nothing (default), "folder", or the dotted name of a class (sms.py).
SMS_SENDER = env.str("SMS_SENDER", default="")

# --- Logs: to standard error, JSON in production; never a CPR number ---------------------------------------------------
DJANGO_STRUCTLOG_CELERY_ENABLED = True
SHARED_PROCESSORS: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    mask_cpr,
]
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "structured": {
            "()": "microloan.core.logs.CprSafeFormatter",
            "processor": structlog.dev.ConsoleRenderer(colors=False, exception_formatter=structlog.dev.plain_traceback)
            if DEMO or DEBUG
            else structlog.processors.JSONRenderer(),
            "foreign_pre_chain": SHARED_PROCESSORS,
        }
    },
    "filters": {
        "refusal": {"()": "microloan.core.logs.RefusalFilter"},
        "cpr": {"()": "microloan.core.logs.CprFilter"},
    },
    "handlers": {
        "stderr": {"class": "logging.StreamHandler", "formatter": "structured", "filters": ["refusal", "cpr"]}
    },
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="INFO")},
    "loggers": {
        "fontTools": {"level": "WARNING"},
        "weasyprint": {"level": "WARNING"},
        "django_structlog": {"level": "WARNING"},
        "pypdf": {"level": "CRITICAL"},  # it quotes the file it complains of, and that is what a citizen wrote
    },
}
structlog.configure(
    processors=[
        *SHARED_PROCESSORS,
        structlog.processors.format_exc_info,
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    cache_logger_on_first_use=True,
)
