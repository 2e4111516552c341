"""The browsers of the people in a journey, one for each, and the demo clock that they share."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from playwright.sync_api import BrowserContext, Page, expect

from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.danish import input_date, long_date
from tests.support.strict import StrictClient

MONTHS = ("januar", "februar", "marts", "april", "maj", "juni") + (
    "juli", "august", "september", "oktober", "november", "december",
)  # fmt: skip
LONG_DATE = re.compile(rf"(\d{{1,2}})\. ({'|'.join(MONTHS)}) (\d{{4}})")
MOST_AT_ONCE = 92
PATIENCE_MS = 30_000  # for a busy machine
MOST_MS = 120_000  # for three months of daily jobs on it

CASEWORKER, COACH, SECOND_COACH = "sagsbehandler", "coach", "coach2"
LEAD, BENEFITS, OTHER_BENEFITS = "projektleder", "ydelse", "ydelse2"
ADMINISTRATOR, MANAGER, AUDITOR = "administrator", "leder", "dpo"


@dataclass(frozen=True)
class Citizen:
    """An invented citizen (day of birth + 60) with a business."""

    cpr: str
    cvr: str
    name: str = "Amina Testesen"
    phone: str = "00 00 12 34"
    livelihood: str = "Kontanthjælp"
    idea: str = "Jeg syr kjoler om og sælger dem på markeder."
    business: str = "Aminas systue"
    trade: str = "syning"

    @property
    def is_pensioner(self) -> bool:
        return self.livelihood == "Førtidspension"


class Stage:
    """`stage.page("coach")` is the window of that person, logged in; `stage.day` is today.

    In the journey that asks for it (`stage.thoroughly()`) everybody logs in on the log-in page, and the daily jobs of every
    day run. In the others people are logged in already, and days pass without jobs.
    """

    def __init__(self, new_browser: Callable[[], BrowserContext], look: Callable[[Page, str], None], home: str) -> None:
        self.look = look
        self.day = clock.today()
        self._new_browser, self._home = new_browser, home
        self._pages: dict[str, Page] = {}
        self._thorough = False

    def thoroughly(self) -> "Stage":
        self._thorough = True
        return self

    def page(self, username: str) -> Page:
        if username not in self._pages:
            self._pages[username] = self.another_window(username)
        return self._pages[username]

    def another_window(self, username: str) -> Page:
        """A browser of its own for somebody who may have one open already."""
        context = self._new_browser()
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        if self._thorough:
            page.goto("/login/")
            page.get_by_role("button", name=f"Log ind som {username}", exact=True).click()
            expect(page).not_to_have_url(re.compile("/login/"))
        else:
            client = StrictClient()
            client.force_login(User.objects.get(username=username))
            value = client.cookies[settings.SESSION_COOKIE_NAME].value
            context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": self._home}])
        return page

    def wait(self, days: int) -> "Stage":
        return self.until(self.day + timedelta(days=days))

    def until(self, day: date) -> "Stage":
        return self.day_by_day(day) if self._thorough else self.skip_to(day)

    def day_by_day(self, day: date) -> "Stage":
        """Move the demo clock, as whoever shows the demo does; the daily jobs run for the days that pass."""
        page = self.page(ADMINISTRATOR)
        while self.day < day:
            self.day = min(day, self.day + timedelta(days=MOST_AT_ONCE))
            page.goto("/demo/clock/")
            page.get_by_label("Stil frem til").fill(input_date(self.day))
            page.get_by_role("button", name="Flyt uret").click(timeout=MOST_MS)
            said(page, f"Det er nu {long_date(self.day)}.")
            self.look(page, "demo-clock")
        return self

    def skip_to(self, day: date) -> "Stage":
        """The clock alone, for days on which nothing happens that the journey is about."""
        if day > self.day:
            with transaction.atomic():
                clock.move_demo_clock((day - self.day).days)
            self.day = day
        return self


def dates_in(text: str) -> list[date]:
    """The dates written out in a text: `torsdag 26. november 2026`."""
    return [date(int(y), MONTHS.index(m) + 1, int(d)) for d, m, y in LONG_DATE.findall(text)]


def said(page: Page, text: str | re.Pattern[str]) -> None:
    """The page says what was done, above its content."""
    expect(page.locator("#messages")).to_contain_text(text)
