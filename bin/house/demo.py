"""`make run`: web server, job worker and scheduler of the demo on this machine, until Ctrl-C."""

import contextlib
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import FrameType

from say import say

ROOT = Path(__file__).resolve().parent.parent.parent
PORT = os.environ.get("PORT") or "8000"
ADDRESS = f"http://127.0.0.1:{PORT}"
START_PATIENCE = 60
STOP_PATIENCE = 15
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
PR_SET_PDEATHSIG = 1
CELERY = ["celery", "--quiet", "-A", "microloan.celery"]


class Stop(Exception):  # noqa: N818 (not an error: somebody asked for it)
    """Asked to stop by a signal."""


def programs() -> dict[str, list[str]]:
    schedule = str(Path(os.environ["STATE_ROOT"]) / "beat-schedule")
    return {
        "web server": ["gunicorn", "-c", "gunicorn.conf.py", "microloan.wsgi:application"],
        "job worker": [*CELERY, "worker", "--loglevel", "WARNING", "--concurrency", "1"],
        "scheduler": [*CELERY, "beat", "--loglevel", "WARNING", "--schedule", schedule, "--pidfile", ""],
    }


def start(command: list[str]) -> "subprocess.Popen[bytes]":
    """In a session of its own, so that Ctrl-C reaches it once, through us, and its children can be stopped with it."""
    environment = {**os.environ, "PORT": PORT, "PYTHONUNBUFFERED": "1"}
    environment.setdefault("LOG_LEVEL", "WARNING")
    environment["PYTHONWARNINGS"] = "ignore:You're running the worker with superuser privileges"
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, start_new_session=True, preexec_fn=_die_with_us
    )


def _die_with_us() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)


def stop(running: dict[str, "subprocess.Popen[bytes]"]) -> None:
    for program in running.values():
        if program.poll() is None:
            program.terminate()
    end = time.monotonic() + STOP_PATIENCE
    for program in running.values():
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(timeout=max(0.1, end - time.monotonic()))
        with contextlib.suppress(ProcessLookupError):
            os.killpg(program.pid, signal.SIGKILL)
        program.wait()


def wait_until_it_answers(running: dict[str, "subprocess.Popen[bytes]"]) -> bool:
    end = time.monotonic() + START_PATIENCE
    while time.monotonic() < end and not gone(running):
        try:
            with urllib.request.urlopen(f"{ADDRESS}/healthz", timeout=5):  # noqa: S310
                return True
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    return False


def gone(running: dict[str, "subprocess.Popen[bytes]"]) -> list[str]:
    return [name for name, program in running.items() if program.poll() is not None]


def port_is_taken() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(PORT)))
        except OSError:
            return True
    return False


def asked_to_stop(number: int, frame: FrameType | None) -> None:
    raise Stop


def serve(running: dict[str, "subprocess.Popen[bytes]"]) -> int:
    prepared = subprocess.run([sys.executable, "bin/house/prepare.py"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if prepared.returncode:
        return 1
    for name, command in programs().items():
        running[name] = start(command)
    if not wait_until_it_answers(running):
        say(f"the web server does not answer on {ADDRESS}; see above")
        return 1
    sys.stdout.write(f"\nMikrolån is ready: {ADDRESS}\n\n{prepared.stdout}\nCtrl-C stops it.\n")
    sys.stdout.flush()
    while not gone(running):
        time.sleep(0.5)
    say(f"the {gone(running)[0]} stopped by itself; stopping the rest")
    return 1


def main() -> int:
    if port_is_taken():
        say(f"port {PORT} is taken; choose another: make run PORT=8001")
        return 1
    for number in STOPPING:
        signal.signal(number, asked_to_stop)
    _die_with_us()
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        return serve(running)
    except Stop:
        return 0
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        stop(running)


if __name__ == "__main__":
    sys.exit(main())
