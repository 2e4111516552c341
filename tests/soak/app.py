"""The application of the soak's worker and beat: ours, looking every few seconds instead of every ten minutes."""

from datetime import timedelta
from typing import Any

from celery.signals import beat_init, worker_init, worker_process_init

from microloan.celery import app

__all__ = ["app"]
app.conf.beat_schedule = {
    name: {**entry, "schedule": 3.0}
    for name, entry in app.conf.beat_schedule.items()
    if name in ("lost-letters", "watch")
}
app.conf.beat_max_loop_interval = 1
app.conf.beat_sync_every = 1  # its file is written all the time, so that a kill may hit that, too


@worker_init.connect
@worker_process_init.connect
@beat_init.connect
def hurry(**_signal: Any) -> None:
    from cases.letters import services

    services.WAITING_AFTER = timedelta(seconds=3)
