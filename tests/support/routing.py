"""The role table: one row per route, saying who may open it and what everybody else gets (examples: routes/accounts.py).

Each room keeps its rows in `tests/support/routes/<room>.py`, in a list ROWS. **A new address needs a new row**, else
`tests/accounts/test_url_role_table.py` fails and names it. The usual rows:

    row("cases:list", allow=TEAM)                                    a page by GET: 200 for the team, 403 for others
    row("cases:detail", allow=CASE_READERS, kwargs=case, other=404, logs=True)
                                                     of a case: 404 for others, and each view leaves an access log line
    row("cases:note", allow=TEAM, kwargs=case, method="post", data={"text": "Hej"}, logs=True)
                                                     POST only: 302 for the team, GET gives 405 (`get=200` for a form)
    row("loans:pay", allow={Role.BENEFITS_OFFICER}, kwargs=lambda w: {"pk": w.of(make_order).pk})

`kwargs` and `data` are dicts, or functions of the World (tests/support/world.py). `ok` is the code for those allowed
(default 200 for GET, 302 for POST), `other` for the other roles (default 403), `codes={Role.X: 404}` overrides one role,
`elsewhere={Role.X}` are refused as others, but by GET sent to a page they may read (302).
Nobody logged in is sent to the log-in page (302), unless the row is `public=True` (or `anonymous=` says another code).

What the test adds by itself: wrong roles get the same refusal for POST; a caseworker or specialist who may open the page
of a case gets 404 for a stranger's (give `strangers=403` or another code where it differs, `strangers=None` where it does
not apply); an address with a case number must log (`logs=True`) or say why not (`no_log="…"`); no undefined variable.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from microloan.accounts.enums import REFERRERS, TEAM, Role
from microloan.accounts.perms import CASE_READERS
from tests.support.world import World

__all__ = [
    "ADMINISTRATOR",
    "AUDITOR",
    "CASE_READERS",
    "EVERYONE",
    "LEAD",
    "REFERRERS",
    "TEAM",
    "Role",
    "Route",
    "case",
    "row",
]

EVERYONE = frozenset(Role)
LEAD = frozenset({Role.PROJECT_LEAD})
ADMINISTRATOR = frozenset({Role.ADMINISTRATOR})
AUDITOR = frozenset({Role.AUDITOR})
FOLLOW = object()
SLOW_TO_MAKE = ("loans:", "letters:", "courses:")  # what their rows ask for is made once for all rows

Values = Mapping[str, Any] | Callable[[World], Mapping[str, Any]]


@dataclass(frozen=True)
class Route:
    name: str
    allow: frozenset[str]
    kwargs: Values = field(default_factory=dict)
    method: str = "get"
    data: Values = field(default_factory=dict)
    ok: int = 200
    other: int = 403
    codes: Mapping[str, int] = field(default_factory=dict)
    elsewhere: Collection[str] = ()
    get: int = 405
    anonymous: int | None = None
    strangers: Any = FOLLOW
    public: bool = False
    logs: bool = False
    no_log: str = ""
    prepare: Callable[[World], Any] | None = None

    def __str__(self) -> str:
        return f"{self.method.upper()} {self.name}"

    def code_for(self, role: str, method: str = "") -> int:
        if role in self.elsewhere and (method or self.method) == "get":
            return 302
        return self.codes.get(role, self.ok if role in self.allow else self.other)

    def code_for_nobody(self) -> int:
        if self.anonymous is not None:
            return self.anonymous
        return self.ok if self.public else 302

    def code_for_stranger(self, role: str) -> int | None:
        """What a caseworker or specialist gets who has nothing to do with the world's case; None: does not matter."""
        if self.strangers is not FOLLOW:
            return self.strangers
        if role in self.allow and callable(self.kwargs):
            return 404
        return self.code_for(role)


def row(name: str, *, allow: Collection[str] = (), method: str = "get", ok: int | None = None, **more: Any) -> Route:
    """One line of the table; see the top of this file."""
    if ok is None:
        ok = 200 if method == "get" else 302
    return Route(name, frozenset(EVERYONE if more.get("public") else allow), method=method, ok=ok, **more)


def case(world: World) -> dict[str, str]:
    """The address part of the world's case."""
    return {"number": world.case.number}


def values(given: Values, world: World) -> dict[str, Any]:
    return dict(given(world) if callable(given) else given)
