"""Payments by file in a real browser: read, look, book, find whose the parked one is; axe on every screen."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.urls import reverse

from loans.models import IncomingPayment
from loans.payment_enums import IncomingState
from microloan.accounts.enums import Role
from tests.loans import builders
from tests.loans.payment_files import csv_file, line
from tests.support.world import World


@pytest.fixture(autouse=True)
def _friday() -> None:
    """The server has threads of its own, which see the real day; so does this file."""


@pytest.fixture
def world(transactional_db: None) -> World:
    return builders.small_world()


def test_a_file_from_the_bank(
    world: World,
    page_for: Callable[..., Any],
    axe: Callable[..., None],
    shot: Callable[..., None],
    tmp_path: Path,
) -> None:
    loan = builders.paid_out(world)
    known = {"Betalings-id": loan.payment_reference, "Indbetaler": loan.case.citizen.name}
    file = tmp_path / "indbetalinger.csv"
    file.write_bytes(
        csv_file(
            [
                line("2917", world.today, **known, Tekst="Afdrag", Bankreference="B1"),
                line("2917", world.today, **known, Tekst="Afdrag", Bankreference="B1"),
                line("2918", world.today, **known, Tekst="Afdrag", Bankreference="B1"),
                line("450", world.today, Indbetaler=loan.case.citizen.name, Bankreference="B2"),
                line("99.50", world.today, Indbetaler="Foreningen", Bankreference="B3"),
                line("-35", world.today, Tekst="Gebyr", Bankreference="B4"),
            ]
        )
    )
    page = page_for(world.user(Role.BENEFITS_OFFICER))
    page.context.set_default_timeout(60_000)

    def look(name: str) -> None:
        shot(page, f"payments-{name}")
        axe(page)

    page.goto(reverse("loans:imports"))
    page.get_by_role("button", name="Læs fil").click()
    look("files-errors")
    page.set_input_files("input[type=file]", file)
    page.get_by_role("button", name="Læs fil").click()
    look("preview")
    page.get_by_role("button", name="Bogfør 1 indbetaling").click()
    page.get_by_role("heading", name="Filen er bogført").wait_for()
    look("result")
    page.goto(reverse("loans:payments"))
    look("parked")
    page.get_by_role("link", name=loan.case.citizen.name, exact=True).click()
    look("payment")
    page.get_by_role("button", name="Vælg lånet til").click()
    look("match-check")
    page.get_by_role("button", name="Bogfør indbetaling").dblclick()
    page.wait_for_url(f"**{reverse('loans:payments')}")
    assert IncomingPayment.objects.filter(state=IncomingState.BOOKED).count() == 2
    conflict = IncomingPayment.objects.get(state=IncomingState.CONFLICT)
    page.goto(reverse("loans:incoming", args=[conflict.pk]))
    look("conflict")
    page.goto(reverse("loans:portfolio"))
    look("portfolio")
