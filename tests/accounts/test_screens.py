"""The pages of accounts in Chromium: nothing for axe to find at both widths, and pictures to look at."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from microloan.accounts.demo import DEMO_PASSWORD, ensure_demo_users
from microloan.accounts.enums import AccessAction, Role
from microloan.accounts.models import User
from microloan.accounts.services import log_access
from tests.support.people import PASSWORD, make_user
from tests.support.world import World

Check = Callable[[Page], None]
Shot = Callable[[Page, str], None]


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    return World()


def look(page: Page, axe: Check, shot: Shot, name: str) -> None:
    axe(page)
    shot(page, name)


def test_log_in_with_name_and_password(page: Page, transactional_db: None, axe: Check, shot: Shot) -> None:
    make_user(Role.ADMINISTRATOR, username="anders")
    page.goto("/profile/")
    page.get_by_role("button", name="Log ind").first.click()
    expect(page.get_by_role("alert")).to_contain_text("Skriv dit brugernavn.")
    look(page, axe, shot, "login-errors")
    page.get_by_label("Brugernavn").fill("anders")
    page.get_by_label("Adgangskode").fill(PASSWORD)
    page.get_by_role("button", name="Log ind").first.click()
    expect(page).to_have_url("/profile/")
    look(page, axe, shot, "profile")


def test_demo_logins(page: Page, transactional_db: None, axe: Check, shot: Shot) -> None:
    ensure_demo_users()
    page.goto("/login/?next=/users/")
    expect(page.get_by_text(DEMO_PASSWORD)).to_be_visible()
    look(page, axe, shot, "login-demo")
    page.get_by_role("button", name="Log ind som administrator").click()
    expect(page).to_have_url("/users/")
    look(page, axe, shot, "users")


def test_locked_out(page: Page, transactional_db: None, axe: Check, shot: Shot, settings: Any) -> None:
    settings.AXES_ENABLED = True
    make_user(Role.COACH, username="coach")
    page.goto("/login/")
    for attempt in range(5):
        page.get_by_label("Brugernavn").fill("coach" if attempt % 2 else "COACH")
        page.get_by_label("Adgangskode").fill("forkert")
        page.get_by_role("button", name="Log ind").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Vent lidt, før du logger ind")
    look(page, axe, shot, "locked-out")


def test_own_password(page_for: Callable[..., Page], axe: Check, shot: Shot) -> None:
    page = page_for("coach", must_change_password=True)
    page.goto("/profile/")
    expect(page).to_have_url("/password/")
    page.get_by_role("button", name="Skift adgangskode").click()
    look(page, axe, shot, "password-errors")
    page.get_by_label("Nuværende adgangskode").fill(PASSWORD)
    page.get_by_label("Ny adgangskode", exact=True).fill("tre-ord-uden-sammenhaeng")
    page.get_by_label("Ny adgangskode igen").fill("tre-ord-uden-sammenhaeng")
    page.get_by_role("button", name="Skift adgangskode").click()
    expect(page.get_by_text("Din adgangskode er skiftet.")).to_be_visible()


def test_users(world: World, page_for: Callable[..., Page], axe: Check, shot: Shot) -> None:
    page = page_for(world.user(Role.ADMINISTRATOR))
    page.goto("/users/")
    page.get_by_role("link", name="Ny bruger").click()
    page.get_by_role("button", name="Opret bruger").click()
    look(page, axe, shot, "user-errors")
    page.get_by_label("Brugernavn").fill("nan0001")
    page.get_by_label("Navn", exact=True).fill("Nanna Testesen")
    page.get_by_label("Rolle").select_option(label="Vidensperson")
    page.get_by_role("button", name="Opret bruger").click()
    expect(page.get_by_role("alert")).to_contain_text("Vælg vidensperson")
    page.get_by_label("Center").select_option(label="Center Nord")
    page.get_by_role("button", name="Opret bruger").click()
    expect(page.get_by_text("Adgangskoden bliver kun vist nu")).to_be_visible()
    look(page, axe, shot, "user-password")
    person = User.objects.get(username="nan0001")
    page.goto(f"/users/{person.pk}/")
    look(page, axe, shot, "user")
    page.get_by_role("link", name="Luk adgangen").click()
    look(page, axe, shot, "user-close")
    page.get_by_role("button", name="Luk adgangen").click()
    expect(page.get_by_text("Nanna Testesen kan ikke længere logge ind.")).to_be_visible()
    page.get_by_role("link", name="Adgang lukket").click()
    look(page, axe, shot, "users-closed")


def test_centres(world: World, page_for: Callable[..., Page], axe: Check, shot: Shot) -> None:
    page = page_for(world.user(Role.ADMINISTRATOR))
    page.goto("/centres/")
    look(page, axe, shot, "centres")
    page.get_by_role("link", name="Nyt center").click()
    page.get_by_label("Navn", exact=True).fill("Center Vest")
    page.get_by_label("Kort navn").fill("nord")
    page.get_by_role("button", name="Opret center").click()
    look(page, axe, shot, "centre-errors")


def test_access_log(world: World, page_for: Callable[..., Page], axe: Check, shot: Shot) -> None:
    for role in (Role.COACH, Role.CASEWORKER, Role.BENEFITS_OFFICER):
        log_access(
            user=world.user(role),
            action=AccessAction.VIEW,
            what="cases:detail",
            purpose="casework",
            citizen_ids=[world.case.citizen_id],
            case_numbers=[world.case.number],
        )
    page = page_for(world.user(Role.AUDITOR))
    page.goto("/access-log/?number=findes-ikke")
    look(page, axe, shot, "access-log-empty")
    page.goto("/access-log/")
    look(page, axe, shot, "access-log")
    page.get_by_label("Alt om én sag").fill(world.case.number.lower())
    page.get_by_role("button", name="Åbn sag").click()
    look(page, axe, shot, "access-log-case")
    page.get_by_role("link", name="Ændringer").click()
    look(page, axe, shot, "changes")


def test_demo_clock(page_for: Callable[..., Page], axe: Check, shot: Shot, settings: Any) -> None:
    page = page_for("project_lead")
    page.goto("/profile/")
    page.get_by_role("link", name="Flyt uret").click()
    look(page, axe, shot, "demo-clock")
