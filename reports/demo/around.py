"""People around the citizens of the demo, flags, an absence and a hand-over (domain.md §3.4, §3.6), by the services."""

from datetime import date, timedelta

from cases import services as cases
from cases.enums import ConsentKind, Phase
from cases.models import CaseFile, Interpreter, Mentor, Representative
from microloan.accounts.models import User
from microloan.core import clock

DAY = timedelta(days=1)


def _open(phase: Phase) -> list[CaseFile]:
    found = CaseFile.objects.live().filter(phase=phase, citizen__protected_address=False).select_related("citizen")
    return list(found.order_by("pk")[:3])


def put_people_around(*, coach: User, today: date) -> None:
    """A mentor, a representative, an interpreter, consents and an exemption, on cases in three phases."""
    development, courses, main = _open(Phase.BUSINESS_DEVELOPMENT), _open(Phase.COURSES), _open(Phase.MAIN_COURSE)
    with clock.at(today):
        cases.add_person(
            case=main[0],
            kind=Mentor,
            values={"name": "Mona Mentor", "trade": "Bager", "phone": "00000021", "from_on": today - 30 * DAY},
            by=coach,
            today=today,
        )
        cases.add_person(
            case=main[0],
            kind=Representative,
            values={
                "name": "Rita Rådgiver",
                "organisation": "Retshjælpen i Prøveby",
                "scope": "Lånet og tilbagebetalingen",
                "street": "Eksempelgade 1",
                "postcode": "9999",
                "city": "Prøveby",
                "from_on": today - 10 * DAY,
                "to_on": today + 80 * DAY,
            },
            by=coach,
            today=today,
        )
        cases.add_person(
            case=development[0],
            kind=Interpreter,
            values={"language": "Arabisk", "from_on": today - 20 * DAY, "note": "Kun ved møder om budgettet."},
            by=coach,
            today=today,
        )
        for case, kind, scope in (
            (main[0], ConsentKind.MENTOR, "Mona Mentor må se forretningsplanen"),
            (main[0], ConsentKind.BANK_VIEW, "Virksomhedens konto, så længe lånet løber"),
            (main[0], ConsentKind.EVALUATION, "Et spørgeskema et år efter forløbet"),
            (courses[0], ConsentKind.DATA_SHARING, "Sagsbehandleren: fremmøde på kurserne"),
        ):
            cases.give_consent(case=case, kind=kind, scope=scope, given_on=today - DAY, by=coach, today=today)
        bank = main[0].consents.get(kind=ConsentKind.BANK_VIEW)
        cases.withdraw_consent(consent=bank, on=today, by=coach, today=today)
        consultant = courses[0].referral.referred_by
        cases.exempt(
            case=courses[0],
            from_on=today - 5 * DAY,
            to_on=None,
            begun_before="Danskkursus tirsdag aften",
            useful="",
            consultant=consultant if consultant and consultant.is_referrer else None,
            by=coach,
            today=today,
        )
        cases.raise_flag(case=development[0], reason="Banken svarer ikke på ansøgningen om erhvervskonto", by=coach)


def stand_in(*, worker: User, substitute: User, today: date) -> None:
    """A coach is away from today, and a colleague sees what falls due."""
    with clock.at(today):
        cases.record_absence(
            worker=worker,
            substitute=substitute,
            from_on=today,
            to_on=today + 4 * DAY,
            note="Kursus i København. Ring, hvis banken svarer.",
            by=worker,
            today=today,
        )
