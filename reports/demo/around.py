"""People around the citizens of the demo, flags, an absence and a hand-over (domain.md §3.4, §3.6), by the services."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from cases import services as cases
from cases.enums import ConsentKind, Phase
from cases.models import CaseFile, Interpreter, Mentor, Representative
from microloan.accounts.models import User
from microloan.accounts.specialists import record_start_meeting
from microloan.core import clock
from screening import services as screening
from screening.enums import ScreeningNumber
from screening.models import CriteriaSet

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


def sit_in(*, specialists: Sequence[User], lead: User, today: date) -> None:
    """The referral specialists have been at start meetings (domain.md §2)."""
    for turn, person in enumerate(specialists):
        for days_ago in (20, 75, 160)[turn:]:
            held_on = today - days_ago * DAY
            with clock.at(held_on):
                record_start_meeting(specialist=person, held_on=held_on, by=lead, today=held_on)


def sharpen_criteria(*, by: User) -> None:
    """The administrator says more plainly what is meant by the trust of screening 1: a second version of its set."""
    newest = CriteriaSet.objects.get(number=ScreeningNumber.ONE, is_current=True)
    rows = [
        replace(row, low="Vi kender ikke hinanden endnu", high="Vi taler åbent, også om det svære")
        if row.code == "trust"
        else row
        for row in screening.data_of(newest)
    ]
    screening.change_criteria(
        number=ScreeningNumber.ONE,
        criteria=rows,
        note="Det var ikke klart, hvad 1 og 5 betyder for tillid.",
        base_version=newest.version,
        by=by,
    )
