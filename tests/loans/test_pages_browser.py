"""The pages of a loan that no other story opens: axe on each, at both widths (ui-guide.md §3.4–3.5)."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from loans import services
from loans.models import LedgerEntry, Loan
from loans.queries import current_plan
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.danish import input_date
from tests.loans import builders
from tests.loans.test_plan_changes import THREE
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> None:
    """The server has threads of its own, which see the demo clock; so does this file."""


@pytest.fixture
def world(transactional_db: None, settings: Any) -> Iterator[World]:
    settings.DEMO_CLOCK = True
    with transaction.atomic():
        clock.reset_demo_clock()
    yield builders.small_world()
    with transaction.atomic():
        clock.reset_demo_clock()


@pytest.fixture
def open_at(
    world: World, page_for: Callable[..., Any], axe: Callable[..., None], shot: Callable[..., None]
) -> Callable[..., Page]:
    """Opens an address as a role, and looks at it."""
    pages: dict[str, Page] = {}

    def look(role: str, name: str, address: str) -> Page:
        if role not in pages:
            pages[role] = page_for(world.user(role))
            pages[role].context.set_default_timeout(60_000)
        pages[role].goto(address)
        shot(pages[role], f"loans-{name}")
        axe(pages[role])
        return pages[role]

    return look


def of_case(loan: Loan, name: str, *more: Any) -> str:
    return reverse(f"loans:{name}", args=[loan.case.number, *more])


def test_payout_in_parts_and_taken_back(world: World, open_at: Callable[..., Page], axe: Callable[..., None]) -> None:
    order = builders.in_queue(world)
    page = open_at(Role.BENEFITS_OFFICER, "parts", reverse("loans:disbursement", args=[order.pk]))
    page.locator("[name=amount]").fill("20.000")
    page.locator("[name=voucher]").fill("B-1")
    page.get_by_label("Jeg har bogført beløbet som lån").check()
    page.get_by_role("button", name="Registrér udbetaling").click()
    expect(page.get_by_text("Delen er registreret.")).to_be_visible()
    axe(page)
    page = open_at(Role.PROJECT_LEAD, "undo", reverse("loans:payout_undo", args=[order.pk]))
    page.get_by_role("button", name="Fortryd udbetalingen").click()
    axe(page)
    page.locator("[name=reason]").fill("Forkert konto")
    page.get_by_role("button", name="Fortryd udbetalingen").click()
    page.wait_for_url(lambda url: "undo" not in url)
    assert LedgerEntry.objects.filter(reverses__kind="payout").exists()


def test_explained_stated_reminded_and_the_frame(
    world: World, open_at: Callable[..., Page], axe: Callable[..., None]
) -> None:
    loan = builders.paid_out(world)
    builders.pay(world, loan, Decimal("1000"), clock.today())
    coach, lead, officer = Role.COACH, Role.PROJECT_LEAD, Role.BENEFITS_OFFICER
    due = current_plan(loan).instalments.order_by("number").first().due_on
    with transaction.atomic():
        clock.move_demo_clock((due + timedelta(days=15) - clock.today()).days)
    entry = loan.entries.latest("pk")
    for what in ("paid", "line-1", f"entry-{entry.pk}"):
        open_at(coach, f"explain-{what[:5]}", of_case(loan, "explain", what))
    page = open_at(coach, "explain-balance", of_case(loan, "explain", "balance"))
    page.get_by_label("Restgæld den").fill("30-02-2027")
    page.get_by_role("button", name="Vis restgælden den dag").click()
    axe(page)
    page.get_by_label("Restgæld den").fill(input_date(due))
    page.get_by_role("button", name="Vis restgælden den dag").click()
    expect(page.get_by_role("heading", level=2).first).to_contain_text("34.000")
    page = open_at(coach, "statement", of_case(loan, "statement"))
    page.locator("[name=day]").fill("01-01-2099")
    page.get_by_role("button", name="Lav kontoudtoget").click()
    axe(page)
    open_at(coach, "reminders", reverse("loans:reminders"))
    page = open_at(lead, "frame", reverse("loans:frame"))
    page.get_by_role("button", name="Gem rammen").click()
    axe(page)
    open_at(officer, "living", of_case(loan, "living"))
    open_at(officer, "frame-officer", reverse("loans:frame"))
    open_at(lead, "portfolio-late", reverse("loans:portfolio") + "?view=late&sort=-late")
    open_at(lead, "portfolio-export", reverse("loans:portfolio_export") + "?view=late")
    services.propose_change(loan=loan, wanted=THREE, asked="Vinter", by=world.user(coach), today=clock.today())
    page = open_at(lead, "change-decide", of_case(loan, "change_decide"))
    page.get_by_role("radio", name="Afslag").check()
    page.get_by_role("button", name="Afgør ændringen af planen").click()
    axe(page)
    expect(page.get_by_role("main")).to_contain_text("Skriv begrundelsen for afslaget")
    open_at(coach, "try-extra", of_case(loan, "try_extra"))
