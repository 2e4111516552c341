"""What must be right before the product starts (docs/drift.md lists the settings).

The same findings stop web, worker, scheduler and commands at start (`CoreConfig.ready`) and are shown by
`manage.py check`. A demo is let through, but never one that looks like production.
"""

import base64
import binascii
import re
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured

from microloan.core.fields import KEY_BYTES

SECRET_KEY_LENGTH = 50
INDEX_KEY_LENGTH = 32
DIFFERENT_CHARACTERS = 10
LOOPBACK = {"127.0.0.1", "localhost", "[::1]", "::1", "testserver"}
RANDOM_TEXT = "python -c 'import secrets; print(secrets.token_urlsafe(64))'"
RANDOM_BYTES = "python -c 'import base64, secrets; print(base64.urlsafe_b64encode(secrets.token_bytes(32)).decode())'"
# Steps of a build and looks at the set-up, which must work before there are secrets.
COMMANDS_WITHOUT_SECRETS = {"check", "collectstatic", "compilemessages", "help", "makemessages", "makemigrations"}


def problems(conf: Any = settings) -> list[CheckMessage]:
    """Everything that forbids a start with these settings, most basic first."""
    shape = _demo_problems(conf) if conf.DEMO or conf.DEBUG else _production_problems(conf)
    return [*_secret_problems(conf), *_cpr_problems(conf), *_letter_problems(conf), *shape]


def refuse_unsafe_start(conf: Any = settings) -> None:
    found = problems(conf)
    if found:
        lines = [f"  {problem.id}: {problem.msg}\n      {problem.hint}" for problem in found]
        raise ImproperlyConfigured("Mikrolån does not start with these settings:\n" + "\n".join(lines))


def is_command_without_secrets(argv: list[str] | None = None) -> bool:
    argv = sys.argv if argv is None else argv
    name = Path(argv[0]).name if argv else ""
    return name in ("manage.py", "django-admin", "__main__.py") and (
        len(argv) < 2 or argv[1] in COMMANDS_WITHOUT_SECRETS
    )


@register(Tags.security)
def check_settings(app_configs: Any = None, **kwargs: Any) -> list[CheckMessage]:
    return problems()


def _secret_problems(conf: Any) -> Iterator[CheckMessage]:
    hint = f"Make one with: {RANDOM_TEXT}"
    try:
        key = conf.SECRET_KEY
    except ImproperlyConfigured:  # Django's own word for an empty one
        key = ""
    if not key:
        yield Error("SECRET_KEY is missing.", hint=hint, id="core.E001")
    elif len(key) < SECRET_KEY_LENGTH or len(set(key)) < DIFFERENT_CHARACTERS or key.startswith("django-insecure"):
        yield Error("SECRET_KEY is too weak.", hint=hint, id="core.E002")


def _cpr_problems(conf: Any) -> Iterator[CheckMessage]:
    if not conf.CPR_ENCRYPTION_KEYS:
        hint = f"Make one with: {RANDOM_BYTES}"
        yield Error("CPR_ENCRYPTION_KEYS is missing.", hint=hint, id="core.E003")
    for position, key in enumerate(conf.CPR_ENCRYPTION_KEYS, 1):
        if not _is_key(key):
            hint = f"Each is {KEY_BYTES} bytes in url-safe base64. Make one with: {RANDOM_BYTES}"
            yield Error(f"Key number {position} of CPR_ENCRYPTION_KEYS is not a key.", hint=hint, id="core.E004")
    index_key = conf.CPR_INDEX_KEY
    if len(index_key) < INDEX_KEY_LENGTH or len(set(index_key)) < DIFFERENT_CHARACTERS:
        hint = f"Make one with: {RANDOM_TEXT}. It must never change, or no citizen is found."
        yield Error("CPR_INDEX_KEY is missing or too weak.", hint=hint, id="core.E005")
    elif index_key in conf.CPR_ENCRYPTION_KEYS:
        yield Error("CPR_INDEX_KEY is also an encryption key.", hint="Use a key of its own.", id="core.E006")


def _is_key(text: str) -> bool:
    try:
        return len(base64.urlsafe_b64decode(text.encode())) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def _letter_problems(conf: Any) -> Iterator[CheckMessage]:
    if conf.MEMO_SENDER_CVR and not re.fullmatch(r"[0-9]{8}", conf.MEMO_SENDER_CVR):
        hint = "Leave it out, and only the PDF and its manifest are laid in the outbox."
        yield Error("MEMO_SENDER_CVR is not a CVR number of eight digits.", hint=hint, id="core.E030")
    if conf.MEMO_SCHEMA_FOLDER and not Path(conf.MEMO_SCHEMA_FOLDER).is_dir():
        yield Error("MEMO_SCHEMA_FOLDER is not a folder.", hint="Leave it out, or correct it.", id="core.E031")
    elif conf.MEMO_SCHEMA_FOLDER and find_spec("lxml") is None:
        hint = "Install lxml, which reads schemas, or leave MEMO_SCHEMA_FOLDER out."
        yield Error("MEMO_SCHEMA_FOLDER needs lxml.", hint=hint, id="core.E032")


def _production_problems(conf: Any) -> Iterator[CheckMessage]:
    if conf.ALLOW_FICTITIOUS_CPR:
        yield Error("ALLOW_FICTITIOUS_CPR is for demos only.", hint="Leave it out, or set it to 0.", id="core.E010")
    if not conf.ALLOWED_HOSTS or "*" in conf.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS must name the host of this installation.",
            hint="For example ALLOWED_HOSTS=mikrolaan.kommune.dk",
            id="core.E011",
        )
    for name in ("DATABASE_URL", "REDIS_URL"):
        if name not in conf.SET_IN_ENVIRONMENT:
            yield Error(f"{name} is missing.", hint="docs/drift.md shows what it looks like.", id="core.E012")
    if not conf.HTTPS and _outside(conf.ALLOWED_HOSTS):
        yield Error("HTTPS is switched off.", hint="Leave HTTPS out, or set it to 1.", id="core.E013")
    if conf.METRICS_TOKEN and len(conf.METRICS_TOKEN) < INDEX_KEY_LENGTH:
        yield Error("METRICS_TOKEN is too short.", hint=f"Make one with: {RANDOM_TEXT}", id="core.E014")


def _demo_problems(conf: Any) -> Iterator[CheckMessage]:
    """A demo shows its logins, so it must not be taken for, or grow into, an installation with citizens."""
    name = "DEMO" if conf.DEMO else "DEBUG"
    if conf.HTTPS or conf.SECURE_PROXY_SSL_HEADER:
        yield Error(
            f"{name} is on in a set-up that looks like production (HTTPS or BEHIND_PROXY is on).",
            hint=f"Set {name}=0.",
            id="core.E020",
        )
    outside = _outside(conf.ALLOWED_HOSTS)
    if outside and not conf.DEMO_ON_NETWORK:
        yield Error(
            f"{name} is on and ALLOWED_HOSTS names {', '.join(outside)}.",
            hint=f"Set {name}=0, or DEMO_ON_NETWORK=1 for a demo without real citizens on a closed network.",
            id="core.E021",
        )


def _outside(hosts: list[str]) -> list[str]:
    return [host for host in hosts if host not in LOOPBACK]
