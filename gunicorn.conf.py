"""The web server. Everything that differs between places comes from the environment (docs/drift.md)."""

import os
import shutil
import tempfile
from pathlib import Path
from typing import Any

bind = f"{os.environ.get('BIND', '127.0.0.1')}:{os.environ.get('PORT', '8000')}"
workers = int(os.environ.get("WEB_WORKERS", "2"))
threads = int(os.environ.get("WEB_THREADS", "4"))
worker_class = "gthread"
timeout = 75  # longer than the database's statement_timeout, so that the database gives up first
graceful_timeout = 20
keepalive = 5
max_requests = 5000  # a leak in a library never grows for long
max_requests_jitter = 500
accesslog = None  # requests are logged by the application, without query strings
loglevel = "warning"
control_socket_disable = True
if Path("/dev/shm").is_dir():  # noqa: S108 (heartbeat files only: in memory they never block on a slow disk)
    worker_tmp_dir = "/dev/shm"  # noqa: S108

# The figures of all worker processes together (/metrics).
metrics_folder = os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", tempfile.mkdtemp(prefix="mikrolaan-metrics-"))


def post_worker_init(worker: Any) -> None:
    """Each web process looks at the daily jobs now and then, so that somebody notices when beat or worker are dead."""
    from microloan.accounts.operations import start_looking

    start_looking()


def child_exit(server: Any, worker: Any) -> None:
    from prometheus_client import multiprocess

    multiprocess.mark_process_dead(worker.pid)


def on_exit(server: Any) -> None:
    shutil.rmtree(metrics_folder, ignore_errors=True)
