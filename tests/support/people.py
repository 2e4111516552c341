"""Users and centres for tests. Names are invented, as ui-guide.md §7 asks."""

from itertools import count
from typing import Any

from microloan.accounts.enums import Role
from microloan.accounts.models import Centre, User

PASSWORD = "Lange-Lyse-Naetter-42"
FAMILY_NAMES = {
    Role.CASEWORKER: "Sagsbehandler",
    Role.REFERRAL_SPECIALIST: "Vidensperson",
    Role.COACH: "Coach",
    Role.PROJECT_LEAD: "Projektleder",
    Role.BENEFITS_OFFICER: "Ydelse",
    Role.MANAGER: "Leder",
    Role.ADMINISTRATOR: "Administrator",
    Role.AUDITOR: "Revisor",
}
_numbers = count(1)


def make_centre(code: str = "", **fields: Any) -> Centre:
    code = code or f"center-{next(_numbers)}"
    return Centre.objects.create(code=code, name=fields.pop("name", f"Center {code}"), **fields)


def make_user(role: str = Role.COACH, **fields: Any) -> User:
    """A user of a role; a caseworker and a referral specialist get a centre of their own if none is given."""
    role = Role(role)
    number = next(_numbers)
    if role in (Role.CASEWORKER, Role.REFERRAL_SPECIALIST):
        fields.setdefault("centre", fields.get("centre") or make_centre())
    fields.setdefault("username", f"{role.value}-{number}")
    fields.setdefault("full_name", f"Test {FAMILY_NAMES[role]}")
    password = fields.pop("password", PASSWORD)
    return User.objects.create_user(password=password, role=role, **fields)
