"""`bin/run COMMAND…`: prepare the environment, run the command in it, pass on its exit status and the signals."""

import base64
import os
import secrets
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from types import FrameType

import needs
import venvs
from locks import alone
from say import SetupError, say
from servers import Owner, Servers, state_folder

ROOT = Path(__file__).resolve().parent.parent.parent
PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)


def main(arguments: list[str]) -> int:
    if not arguments or arguments[0] in ("-h", "--help"):
        say("usage: bin/run COMMAND…   for example: bin/run python manage.py migrate")
        return 2
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop_preparing)
    try:
        return _prepare_and_run(arguments)
    except SetupError as problem:
        say(str(problem))
        return 1
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


def _stop_preparing(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _prepare_and_run(arguments: list[str]) -> int:
    (ROOT / "var").mkdir(exist_ok=True)
    wanted = os.environ.get("HOUSE_SERVERS") != "none"
    own_database = wanted and not os.environ.get("DATABASE_URL")
    own_redis = wanted and not os.environ.get("REDIS_URL")
    with alone(ROOT / "var/prepare.lock", "preparing the environment"):
        required = ["letters"] + ["postgres"] * own_database + ["redis"] * own_redis
        needs.provide(required + _asked_for(), wishes=["gettext", "browser"] if _is_pytest(arguments) else [])
        venv = venvs.provide(ROOT)
        owner = Owner()
        state = state_folder(ROOT, owner)
        environment = _environment(venv, state)
        _compile_translations(venv)
    safe = environment["DEMO"].lower() not in ("1", "true", "yes", "on")
    servers = Servers(state, owner, postgres=own_database, redis=own_redis, safe=safe)
    try:
        servers.enter()
        environment |= servers.environment()
        return _run(_command(arguments, environment), environment, servers)
    finally:
        for number in PASSED_ON:
            signal.signal(number, signal.SIG_IGN)
        servers.leave()


def _asked_for() -> list[str]:
    """More needs, named by the scripts beside this one (bin/messages wants gettext, and no servers)."""
    return os.environ.get("HOUSE_NEEDS", "").split()


def _is_pytest(arguments: list[str]) -> bool:
    return any(Path(word).name in ("pytest", "py.test") for word in arguments[:3])


def _environment(venv: Path, state: Path) -> dict[str, str]:
    """What is not set yet: the demo's settings, with keys made once and kept beside the data."""
    environment = dict(os.environ)
    environment.pop("PYTHONHOME", None)
    if environment.pop("PYTHONDONTWRITEBYTECODE", None):  # not beside the sources; without any, every start is slow
        environment.setdefault("PYTHONPYCACHEPREFIX", str(ROOT / "var/pycache"))
    environment["VIRTUAL_ENV"] = str(venv)
    environment["PATH"] = f"{venv / 'bin'}{os.pathsep}{environment.get('PATH', os.defpath)}"
    defaults = {
        "DEMO": "1",
        "DOCUMENT_ROOT": str(state / "documents"),
        "OUTBOX_ROOT": str(state / "outbox"),
        "STATE_ROOT": str(state),
        "STATIC_ROOT": str(ROOT / "var/static"),
        **_keys(state / "keys.env"),
    }
    for key, value in defaults.items():
        if not environment.get(key):
            environment[key] = value
    for key in ("DOCUMENT_ROOT", "OUTBOX_ROOT", "STATIC_ROOT"):
        Path(environment[key]).mkdir(mode=0o700, parents=True, exist_ok=True)
    if sys.platform == "darwin":
        environment.setdefault("DYLD_FALLBACK_LIBRARY_PATH", "/opt/homebrew/lib:/usr/local/lib")
    return environment


def _keys(path: Path) -> dict[str, str]:
    if not path.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "CPR_ENCRYPTION_KEYS": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
            "CPR_INDEX_KEY": secrets.token_urlsafe(48),
        }
        fresh = path.with_suffix(".new")
        fresh.unlink(missing_ok=True)
        with open(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.writelines(f"{key}={value}\n" for key, value in made.items())
        fresh.rename(path)
    return dict(line.split("=", 1) for line in path.read_text().splitlines() if "=" in line)


def _compile_translations(venv: Path) -> None:
    for source in sorted(ROOT.glob("locale/*/LC_MESSAGES/*.po")):
        compiled = source.with_suffix(".mo")
        if compiled.exists() and compiled.stat().st_mtime_ns >= source.stat().st_mtime_ns:
            continue
        fresh = source.with_suffix(".mo.new")
        catalogue: list[str | Path] = ["-i", source, "-o", fresh, "-l", source.parent.parent.name]
        pybabel = [venv / "bin/pybabel", "-q", "compile", *catalogue]
        done = subprocess.run(pybabel, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SetupError(f"{source.relative_to(ROOT)} could not be compiled:\n{done.stderr[-1500:]}")
        if fresh.exists():  # a catalogue whose header is fuzzy gives none
            fresh.rename(compiled)


def _command(arguments: list[str], environment: dict[str, str]) -> list[str]:
    """`bin/run manage.py …` is short for `bin/run python manage.py …` and works from every folder."""
    if arguments[0] in ("manage.py", "./manage.py"):
        return ["python", str(ROOT / "manage.py"), *arguments[1:]]
    return arguments


def _run(command: list[str], environment: dict[str, str], servers: Servers) -> int:
    program = shutil.which(command[0], path=environment["PATH"])
    if program is None:
        say(f"{command[0]}: command not found")
        return 127
    children: list[subprocess.Popen[bytes]] = []
    early: list[int] = []  # signals that come while the command is being started

    def pass_on(number: int, frame: FrameType | None) -> None:
        if number == signal.SIGINT and _typed():
            return  # the terminal has sent it to the command already
        if not children:
            early.append(number)
        elif children[0].poll() is None:
            children[0].send_signal(number)

    for number in PASSED_ON:
        signal.signal(number, pass_on)
    children.append(subprocess.Popen([program, *command[1:]], env=environment, pass_fds=servers.held()))
    for early_number in early:
        pass_on(early_number, None)
    status = children[0].wait()
    return status if status >= 0 else 128 - status


def _typed() -> bool:
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except OSError:
        return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
