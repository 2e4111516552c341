"""A small realistic municipality for tests that need people and a case: one person of every role, and two strangers.

    world.user(Role.COACH)            the coach
    world.case                        a referral by the caseworker, from the specialist's centre, in recruitment
    world.of(make_screening)          whatever `make_screening(world)` makes, made once per world

A room that needs more (a screening, a loan) writes its own `make_…(world)` beside its routes or in its conftest.
"""

from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Any, Self, TypeVar

from cases import services as cases
from cases.enums import Livelihood, Phase
from cases.models import CaseFile
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.policy.models import LegalBasis
from microloan.policy.services import ensure_defaults
from tests.support.people import PASSWORD, make_centre, make_user
from tests.support.stages import reach

__all__ = ["PASSWORD", "World", "open_local_basis"]

T = TypeVar("T")
NAMES = {
    Role.CASEWORKER: "Sanne Testesen",
    Role.REFERRAL_SPECIALIST: "Viggo Testesen",
    Role.COACH: "Carla Testesen",
    Role.PROJECT_LEAD: "Per Testesen",
    Role.BENEFITS_OFFICER: "Yrsa Testesen",
    Role.MANAGER: "Lene Testesen",
    Role.ADMINISTRATOR: "Adam Testesen",
    Role.AUDITOR: "Dorte Testesen",
}
# Who may do the same things as their colleagues, but not with the world's case.
STRANGERS = {Role.CASEWORKER: "Fremmed Sagsbehandler", Role.REFERRAL_SPECIALIST: "Fremmed Vidensperson"}


def open_local_basis() -> LegalBasis:
    """The local legal basis, filled in so that loans can be decided today, as a municipality does."""
    basis = LegalBasis.objects.get(code="local_basis")
    basis.reference = "kommunens vedtægt om mikrolån § 4"
    basis.support_reference = "kommunens vedtægt om mikrolån § 7"
    basis.allows_loan = basis.allows_grant = basis.allows_support = True
    basis.save()
    return basis


class World:
    def __init__(self) -> None:
        self.__dict__.update(reach("world", self._begin))

    def _begin(self) -> dict[str, Any]:
        ensure_defaults()
        open_local_basis()
        self.today = clock.today()
        self.centre = make_centre("nord", name="Center Nord")
        self.other_centre = make_centre("syd", name="Center Syd")
        self._made: dict[Callable[..., Any], Any] = {}
        referrers = (Role.CASEWORKER, Role.REFERRAL_SPECIALIST)
        self.users = {
            role: make_user(role, full_name=NAMES[role], centre=self.centre if role in referrers else None)
            for role in Role
        }
        self.strangers = {
            role: make_user(role, full_name=name, centre=self.other_centre) for role, name in STRANGERS.items()
        }
        return self.__dict__

    def fresh(self) -> Self:
        """For a test of a module that shares this world: what the test makes of it is its own."""
        mine = copy(self)
        mine._made = dict(self._made)
        mine.users = {role: copy(user) for role, user in self.users.items()}
        mine.strangers = {role: copy(user) for role, user in self.strangers.items()}
        return mine

    def user(self, role: str) -> User:
        return self.users[Role(role)]

    def of(self, make: Callable[["World"], T]) -> T:
        """The object that `make(world)` makes; asked again, the same one."""
        if make not in self._made:
            self._made[make] = make(self)
        return self._made[make]

    def refer(self, cpr: str, name: str, **fields: Any) -> CaseFile:
        """A new referral by the caseworker."""
        values = {
            "phone": "00000000",
            "livelihood": Livelihood.CASH_BENEFIT,
            "own_wish": True,
            "idea": "Syværksted",
            "citizen_informed": True,
            **fields,
        }
        data = cases.ReferralData(cpr=cpr, name=name, **values)
        return cases.refer(data=data, by=self.user(Role.CASEWORKER), today=self.today)

    @cached_property
    def case(self) -> CaseFile:
        return reach("world's case", self._case)

    def _case(self) -> CaseFile:
        case = self.refer("7203801234", "Amina Testesen")
        coach = self.user(Role.COACH)
        case = cases.accept(case=case, coach=coach, by=coach, today=self.today)
        assert case.phase == Phase.RECRUITMENT
        return case
