"""The browser fixtures themselves, on the error page that everybody can reach."""

import pytest

from tests.support import browser


def test_a_page_is_danish_accessible_and_quiet(page, axe, shot, live_server):
    page.goto(f"{live_server.url}/there-is-no-such-page")
    assert page.evaluate("navigator.language") == "da-DK"
    axe(page)
    shot(page, "error-404")


@pytest.mark.parametrize("script", ["console.error('x')", "setTimeout(() => { throw new Error('x') })"])
def test_what_goes_wrong_in_the_page_is_noticed(new_context, live_server, script):
    context = new_context(base_url=live_server.url)
    faults = browser.watch(context)
    page = context.new_page()
    page.goto("/there-is-no-such-page")
    page.evaluate(script)
    page.wait_for_timeout(200)
    assert len(faults) == 1


def test_the_policy_blocks_inline_style_and_the_suite_notices(new_context, live_server):
    context = new_context(base_url=live_server.url)
    faults = browser.watch(context)
    page = context.new_page()
    page.goto("/there-is-no-such-page")
    page.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">x</p>')")
    page.wait_for_timeout(200)
    assert any("Content Security Policy" in fault for fault in faults)


def test_axe_finds_what_is_wrong(page, live_server):
    page.goto(f"{live_server.url}/there-is-no-such-page")
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"/static/icon.svg\">')")
    assert any("image-alt" in line for line in browser.axe_violations(page))


def test_somebody_is_logged_in(page_for, live_server):
    page = page_for("coach")
    assert page.user.role == "coach"
    assert [cookie["name"] for cookie in page.context.cookies()] == ["sessionid"]
