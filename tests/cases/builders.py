"""Cases for tests, built by the services as the screens do. People and numbers are invented (ui-guide.md §7)."""

from datetime import date, timedelta
from itertools import count
from typing import Any

from cases import services
from cases.enums import ContactKind, ContactState, Livelihood, Phase
from cases.models import CaseFile, Contact, PhaseChange
from cases.services import ReferralData
from microloan.accounts.enums import Role
from microloan.accounts.models import Centre, User
from microloan.core import clock
from tests.support.stages import reach

TODAY = date(2026, 11, 20)  # a Friday
_numbers = count(1)
_citizens = count(1000)  # tests give lower numbers themselves


def fictitious_cpr(number: int, *, born: date = date(1985, 3, 12)) -> str:
    """An invented number: 60 is added to the day."""
    return f"{born.day + 60:02d}{born:%m%y}{1000 + number:04d}"


def user(role: str, name: str = "", **fields: Any) -> User:
    number = next(_numbers)
    return User.objects.create(
        username=f"person-{number}", full_name=name or f"{Role(role).value.title()} Testesen", role=role, **fields
    )


def centre(name: str = "Center Nord") -> Centre:
    number = next(_numbers)
    return Centre.objects.create(code=f"center-{number}", name=name)


def referral_data(**changes: Any) -> ReferralData:
    values: dict[str, Any] = {
        "cpr": fictitious_cpr(next(_citizens)),
        "name": "Amina Testesen",
        "phone": "12345678",
        "livelihood": Livelihood.CASH_BENEFIT,
        "own_wish": True,
        "idea": "Et lille bageri",
        "citizen_informed": True,
    }
    return ReferralData(**{**values, **changes})


def refer(by: User, *, on: date = TODAY, **changes: Any) -> CaseFile:
    def make() -> CaseFile:
        return services.refer(data=referral_data(**changes), by=by, today=on)

    return reach(f"referred {by.pk} {on} {changes}", make)


def accepted(by: User, coach: User, *, on: date = TODAY, **changes: Any) -> CaseFile:
    def make() -> CaseFile:
        return services.accept(case=refer(by, on=on, **changes), coach=coach, by=coach, today=on)

    return reach(f"accepted {by.pk} {coach.pk} {on} {changes}", make)


def put_in_phase(case: CaseFile, phase: Phase, *, on: date = TODAY) -> CaseFile:
    """Straight into a phase, past the higher rooms' requirements: for tests of this room alone."""
    before = case.phase
    CaseFile.objects.filter(pk=case.pk).update(phase=phase, phase_entered_on=on)
    PhaseChange.objects.create(case=case, from_phase=before, to_phase=phase, on=on)
    case.refresh_from_db()
    services.reconcile_tasks(case=case, today=on)
    return case


def held(
    case: CaseFile, kind: str, staff: list[User], *, days_ago: int = 1, state: str = ContactState.ATTENDED
) -> Contact:
    return services.register_contact(
        case=case,
        kind=ContactKind(kind),
        at=clock.now() - timedelta(days=days_ago),
        state=ContactState(state),
        staff=staff,
        by=staff[0],
        today=clock.today(),
    )
