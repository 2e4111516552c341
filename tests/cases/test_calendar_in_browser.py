"""Contacts, calendar and search in Chromium: they work with and without scripts, and axe-core finds nothing."""

from datetime import timedelta

import pytest

from cases import services
from cases.enums import ContactKind, ContactState, Holder
from microloan.core import clock
from tests.cases import builders

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _friday():
    """In the browser the real clock counts."""


@pytest.fixture
def case(cast):
    """One citizen with a conversation in an hour, one cancelled, one missed, and something due today."""
    today = clock.today()
    case = builders.accepted(cast.caseworker, cast.coach, on=today, name="Amina Testesen")

    def plan(hours, staff=(cast.coach,)):
        return services.plan_contact(
            case=case,
            kind=ContactKind.COACHING,
            at=clock.now() + timedelta(hours=hours),
            place="Café Torvet",
            staff=list(staff),
            by=cast.coach,
            today=today,
        )

    plan(0.5)
    services.cancel_contact(contact=plan(1), state=ContactState.EXCUSED, reason="", by=cast.coach, today=today)
    plan(0.6, staff=(cast.coach, cast.lead))
    builders.held(case, ContactKind.COACHING, [cast.coach], state=ContactState.NO_SHOW)
    services.add_task(
        case=case, title="Ring til banken", due_on=today, holder=Holder.TEAM, owner=cast.coach, by=cast.coach
    )
    return case


def test_a_coach_finds_the_week_moves_and_cancels(cast, case, page_for, axe, shot):
    page = page_for(cast.coach)
    page.goto("/calendar/")
    axe(page)
    shot(page, "calendar")
    page.get_by_label("Hvis kalender").select_option(label="Petra Projektleder")
    page.get_by_role("button", name="Vis kalender").click()
    page.get_by_text("Du ser kalenderen for Petra Projektleder.").wait_for()
    page.get_by_role("link", name="Næste uge").click()
    page.get_by_text("Du ser kalenderen for Petra Projektleder.").wait_for()
    axe(page)
    shot(page, "calendar-empty")
    page.goto("/calendar/address/")
    axe(page)
    page.get_by_role("button", name="Lav en adresse").click()
    page.get_by_label("Hemmelig adresse").wait_for()
    axe(page)
    shot(page, "calendar-address")

    page.goto(f"/cases/{case.number}/contacts/")
    axe(page)
    shot(page, "case-contacts")
    page.get_by_role("link", name="Flyt Coachsamtale").first.click()
    axe(page)
    shot(page, "case-contact-move")
    page.get_by_label("Sted").fill("Biblioteket")
    page.get_by_role("button", name="Flyt kontakten").click()
    page.get_by_text("Kontakten er flyttet").wait_for()
    page.get_by_role("link", name="Aflys Coachsamtale").first.click()
    page.get_by_label("Teamet").check()
    page.get_by_role("button", name="Aflys kontakten").click()
    page.get_by_text("Skriv, hvorfor teamet aflyser.").first.wait_for()
    axe(page)
    shot(page, "case-contact-cancel")
    page.get_by_label("Hvorfor?").fill("Coachen er syg")
    page.get_by_role("button", name="Aflys kontakten").click()
    page.get_by_text("Kontakten er aflyst.").wait_for()


def test_search_goes_by_keyboard_alone(cast, case, page_for, axe, shot):
    builders.accepted(cast.caseworker, cast.coach, on=clock.today(), name="Aminata Prøvesen")
    page = page_for(cast.coach)
    page.goto("/work/")
    page.keyboard.press("/")
    page.keyboard.type("amnia")  # a typing error
    page.locator("#search-hits a").first.wait_for()
    axe(page, ["main"])  # the hits lie over the page, whose links are then partly covered
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Amina Testesen").wait_for()
    page.get_by_role("searchbox").fill(case.citizen.cpr.formatted)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Amina Testesen").wait_for()
    assert case.citizen.cpr.formatted not in page.url
    page.goto("/search/")
    axe(page)
    shot(page, "search")


def test_the_identity_header_stays_only_where_there_is_room(cast, case, page_for):
    page = page_for(cast.coach)
    page.goto(f"/cases/{case.number}/")
    position = "() => getComputedStyle(document.querySelector('.mk-identity')).position"
    for width, height, expected in ((1440, 900, "sticky"), (760, 900, "static"), (1440, 590, "static")):
        page.set_viewport_size({"width": width, "height": height})
        assert page.evaluate(position) == expected, (width, height)


def test_the_calendar_works_without_scripts(cast, case, page_for, browser, live_server):
    cookies = page_for(cast.coach).context.cookies()
    context = browser.new_context(java_script_enabled=False, base_url=live_server.url)
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto("/calendar/")
    page.get_by_label("Hvis kalender").select_option(label="Petra Projektleder")
    page.get_by_role("button", name="Vis kalender").click()
    page.get_by_text("Du ser kalenderen for Petra Projektleder.").wait_for()
    page.get_by_role("link", name="Forrige uge").click()
    page.get_by_text("Du ser kalenderen for Petra Projektleder.").wait_for()
    context.close()
