"""The rows of all rooms; a new file here is found by itself."""

from importlib import import_module
from pkgutil import iter_modules

from tests.support.routing import Route


def all_rows() -> list[Route]:
    rows: list[Route] = []
    for module in sorted(iter_modules(__path__), key=lambda found: found.name):
        rows += import_module(f"{__name__}.{module.name}").ROWS
    return rows
