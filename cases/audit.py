"""What the supervision of data protection finds about a case: keys and tracked rows, registered with `accounts`."""

from collections.abc import Iterator
from typing import Any

from pghistory.core import event_models

from cases.models import CaseFile, Citizen
from microloan.accounts import registry
from microloan.accounts.registry import Subject, TrackedRows
from microloan.core.history import SEALED

# Facts about the citizen that the officer need not see to follow who changed what.
IDENTIFYING = frozenset({"birth_date", "birth_year", "sex"})
DEPTH = 2  # a case → its screenings → their ratings


def register() -> None:
    registry.subjects.register("cases", subject)
    registry.tracked_rows.register("cases", tracked_rows)


def subject(number: str) -> Subject | None:
    case = CaseFile.objects.filter(number=number).only("citizen_id").first()
    if case is None:
        return None
    numbers = CaseFile.objects.filter(citizen=case.citizen_id).order_by("pk").values_list("number", flat=True)
    return Subject(citizen_id=case.citizen_id, case_numbers=tuple(numbers))


def tracked_rows(number: str) -> list[TrackedRows]:
    """The case, its citizen and everything tracked that hangs on them, also in rooms that `cases` does not know."""
    case = CaseFile.objects.only("pk", "citizen_id").get(number=number)
    citizen = (case.citizen_id,)
    found = [TrackedRows(CaseFile, (case.pk,)), TrackedRows(Citizen, citizen, hidden=IDENTIFYING)]
    for model, field in _children(Citizen):
        if model is not CaseFile:
            found += _below(model, {f"{field}__in": citizen}, depth=1)
    for model, field in _children(CaseFile):
        found += _below(model, {f"{field}__in": (case.pk,)}, depth=DEPTH)
    return _merged(found)


def _children(model: Any) -> Iterator[tuple[Any, str]]:
    """The models that point to this one, with the name of the field; not the event tables, nor many-to-many."""
    for relation in model._meta.related_objects:
        if not relation.many_to_many and not relation.related_model.__name__.endswith("Event"):
            yield relation.related_model, relation.field.name


def _below(model: Any, condition: dict[str, Any], *, depth: int) -> list[TrackedRows]:
    pks = tuple(model.objects.filter(**condition).order_by("pk").values_list("pk", flat=True))
    found = [TrackedRows(model, pks)] if event_models(tracks_model=model) and model not in SEALED else []
    if depth > 1:
        for child, field in _children(model):
            found += _below(child, {f"{field}__in": pks}, depth=depth - 1)
    return found


def _merged(found: list[TrackedRows]) -> list[TrackedRows]:
    """A row that hangs on the case in two ways stands once."""
    merged: dict[Any, TrackedRows] = {}
    for rows in found:
        known = merged.get(rows.model)
        pks = rows.pks if known is None else tuple(dict.fromkeys((*known.pks, *rows.pks)))
        merged[rows.model] = TrackedRows(rows.model, pks, rows.hidden)
    return [rows for rows in merged.values() if rows.pks]
