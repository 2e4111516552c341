"""The top bar: each app registers its item in `AppConfig.ready()`, so that the shell knows no app.

    navigation.register("cases", _("Cases"), "cases:list", roles=TEAM, order=20, owns=("cases:",))

An item is shown to the roles it names. `owns` lists the view names (or prefixes of them) during which it is the current
one; the longest match wins, so `cases:my_work` can belong to another item than the rest of `cases:`.
`count` is asked once per page with the user and today, and only for those who see the item.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise

Count = Callable[[Any, date], int]


@dataclass(frozen=True)
class Item:
    key: str
    label: str | Promise
    url_name: str
    roles: frozenset[str]
    order: int
    count: Count | None
    owns: tuple[str, ...]

    def match(self, view_name: str) -> int:
        """How many characters of the view's name this item claims; 0 is no claim."""
        return max((len(prefix) for prefix in self.owns if view_name.startswith(prefix)), default=0)


@dataclass(frozen=True)
class Link:
    """An item as the template shows it to one user."""

    key: str
    label: str | Promise
    url: str
    current: bool
    count: int | None


_items: dict[str, Item] = {}


def register(
    key: str,
    label: str | Promise,
    url_name: str,
    roles: Collection[str],
    order: int,
    count: Count | None = None,
    owns: tuple[str, ...] = (),
) -> None:
    """Add an item to the top bar; the same key again replaces it."""
    names = (url_name, *owns)
    _items[key] = Item(key, label, url_name, frozenset(str(role) for role in roles), order, count, names)


def items_for(role: str) -> list[Item]:
    """The items a role may open, in their order."""
    return sorted((i for i in _items.values() if role in i.roles), key=lambda i: (i.order, i.key))


def current_key(role: str, view_name: str) -> str | None:
    best = max(items_for(role), key=lambda i: i.match(view_name), default=None)
    return best.key if best and best.match(view_name) else None


def links(user: Any, view_name: str, today: date) -> list[Link]:
    """The top bar of one user on one page."""
    role = getattr(user, "role", "")
    current = current_key(role, view_name)
    return [
        Link(
            key=item.key,
            label=item.label,
            url=reverse(item.url_name),
            current=item.key == current,
            count=item.count(user, today) if item.count else None,
        )
        for item in items_for(role)
    ]


# --- Pages of some roles that are linked outside the top bar ----------------------------------------------------------
_restricted: dict[str, frozenset[str]] = {}


def restrict(url_name: str, roles: Collection[str]) -> None:
    """The shell links this page for these roles only (the page itself checks as well)."""
    _restricted[url_name] = frozenset(str(role) for role in roles)


def is_linked_for(user: Any, url_name: str) -> bool:
    return url_name not in _restricted or getattr(user, "role", "") in _restricted[url_name]


# --- Search ----------------------------------------------------------------------------------------------------------
_search: dict[str, Any] = {}


def register_search(url_name: str, roles: Collection[str]) -> None:
    """Show the search box of the top bar to these roles. The route takes a POST with `q` (a CPR number never stands in
    an address); asked by htmx it answers with `includes/_search_hits.html`, else with a page."""
    _search.update(url_name=url_name, roles=frozenset(str(role) for role in roles))


def search_url(user: Any) -> str:
    if getattr(user, "role", "") in _search.get("roles", ()):
        return reverse(_search["url_name"])
    return ""
