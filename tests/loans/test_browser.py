"""The loan from proposal to payment in a real browser, each step by the role that may take it; axe on every screen."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from cases.models import CaseFile
from loans.enums import EntryKind, SupportKind
from loans.models import LedgerEntry, Loan
from microloan.accounts.enums import Role
from microloan.core.danish import input_date
from microloan.policy.models import Municipality
from tests.loans import builders
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> None:
    """The server has threads of its own, which see the real day; so does this file."""


@pytest.fixture
def world(transactional_db: None) -> World:
    world = builders.small_world()
    Municipality.objects.update(loan_account="Udlån 0-000-001", grant_account="Tilskud 0-000-002")
    return world


@pytest.fixture
def open_as(world: World, page_for: Callable[..., Any]) -> Callable[[str], Any]:
    """A browser of a role. Letters are made while the page waits, which takes long on a busy machine."""

    def open_page(role: str) -> Any:
        page = page_for(world.user(role))
        page.context.set_default_timeout(60_000)
        return page

    return open_page


@pytest.fixture
def look(axe: Callable[..., None], shot: Callable[..., None]) -> Callable[[Any, str], None]:
    """Takes the pictures and asks axe."""

    def at(page: Any, name: str) -> None:
        shot(page, f"loans-{name}")
        axe(page)

    return at


def press(page: Any, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def follow(page: Any, name: str) -> None:
    page.get_by_role("link", name=name, exact=True).first.click()


def fill(page: Any, **fields: str) -> None:
    for name, value in fields.items():
        page.locator(f"[name={name}]").fill(value)


def test_from_proposal_to_payment(world: World, open_as: Callable[[str], Any], look: Callable[..., None]) -> None:
    case = builders.in_approval(world, name="Amina Testesen")
    loan_url = reverse("loans:loan", kwargs={"number": case.number})

    coach = open_as(Role.COACH)
    coach.goto(loan_url)
    look(coach, "before")
    follow(coach, "Foreslå lån eller tilskud")
    press(coach, "Send forslag")
    look(coach, "propose-errors")
    coach.get_by_label("Lån: Borgeren betaler tilbage").check()
    coach.get_by_label("Kommunens lokale grundlag").check()
    coach.get_by_label("Ikke muligt").check()
    fill(
        coach,
        amount="35.000",
        purpose="Udstyr og varelager",
        planned_payout_on=input_date(world.today),
        rehabilitation_on=input_date(world.today),
        rehabilitation_reference="Afgørelse 17",
        charge_note="Udstyret er for lille til pant",
    )
    press(coach, "Send forslag")
    look(coach, "proposed")

    lead = open_as(Role.PROJECT_LEAD)
    lead.goto(loan_url)
    follow(lead, "Afgør forslaget")
    look(lead, "decide")
    lead.get_by_label("Bevilget").check()
    press(lead, "Kontrollér afgørelsen")
    look(lead, "decide-check")
    press(lead, "Bevilg, og send brev")
    look(lead, "granted")
    follow(lead, "Bevilg tilskud til forsørgelse")
    look(lead, "support")
    press(lead, "Vis perioden")
    look(lead, "support-check")
    press(lead, "Bevilg tilskud til forsørgelse, og send brev")

    coach.goto(loan_url)
    follow(coach, "Registrér underskrevet aftale")
    fill(coach, signed_on=input_date(world.today))
    look(coach, "agreement")
    press(coach, "Registrér låneaftale")
    look(coach, "ready")

    officer = open_as(Role.BENEFITS_OFFICER)
    officer.goto(reverse("loans:disbursements"))
    look(officer, "queue")
    follow(officer, "Amina Testesen")
    look(officer, "disbursement")
    press(officer, "Registrér udbetaling")
    look(officer, "disbursement-errors")
    fill(officer, voucher="B-1")
    officer.get_by_label("Jeg har bogført beløbet som lån").check()
    officer.get_by_role("button", name="Registrér udbetaling").dblclick()
    officer.wait_for_url("**/receipt/")
    look(officer, "receipt")
    assert LedgerEntry.objects.filter(kind=EntryKind.PAYOUT).count() == 1

    follow(officer, "Åbn lån")
    look(officer, "officer")
    follow(officer, "Registrér indbetaling")
    fill(officer, amount="1.234", value_date=input_date(world.today), voucher="B-2")
    press(officer, "Vis før og efter")
    look(officer, "payment-error")
    fill(officer, amount="3.000")
    press(officer, "Vis før og efter")
    look(officer, "payment-check")
    officer.get_by_role("button", name="Registrér indbetaling").dblclick()
    officer.wait_for_url(f"**{loan_url}")
    look(officer, "paid")
    assert list(LedgerEntry.objects.filter(kind=EntryKind.PAYMENT).values_list("amount", flat=True)) == [
        Decimal("-3000.00")
    ]
    coach.goto(loan_url)
    look(coach, "running")
    coach.goto(reverse("cases:detail", kwargs={"number": case.number}))
    look(coach, "overview")
    assert CaseFile.objects.get(pk=case.pk).phase == "main_course"


def test_a_grant_and_the_queue_with_all_its_lists(
    world: World, open_as: Callable[[str], Any], look: Callable[..., None]
) -> None:
    grant = builders.in_queue(world, kind=SupportKind.GRANT)
    builders.sent_back(world)
    builders.granted(world)
    builders.paid_out(world)
    officer = open_as(Role.BENEFITS_OFFICER)
    officer.goto(reverse("loans:disbursement", kwargs={"pk": grant.pk}))
    look(officer, "grant")
    for view in ("team", "paid"):
        officer.goto(reverse("loans:disbursements") + f"?view={view}")
        look(officer, f"queue-{view}")
    lead = open_as(Role.PROJECT_LEAD)
    lead.goto(reverse("loans:loan", kwargs={"number": Loan.objects.get(order=grant).case.number}))
    look(lead, "grant-page")
