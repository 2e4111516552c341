import base64
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from microloan.core import checks

ROOT = Path(__file__).resolve().parent.parent.parent
GOOD = {
    "DEMO": False,
    "DEBUG": False,
    "SECRET_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz-0123456789-abcdef",
    "CPR_ENCRYPTION_KEYS": [base64.urlsafe_b64encode(bytes(range(32))).decode()],
    "CPR_INDEX_KEY": "0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOW_FICTITIOUS_CPR": False,
    "ALLOWED_HOSTS": ["mikrolaan.example.org"],
    "SET_IN_ENVIRONMENT": {"DATABASE_URL", "REDIS_URL"},
    "HTTPS": True,
    "SECURE_PROXY_SSL_HEADER": None,
    "DEMO_ON_NETWORK": False,
    "METRICS_TOKEN": "",
    "MEMO_SENDER_CVR": "",
    "MEMO_SCHEMA_FOLDER": "",
}
DEMO = {"DEMO": True, "ALLOW_FICTITIOUS_CPR": True, "HTTPS": False, "ALLOWED_HOSTS": ["127.0.0.1", "localhost"]}


def ids(**changes) -> list[str]:
    return [problem.id for problem in checks.problems(SimpleNamespace(**{**GOOD, **changes}))]


def test_a_complete_production_shape_and_a_demo_start():
    assert ids() == []
    assert ids(**DEMO) == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"SECRET_KEY": ""}, "core.E001"),
        ({"SECRET_KEY": "short"}, "core.E002"),
        ({"SECRET_KEY": "x" * 80}, "core.E002"),
        ({"SECRET_KEY": "django-insecure-0123456789-abcdefghijklmnopqrstuvwxyz"}, "core.E002"),
        ({"CPR_ENCRYPTION_KEYS": []}, "core.E003"),
        ({"CPR_ENCRYPTION_KEYS": [*GOOD["CPR_ENCRYPTION_KEYS"], "abc"]}, "core.E004"),
        ({"CPR_INDEX_KEY": ""}, "core.E005"),
        ({"CPR_INDEX_KEY": "x" * 64}, "core.E005"),
        ({"CPR_INDEX_KEY": GOOD["CPR_ENCRYPTION_KEYS"][0]}, "core.E006"),
        ({"ALLOW_FICTITIOUS_CPR": True}, "core.E010"),
        ({"ALLOWED_HOSTS": []}, "core.E011"),
        ({"ALLOWED_HOSTS": ["*"]}, "core.E011"),
        ({"SET_IN_ENVIRONMENT": {"REDIS_URL"}}, "core.E012"),
        ({"SET_IN_ENVIRONMENT": {"DATABASE_URL"}}, "core.E012"),
        ({"HTTPS": False}, "core.E013"),
        ({"METRICS_TOKEN": "abc"}, "core.E014"),
        ({"MEMO_SENDER_CVR": "1234"}, "core.E030"),
        ({"MEMO_SCHEMA_FOLDER": "/nowhere"}, "core.E031"),
        ({**DEMO, "HTTPS": True}, "core.E020"),
        ({**DEMO, "SECURE_PROXY_SSL_HEADER": ("X", "https")}, "core.E020"),
        ({**DEMO, "ALLOWED_HOSTS": ["mikrolaan.example.org"]}, "core.E021"),
    ],
)
def test_what_is_missing_or_weak_is_named(changes, problem):
    assert ids(**changes) == [problem]


def test_a_demo_on_a_closed_network_and_production_on_this_machine_are_possible():
    assert ids(**{**DEMO, "ALLOWED_HOSTS": ["10.0.0.5"], "DEMO_ON_NETWORK": True}) == []
    assert ids(HTTPS=False, ALLOWED_HOSTS=["localhost"]) == []


def test_the_refusal_says_what_to_do_and_shows_no_secret():
    with pytest.raises(ImproperlyConfigured) as refusal:
        checks.refuse_unsafe_start(SimpleNamespace(**{**GOOD, "SECRET_KEY": "my-weak-secret", "ALLOWED_HOSTS": []}))
    text = str(refusal.value)
    assert "SECRET_KEY is too weak" in text
    assert "ALLOWED_HOSTS=mikrolaan.kommune.dk" in text
    assert "my-weak-secret" not in text


@pytest.mark.parametrize(
    ("argv", "without"),
    [
        (["manage.py", "collectstatic"], True),
        (["./manage.py", "check", "--deploy"], True),
        (["manage.py"], True),
        (["manage.py", "run_jobs"], False),
        (["manage.py", "migrate"], False),
        (["/venv/bin/gunicorn", "check"], False),
        (["/venv/bin/celery", "help"], False),
        ([], False),
    ],
)
def test_only_steps_of_a_build_go_without_secrets(argv, without):
    assert checks.is_command_without_secrets(argv) is without


def start(code: str, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key in ("PATH", "HOME", "VIRTUAL_ENV", "LANG")}
    return subprocess.run(
        [sys.executable, *code.split()], cwd=ROOT, env=kept | environment, capture_output=True, text=True, timeout=60
    )


PRODUCTION = {
    "SECRET_KEY": GOOD["SECRET_KEY"],
    "CPR_ENCRYPTION_KEYS": GOOD["CPR_ENCRYPTION_KEYS"][0],
    "CPR_INDEX_KEY": GOOD["CPR_INDEX_KEY"],
    "ALLOWED_HOSTS": "mikrolaan.example.org",
    "DATABASE_URL": "postgresql://u:p@db.example.org/mikrolaan",
    "REDIS_URL": "redis://redis.example.org/0",
}


@pytest.mark.parametrize("program", ["-m microloan.wsgi", "-m celery -A microloan.celery report", "manage.py shell"])
def test_web_worker_and_commands_do_not_start_without_settings(program):
    ended = start(program)
    assert ended.returncode != 0
    assert "Mikrolån does not start with these settings" in ended.stderr + ended.stdout
    assert "SECRET_KEY is missing" in ended.stderr + ended.stdout


def test_the_production_shape_starts_and_is_clean_for_deployment():
    assert start("-m microloan.wsgi", **PRODUCTION).returncode == 0
    ended = start("manage.py check --deploy --fail-level INFO --tag security", **PRODUCTION)
    assert ended.returncode == 0, ended.stderr
    assert "no issues" in ended.stdout


def test_check_lists_what_is_wrong_without_a_traceback():
    ended = start("manage.py check --tag security", **PRODUCTION | {"DEMO": "1", "HTTPS": "1"})
    assert ended.returncode == 1
    assert "core.E020" in ended.stderr
    assert "Traceback" not in ended.stderr
