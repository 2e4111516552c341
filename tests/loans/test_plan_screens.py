"""The screens of a change of plan: what if, proposal, decision, taken back."""

import pytest
from django.urls import reverse

from loans.models import PlanChange
from microloan.accounts.enums import Role
from tests.loans import builders
from tests.support.world import World

DEFERMENT = {"from_month": "2027-03-01", "months": "3", "deferment_kind": "granted", "asked": "Lukket om vinteren."}


@pytest.fixture
def number(world: World) -> str:
    return builders.paid_out(world).case.number


def url(name: str, number: str, **more: object) -> str:
    return reverse(f"loans:{name}", kwargs={"number": number, **more})


def test_a_coach_sees_before_and_after_and_proposes(world: World, number: str, client_for) -> None:
    coach = client_for(world.user(Role.COACH))
    assert "Henstand" in coach.get(url("change", number)).text
    page = url("change_propose", number, kind="deferment")
    check = coach.post(page, DEFERMENT)
    assert "Før" in check.text
    assert "Efter" in check.text
    assert "0 af 36" in check.text
    assert "3 af 36" in check.text
    assert not PlanChange.objects.exists()
    coach.post(page, {**DEFERMENT, "step": "propose"})
    assert PlanChange.objects.get().months == 3
    assert coach.get(page).status_code == 302
    shown = coach.get(url("loan", number)).text
    assert "Henstand i 3 måneder fra marts 2027" in shown
    assert "Venter på projektlederen" in shown


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("months", "0", "Skriv et antal måneder fra 1"),
        ("months", "abc", "Skriv antallet af måneder"),
        ("months", "37", "36"),
        ("from_month", "2027-02-30", "Vælg måneden på listen"),
        ("asked", "", "Skriv, hvorfor planen skal ændres"),
    ],
)
def test_what_is_typed_wrong_is_said_at_the_field_and_kept(
    world: World, number: str, client_for, field: str, value: str, words: str
) -> None:
    coach = client_for(world.user(Role.COACH))
    page = coach.post(url("change_propose", number, kind="deferment"), {**DEFERMENT, field: value, "step": "propose"})
    assert words in page.text
    assert str(page.context["form"][field].errors) != ""
    if field == "months":
        assert f'value="{value}"' in page.text
    assert not PlanChange.objects.exists()


def test_the_lead_decides_what_stood_on_the_page(world: World, number: str, client_for) -> None:
    lead = client_for(world.user(Role.PROJECT_LEAD))
    propose = url("change_propose", number, kind="deferment")
    assert lead.post(propose, {**DEFERMENT, "step": "propose"}).url == url("change_decide", number)
    old = PlanChange.objects.get().pk
    lead.post(url("change_withdraw", number), {"change": old})
    lead.post(propose, {**DEFERMENT, "months": "9", "step": "propose"})
    page = lead.post(url("change_decide", number), {"change": old, "outcome": "granted"})
    assert "Intet er ændret" in page.text
    assert not PlanChange.objects.get().is_decided
    change = PlanChange.objects.get()
    lead.post(url("change_decide", number), {"change": change.pk, "outcome": "granted"})
    shown = lead.get(url("loan", number)).text
    assert "Gælder" in shown
    assert "Henstand i 9 måneder fra marts 2027" in shown
    undo = url("change_undo", number, pk=change.pk)
    assert "Før" in lead.get(undo).text
    assert lead.post(undo, {"reason": ""}).status_code == 200
    lead.post(undo, {"reason": "Forkert måned"})
    assert "Taget tilbage" in lead.get(url("loan", number)).text


def test_an_extra_payment_is_tried_out_in_three_ways(world: World, number: str, client_for) -> None:
    coach = client_for(world.user(Role.COACH))
    page = coach.post(url("try_extra", number), {"amount": "7.000"})
    assert len(page.context["effects"]) == 3
    assert "28.000 kr." in page.text.replace("\xa0", " ")
    assert coach.post(url("try_extra", number), {"amount": "99999999"}).context["form"].errors


def test_a_loan_that_is_not_paid_out_has_nothing_to_change(world: World, client_for) -> None:
    number = builders.granted(world).case.number
    assert client_for(world.user(Role.COACH)).get(url("change", number)).status_code == 404
