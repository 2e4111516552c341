"""The private PostgreSQL and Redis: Unix sockets only, data in one folder, shared by all commands of that folder.

Every command holds a shared lock on `users.lock` while it runs (its children inherit it). Whoever leaves and can turn
his lock into an exclusive one was the last, and stops the servers. A killed command leaves no lock; servers it left
running are found by the next command, which uses and in the end stops them.
"""

import fcntl
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import needs
from locks import alone, open_lock, take
from say import SetupError, say

NAME = "microloan"
PORT = "5432"  # only part of the socket's name
PATIENCE = 30  # seconds to wait for the remains of a killed server
SAFE_AGAINST_POWER_CUTS = ("fsync", "full_page_writes")
Command = list[str | Path]


class Owner:
    """The user the servers run as: ourselves, or an unprivileged one when we are root."""

    def __init__(self) -> None:
        self.is_other = os.geteuid() == 0
        self.entry = _unprivileged() if self.is_other else pwd.getpwuid(os.geteuid())

    def run(self, command: Command, *, log: Path | None = None) -> "subprocess.CompletedProcess[bytes]":
        with open(log or os.devnull, "ab") as out:
            return subprocess.run(command, stdout=out, stderr=out, check=False, **self._how())

    def ask(self, command: Command) -> str:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False, **self._how())
        return str(done.stdout, "utf-8", "replace").strip()

    def start(self, command: Command, *, log: Path) -> "subprocess.Popen[bytes]":
        with open(log, "ab") as out:
            return subprocess.Popen(command, stdout=out, stderr=out, **self._how())

    def _how(self) -> dict[str, Any]:
        clean = {key: value for key, value in os.environ.items() if key in ("PATH", "TZ", "LD_LIBRARY_PATH")}
        how: dict[str, Any] = {"cwd": "/", "env": clean, "stdin": subprocess.DEVNULL, "start_new_session": True}
        if self.is_other:
            how |= {"user": self.entry.pw_uid, "group": self.entry.pw_gid, "extra_groups": []}
        return how

    def owns(self, path: Path) -> bool:
        return path.stat().st_uid == self.entry.pw_uid

    def give(self, path: Path) -> None:
        if self.is_other:
            os.chown(path, self.entry.pw_uid, self.entry.pw_gid)

    def can_enter(self, folder: Path) -> bool:
        return not self.is_other or self.run(["/bin/sh", "-c", 'cd "$1"', "sh", folder]).returncode == 0


def _unprivileged() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise SetupError("PostgreSQL does not run as root, and there is no user 'postgres' or 'nobody' to run it as")


def state_folder(root: Path, owner: Owner) -> Path:
    """Where the data lives: SERVICES_DIR, else var/services. When the servers' user cannot enter that (a checkout
    under /root), a folder in /var/lib, whose name is kept in the file `location`."""
    wanted = Path(os.environ.get("SERVICES_DIR") or root / "var/services").absolute()
    if not wanted.exists():
        wanted.parent.mkdir(parents=True, exist_ok=True)
        wanted.mkdir(exist_ok=True)
        wanted.chmod(0o711 if owner.is_other else 0o700)
    if owner.can_enter(wanted):
        return wanted
    pointer = wanted / "location"
    if pointer.exists() and Path(pointer.read_text().strip()).is_dir():
        return Path(pointer.read_text().strip())
    shelter = Path("/var/lib/mikrolaan")
    shelter.mkdir(mode=0o711, exist_ok=True)
    folder = Path(tempfile.mkdtemp(prefix="", dir=shelter))
    folder.chmod(0o711)
    pointer.write_text(f"{folder}\n")
    say(f"{owner.entry.pw_name} cannot enter {wanted}; the data is in {folder}")
    return folder


class Servers:
    def __init__(self, state: Path, owner: Owner, *, postgres: bool, redis: bool, safe: bool) -> None:
        self.state = state
        self.owner = owner
        self.safe = safe
        self.kinds = [Redis] * redis + [Postgres] * postgres
        self.users = -1
        self.sockets = Path()
        self.parts: list[Postgres | Redis] = []

    def enter(self) -> None:
        if not self.kinds:
            return
        with self._alone():
            self.users = open_lock(self.state / "users.lock")
            take(self.users, fcntl.LOCK_SH, waiting_for="stopping the servers")
            self.sockets = self._socket_folder()
            self.parts = [kind(self) for kind in self.kinds]
            for part in self.parts:
                if not part.answers():
                    part.start()

    def leave(self) -> None:
        if self.users < 0:
            return
        with self._alone():
            if take(self.users, fcntl.LOCK_EX):
                for part in self.parts:
                    part.stop()
                if self.parts:
                    shutil.rmtree(self.sockets)
            fcntl.flock(self.users, fcntl.LOCK_UN)  # something the command left behind may still hold the file
            os.close(self.users)
            self.users = -1

    def _alone(self) -> AbstractContextManager[None]:
        return alone(self.state / "start.lock", "starting or stopping the servers")

    def held(self) -> tuple[int, ...]:
        """The lock, for the command to inherit: it keeps the servers up even if this program is killed."""
        return (self.users,) if self.users >= 0 else ()

    def environment(self) -> dict[str, str]:
        return {key: value for part in self.parts for key, value in part.environment().items()}

    def _socket_folder(self) -> Path:
        """Short (a socket's path may have some 100 characters) and closed to everybody else."""
        note = self.state / "sockets"
        if note.exists():
            folder = Path(note.read_text().strip())
            if folder.is_dir() and not folder.is_symlink() and self.owner.owns(folder):
                return folder
        short = "/tmp" if os.access("/tmp", os.W_OK) else None  # noqa: S108 (mkdtemp makes it private)
        folder = Path(tempfile.mkdtemp(prefix="mikrolaan-", dir=short))
        self.owner.give(folder)
        note.write_text(f"{folder}\n")
        return folder


def _log(servers: Servers, name: str) -> Path:
    log = servers.state / f"{name}.log"
    if not log.exists() or log.stat().st_size > 10_000_000:
        log.write_bytes(b"")
        log.chmod(0o600)
        servers.owner.give(log)
    return log


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])


def _command_line(pid: int) -> str:
    answer = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return answer.stdout.strip()


class Postgres:
    def __init__(self, servers: Servers) -> None:
        self.owner = servers.owner
        self.sockets = servers.sockets
        self.data = servers.state / "postgres"
        self.log = _log(servers, "postgres")
        self.safe = servers.safe
        self.bin = self._binaries()

    def _binaries(self) -> Path:
        version = self.data / "PG_VERSION"
        if not version.exists():
            found = needs.postgres_binaries()
        else:
            if not self.owner.owns(self.data):
                raise SetupError(f"{self.data} belongs to another user; name another folder with SERVICES_DIR=…")
            major = int(version.read_text().split()[0])
            found = needs.postgres_binaries(major)
            if not found:
                raise SetupError(
                    f"the data in {self.data} was made by PostgreSQL {major}, which is not installed."
                    f" Install it, or name another folder with SERVICES_DIR=… to start afresh"
                )
        if not found:
            raise SetupError(f"PostgreSQL {needs.OLDEST_POSTGRES} or newer is missing")
        return found

    def environment(self) -> dict[str, str]:
        return {
            "DATABASE_URL": f"postgresql://{NAME}@/{NAME}?host={self.sockets}&port={PORT}",
            "PGHOST": str(self.sockets),
            "PGPORT": PORT,
            "PGUSER": NAME,
            "PGDATABASE": NAME,
        }

    def answers(self) -> bool:
        ready: Command = [self.bin / "pg_isready", "-q", "-t", "5", "-h", self.sockets, "-p", PORT]
        return self.owner.run(ready).returncode == 0

    def start(self) -> None:
        if not self.data.exists():
            self._create()
        end = time.monotonic() + PATIENCE
        while not self._start_once():
            if time.monotonic() > end:
                raise SetupError(f"PostgreSQL does not start. The end of {self.log}:\n{_tail(self.log)}")
            time.sleep(0.5)
        self._create_database()

    def _create(self) -> None:
        """Beside its place first, so that an interrupted creation is never taken for a cluster."""
        say("preparing the database")
        fresh = self.data.with_name("postgres.new")
        if fresh.exists():
            shutil.rmtree(fresh)
        fresh.mkdir(mode=0o700)
        self.owner.give(fresh)
        locale = "C.UTF-8" if sys.platform == "linux" else "C"
        initdb: Command = [self.bin / "initdb", "-D", fresh, "-U", NAME, "-A", "trust", "-E", "UTF8", "--no-sync"]
        initdb += [f"--locale={locale}", "--locale-provider=icu", "--icu-locale=da-DK"]
        if self.owner.run(initdb, log=self.log).returncode:
            raise SetupError(f"initdb failed. The end of {self.log}:\n{_tail(self.log)}")
        fresh.rename(self.data)

    def _start_once(self) -> bool:
        self._clear_away()
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.sockets),
            "unix_socket_permissions": "0700",
            "max_connections": "200",
            "max_wal_senders": "0",
            "wal_level": "minimal",
            "jit": "off",
            "log_min_messages": "fatal",
            "log_min_error_statement": "panic",  # statements may hold personal data
        }
        if not self.safe:
            settings |= dict.fromkeys(SAFE_AGAINST_POWER_CUTS, "off")
        options = " ".join(f"-c {key}='{value}'" for key, value in settings.items())
        start: Command = [self.bin / "pg_ctl", "start", "-w", "-t", "60", "-D", self.data, "-l", self.log]
        return self.owner.run([*start, "-o", f"-p {PORT} {options}"]).returncode == 0

    def _clear_away(self) -> None:
        """A lock left by a killed server, whose number may by now be another program's; or a server that runs but
        cannot be reached, because its socket folder was cleaned away."""
        pid = self._pid()
        if pid is None:
            return
        if str(self.data) in _command_line(pid):
            self.stop()
        else:
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None

    def _create_database(self) -> None:
        psql: Command = [self.bin / "psql", "-qtAX", "-h", self.sockets, "-p", PORT, "-U", NAME, "-d", "postgres", "-c"]
        known = self.owner.ask([*psql, f"SELECT 1 FROM pg_database WHERE datname = '{NAME}'"])  # noqa: S608
        if known != "1" and self.owner.run([*psql, f"CREATE DATABASE {NAME}"], log=self.log).returncode:
            raise SetupError(f"the database could not be created. The end of {self.log}:\n{_tail(self.log)}")

    def stop(self) -> None:
        for manner in ("fast", "immediate"):
            stop: Command = [self.bin / "pg_ctl", "stop", "-w", "-t", "30", "-m", manner, "-D", self.data]
            if self.owner.run(stop).returncode == 0 or self._pid() is None:
                return


class Redis:
    """Holds nothing that must survive (architecture.md §3), so it writes nothing to disk."""

    def __init__(self, servers: Servers) -> None:
        self.owner = servers.owner
        self.socket = servers.sockets / "redis.sock"
        self.pidfile = servers.sockets / "redis.pid"
        self.log = _log(servers, "redis")

    def environment(self) -> dict[str, str]:
        return {
            "REDIS_URL": f"unix://{self.socket}?db=1",
            "CELERY_BROKER_URL": f"redis+socket://{self.socket}?virtual_host=0",
        }

    def answers(self) -> bool:
        return self.owner.ask(["redis-cli", "-s", self.socket, "ping"]) == "PONG"

    def start(self) -> None:
        self.stop()
        options = {"port": "0", "unixsocket": str(self.socket), "unixsocketperm": "700", "pidfile": str(self.pidfile)}
        quiet = {"save": "", "appendonly": "no", "dir": str(self.socket.parent), "loglevel": "warning"}
        command: Command = ["redis-server"]
        for key, value in (options | quiet).items():
            command += [f"--{key}", value]
        self.process = self.owner.start(command, log=self.log)
        end = time.monotonic() + PATIENCE
        while not self.answers():
            if time.monotonic() > end or self.process.poll() is not None:
                raise SetupError(f"Redis does not start. The end of {self.log}:\n{_tail(self.log)}")
            time.sleep(0.02)

    def stop(self) -> None:
        try:
            pid = int(self.pidfile.read_text())
        except (FileNotFoundError, ValueError):
            return
        for sent in (signal.SIGTERM, signal.SIGKILL):
            if "redis-server" not in _command_line(pid):
                break
            os.kill(pid, sent)
            end = time.monotonic() + 5
            while "redis-server" in _command_line(pid) and time.monotonic() < end:
                time.sleep(0.02)
                if getattr(self, "process", None) is not None:
                    self.process.poll()
        self.pidfile.unlink(missing_ok=True)
