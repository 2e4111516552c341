"""Migrations in a third of the time.

Before an operation that adds or removes a constraint, an index or a trigger, Django and pgtrigger build the classes of
the model and of all models related to it again. None of these operations changes a field, and PostgreSQL is told what to
do by the operation itself, so the classes that are there already will do. (46 s of processor time became 13 s, with the same schema.)
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

ON_STATE = ("_append_option", "_remove_option", "_alter_option", "rename_index")


@contextmanager
def only_fields_build_models() -> Iterator[None]:
    """While it lasts, what changes no field leaves the classes of the migration's state alone."""
    places: list[tuple[type, str, int]] = [(ProjectState, name, 0) for name in ON_STATE]
    places += [(operation, "state_forwards", 2) for operation in (AddTrigger, RemoveTrigger)]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _position in places]
    try:
        for owner, name, position in places:
            setattr(owner, name, _leaving_classes(getattr(owner, name), position))
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


def _leaving_classes(method: Callable[..., None], position: int) -> Callable[..., None]:
    @wraps(method)
    def quick(*args: Any) -> None:
        state = args[position]
        state.reload_model = lambda *names, **how: None
        try:
            method(*args)
        finally:
            del state.reload_model

    return quick
