"""File locks. The kernel gives them back when their holder dies, so a killed program leaves none behind."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from say import say


def take(fd: int, kind: int, waiting_for: str = "") -> bool:
    """Take the lock; with `waiting_for` wait until it is free, else answer at once whether it was."""
    try:
        fcntl.flock(fd, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        if not waiting_for:
            return False
        say(f"waiting for another command that is {waiting_for}")
        fcntl.flock(fd, kind)
    return True


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


@contextmanager
def alone(path: Path, doing: str) -> Iterator[None]:
    fd = open_lock(path)
    try:
        take(fd, fcntl.LOCK_EX, waiting_for=doing)
        yield
    finally:
        os.close(fd)
