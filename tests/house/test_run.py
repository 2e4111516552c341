"""`bin/run`: exit status, clean output, shared private servers, and recovery after the worst."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
ASK = ["psql", "-qtAX", "-c"]
ADDRESS = "SELECT pg_postmaster_start_time(), current_setting('data_directory')"


class Runner:
    """Starts `bin/run` on a folder of its own, without anything this test's own environment brings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        brought = ("DATABASE_URL", "REDIS_URL", "CELERY_BROKER_URL", "DEMO", "SECRET_KEY", "CPR_", "PG", "HOUSE_")
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith(brought)}
        self.environment |= {"SERVICES_DIR": str(folder), "VENV": sys.prefix}

    def start(self, *command: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [ROOT / "bin/run", *command],
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        program = self.start(*command)
        out, err = program.communicate(timeout=60)
        return subprocess.CompletedProcess(command, program.returncode, out, err)

    @property
    def pidfile(self) -> Path:
        return self.folder / "postgres/postmaster.pid"

    def postgres_pid(self) -> int:
        return int(self.pidfile.read_text().split()[0])


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="house-"))
    folder.chmod(0o711)  # the servers' user must be able to enter
    first = Runner(folder).run("echo", "hello")
    assert (first.returncode, first.stdout) == (0, "hello\n"), first.stderr
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def runner(folder: Path) -> Iterator[Runner]:
    runner = Runner(folder)
    yield runner
    assert not runner.pidfile.exists(), "PostgreSQL was left running"
    assert not Path((folder / "sockets").read_text().strip()).exists(), "Redis was left running"


def line_from(program: "subprocess.Popen[str]") -> str:
    assert program.stdout is not None
    return program.stdout.readline().strip()


def finish(program: "subprocess.Popen[str]") -> int:
    program.communicate("\n", timeout=60)
    return program.returncode


def test_only_the_command_writes_to_standard_output(runner: Runner) -> None:
    done = runner.run("sh", "-c", 'echo "$DEMO"; exit 7')
    assert (done.returncode, done.stdout) == (7, "1\n")


@pytest.mark.parametrize(
    ("command", "status"), [(["no-such-command"], 127), ([], 2), (["sh", "-c", "kill -TERM $$"], 143)]
)
def test_exit_status(runner: Runner, command: list[str], status: int) -> None:
    done = runner.run(*command)
    assert (done.returncode, done.stdout) == (status, "")


def test_danish_order_and_both_servers(runner: Runner) -> None:
    sorted_names = "SELECT string_agg(n, ' ' ORDER BY n) FROM (VALUES ('Åby'), ('Zebra'), ('Aarhus'), ('Ærø')) t(n)"
    done = runner.run("sh", "-c", f'psql -qtAX -c "{sorted_names}"; redis-cli -s "$PGHOST/redis.sock" ping')
    assert done.stdout.splitlines() == ["Zebra Ærø Åby Aarhus", "PONG"]


def test_keys_are_made_once_and_private(runner: Runner) -> None:
    show = ("sh", "-c", 'echo "$SECRET_KEY $CPR_ENCRYPTION_KEYS $CPR_INDEX_KEY"')
    first = runner.run(*show).stdout
    assert first == runner.run(*show).stdout
    assert len(first.split()) == 3
    assert (runner.folder / "keys.env").stat().st_mode & 0o777 == 0o600


def test_two_commands_share_the_servers_and_the_last_stops_them(runner: Runner) -> None:
    first = runner.start("sh", "-c", f'psql -qtAX -c "{ADDRESS}"; read line; psql -qtAX -c "{ADDRESS}"; exit 3')
    address = line_from(first)
    assert runner.run(*ASK, ADDRESS).stdout.strip() == address
    assert first.stdin is not None
    first.stdin.write("\n")
    first.stdin.flush()
    assert line_from(first) == address
    assert finish(first) == 3


def test_a_killed_database_and_a_killed_command_are_no_obstacle(runner: Runner) -> None:
    program = runner.start("sh", "-c", "psql -qtAX -c 'CREATE TABLE kept AS SELECT 1'; echo up; exec sleep 100")
    assert line_from(program) == "up"
    children = subprocess.run(["pgrep", "-P", str(program.pid)], capture_output=True, text=True, check=True)
    for pid in (program.pid, *map(int, children.stdout.split()), runner.postgres_pid()):
        os.kill(pid, signal.SIGKILL)
    finish(program)
    assert runner.run(*ASK, "SELECT count(*) FROM kept; DROP TABLE kept").stdout.strip() == "1"


def test_a_lock_that_names_another_program_is_no_obstacle(runner: Runner) -> None:
    runner.pidfile.write_text(f"{os.getpid()}\n{runner.folder / 'postgres'}\n")
    assert runner.run(*ASK, "SELECT 1").stdout.strip() == "1"


def test_a_signal_reaches_the_command_and_the_servers_stop(runner: Runner) -> None:
    program = runner.start("sh", "-c", "trap 'exit 5' TERM; echo up; while :; do sleep 0.05; done")
    assert line_from(program) == "up"
    program.terminate()
    assert finish(program) == 5


def test_programs_of_the_demo_stop_with_all_their_children(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(ROOT / "bin/house"))
    import demo

    program = demo.start(["sh", "-c", "sleep 60 & trap '' TERM; while :; do sleep 1; done"])
    monkeypatch.setattr(demo, "STOP_PATIENCE", 0.3)
    demo.stop({"stubborn": program})
    end = time.monotonic() + 5
    while alive := subprocess.run(["pgrep", "-s", str(program.pid)], capture_output=True, check=False).stdout:
        assert time.monotonic() < end, alive
        time.sleep(0.05)
