"""The virtual environment: `.venv` in the checkout, made again when the locked requirements change."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

from say import SetupError, say

LOCKED = "requirements/dev.txt"
INSTALLER = "requirements/installer.txt"


def provide(root: Path) -> Path:
    """The folder of the environment to use. One named by VENV is used as it is."""
    given = os.environ.get("VENV")
    if given:
        venv = Path(given).absolute()
        if not (venv / "bin/python").exists():
            raise SetupError(f"VENV={given} is not a virtual environment")
        return venv
    venv = root / ".venv"
    stamp = venv / ".locked"
    wanted = _fingerprint(root, venv)
    if stamp.exists() and stamp.read_text() == wanted and _works(venv):
        return venv
    _make(venv)
    _install(root, venv)
    stamp.write_text(wanted)
    return venv


def _fingerprint(root: Path, venv: Path) -> str:
    parts = [(root / LOCKED).read_bytes(), str(venv).encode(), sys.version.encode()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _works(venv: Path) -> bool:
    python = venv / "bin/python"
    return python.exists() and subprocess.run([python, "-S", "-c", ""], check=False).returncode == 0


def _make(venv: Path) -> None:
    say(f"making the virtual environment {venv.name}")
    if venv.exists():
        shutil.rmtree(venv)
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, stdout=sys.stderr, stdin=subprocess.DEVNULL)


def _install(root: Path, venv: Path) -> None:
    """uv takes seconds where pip takes a minute; both check every hash, so pip is a full replacement."""
    python = venv / "bin/python"
    pip: list[str | Path] = [python, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-deps"]
    uv: list[str | Path] = [venv / "bin/uv", "--system-certs", "pip", "install", "-q", "--no-deps", "--python", python]
    locked: list[str | Path] = ["--require-hashes", "-r", root / LOCKED]
    if _runs([*pip, "--require-hashes", "-r", root / INSTALLER]) and _runs([*uv, *locked]):
        return
    say("installing with pip (about a minute)")
    if not _runs([*pip, *locked], show=True):
        raise SetupError("the locked requirements could not be installed; see above")


def _runs(command: list[str | Path], *, show: bool = False) -> bool:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode and show:
        say(done.stdout[-3000:])
    return done.returncode == 0
