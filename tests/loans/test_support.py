"""Living support: decided, extended, announced, within the limits (domain.md §6)."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from cases.enums import Livelihood, Phase
from cases.letters.models import Letter
from cases.models import CaseFile
from loans import rules, services
from loans.deadlines import deadlines
from loans.models import PensionSuspension, SupportAmount, SupportPeriod
from loans.overview import support_of_page, support_rows
from loans.queries import support_of
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.policy.models import LegalBasis
from screening import services as screening
from screening.papers.enums import PaperKind
from tests.loans import builders
from tests.loans.builders import TODAY
from tests.support.pages import text
from tests.support.world import World


def test_the_end_is_computed_and_told_by_letter(world: World) -> None:
    period = builders.supported(world, builders.granted(world), starts_on=date(2026, 12, 1))
    assert (period.starts_on, period.ends_on, period.months) == (date(2026, 12, 1), date(2027, 5, 31), 6)
    letter = Letter.objects.get(kind="support_decision")
    assert (letter.context["period_from"], letter.context["period_to"]) == ("2026-12-01", "2027-05-31")


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROJECT_LEAD])
def test_only_the_project_lead_decides_support(world: World, role: str) -> None:
    loan = builders.granted(world)
    with pytest.raises(Refused):
        services.decide_support(case=loan.case, starts_on=TODAY, reasons="", by=world.user(role), today=TODAY)


def test_a_pensioner_gets_none(world: World) -> None:
    loan = builders.granted(world, builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION))
    with pytest.raises(Refused):
        builders.supported(world, loan)


def test_support_is_decided_once(world: World) -> None:
    loan = builders.granted(world)
    builders.supported(world, loan)
    with pytest.raises(Conflict):
        builders.supported(world, loan)


def test_support_waits_for_the_loan_and_starts_no_earlier_than_today(world: World) -> None:
    lead = world.user(Role.PROJECT_LEAD)
    with pytest.raises(Refused):
        services.decide_support(case=builders.in_approval(world), starts_on=TODAY, reasons="", by=lead, today=TODAY)
    loan = builders.granted(world)
    with pytest.raises(Refused) as refusal:
        builders.supported(world, loan, starts_on=TODAY - timedelta(days=1))
    assert refusal.value.field == "starts_on"


def test_a_basis_that_has_ended_since_gives_no_support(world: World) -> None:
    """domain.md §7.1: a decision outside the validity of its basis is refused."""
    loan = builders.granted(world)
    LegalBasis.objects.filter(code="local_basis").update(valid_to=TODAY)
    with clock.at(TODAY + timedelta(days=1)), pytest.raises(Refused, match="gælder ikke"):
        services.decide_support(
            case=loan.case,
            starts_on=loan.planned_payout_on,
            reasons="",
            by=world.user(Role.PROJECT_LEAD),
            today=TODAY + timedelta(days=1),
        )
    assert not SupportPeriod.objects.exists()


def test_a_basis_without_living_support_gives_none(world: World) -> None:
    LegalBasis.objects.filter(code="local_basis").update(allows_support=False)
    with pytest.raises(Refused):
        builders.supported(world, builders.granted(world))


@pytest.fixture
def case(world: World) -> CaseFile:
    """With six months of support from 1 December 2026."""
    loan = builders.granted(world)
    builders.supported(world, loan, starts_on=date(2026, 12, 1))
    return loan.case


@pytest.mark.parametrize(("months", "end"), [(1, date(2027, 6, 30)), (2, date(2027, 7, 31)), (3, date(2027, 8, 31))])
def test_an_extension_of_one_to_three_months(world: World, case: CaseFile, months: int, end: date) -> None:
    period = builders.extend(world, case, months)
    assert (period.starts_on, period.ends_on) == (date(2027, 6, 1), end)
    assert Letter.objects.get(kind="extension_decision").context["total_months"] == 6 + months


@pytest.mark.parametrize("months", [0, 4, -1])
def test_four_at_once_and_none_are_refused(world: World, case: CaseFile, months: int) -> None:
    with pytest.raises(Refused) as refusal:
        builders.extend(world, case, months)
    assert refusal.value.field == "months"
    assert case.support_periods.count() == 1


def test_a_seventh_month_of_extension_is_refused(world: World, case: CaseFile) -> None:
    builders.extend(world, case, 3)
    builders.extend(world, case, 3, round_=2)
    with pytest.raises(Refused):
        builders.extend(world, case, 1, round_=3)
    assert sum(period.months for period in case.support_periods.all()) == 12


def test_three_times_one_month_ends_as_once_three(world: World, case: CaseFile) -> None:
    for round_ in (1, 2, 3):
        last = builders.extend(world, case, 1, round_=round_)
    assert last.ends_on == date(2027, 8, 31)


def test_support_that_has_ended_is_not_extended(world: World, case: CaseFile) -> None:
    with pytest.raises(Refused):
        builders.extend(world, case, 1, today=date(2027, 6, 1))
    builders.extend(world, case, 1, round_=2, today=date(2027, 5, 31))


@pytest.mark.parametrize("role", [role for role in Role if role != Role.PROJECT_LEAD])
def test_only_the_project_lead_extends_and_announces(world: World, case: CaseFile, role: str) -> None:
    with pytest.raises(Refused):
        builders.extend(world, case, 1, by=world.user(role))
    with pytest.raises(Refused):
        services.announce_end(case=case, reasons="", by=world.user(role), today=TODAY)


def test_the_end_is_announced_once(world: World, case: CaseFile) -> None:
    for _time in range(2):
        services.announce_end(
            case=case, reasons="Virksomheden er i gang.", by=world.user(Role.PROJECT_LEAD), today=TODAY
        )
    letter = Letter.objects.get(kind="support_end")
    assert (letter.context["ends_on"], letter.context["first_day_without"]) == ("2027-05-31", "2027-06-01")


def test_what_the_page_says_of_months(world: World, case: CaseFile) -> None:
    builders.extend(world, case, 2)
    loan = case.loans.get()
    shown = support_of_page(loan, support_of(case), date(2027, 1, 1))
    assert (shown.months, shown.used, shown.extension_left, shown.longest_extension) == (8, 2, 4, 3)
    assert (shown.starts_on, shown.ends_on) == (date(2026, 12, 1), date(2027, 7, 31))
    assert support_rows(shown)[-1] == ("Kan forlænges", "Højst 4 måneder mere")


def test_support_that_has_ended_is_not_said_to_be_extendable(world: World, case: CaseFile) -> None:
    loan = case.loans.get()
    shown = support_of_page(loan, support_of(case), date(2027, 6, 1))
    assert shown.is_over
    assert "Kan forlænges" not in dict(support_rows(shown))


def test_no_periods_no_box(world: World) -> None:
    assert SupportPeriod.objects.count() == 0
    assert support_of_page(builders.granted(world), [], TODAY) is None


def asks(world: World, case: CaseFile, **answers: str) -> None:
    """The citizen's self-evaluation, with a wish for more months."""
    data = screening.PaperData(
        kind=PaperKind.SELF_EVALUATION, answers={"wants_extension": "Ja", **answers}, answered_on=TODAY
    )
    screening.save_paper(case=case, data=data, by=world.user(Role.COACH), today=TODAY)


def test_fewer_months_than_asked_for_are_explained_and_told(world: World, case: CaseFile) -> None:
    asks(world, case, extension_months="3")
    with pytest.raises(Refused, match="færre") as refusal:
        builders.extend(world, case, 1, reasons=" ")
    assert refusal.value.field == "reasons"
    builders.extend(world, case, 1, round_=2)
    letter = Letter.objects.get(kind="extension_decision")
    assert letter.context["requested_months"] == 3
    assert letter.context["fully_favourable"] is False


def test_as_many_months_as_asked_for_need_no_reasons(world: World, case: CaseFile) -> None:
    asks(world, case, extension_months="2")
    builders.extend(world, case, 2, reasons="")
    assert Letter.objects.get(kind="extension_decision").context["fully_favourable"] is True


@pytest.mark.parametrize(("months", "told"), [("2", 2), ("", None)])
def test_who_asked_for_more_is_told_that_it_was_refused(
    world: World, case: CaseFile, months: str, told: int | None
) -> None:
    asks(world, case, **({"extension_months": months} if months else {}))
    services.announce_end(case=case, reasons="Du tjener nok.", by=world.user(Role.PROJECT_LEAD), today=TODAY)
    letter = Letter.objects.get(kind="extension_refusal")
    assert letter.context["requested_months"] == told
    assert not Letter.objects.filter(kind="support_end").exists()


def test_a_wish_that_has_been_granted_is_no_wish_any_more(world: World, case: CaseFile) -> None:
    asks(world, case, extension_months="2")
    builders.extend(world, case, 2, today=TODAY + timedelta(days=1))
    assert services.asked_months(case) is None


# --- What it comes to, and a pension that stands still ---------------------------------------------------------------------


def supported_case(world: World) -> CaseFile:
    return builders.supported(world, builders.granted(world), starts_on=date(2026, 12, 1)).case


def record(world: World, case: CaseFile, amount: int, from_on: date, note: str = "") -> SupportAmount:
    officer = world.user(Role.BENEFITS_OFFICER)
    return services.set_support_amount(
        case=case, from_on=from_on, amount=Decimal(amount), note=note, by=officer, today=TODAY
    )


def test_the_months_count_with_the_amount_of_their_first_day(world: World) -> None:
    case = supported_case(world)
    record(world, case, 12000, date(2026, 12, 1))
    record(world, case, 13000, date(2027, 1, 15))
    amounts = list(SupportAmount.objects.filter(case=case).values_list("from_on", "amount"))
    cost = rules.support_cost(date(2026, 12, 1), 6, amounts, date(2027, 2, 28))
    assert (cost.months, cost.amount, cost.unknown) == (3, 37000, 0)  # December, January, and February with the new one
    assert rules.support_cost(date(2026, 12, 1), 6, amounts, date(2026, 11, 30)).months == 0
    assert rules.support_cost(date(2026, 12, 1), 6, amounts, date(2030, 1, 1)).amount == 12000 * 2 + 13000 * 4


def test_months_without_an_amount_are_told(world: World) -> None:
    cost = rules.support_cost(date(2026, 12, 31), 6, [(date(2027, 2, 1), Decimal(100))], date(2027, 6, 29))
    assert (cost.months, cost.amount, cost.unknown) == (6, 400, 2)


def test_the_later_of_two_amounts_from_the_same_day_counts(world: World) -> None:
    case = supported_case(world)
    first = record(world, case, 12000, date(2026, 12, 1))
    assert record(world, case, 12000, date(2026, 12, 1)) == first
    record(world, case, 11000, date(2026, 12, 1), note="Tastefejl")
    amounts = list(SupportAmount.objects.filter(case=case).values_list("from_on", "amount"))
    assert rules.support_cost(date(2026, 12, 1), 1, amounts, date(2027, 1, 1)).amount == 11000


@pytest.mark.parametrize(
    ("amount", "from_on", "field"),
    [
        (0, date(2026, 12, 1), "amount"),
        (60001, date(2026, 12, 1), "amount"),
        (12000, date(2026, 11, 30), "from_on"),
        (12000, date(2027, 6, 1), "from_on"),
    ],
)
def test_an_amount_outside_the_support_is_refused(world: World, amount: int, from_on: date, field: str) -> None:
    with pytest.raises(Refused) as refusal:
        record(world, supported_case(world), amount, from_on)
    assert refusal.value.field == field


def pensioner(world: World) -> CaseFile:
    return builders.granted(world, builders.in_approval(world, livelihood=Livelihood.DISABILITY_PENSION)).case


def suspend(world: World, case: CaseFile, from_on: date, until: date) -> PensionSuspension:
    coach = world.user(Role.COACH)
    return services.suspend_pension(case=case, from_on=from_on, until=until, note="", by=coach, today=TODAY)


def test_a_pension_is_suspended_for_at_most_five_years(world: World) -> None:
    case = pensioner(world)
    with pytest.raises(Refused) as refusal:
        suspend(world, case, date(2027, 1, 1), date(2032, 1, 1))
    assert refusal.value.field == "until"
    suspension = suspend(world, case, date(2027, 1, 1), date(2031, 12, 31))
    with pytest.raises(Conflict):
        suspend(world, case, date(2031, 12, 31), date(2032, 3, 1))
    services.end_suspension(suspension=suspension, ended_on=date(2027, 6, 30), by=world.user(Role.COACH), today=TODAY)
    suspend(world, case, date(2027, 7, 1), date(2028, 6, 30))
    with pytest.raises(Conflict):
        services.end_suspension(
            suspension=suspension, ended_on=date(2027, 6, 1), by=world.user(Role.COACH), today=TODAY
        )


def test_only_a_pension_can_be_suspended(world: World) -> None:
    with pytest.raises(Refused):
        suspend(world, supported_case(world), TODAY, TODAY)


def test_the_database_holds_it_too(world: World) -> None:
    case, coach = pensioner(world), world.user(Role.COACH)
    mine = {"case": case, "from_on": date(2027, 1, 1), "until": date(2031, 12, 31), "by": coach}
    suspension = PensionSuspension.objects.create(**mine)
    amount = record(world, supported_case(world), 12000, date(2026, 12, 1))
    for attack in (
        lambda: PensionSuspension.objects.create(**mine | {"from_on": date(2031, 12, 31)}),
        lambda: PensionSuspension.objects.create(**mine | {"from_on": date(2032, 1, 1), "until": date(2037, 1, 1)}),
        lambda: PensionSuspension.objects.create(**mine | {"case": amount.case}),
        lambda: PensionSuspension.objects.filter(pk=suspension.pk).update(until=date(2030, 1, 1)),
        lambda: PensionSuspension.objects.filter(pk=suspension.pk).update(ended_on=date(2030, 1, 1)),
        lambda: PensionSuspension.objects.filter(pk=suspension.pk).delete(),
        lambda: SupportAmount.objects.filter(pk=amount.pk).update(amount=1),
        lambda: SupportAmount.objects.filter(pk=amount.pk).delete(),
        lambda: SupportAmount.objects.create(case=amount.case, from_on=amount.from_on, amount=0, by=coach),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()


def test_somebody_talks_with_the_citizen_before_the_suspension_ends(world: World) -> None:
    case = builders.put_in_phase(pensioner(world), Phase.AFTERCARE, on=TODAY)
    suspend(world, case, date(2025, 1, 1), date(2027, 3, 1))
    found = CaseFile.objects.get(pk=case.pk)
    told = [step for step in deadlines(found, date(2026, 12, 1)) if step.kind == "suspension_ends"]
    assert [(step.due_on, step.why) for step in told] == [
        (date(2027, 2, 1), "Pausen i pensionen slutter den 1. mar. 2027.")
    ]
    assert not [step for step in deadlines(found, date(2026, 11, 29)) if step.kind == "suspension_ends"]


def test_the_page_keeps_what_was_typed(world: World, client_for: Any) -> None:
    case = supported_case(world)
    client = client_for(world.user(Role.BENEFITS_OFFICER))
    url = reverse("loans:support_amount", args=[case.number])
    with clock.at(TODAY):
        answer = client.post(url, {"amount": "99999", "from_on": "01-12-2026"})
        assert answer.status_code == 200
        assert 'value="99999"' in answer.content.decode()
        assert "Skriv et beløb mellem 1 kr. og 60.000" in text(answer)
        assert client.post(url, {"amount": "12.550,50", "from_on": "01-12-2026"}).status_code == 302
        assert "12.550,50" in text(client.get(reverse("loans:living", args=[case.number])))
