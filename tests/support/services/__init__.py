"""The rows of all rooms; a new file here is found by itself."""

from importlib import import_module
from pkgutil import iter_modules
from typing import Any

from tests.support.acting import Act


def _modules() -> list[Any]:
    return [import_module(f"{__name__}.{found.name}") for found in sorted(iter_modules(__path__), key=lambda m: m.name)]


def all_rows() -> list[Act]:
    return [row for module in _modules() for row in module.ROWS]


def all_parts() -> dict[str, str]:
    return {name: why for module in _modules() for name, why in module.PARTS.items()}
