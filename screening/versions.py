"""Which version of a budget or paper an address asks for."""

from collections.abc import Sequence
from typing import TypeVar

from django.http import Http404

from screening.models import Budget, Paper

Version = TypeVar("Version", Budget, Paper)


def version_of(versions: Sequence[Version], wanted: str) -> Version | None:
    """The version with that number, of those given newest first; the newest where none is asked for."""
    if not wanted:
        return versions[0] if versions else None
    found = next((version for version in versions if str(version.number) == wanted), None)
    if found is None:
        raise Http404
    return found
