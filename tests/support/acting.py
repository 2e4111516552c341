"""The role table of the services: one row per service that changes something, saying whose it is (domain.md §2).

Each room keeps its rows in `tests/support/services/<room>.py`, in a list ROWS. **A new service needs a new row**, else
`tests/accounts/test_service_role_table.py` fails and names it:

    act("cases.raise_flag", allow=TEAM, call=lambda w, by: services.raise_flag(case=w.case, reason="Ring", by=by))

`call` makes the service do its work for a user `by` in a World (tests/support/world.py). For the roles in `allow` it has to
go through; with the very same arguments every other role is refused, and nothing is changed.

What is not done for a user (it reads, locks, is a part that guarded services are made of, or is run by the clock) stands in
PARTS with the reason.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

from microloan.accounts.models import User
from tests.support.world import World


@dataclass(frozen=True)
class Act:
    name: str
    allow: frozenset[str]
    call: Callable[[World, User], Any]

    def __str__(self) -> str:
        return self.name


def act(name: str, *, allow: Collection[str], call: Callable[[World, User], Any]) -> Act:
    return Act(name, frozenset(allow), call)
