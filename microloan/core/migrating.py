"""Migrations in a fraction of the time.

Before almost every operation Django and pgtrigger build the classes of the model and of all models related to it again,
which here are nearly all. That is not needed where

* a constraint, an index or a trigger is added or removed: no field changes, and PostgreSQL is told by the operation itself;
* a model is new: its class is put beside those that are there, as when the program starts;
* a field is new: it is added to the class that is there.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from django.db.migrations.state import ModelState, ProjectState
from pgtrigger.migrations import AddTrigger, RemoveTrigger

TRIGGERS = (AddTrigger, RemoveTrigger)
Reload = Callable[..., None]
WITHOUT_FIELDS = ("_append_option", "_remove_option", "_alter_option", "rename_index")


@contextmanager
def only_changed_fields_build_models() -> Iterator[None]:
    """While it lasts, what changes or removes no field leaves the classes of the migration's state alone."""
    places: list[tuple[type, str, Any]] = [
        *((ProjectState, name, _leaving_classes(getattr(ProjectState, name), 0)) for name in WITHOUT_FIELDS),
        *((operation, "state_forwards", _leaving_classes(operation.state_forwards, 2)) for operation in TRIGGERS),
        (ProjectState, "add_model", _adding_class(ProjectState.add_model)),
        (ProjectState, "add_field", _adding_to_class(ProjectState.add_field)),
    ]
    originals = [(owner, name, getattr(owner, name)) for owner, name, _quick in places]
    try:
        for owner, name, quick in places:
            setattr(owner, name, quick)
        yield
    finally:
        for owner, name, original in originals:
            setattr(owner, name, original)


@contextmanager
def _instead(state: Any, reload: Reload) -> Iterator[None]:
    state.reload_model = reload
    try:
        yield
    finally:
        del state.reload_model


def _leaving_classes(method: Callable[..., None], position: int) -> Callable[..., None]:
    @wraps(method)
    def quick(*args: Any) -> None:
        with _instead(args[position], lambda *names, **how: None):
            method(*args)

    return quick


def _adding_class(method: Callable[..., None]) -> Callable[..., None]:
    @wraps(method)
    def quick(state: ProjectState, model: ModelState) -> None:
        with _instead(state, lambda *names, **how: state.apps.render_multiple([model])):
            method(state, model)

    return quick


def _adding_to_class(method: Callable[..., None]) -> Callable[..., None]:
    @wraps(method)
    def quick(state: ProjectState, app: str, model: str, name: str, field: Any, preserve_default: bool) -> None:
        def add(app_label: str, model_name: str, delay: bool = False) -> None:
            if "apps" not in state.__dict__:  # asking for them would build them all
                return
            existing = state.apps.get_model(app, model)
            if existing._meta.apps is not state.apps:
                # Built for the state before an upgrade, whose registry never hears of models that are new since.
                ProjectState.reload_model(state, app_label, model_name, delay)
                return
            state.models[app, model].fields[name].clone().contribute_to_class(existing, name)
            state.apps.clear_cache()

        with _instead(state, add):
            method(state, app, model, name, field, preserve_default)

    return quick
