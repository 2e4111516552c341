"""A real Celery worker on the real Redis: a process of its own, on a queue of its own, with the test database."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connection

from microloan.celery import app

ROOT = Path(__file__).resolve().parent.parent.parent
PATIENCE = 30.0


def wait_until(condition: Callable[[], object], *, seconds: float = PATIENCE) -> None:
    """Ask again and again until it is so; fail when it does not come true."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"still not so after {seconds} seconds"
        time.sleep(0.05)


@contextmanager
def worker_process(log: Path) -> Iterator["subprocess.Popen[bytes]"]:
    environment = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "TEST_QUEUE": settings.CELERY_TASK_DEFAULT_QUEUE,
        "TEST_DATABASE_NAME": connection.settings_dict["NAME"],
        "TEST_FOLDER": str(settings.TEMPORARY_FOLDER),
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }
    command = [
        sys.executable,
        "-m",
        "celery",
        "--quiet",
        "-A",
        "tests.support.worker",
        "worker",
        "--loglevel",
        "WARNING",
    ]
    command += ["--pool", "solo", "--without-gossip", "--without-mingle", "-Q", settings.CELERY_TASK_DEFAULT_QUEUE]
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


@contextmanager
def not_eager() -> Iterator[None]:
    """Tasks of this process go to the broker, as in production."""
    app.conf.task_always_eager = False
    try:
        yield
    finally:
        app.conf.task_always_eager = True
        with app.connection_for_write() as broker:
            broker.default_channel.queue_purge(settings.CELERY_TASK_DEFAULT_QUEUE)
