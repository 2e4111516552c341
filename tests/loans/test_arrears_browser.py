"""The two stories of a missed payment in a real browser: to a deferment, and to recovery; axe on every screen (§7.6)."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from playwright.sync_api import Page, expect

from cases.letters import services as letter_services
from cases.letters.enums import LetterStatus
from cases.letters.models import Letter
from cases.services import reconcile_tasks
from loans.models import LedgerEntry, Loan, PlanChange
from loans.queries import current_plan
from microloan.accounts.enums import Role
from microloan.core import clock
from microloan.core.danish import input_date
from microloan.core.jobs import run_jobs
from tests.loans import builders
from tests.support.world import World

BEFORE = timedelta(days=120)  # the loan was paid out that long ago, so that its first instalment is 80 to 90 days late


@pytest.fixture(autouse=True)
def _friday() -> None:
    """The server has threads of its own, which see the demo clock; so does this file."""


@pytest.fixture
def loan(transactional_db: None, settings: Any) -> Iterator[Loan]:
    settings.DEMO_CLOCK = True
    start = clock.today()
    with transaction.atomic():
        clock.reset_demo_clock()
    with clock.at(start):
        world = builders.small_world()
        made = builders.paid_out(world)
        made.world = world
    yield made
    with transaction.atomic():
        clock.reset_demo_clock()


class Story:
    """Days pass; each evening the jobs make the letters, and they go out."""

    def __init__(self, loan: Loan, page_for: Callable[..., Any], look: Callable[[Page, str], None]) -> None:
        self.loan, self.look = loan, look
        world: World = loan.world  # type: ignore[attr-defined]
        self.coach, self.lead = (page_for(world.user(role)) for role in (Role.COACH, Role.PROJECT_LEAD))
        for page in (self.coach, self.lead):
            page.context.set_default_timeout(60_000)
        self.due = current_plan(loan).instalments.order_by("number").first().due_on
        self.number = loan.case.number

    def until(self, day: date) -> None:
        with transaction.atomic():
            clock.move_demo_clock((day - clock.today()).days)
        run_jobs(day, only="instalment_reminders")
        run_jobs(day, only="arrears_letters")
        for letter in Letter.objects.filter(status=LetterStatus.READY):
            letter_services.dispatch_letter(letter.pk, today=day)
        reconcile_tasks(case=self.loan.case, today=day)

    def after_due(self, days: int) -> None:
        self.until(self.due + timedelta(days=days))

    def url(self, name: str, **kwargs: Any) -> str:
        return reverse(f"loans:{name}", kwargs={"number": self.number, **kwargs})

    def arrears(self, page: Page, name: str) -> Page:
        page.goto(self.url("arrears"))
        self.look(page, f"arrears-{name}")
        return page

    def press(self, words: str) -> None:
        """From the task in two presses: its button, then what was done."""
        page = self.coach
        page.goto(reverse("cases:tasks", kwargs={"number": self.number}))
        page.get_by_role("link", name="Ring til borgeren om et afdrag, der ikke er betalt").first.click()
        page.get_by_role("button", name=words, exact=True).click()
        expect(page.get_by_text("Forsøget er noteret.")).to_be_visible()


@pytest.fixture
def story(loan: Loan, page_for: Callable[..., Any], axe: Callable[..., None], shot: Callable[..., None]) -> Story:
    def look(page: Page, name: str) -> None:
        shot(page, name)
        axe(page)

    return Story(loan, page_for, look)


def test_from_a_friendly_reminder_to_a_deferment(story: Story) -> None:
    story.until(story.due - timedelta(days=7))
    assert Letter.objects.filter(kind="instalment_reminder", status=LetterStatus.DISPATCHED).count() == 1
    story.after_due(5)
    page = story.arrears(story.coach, "first-days")
    expect(page.get_by_role("main")).to_contain_text("Der er ikke noteret forsøg endnu.")
    story.press("Ringede: intet svar")
    story.after_due(10)
    assert Letter.objects.get(kind="first_dunning").status == LetterStatus.DISPATCHED
    story.after_due(12)
    story.press("Ringede: talte med borgeren")
    page = story.arrears(story.coach, "reached")
    page.get_by_role("link", name="Henstand eller afdragsordning").click()
    story.look(page, "change")
    page.get_by_role("link", name="Henstand", exact=True).click()
    story.look(page, "change-form")
    page.get_by_label("Fra hvilken måned?").select_option(index=1)
    page.get_by_label("Hvor mange måneder?").fill("3")
    page.get_by_role("radio").first.check()
    page.locator("textarea[name=asked]").fill("Borgeren er syg og har ingen indtægt.")
    page.get_by_role("button", name="Vis før og efter").click()
    story.look(page, "change-check")
    page.get_by_role("button", name="Foreslå for projektlederen").click()
    expect(page.get_by_text("projektleder").first).to_be_visible()
    lead = story.lead
    lead.goto(story.url("change_decide"))
    story.look(lead, "change-decide")
    lead.get_by_role("radio", name="Bevilget").check()
    lead.get_by_role("button", name="Afgør ændringen af planen").click()
    assert PlanChange.objects.get().is_in_force
    story.after_due(31)
    assert not Letter.objects.filter(kind="second_dunning").exists()


def test_from_a_missed_payment_to_recovery_and_not_without_attempts(story: Story) -> None:
    story.after_due(10)
    story.after_due(30)
    page = story.arrears(story.coach, "before-attempts")
    page.get_by_role("link", name="Overdrag til inddrivelse").click()
    story.look(page, "handover-missing")
    expect(page.get_by_role("button", name="Indstil til overdragelse")).to_have_count(0)
    story.after_due(61)
    page.goto(story.url("handover_propose"))
    expect(page.get_by_role("main")).to_contain_text("for få forsøg")
    assert page.request.get(story.url("notice"), max_redirects=0).status == 302  # no way past
    for day, words in ((62, "Ringede: intet svar"), (63, "Sendte en sms"), (64, "Ringede: intet svar")):
        story.after_due(day)
        story.press(words)
    page = story.arrears(story.coach, "needs-notice")
    page.get_by_role("link", name="Send varslet før overdragelse").click()
    story.look(page, "notice")
    page.get_by_role("button", name="Send varslet").click()
    story.after_due(64)
    story.after_due(82)
    page.goto(story.url("handover_propose"))
    page.get_by_label("Hvorfor skal det overdrages?").fill("Vi har ringet og skrevet uden at få svar.")
    story.look(page, "handover-ready")
    page.get_by_role("button", name="Indstil til overdragelse").click()
    expect(page.get_by_role("region", name="Overdragelser")).to_contain_text("Venter på projektlederen")
    lead = story.lead
    lead.goto(story.url("handover_decide"))
    story.look(lead, "handover-decide")
    lead.get_by_role("button", name="Overdrag til inddrivelse").click()
    expect(lead.get_by_role("main")).to_contain_text("er til inddrivelse")
    story.look(lead, "handed-over")
    assert LedgerEntry.objects.get(kind="handover").claims == [1]
    with lead.expect_download() as download:
        lead.get_by_role("link", name="PDF").click()
    assert download.value.suggested_filename.startswith("overdragelse-")
    lead.goto(story.url("pause"))
    story.look(lead, "pause")
    lead.get_by_role("button", name="Sæt rykkerne på pause").click()
    story.look(lead, "pause-errors")
    lead.goto(story.url("interruption"))
    lead.get_by_label("Hvornår?").fill(input_date(clock.today()))
    story.look(lead, "interruption")
