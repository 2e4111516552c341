"""The pages of policy in Chromium: nothing for axe to find at both widths, and pictures to look at."""

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from microloan.accounts.enums import Role
from tests.support.world import World

Check = Callable[[Page], None]
Shot = Callable[[Page, str], None]


@pytest.fixture
def world(transactional_db: None) -> Iterator[World]:
    return World()


def look(page: Page, axe: Check, shot: Shot, name: str) -> None:
    axe(page)
    shot(page, name)


def test_rule_sets(world: World, page_for: Callable[..., Page], axe: Check, shot: Shot) -> None:
    page = page_for(world.user(Role.ADMINISTRATOR))
    page.goto("/rule-sets/")
    look(page, axe, shot, "rule-sets")
    page.get_by_role("link", name="Nyt regelsæt").click()
    page.get_by_label("Største lån").fill("500")
    page.get_by_label("Gælder fra").fill("1/1-2030")
    page.get_by_role("button", name="Gem regelsæt").click()
    expect(page.get_by_role("alert")).to_contain_text("Det største lån")
    look(page, axe, shot, "rule-set-errors")
    page.get_by_label("Største lån").fill("60.000")
    page.get_by_role("button", name="Gem regelsæt").click()
    expect(page.get_by_text("Regelsættet gælder fra 1. januar 2030.")).to_be_visible()
    look(page, axe, shot, "rule-set")


def test_legal_bases(world: World, page_for: Callable[..., Page], axe: Check, shot: Shot) -> None:
    page = page_for(world.user(Role.ADMINISTRATOR))
    page.goto("/legal-bases/")
    look(page, axe, shot, "legal-bases")
    page.get_by_role("link", name="Kommunens lokale grundlag").click()
    look(page, axe, shot, "legal-basis")


def test_municipality(world: World, page_for: Callable[..., Page], axe: Check, shot: Shot) -> None:
    page = page_for(world.user(Role.ADMINISTRATOR))
    page.goto("/municipality/")
    page.get_by_label("Postnummer").fill("9000")
    page.get_by_label("Primær farve").fill("#66aaff")
    page.get_by_role("button", name="Gem kommune").click()
    expect(page.get_by_role("alert")).to_contain_text("for lys")
    look(page, axe, shot, "municipality-errors")
