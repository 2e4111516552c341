"""What the room of loans demands before a case moves on: payout, screening 4, the end of the support, a settled loan; and
that the legal basis is in force."""

from datetime import date, timedelta

import pytest
from django.urls import reverse

from cases import queries
from cases import services as cases
from cases.closing import open_at_closing
from cases.enums import ClosedBy, ClosingReason, Livelihood, Phase
from cases.letters.models import Letter
from cases.models import CaseFile
from courses import services as courses
from courses.models import Enrolment
from loans.services.decisions import check_basis
from microloan.accounts.enums import Role
from microloan.core.danish import long_date, short_date
from microloan.core.errors import Refused
from microloan.policy.models import LegalBasis
from screening.enums import Outcome, ScreeningNumber
from tests.letters.reading import text_of
from tests.loans import builders
from tests.support.world import World


def missing(case: CaseFile, phase: Phase, on: date) -> list[str]:
    return [one.text for one in cases.missing_for(case, phase, on)]


def in_main_course(world: World, livelihood: str = Livelihood.CASH_BENEFIT) -> CaseFile:
    case = builders.in_approval(world, livelihood=livelihood)
    builders.paid_out(world, case)
    return CaseFile.objects.get(pk=case.pk)


def last_day(case: CaseFile) -> date:
    return case.support_periods.latest("ends_on").ends_on


def complete(world: World, case: CaseFile) -> CaseFile:
    return cases.close_case(
        case=case,
        reason=ClosingReason.COMPLETED,
        choice_of=ClosedBy.CITIZEN,
        text="",
        answers={"support": "Tilskuddet er stoppet."},
        by=world.user(Role.COACH),
        today=world.today,
    )


def test_the_main_course_waits_for_residential_course_and_payout(world: World) -> None:
    case = builders.in_approval(world)
    assert missing(case, Phase.MAIN_COURSE, world.today) == ["Lånet er ikke udbetalt."]
    Enrolment.objects.update(state="withdrawn", withdrawn_why="illness")
    assert "Borgeren har ikke gennemført internatet." in missing(case, Phase.MAIN_COURSE, world.today)


def test_a_main_course_long_after_the_residential_course_takes_the_leads_reason(world: World) -> None:
    """Its last day is given by the rule set; the reason stands in the granted decision, or is given on the case."""
    case = builders.in_approval(world)  # the residential course ended five days ago
    last = world.today + timedelta(days=9)
    late = last + timedelta(days=1)
    said = f"Internatet sluttede {long_date(world.today - timedelta(days=5))}."
    assert not any(line.startswith(said) for line in missing(case, Phase.MAIN_COURSE, last))
    assert any(line.startswith(said) for line in missing(case, Phase.MAIN_COURSE, late))
    with pytest.raises(Refused):
        courses.except_from_residential(case=case, reason="Syg", by=world.user(Role.COACH), today=late)
    builders.granted(world, case)
    assert not any(line.startswith(said) for line in missing(case, Phase.MAIN_COURSE, late))
    other = builders.in_approval(world)
    courses.except_from_residential(case=other, reason="Syg", by=world.user(Role.PROJECT_LEAD), today=late)
    assert not any(line.startswith(said) for line in missing(other, Phase.MAIN_COURSE, late))


def test_aftercare_waits_for_screening_4_and_the_last_day_of_the_support(world: World) -> None:
    case = in_main_course(world)
    end = last_day(case)
    running = f"Tilskuddet til forsørgelse løber til {short_date(end)}."
    undecided = "Det er ikke afgjort ved screening 4, at hovedforløbet slutter."
    assert missing(case, Phase.AFTERCARE, end) == [undecided, running]
    builders.decided_screening(world, case, ScreeningNumber.FOUR, Outcome.STOP)
    assert missing(case, Phase.AFTERCARE, end) == [running]
    assert missing(case, Phase.AFTERCARE, end + timedelta(days=1)) == []


def test_an_extension_does_not_end_the_main_course(world: World) -> None:
    case = in_main_course(world)
    builders.extend(world, case, 2)
    assert len(missing(case, Phase.AFTERCARE, last_day(case) + timedelta(days=1))) == 1
    builders.decided_screening(world, case, ScreeningNumber.FOUR, Outcome.STOP, round_=2)
    assert missing(case, Phase.AFTERCARE, last_day(case) + timedelta(days=1)) == []


def test_a_decided_screening_4_is_ticked_while_the_support_runs_on(world: World) -> None:
    def states() -> list[str]:
        return [step["state"] for step in queries.journey(CaseFile.objects.get(pk=case.pk), world.today)][7:]

    case = in_main_course(world)
    assert states() == ["current", "upcoming", "upcoming"]
    builders.decided_screening(world, case, ScreeningNumber.FOUR, Outcome.REVISE)
    assert states() == ["current", "upcoming", "upcoming"]
    builders.decided_screening(world, case, ScreeningNumber.FOUR, Outcome.STOP, round_=2)
    assert states() == ["current", "done", "upcoming"]


def test_a_pensioner_goes_on_when_screening_4_has_been_held(world: World) -> None:
    case = in_main_course(world, Livelihood.DISABILITY_PENSION)
    assert len(missing(case, Phase.AFTERCARE, world.today)) == 1
    builders.decided_screening(world, case, ScreeningNumber.FOUR)
    assert missing(case, Phase.AFTERCARE, world.today) == []


def test_a_case_is_completed_when_nothing_is_owed(world: World) -> None:
    case = in_main_course(world)
    loan = case.loans.get()
    case = builders.put_in_phase(case, Phase.AFTERCARE, on=world.today)
    builders.pay(world, loan, loan.principal - 1, world.today)
    with pytest.raises(Refused, match=r"mangler at betale 1\s*kr\.") as refusal:
        complete(world, case)
    assert refusal.value.field == "reason"
    builders.pay(world, loan, 1, world.today)
    assert complete(world, case).phase == Phase.CLOSED


def test_the_page_of_closing_says_what_is_owed_before_it_asks(world: World, client_for) -> None:
    case = builders.put_in_phase(in_main_course(world), Phase.AFTERCARE, on=world.today)
    client, address = client_for(world.user(Role.COACH)), reverse("cases:close", args=[case.number])
    field = client.get(address).context["form"].fields["reason"]
    assert "completed" not in dict(field.choices)
    assert "mangler at betale" in field.help_text
    builders.pay(world, case.loans.get(), case.loans.get().principal, world.today)
    field = client.get(address).context["form"].fields["reason"]
    assert "completed" in dict(field.choices)
    assert not field.help_text


def test_a_case_without_a_loan_ends_for_another_reason(world: World) -> None:
    case = builders.put_in_phase(builders.in_approval(world), Phase.AFTERCARE, on=world.today)
    with pytest.raises(Refused, match="intet lån"):
        complete(world, case)


@pytest.mark.parametrize(("days", "is_open"), [(0, True), (-1, False)])
def test_a_legal_basis_holds_to_its_last_day(world: World, days: int, is_open: bool) -> None:
    decision = builders.proposed(world)
    LegalBasis.objects.filter(pk=decision.legal_basis_id).update(valid_to=world.today + timedelta(days=days))
    decision.refresh_from_db()
    if is_open:
        check_basis(decision, world.today)
    else:
        with pytest.raises(Refused, match="gælder ikke i dag"):
            check_basis(decision, world.today)


def test_closing_with_a_debt_and_running_support_asks_what_has_been_agreed(world: World) -> None:
    loan = builders.paid_out(world)
    case = loan.case
    asked = [thing for thing in open_at_closing(case, world.today) if thing.asks]
    assert [thing.key for thing in asked] == ["loan", "support"]
    values = {"reason": ClosingReason.ILLNESS, "choice_of": ClosedBy.CITIZEN, "text": ""}
    with pytest.raises(Refused) as refusal:
        cases.close_case(case=case, by=world.user(Role.COACH), today=world.today, **values)
    assert refusal.value.field == "answer_loan"
    answers = {"loan": "Betaler videre", "support": "Ydelse stopper det"}
    cases.close_case(case=case, by=world.user(Role.COACH), today=world.today, answers=answers, **values)
    assert "Betaler videre" in case.journal.get(title="Aftalt ved afslutningen").text
    letter = Letter.objects.get(kind="closing")
    assert letter.context["balance"] == f"{loan.principal:.2f}"
    assert "Du har stadig et lån" in text_of(letter.read_pdf())
