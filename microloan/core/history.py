"""Guards in the database that every app uses: change history, append-only rows, locked rows (architecture.md §3).

All of them are triggers, so no code path, `QuerySet.update()` or SQL escapes them. A refused change is an
`IntegrityError` that names the table and the guard, like that of any other constraint::

    @tracked()
    class Loan(models.Model):
        class Meta:
            triggers = locked_when("loan", pgtrigger.Q(old__decided_at__isnull=False))

    class LedgerEntry(models.Model):
        class Meta:
            triggers = append_only("ledger")

Names are unique per table. Bypassing a guard is possible only by name (`pgtrigger.ignore("loans.Loan:loan_locked")`)
and is kept to key rotation and anonymising.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import pghistory
import pghistory.core
import pgtrigger
from django.db import models

M = TypeVar("M", bound=type[models.Model])


class Refuse(pgtrigger.Trigger):
    """Raise an integrity error instead of doing the operation."""

    when = pgtrigger.Before

    def __init__(self, *, message: str, **kwargs: Any) -> None:
        self.message = message
        super().__init__(**kwargs)

    def get_func(self, model: Any) -> str:
        return f"""
            RAISE EXCEPTION 'Cannot % rows of %: {self.message} ({self.name})', lower(TG_OP), TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = '{self.name}';
        """


def tracked(**kwargs: Any) -> Callable[[M], M]:
    """Keep every version of a row, with who and which request changed it. The versions are append-only themselves.

    `exclude=["password"]` leaves fields out; further arguments are those of `pghistory.track`.
    """
    kwargs.setdefault("append_only", True)
    kwargs.setdefault("meta", {"triggers": [no_truncate("history", "the table is append-only")]})
    return pghistory.track(pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent(), **kwargs)


SEALED: set[type[models.Model]] = set()


def sealed() -> Callable[[M], M]:
    """Keep a second copy of each row of an append-only table, so that `check_integrity` finds what was changed, put in or
    taken away past its triggers. The rows never change, so they stand in no list of changes."""

    def seal(model: M) -> M:
        SEALED.add(model)
        return tracked()(model)

    return seal


def append_only(name: str) -> list[pgtrigger.Trigger]:
    """Refuse UPDATE, DELETE and TRUNCATE on a table."""
    message = "the table is append-only"
    return [
        Refuse(name=f"{name}_append_only", operation=pgtrigger.Update | pgtrigger.Delete, message=message),
        no_truncate(name, message),
    ]


def kept(
    name: str, *, final_when: pgtrigger.Q | None = None, message: str = "the row is final"
) -> list[pgtrigger.Trigger]:
    """Refuse DELETE and TRUNCATE on a table whose rows may change, but must never be lost. A row whose old values meet
    `final_when` changes no more."""
    words = "the rows are kept"
    guards = [Refuse(name=f"{name}_kept", operation=pgtrigger.Delete, message=words), no_truncate(name, words)]
    if final_when is None:
        return guards
    final = Refuse(name=f"{name}_final", operation=pgtrigger.Update, condition=final_when, message=message)
    return [*guards, final]


def frozen(name: str, *fields: str, message: str) -> pgtrigger.Trigger:
    """Refuse to change what a row was made with; the other fields go on."""
    return Refuse(
        name=f"{name}_frozen", operation=pgtrigger.Update, condition=pgtrigger.AnyChange(*fields), message=message
    )


def no_truncate(name: str, message: str) -> pgtrigger.Trigger:
    """Refuse TRUNCATE, which no trigger on rows would see."""
    return Refuse(name=f"{name}_no_truncate", operation=pgtrigger.Truncate, level=pgtrigger.Statement, message=message)


def locked_when(
    name: str, condition: pgtrigger.Q, *, message: str = "the row is locked", only: list[str] | None = None
) -> list[pgtrigger.Trigger]:
    """Refuse DELETE, and UPDATE (of the fields in `only`, else of any), of rows whose old values meet the condition;
    and TRUNCATE, which takes them all."""
    update = pgtrigger.UpdateOf(*only) if only else pgtrigger.Update
    return [
        Refuse(name=f"{name}_locked", operation=update | pgtrigger.Delete, condition=condition, message=message),
        no_truncate(name, message),
    ]


@dataclass(frozen=True)
class Change:
    """One field of one row, before and after."""

    at: datetime
    user_id: int | None
    label: str
    field: str
    before: Any
    after: Any


def changes_of(row: models.Model) -> list[Change]:
    """What happened to a row, newest first: each field that changed, its value before and after, and who did it."""
    return changes_of_rows(type(row), [row.pk])


@dataclass(frozen=True)
class LastChange:
    at: datetime
    user_id: int | None


def last_change(row: models.Model) -> LastChange | None:
    """When a tracked row was saved last, and by whom; None for a row of a model without history."""
    event_model: Any = next(iter(pghistory.core.event_models(tracks_model=type(row))), None)
    if event_model is None:
        return None
    events = event_model._base_manager.filter(pgh_obj_id=row.pk).select_related("pgh_context").order_by("-pgh_id")
    event = events.first()
    if event is None:
        return None
    context = event.pgh_context.metadata if event.pgh_context else {}
    return LastChange(event.pgh_created_at, context.get("user"))


def versions_of(model: type[models.Model]) -> models.QuerySet[Any]:
    """Every kept version of the rows of a tracked model; for anonymising, with its guard passed by name."""
    (event_model,) = pghistory.core.event_models(tracks_model=model)
    versions: models.QuerySet[Any] = event_model._base_manager.all()
    return versions


def changes_of_rows(model: type[models.Model], pks: Iterable[Any]) -> list[Change]:
    """The changes of several rows of a model in one query, newest first."""
    (event_model,) = pghistory.core.event_models(tracks_model=model)
    events: models.QuerySet[Any] = event_model._base_manager.filter(pgh_obj_id__in=list(pks))
    changes: list[Change] = []
    previous: dict[Any, models.Model] = {}
    key = model._meta.pk.name
    for event in events.select_related("pgh_context").order_by("pgh_id"):
        changes.extend(_differences(previous.get(event.pgh_obj_id), event, key=key))
        previous[event.pgh_obj_id] = event
    return changes[::-1]


def _differences(previous: models.Model | None, event: Any, key: str) -> Iterator[Change]:
    context = event.pgh_context.metadata if event.pgh_context else {}
    for field in event._meta.concrete_fields:
        if field.name.startswith("pgh_") or field.name == key:
            continue
        before = getattr(previous, field.attname) if previous is not None else None
        after = None if event.pgh_label == "delete" else getattr(event, field.attname)
        if before != after:
            yield Change(event.pgh_created_at, context.get("user"), event.pgh_label, field.name, before, after)
