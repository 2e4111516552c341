"""Where higher rooms tell `accounts` what the supervision of data protection must find, without showing case content."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from microloan.core.registry import Registry


@dataclass(frozen=True)
class Subject:
    """The citizen behind a case number, as keys: `case_numbers` are all cases of the citizen."""

    citizen_id: int
    case_numbers: tuple[str, ...]


@dataclass(frozen=True)
class TrackedRows:
    """Rows of one model whose change history belongs to a case; the values of `hidden` fields are not shown."""

    model: Any
    pks: tuple[int, ...]
    hidden: frozenset[str] = field(default_factory=frozenset)


# Case number → the citizen behind it, or None.
subjects: Registry[Callable[[str], Subject | None]] = Registry("subjects of the access log")
# Case number → the tracked rows that belong to the case.
tracked_rows: Registry[Callable[[str], list[TrackedRows]]] = Registry("tracked rows of a case")


def subject_of(number: str) -> Subject | None:
    """Who the case is about; None where there is no such case."""
    found = (provider(number) for provider in subjects)
    return next((subject for subject in found if subject is not None), None)


def tracked_rows_of(number: str) -> list[TrackedRows]:
    return [rows for provider in tracked_rows for rows in provider(number)]
