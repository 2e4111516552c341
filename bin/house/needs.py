"""What the system must bring: found, else installed by its package manager, else asked for."""

import ctypes
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from say import SetupError, say

OLDEST_POSTGRES = 15
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
LETTER_LIBRARIES = ("libpango-1.0.so.0", "libpangoft2-1.0.so.0", "libharfbuzz-subset.so.0")
FONTS = ("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", "/usr/share/fonts/dejavu-sans-fonts/DejaVuSans.ttf")
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first is the quickest
NAMES = {
    "postgres": f"PostgreSQL {OLDEST_POSTGRES} or newer",
    "redis": "Redis",
    "letters": "Pango, HarfBuzz and the DejaVu fonts",
    "gettext": "gettext",
    "browser": "Chromium",
}
APT = {
    "postgres": ["postgresql", "postgresql-contrib"],
    "redis": ["redis-server"],
    "letters": ["libpango-1.0-0", "libpangoft2-1.0-0", "libharfbuzz-subset0", "fonts-dejavu-core"],
    "gettext": ["gettext"],
    "browser": ["chromium-headless-shell"],
}
BREW = {
    "postgres": ["postgresql@17"],
    "redis": ["redis"],
    "letters": ["pango"],
    "gettext": ["gettext"],
    "browser": ["--cask", "chromium"],
}


def postgres_binaries(major: int | None = None) -> Path | None:
    """The folder with the newest PostgreSQL server, or with the one that `major` names."""
    folders = [folder for pattern in POSTGRES_FOLDERS for folder in Path("/").glob(pattern[1:])]
    on_path = shutil.which("postgres")
    if on_path:
        folders.append(Path(on_path).resolve().parent)
    found = [(version, folder) for folder in folders if (version := _postgres_version(folder))]
    fitting = [(v, f) for v, f in found if v >= OLDEST_POSTGRES and major in (None, v)]
    return max(fitting)[1] if fitting else None


def _postgres_version(folder: Path) -> int:
    if not all(os.access(folder / name, os.X_OK) for name in ("postgres", "initdb", "pg_ctl", "psql")):
        return 0
    named = re.search(r"postgresql[@/](\d+)", str(folder))
    if named:
        return int(named[1])
    answer = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=False)
    number = re.search(r"(\d+)", answer.stdout)
    return int(number[1]) if number else 0


def browser() -> str | None:
    return next(filter(None, map(shutil.which, BROWSERS)), None)


def _letters_can_be_made() -> bool:
    if sys.platform == "darwin":
        return any(Path(folder, "lib/libpango-1.0.0.dylib").exists() for folder in ("/opt/homebrew", "/usr/local"))
    try:
        for library in LETTER_LIBRARIES:
            ctypes.CDLL(library)
    except OSError:
        return False
    return any(Path(font).exists() for font in FONTS)


def _is_there(need: str) -> bool:
    there: dict[str, Callable[[], bool]] = {
        "postgres": lambda: postgres_binaries() is not None,
        "redis": lambda: shutil.which("redis-server") is not None,
        "letters": _letters_can_be_made,
        "gettext": lambda: shutil.which("xgettext") is not None and shutil.which("msgattrib") is not None,
        "browser": lambda: browser() is not None,
    }
    return there[need]()


def provide(needs: list[str], *, wishes: list[str]) -> None:
    """Needs stop the start when they cannot be had; without a wish only some tests fail, so it is only mentioned."""
    missing = [need for need in [*needs, *wishes] if not _is_there(need)]
    if not missing:
        return
    _install(missing)
    still = [need for need in missing if not _is_there(need)]
    for wish in (need for need in still if need in wishes):
        say(f"{' '.join(APT[wish])} could not be installed; what needs it will fail")
    needed = [need for need in still if need in needs]
    if needed:
        raise SetupError(_three_ways(needed))


def _three_ways(needed: list[str]) -> str:
    apt = " ".join(package for need in needed for package in APT[need])
    brew = " ".join(package for need in needed for package in BREW[need])
    names = ", ".join(NAMES[need] for need in needed)
    return (
        f"missing on this machine: {names}. One of these brings it:\n"
        f"  apt:    sudo apt-get install {apt}\n"
        f"  brew:   brew install {brew}\n"
        "  docker: docker compose up"
    )


def _install(missing: list[str]) -> None:
    if shutil.which("apt-get"):
        as_root = _as_root()
        if as_root is None:
            return
        packages = [package for need in missing for package in APT[need]]
        say(f"installing {' '.join(packages)}")
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        apt = [*as_root, "apt-get", "-qq", "-o", "DPkg::Lock::Timeout=120"]
        for command in ([*apt, "update"], [*apt, "install", "-y", "--no-install-recommends", *packages]):
            _quietly(command, environment)
    elif shutil.which("brew") and os.geteuid() != 0:
        for need in missing:
            say(f"installing {BREW[need][-1]}")
            _quietly(["brew", "install", *BREW[need]], dict(os.environ))


def _as_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    sudo = shutil.which("sudo")
    if sudo and subprocess.run([sudo, "-n", "true"], capture_output=True, check=False).returncode == 0:
        return [sudo, "-n", "env", "DEBIAN_FRONTEND=noninteractive"]
    return None


def _quietly(command: list[str], environment: dict[str, str]) -> None:
    """Show the package manager's output only when it fails."""
    done = subprocess.run(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        check=False,
    )
    if done.returncode:
        say(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}")
