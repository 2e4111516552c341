"""A small registry, by which lower rooms stay ignorant of higher ones (architecture.md §2).

The lower room owns the registry, the higher one registers a provider in its `AppConfig.ready()`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


class AlreadyRegistered(ValueError):
    """Two providers under one name would make the outcome depend on the order of the apps."""


@dataclass(frozen=True)
class Entry(Generic[T]):
    name: str
    provider: T
    order: int


class Registry(Generic[T]):
    """Providers under unique names, always handed out by (order, name), however they came in."""

    def __init__(self, purpose: str) -> None:
        self.purpose = purpose
        self._entries: dict[str, Entry[T]] = {}

    def register(self, name: str, provider: T, *, order: int = 100) -> T:
        known = self._entries.get(name)
        if known is not None and known.provider is not provider:
            raise AlreadyRegistered(f"{self.purpose}: {name} is registered already")
        self._entries[name] = Entry(name, provider, order)
        return provider

    def __iter__(self) -> Iterator[T]:
        return (entry.provider for entry in self.entries())

    def __len__(self) -> int:
        return len(self._entries)

    def __contains__(self, name: object) -> bool:
        return name in self._entries

    def __getitem__(self, name: str) -> T:
        return self._entries[name].provider

    def get(self, name: str) -> T | None:
        entry = self._entries.get(name)
        return entry.provider if entry else None

    def entries(self) -> list[Entry[T]]:
        return sorted(self._entries.values(), key=lambda entry: (entry.order, entry.name))

    def items(self) -> list[tuple[str, T]]:
        return [(entry.name, entry.provider) for entry in self.entries()]

    def names(self) -> list[str]:
        return [entry.name for entry in self.entries()]
