"""The application of the real worker (`tests.support.queue`): ours, and a job that tells which process ran it."""

import os
from datetime import date
from typing import Any

from celery.signals import worker_init

from microloan.celery import app

PROBE = "probe_of_the_queue"
__all__ = ["PROBE", "app"]


@worker_init.connect
def add_probe(**_signal: Any) -> None:
    from microloan.core import jobs

    def probe(today: date) -> jobs.Counts:
        return jobs.Counts(created=os.getpid())

    jobs.register(PROBE, probe)
