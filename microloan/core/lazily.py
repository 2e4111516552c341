"""Counts over very many rows are not made anew for every page (architecture.md §7).

Up to 10,000 rows a count is exact. Above, it is at most a minute old: it is kept in the memory of the process, so that a
page needs no Redis for it.
"""

from collections.abc import Callable

from django.core.cache import caches

EXACT_UP_TO = 10_000
SECONDS = 60


def counted(key: str, count: Callable[[], dict[str, int]]) -> dict[str, int]:
    """The counts under this key: made now, or kept from a moment ago where one of them was above 10,000."""
    kept = caches["process"].get(key)
    if kept is not None:
        return kept
    made = count()
    if max(made.values(), default=0) > EXACT_UP_TO:
        caches["process"].set(key, made, SECONDS)
    return made
