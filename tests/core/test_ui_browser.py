"""Looks and behaviour of the shell in Chromium: axe at both widths, no sideways scroll, keyboard, session, print."""

import re

import pytest
from django.template.loader import render_to_string
from playwright.sync_api import Page, expect
from pypdf import PdfReader

from microloan.core import navigation
from microloan.core.pages import STYLEGUIDE_PAGES
from tests.support.browser import assert_accessible

SCREENS = ["/help/", "/accessibility/", *(f"/styleguide/{name}/" for name in STYLEGUIDE_PAGES)]
SAMPLE_HITS = [{"name": "Amina Testesen", "detail": "ML-2026-0042", "url": "/help/"}]
SMALL = {"width": 320, "height": 700}
WIDER_THAN_WINDOW = """() => [...document.querySelectorAll('body *')]
    .filter(e => !e.closest('.mk-scroll, .mk-tabs, .visually-hidden, thead') && e.getClientRects().length
                 && e.getBoundingClientRect().right > window.innerWidth + 1)
    .map(e => `${e.tagName} ${e.className}`)"""


@pytest.fixture
def coach(page_for, monkeypatch) -> Page:
    """A coach with a search box and two items in the top bar, whatever the rooms have registered."""
    monkeypatch.setattr(navigation, "_items", {})
    navigation.register("help", "Hjælp", "help", {"coach"}, 10, count=lambda user, today: 7)
    navigation.register("style", "Stilguide", "styleguide", {"coach"}, 20, owns=("styleguide",))
    monkeypatch.setattr(navigation, "_search", {})
    navigation.register_search("help", {"coach"})
    return page_for("coach")


@pytest.mark.parametrize("address", SCREENS)
def test_screen_is_accessible_and_fits(coach, axe, shot, address):
    coach.goto(address)
    axe(coach)
    shot(coach, "ui" + address.rstrip("/").replace("/", "-"))
    coach.set_viewport_size(SMALL)
    assert coach.evaluate(WIDER_THAN_WINDOW) == []
    assert coach.evaluate("document.documentElement.scrollWidth") <= SMALL["width"]


@pytest.mark.parametrize("width", [1024, 1100, 1280, 1366])
def test_all_pages_of_a_project_lead_fit_in_the_top_bar(page_for, width):
    page = page_for("project_lead", full_name="Palle Testesen-Eksempelsen")
    page.set_viewport_size({"width": width, "height": 800})
    page.goto("/help/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_public_page_is_accessible(page, axe, reference_data):
    page.goto("/accessibility/")
    axe(page)


def test_log_in_is_accessible_empty_and_wrong(page, axe, shot, reference_data):
    page.goto("/login/")
    axe(page)
    shot(page, "login")
    page.locator("#id_username").fill("ingen")
    page.locator("#id_password").fill("forkert")
    page.locator("form.mk-form button[type=submit]").click()
    expect(page).to_have_title(re.compile("^Fejl:"))
    expect(page.locator("[data-error-summary]")).to_be_focused()
    axe(page)
    shot(page, "login-wrong")


def test_session_warning_extends_the_session_and_says_when_it_is_over(coach):
    coach.clock.install()
    coach.goto("/help/")
    warning = coach.get_by_role("dialog", name="Du bliver snart logget ud")
    coach.clock.fast_forward("57:00")
    expect(warning).to_be_hidden()
    coach.clock.fast_forward("01:10")
    expect(warning).to_be_visible()
    assert_accessible(coach)
    with coach.expect_response("**/session/extend/") as answer:
        coach.get_by_role("button", name="Bliv logget ind").click()
    assert answer.value.status == 204
    expect(warning).to_be_hidden()
    coach.clock.fast_forward("01:01:00")
    ended = coach.get_by_role("dialog", name="Du er logget ud")
    expect(ended).to_be_visible()
    expect(ended.get_by_role("link", name="Log ind igen")).to_have_attribute("href", "/login/?next=%2Fhelp%2F")


def test_errors_take_the_focus_and_lead_to_the_field(coach):
    coach.goto("/styleguide/forms/")
    expect(coach.locator("[data-error-summary]")).to_be_focused()
    coach.locator("[data-error-summary] a").first.click()
    expect(coach.locator("#id_wrong-amount")).to_be_focused()


def test_skip_link_comes_first(coach):
    coach.goto("/help/")
    coach.keyboard.press("Tab")
    expect(coach.get_by_role("link", name="Gå til indhold")).to_be_focused()
    coach.keyboard.press("Enter")
    assert coach.evaluate("document.activeElement.id") == "main"


def test_phone_menu_opens_and_closes(coach):
    coach.set_viewport_size({"width": 420, "height": 800})
    coach.goto("/styleguide/my_work/")
    link = coach.get_by_role("navigation", name="Hovedmenu").get_by_role("link", name="Hjælp")
    expect(link).to_be_hidden()
    coach.get_by_role("button", name="Menu").click()
    expect(link).to_be_visible()
    assert_accessible(coach)
    coach.get_by_role("button", name="Menu").click()
    expect(link).to_be_hidden()


def test_menus_close_with_escape(coach):
    coach.goto("/styleguide/case/")
    more = coach.locator("summary", has_text="Flere")
    more.click()
    item = coach.get_by_role("link", name="Registrér kontakt")
    expect(item).to_be_visible()
    assert_accessible(coach)
    coach.keyboard.press("Escape")
    expect(item).to_be_hidden()
    expect(more).to_be_focused()


def test_shortcuts(coach):
    coach.goto("/styleguide/case/")
    coach.keyboard.press("/")
    expect(coach.locator("#search-q")).to_be_focused()
    coach.keyboard.type("?n")
    expect(coach.locator("#search-q")).to_have_value("?n")
    coach.locator("h1").click()
    coach.keyboard.press("?")
    coach.wait_for_url("**/help/")


def test_search_shows_hits_that_the_arrows_walk(coach):
    coach.goto("/styleguide/case/")
    asked: list[str] = []

    def hits(route):
        if route.request.method != "POST":
            return route.continue_()
        asked.append(route.request.post_data)
        return route.fulfill(
            content_type="text/html",
            body=render_to_string("includes/_search_hits.html", {"query": "ami", "hits": SAMPLE_HITS}),
        )

    coach.route("**/help/", hits)
    coach.locator("#search-q").press_sequentially("amina", delay=20)
    first = coach.get_by_role("link", name="Amina Testesen")
    expect(first).to_be_visible()
    assert len(asked) == 1
    assert "q=amina" in asked[0]
    assert "amina" not in coach.url
    assert_accessible(coach, [".mk-identity"])  # the hits lie over its buttons while they are open
    coach.keyboard.press("ArrowDown")
    expect(first).to_be_focused()
    coach.keyboard.press("Escape")
    expect(first).to_be_hidden()
    expect(coach.locator("#search-q")).to_be_focused()


def test_failed_search_says_so(coach):
    coach.goto("/styleguide/case/")
    coach.evaluate("htmx.trigger('#search-q', 'htmx:sendError', {})")
    expect(coach.get_by_role("alert")).to_contain_text("Noget gik galt hos os")


def test_shortcuts_stay_off_for_those_who_switched_them_off(page_for):
    page = page_for("coach", shortcuts_enabled=False)
    page.goto("/styleguide/parts/")
    page.keyboard.press("?")
    page.wait_for_timeout(200)
    assert page.url.endswith("/styleguide/parts/")


def test_a_form_is_sent_once(coach):
    """Two quick presses: one request; after going back the button works again."""
    coach.goto("/styleguide/forms/")
    sent: list[str] = []

    def answer_later(route):
        if route.request.method == "POST":
            route.fulfill(status=204)  # the browser stays on the page
        else:
            route.continue_()

    coach.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    coach.route("**/styleguide/forms/", answer_later)
    button = coach.get_by_role("button", name="Registrér udbetaling")
    button.evaluate("b => { b.click(); b.click(); }")
    expect(button).to_be_disabled()
    assert len(sent) == 1
    coach.evaluate("window.dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    expect(button).to_be_enabled()


def test_ticked_rows_bring_the_bulk_bar(coach):
    coach.goto("/styleguide/my_work/")
    bar = coach.locator(".mk-bulk")
    expect(bar).to_be_hidden()
    coach.get_by_label("Vælg Ring første gang, Bo Prøvesen").check()
    expect(bar).to_contain_text("1 valgt")
    coach.get_by_label("Vælg alle opgaver").check()
    expect(bar).to_contain_text("7 valgt")
    assert_accessible(coach)


def test_focus_is_not_hidden_by_the_sticky_header(coach):
    coach.set_viewport_size({"width": 1000, "height": 620})
    coach.goto("/styleguide/case/")
    coach.evaluate("window.scrollTo(0, document.body.scrollHeight)")
    link = coach.get_by_role("link", name="Bestil udbetaling af lån")
    link.focus()
    header = coach.locator(".mk-identity").bounding_box()
    box = link.bounding_box()
    assert box["y"] >= header["y"] + header["height"]


def test_everything_works_without_scripts(page_for, browser, live_server):
    cookies = page_for("coach").context.cookies()
    context = browser.new_context(
        base_url=live_server.url, java_script_enabled=False, viewport={"width": 420, "height": 800}
    )
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto("/styleguide/case/")
    expect(page.get_by_role("navigation", name="Hovedmenu")).to_be_attached()
    page.locator("summary", has_text="Flere").click()
    expect(page.get_by_role("link", name="Registrér kontakt")).to_be_visible()
    context.close()


def test_paper_names_the_citizen_on_every_page_and_has_no_buttons(coach, tmp_path):
    coach.goto("/styleguide/case/")
    paper = tmp_path / "case.pdf"
    coach.pdf(path=paper, prefer_css_page_size=True)
    pages = [re.sub(r"\s+", " ", page.extract_text()) for page in PdfReader(paper).pages]
    assert len(pages) == 2
    for number, text in enumerate(pages, start=1):
        assert "Amina Testesen · ML-2026-0042" in text
        assert f"Side {number} af 2" in text
        assert "Gem notat" not in text
        assert "Hovedmenu" not in text
