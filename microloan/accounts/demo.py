"""The people of the demo municipality: invented, all with one password that is shown on the log-in page.

Only in demo mode. Production refuses to make them, refuses the password at the log-in and as a new password, and
`manage.py check --database default` names any that were left behind.
"""

from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from microloan.accounts.enums import Role
from microloan.accounts.models import Centre, User
from microloan.core.errors import Refused

DEMO_PASSWORD = "mikrolaan-demo-2026"  # noqa: S105  (shown on purpose, refused outside demos)
DEMO_CENTRES = {"centrum": "Jobcenter Centrum", "nord": "Jobcenter Nord", "syd": "Jobcenter Syd"}


@dataclass(frozen=True)
class DemoUser:
    username: str
    full_name: str
    role: Role
    centre: str = ""
    trained_on: date | None = None

    @property
    def email(self) -> str:
        return f"{self.username}@example.org"


DEMO_USERS = [
    DemoUser("sagsbehandler", "Sanne Testesen", Role.CASEWORKER, "centrum"),
    DemoUser("vidensperson", "Viggo Prøvesen", Role.REFERRAL_SPECIALIST, "centrum", date(2025, 2, 11)),
    DemoUser("coach", "Mette Eksempelsen", Role.COACH),
    DemoUser("projektleder", "Palle Testesen", Role.PROJECT_LEAD),
    DemoUser("ydelse", "Yrsa Prøvesen", Role.BENEFITS_OFFICER),
    DemoUser("leder", "Lone Eksempelsen", Role.MANAGER),
    DemoUser("administrator", "Anders Testesen", Role.ADMINISTRATOR),
    DemoUser("dpo", "Dorthe Prøvesen", Role.AUDITOR),
    DemoUser("coach2", "Jens Demosen", Role.COACH),
    DemoUser("sagsbehandler2", "Signe Demosen", Role.CASEWORKER, "nord"),
    DemoUser("ydelse2", "Yousef Demosen", Role.BENEFITS_OFFICER),
    DemoUser("vidensperson2", "Vibeke Demosen", Role.REFERRAL_SPECIALIST, "nord", date(2025, 9, 3)),
]
DEMO_USERNAMES = frozenset(person.username for person in DEMO_USERS)


@transaction.atomic
def ensure_demo_users() -> dict[str, User]:
    """The demo's centres and people, by user name; those that are there are left as they are. Refused outside demos."""
    if not settings.DEMO:
        raise Refused(_("Demo users exist in demo mode only."))
    centres = {
        code: Centre.objects.get_or_create(code=code, defaults={"name": name})[0] for code, name in DEMO_CENTRES.items()
    }
    return {person.username: _ensure(person, centres) for person in DEMO_USERS}


def _ensure(person: DemoUser, centres: dict[str, Centre]) -> User:
    known = User.objects.filter(username__iexact=person.username).first()
    if known is not None:
        return known
    return User.objects.create_user(
        username=person.username,
        password=DEMO_PASSWORD,
        full_name=person.full_name,
        email=person.email,
        phone="00000000",
        role=person.role,
        centre=centres.get(person.centre),
        specialist_trained_on=person.trained_on,
    )
