"""Undefined variables in our own templates fail the test; templates of other packages may rely on leniency."""

import sys
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parent.parent.parent
# Our copies of templates of other packages, which lean on undefined variables as the originals do.
BORROWED = (ROOT / "templates" / "bootstrap5",)


class UndefinedVariableError(AssertionError):
    """Not caught anywhere in Django's rendering."""


class UndefinedFails(str):
    """Django's `string_if_invalid`. Asked whether it is true, it finds out which template asks.

    For others it is an empty string, so that Django goes on with filters as in production. For ours it is true, and
    being formatted with the variable's name it raises.
    """

    __slots__ = ()

    def __new__(cls) -> "UndefinedFails":
        return super().__new__(cls, "")

    def __bool__(self) -> bool:
        return is_ours(_template_that_asks())

    def __contains__(self, part: object) -> bool:
        return part == "%s"

    def __mod__(self, variable: object) -> str:
        raise UndefinedVariableError(f"{_template_that_asks()}: {variable} is not defined")


def _template_that_asks() -> str:
    """The file of the innermost template node that is being rendered."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        origin = getattr(frame.f_locals.get("self"), "origin", None)
        name = getattr(origin, "name", None)
        if isinstance(name, str):
            return name
        frame = frame.f_back
    return "<unknown source>"


def is_ours(name: str) -> bool:
    if name == "<unknown source>":  # a template from a string, as in tests
        return True
    path = Path(name)
    if not path.is_relative_to(ROOT) or "site-packages" in path.parts:
        return False
    return not any(path.is_relative_to(folder) for folder in BORROWED)
