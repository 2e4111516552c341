"""What is killed, and brought back as a supervisor would: private servers, a worker with two processes, beat."""

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.append(str(ROOT / "bin/house"))
from servers import Owner, Servers  # noqa: E402

CELERY = [sys.executable, "-m", "celery", "--quiet", "-A", "tests.soak.app"]
WORKER = ["worker", "--loglevel", "WARNING", "--concurrency", "2", "--without-gossip", "--without-mingle"]
PARTS = ("worker", "a process of the worker", "beat", "redis", "postgresql", "a session of postgresql")


class Programs:
    def __init__(self, folder: Path, chance: random.Random) -> None:
        self.folder, self.chance = folder, chance
        self.servers = Servers(folder, Owner(), postgres=True, redis=True, safe=False)
        self.environment: dict[str, str] = {}
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def serve(self) -> dict[str, str]:
        self.servers.enter()
        return self.servers.environment()

    def start(self) -> None:
        self.environment = {
            **os.environ,
            "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
        }
        for name in ("worker", "beat"):
            self._start(name)

    def _start(self, name: str) -> None:
        beat = ["beat", "--loglevel", "WARNING", "--schedule", str(self.folder / "beat"), "--pidfile", ""]
        command = [*CELERY, *(WORKER if name == "worker" else beat)]
        with (self.folder / f"{name}.log").open("ab") as log:
            self.running[name] = subprocess.Popen(
                command, cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                start_new_session=True,
            )  # fmt: skip

    def kill(self) -> tuple[str, Callable[[], None]]:
        """Kill something; gives its name and what brings it back."""
        part = self.chance.choice(PARTS)
        redis, postgres = self.servers.parts
        if part in ("worker", "beat"):
            with suppress(ProcessLookupError):
                os.killpg(self.running[part].pid, signal.SIGKILL)
            self.running[part].wait()
            return part, lambda: self._start(part)
        if part == "a process of the worker":
            self._kill_one(children_of(self.running["worker"].pid))  # its parent makes a new one
            return part, lambda: None
        if part == "redis":
            self._kill_one([int(redis.pidfile.read_text())])
            redis.process.wait()
            return part, redis.start
        master = int((postgres.data / "postmaster.pid").read_text().split()[0])
        if part == "postgresql":
            self._kill_one([master])
            return part, postgres.start
        self._kill_one(children_of(master))  # the server starts again by itself
        return part, lambda: None

    def _kill_one(self, pids: list[int]) -> None:
        if pids:
            with suppress(ProcessLookupError):
                os.kill(self.chance.choice(pids), signal.SIGKILL)

    def revive(self) -> None:
        """What died of another's death: a supervisor starts it again."""
        for name, program in list(self.running.items()):
            if program.poll() is not None:
                self._start(name)

    def stop(self) -> None:
        for program in self.running.values():
            with suppress(ProcessLookupError):
                os.killpg(program.pid, signal.SIGKILL)
            program.wait()
        self.servers.leave()


def children_of(pid: int) -> list[int]:
    with suppress(FileNotFoundError):
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return []


def until(condition: Callable[[], object], seconds: float, meanwhile: Callable[[], None] = lambda: None) -> bool:
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        meanwhile()
        time.sleep(0.1)
    return True
