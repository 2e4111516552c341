"""Messages to people. Always on standard error: standard output belongs to the command."""

import sys


class SetupError(Exception):
    """Something the person at the keyboard has to mend; the text says what."""


def say(text: str) -> None:
    sys.stderr.write(f"bin/run: {text}\n")
    sys.stderr.flush()
