"""Every service × every role (domain.md §2): a view's guard alone is not enough. How to add a row: tests/support/acting.py."""

import inspect
from collections import Counter
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

import pytest
from django.db import transaction

from microloan.accounts.models import User
from microloan.core.errors import Refused
from tests.support.acting import Act
from tests.support.services import all_parts, all_rows
from tests.support.world import World

ROOMS = {
    "cases": "cases.services",
    "letters": "cases.letters.services",
    "printing": "cases.letters.print_queue",
    "letter_texts": "cases.letters.text_services",
    "courses": "courses.services",
    "screening": "screening.services",
    "loans": "loans.services",
}
ROWS, PARTS = all_rows(), all_parts()

pytestmark = pytest.mark.django_db


def modules_of(name: str) -> Iterator[ModuleType]:
    module = import_module(name)
    yield module
    for found in iter_modules(getattr(module, "__path__", [])):
        yield import_module(f"{name}.{found.name}")


def is_service(name: str, function: object, module: ModuleType) -> bool:
    """Public, a function, and written in this module (`@transaction.atomic` keeps the module's name)."""
    return inspect.isfunction(function) and not name.startswith("_") and function.__module__ == module.__name__


def services() -> set[str]:
    return {
        f"{room}.{name}"
        for room, package in ROOMS.items()
        for module in modules_of(package)
        for name, found in vars(module).items()
        if is_service(name, found, module)
    }


@pytest.fixture
def world() -> World:
    return World()


def test_every_service_has_a_row() -> None:
    missing = services() - {row.name for row in ROWS} - set(PARTS)
    assert sorted(missing) == [], "add a row: tests/support/acting.py says how"


def test_every_row_has_a_service() -> None:
    assert sorted(({row.name for row in ROWS} | set(PARTS)) - services()) == []


def test_no_row_stands_twice() -> None:
    names = [*(row.name for row in ROWS), *PARTS]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def tried(row: Act, world: World, user: User) -> bool:
    """Whether it went through; nothing of it is left."""
    with transaction.atomic():
        try:
            row.call(world, user)
            return True
        except Refused:
            return False
        finally:
            transaction.set_rollback(True)


def make_what_it_needs(row: Act, world: World) -> None:
    """Once, and not for each role again: what the service was called with when it was tried."""
    before = dict(world._made)
    tried(row, world, world.user(next(iter(row.allow))))
    needed, world._made = list(world._made), before
    for make in needed:
        world.of(make)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_who_may(row: Act, world: World) -> None:
    assert world.case.is_open
    make_what_it_needs(row, world)
    wrong: list[str] = []
    for role, user in world.users.items():
        made = dict(world._made)
        went_through = tried(row, world, user)
        world._made = made
        if went_through is not (role in row.allow):
            wrong.append(f"{role}: {'went through' if went_through else 'refused'}")
    assert not wrong, "\n".join(wrong)
