"""Staff and citizens of the synthetic municipality. Nobody's names, and CPR numbers that nobody can have (day + 60)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from microloan.accounts.demo import DEMO_CENTRES, ensure_demo_users
from microloan.accounts.enums import Role
from microloan.accounts.models import Centre, User
from microloan.core.cpr import blind_index
from microloan.core.fields import encrypt
from reports.demo.people import FIRST_NAMES, SURNAMES, fictitious_cpr

CASES_PER_COACH = 500
CASES_PER_CASEWORKER = 250
# As many staff of a role as a bigger municipality would have, so that one person's list is as long in both.
PER_PERSON = {Role.COACH: CASES_PER_COACH, Role.CASEWORKER: CASES_PER_CASEWORKER}
FIRST_BIRTH_DATE = date(1960, 1, 1)
BIRTH_DATES = 14_610  # forty years
STRIDE = 7_919  # prime, so that the walk over the birth dates meets each once before it begins again
PURPOSE = "cpr"  # the ciphertext is bound to its column (`Citizen.cpr`)


@dataclass(frozen=True)
class Person:
    i: int
    cpr: str
    cpr_index: str
    name: str
    sex: str
    birth_date: date
    phone: str


def persons(cases: int, seed: int) -> Iterator[Person]:
    """One citizen for each case. The serial number grows when all birth dates have been used, so no number comes twice."""
    for i in range(1, cases + 1):
        place = i * STRIDE + seed * 104_729
        born = FIRST_BIRTH_DATE + timedelta(days=place % BIRTH_DATES)
        sex = "KM"[(i + seed) % 2]
        number = fictitious_cpr(born, 2 * (i // BIRTH_DATES) + (sex == "M"))
        yield Person(
            i=i,
            cpr=encrypt(number, purpose=PURPOSE),
            cpr_index=blind_index(number),
            name=_name(i * 7 + seed * 13, sex),
            sex=sex,
            birth_date=born,
            phone=f"00{i % 1_000_000:06d}",
        )


def _name(place: int, sex: str) -> str:
    firsts = FIRST_NAMES[sex]
    place, first = divmod(place, len(firsts))
    place, last = divmod(place, len(SURNAMES))
    middle = SURNAMES[place % len(SURNAMES)]
    return f"{firsts[first]} {middle} {SURNAMES[last]}"


def ensure_staff(cases: int) -> dict[Role, list[User]]:
    """The people of the demo, and as many more coaches and caseworkers as so many cases need (without a password)."""
    demo = ensure_demo_users().values()
    centres = list(Centre.objects.filter(code__in=DEMO_CENTRES).order_by("code"))
    staff: dict[Role, list[User]] = {}
    for role in (Role.COACH, Role.CASEWORKER, Role.PROJECT_LEAD, Role.BENEFITS_OFFICER):
        known = [user for user in demo if user.role == role]
        wanted = -(-cases // PER_PERSON[role]) if role in PER_PERSON else 0
        more = [_user(role, n, centres) for n in range(len(known) + 1, wanted + 1)]
        User.objects.bulk_create(more, ignore_conflicts=True)
        made = User.objects.filter(username__in=[user.username for user in more]).order_by("username")
        staff[role] = [*known, *made]
    return staff


def _user(role: Role, n: int, centres: list[Centre]) -> User:
    user = User(
        username=f"{role.value}-{n:04d}",
        full_name=f"{FIRST_NAMES['KM'[n % 2]][n % 30]} Målesen {n}",
        role=role,
        centre=centres[n % len(centres)] if role == Role.CASEWORKER else None,
    )
    user.set_unusable_password()
    return user
