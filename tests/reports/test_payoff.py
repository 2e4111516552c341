"""Does it pay: filled in from the cases, every assumption visible, saved as it was, nobody given away (domain.md §10)."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from loans import services
from microloan.accounts.enums import Role
from microloan.core.errors import Refused
from reports import payoff
from reports.models import Scenario
from reports.payoff_words import assumptions_of, payoff_of
from reports.rules.break_even import Counted
from reports.services import import_history
from tests.loans import builders
from tests.reports.review_data import review_sheets, write_workbook
from tests.reports.test_break_even import TWENTY
from tests.support.pages import text
from tests.support.people import make_user
from tests.support.routes.arrears import make_handed_over
from tests.support.world import World

TYPED = {
    "participants": "20", "programme_cost": "500000", "course_cost": "140000", "support_cost": "400000",
    "support_instead_percent": "90", "loans_lost": "40000", "benefit_per_month": "10000", "municipal_percent": "100",
    "years": "5", "discount_percent": "0", "name": "",
}  # fmt: skip


@pytest.fixture
def world(db) -> World:
    return builders.small_world()


@pytest.fixture
def review(db, tmp_path):
    path = write_workbook(tmp_path / "history.xlsx", review_sheets())
    import_history(path=path, dry_run=False, by=None, today=date(2026, 11, 20))


def test_the_cases_fill_it_in(review):
    """34 participants, 21 self-supporting, as in the review; lost is what was handed over and never came back."""
    found = payoff.known(date(2016, 12, 31))
    assert found.counted == Counted(34, 21)
    assert found.loans_lost > 0
    assert found.course_cost == found.support_cost == 0


def test_support_counts_with_its_amounts(world: World):
    case = builders.supported(world, builders.granted(world), starts_on=date(2026, 12, 1)).case
    officer = world.user(Role.BENEFITS_OFFICER)
    services.set_support_amount(
        case=case, from_on=date(2027, 2, 1), amount=Decimal(12000), note="", by=officer, today=world.today
    )
    assert payoff._support({case.pk}, date(2027, 3, 1)) == (24000, 2)
    assert payoff._support(set(), date(2027, 3, 1)) == (0, 0)


def test_what_was_lost_is_less_what_recovery_brought_in(world: World):
    loan = make_handed_over(world).loan
    handed_over = -sum(entry.amount for entry in loan.entries.filter(kind="handover"))
    assert payoff._lost({loan.case_id}, date(2099, 1, 1)) == handed_over > 0
    assert payoff._lost({loan.case_id}, date(2020, 1, 1)) == 0


def test_the_result_in_words():
    shown = payoff_of(TWENTY, Counted(20, 12), aggregates_only=True)
    assert shown.finding.replace("\xa0", " ") == "Det betaler sig, når 6,0 % er selvforsørgende i 5 år: 1,2 af 20"
    assert "12 af 20 er selvforsørgende" in shown.actual
    assert "60 %" in shown.actual.replace("\xa0", " ")
    assert "mere sparet end brugt" in shown.difference
    assert len(shown.swings) == 8


@pytest.mark.parametrize("counted", [Counted(20, 4), Counted(14, 12), Counted(6, 5)])
def test_a_manager_cannot_get_round_the_hiding_by_typing_more_participants(counted):
    given = replace(TWENTY, participants=1000)
    shown = payoff_of(given, counted, aggregates_only=True)
    assert (shown.difference, "af" in shown.actual) == ("", False) or "for få" in shown.actual
    assert str(counted.self_supporting) not in shown.actual
    assert str(counted.self_supporting) in payoff_of(given, counted, aggregates_only=False).actual


def test_few_people_get_no_percentage():
    shown = payoff_of(replace(TWENTY, participants=9), Counted(9, 5), aggregates_only=False)
    assert "5 af 9" in shown.actual
    assert "%" not in shown.actual


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"participants": "0"}, "helt tal fra 1 til"),
        ({"years": "11"}, "helt tal fra 1 til 10"),
        ({"municipal_percent": "101"}, "hel procent fra 0 til 100"),
        ({"programme_cost": "-1"}, "beløb"),
        ({"benefit_per_month": "mange"}, "Skriv"),
    ],
)
def test_wrong_assumptions_are_refused_at_the_field(review, client_for, changes, words):
    answer = client_for("manager").post(reverse("reports:payoff"), TYPED | changes)
    assert answer.status_code == 200
    assert words in text(answer)
    assert "Det betaler sig" not in text(answer)


def test_calculated_and_saved_as_it_was(review, client_for):
    client = client_for("manager")
    address = reverse("reports:payoff")
    assert "Det betaler sig, når 6,0 %" not in text(client.get(address))
    assert "1,2 af 20" in text(client.post(address, TYPED)).replace("\xa0", " ")
    assert not Scenario.objects.exists()
    assert "Giv beregningen et navn" in text(client.post(address, TYPED | {"save": "1"}))
    answer = client.post(address, TYPED | {"save": "1", "name": "Budget 2027"})
    saved = Scenario.objects.get()
    assert answer["Location"] == reverse("reports:scenario", args=[saved.pk])
    assert assumptions_of(saved.assumptions) == replace(
        TWENTY, benefit_per_month=Decimal(10000), municipal_percent=Decimal(100)
    )
    assert "Budget 2027" in text(client.get(answer["Location"]))
    for attack in (
        lambda: Scenario.objects.filter(pk=saved.pk).update(name="Andet"),
        lambda: Scenario.objects.filter(pk=saved.pk).delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            attack()


@pytest.mark.parametrize("role", [role for role in Role if role not in payoff.READERS])
def test_others_save_nothing(db, role):
    with pytest.raises(Refused):
        payoff.save_scenario(
            name="X", assumptions=TWENTY, counted=Counted(20, 12), as_of=date(2026, 9, 30), by=make_user(role)
        )
