"""Pages of the program, asked for through the whole stack: middleware, queries, templates, access log."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.test import Client
from django.urls import reverse

from cases.enums import Phase
from cases.queries import case_list, steps_of
from cases.tables import CaseTable, PageRows
from loans.models import Loan
from microloan.accounts.models import User
from microloan.core import clock
from reports.bench.databases import Town
from reports.bench.timing import Ratio, Work, compare

HOST = "localhost"
COACH = "coach"
# Two words, as people type them; some hundred citizens of the large town have them.
NAME = "søren demosen"
MISSPELT = "søern demosn"
CASES_PER_PAGE = 50


@dataclass(frozen=True)
class Page:
    """A page by its address in a town. Its cost may grow by `limit` from the small town to the large one."""

    name: str
    address: Callable[[Town], str]
    limit: float
    about: str
    posted: tuple[tuple[str, str], ...] = ()


def _case_number(town: Town) -> str:
    """The same citizen in every town: the first who repays a loan."""
    return Loan.objects.filter(case__phase=Phase.AFTERCARE).order_by("pk").values_list("case__number", flat=True)[0]


PAGES = (
    Page("my_work", lambda town: reverse("cases:work"), 2.0, "A coach's own tasks, large town and small"),
    Page(
        "my_work_team",
        lambda town: reverse("cases:work") + "?view=team",
        2.5,
        "The tasks of the whole team, large and small",
    ),
    Page("case_list", lambda town: reverse("cases:list"), 2.5, "First page of the open cases, large and small"),
    Page(
        "case_list_last_page",
        lambda town: f"{reverse('cases:list')}?phase=all&page={-(-town.cases // CASES_PER_PAGE)}",
        3.0,
        "Last page of all cases, large and small",
    ),
    Page(
        "case_list_by_next_date",
        lambda town: reverse("cases:list") + "?sort=next_due_on",
        3.0,
        "Open cases by their next date, large and small",
    ),
    Page(
        "case_page",
        lambda town: reverse("cases:detail", kwargs={"number": _case_number(town)}),
        1.5,
        "One case with tasks, journal and panels, large and small",
    ),
    Page(
        "loan_page",
        lambda town: reverse("loans:loan", kwargs={"number": _case_number(town)}),
        1.5,
        "One loan with 84 instalments and its ledger, large and small",
    ),
    Page(
        "search_by_name",
        lambda town: reverse("cases:search"),
        1.5,
        "Search for two words of a name, large and small",
        posted=(("q", NAME),),
    ),
    Page(
        "search_by_misspelt_name",
        lambda town: reverse("cases:search"),
        4.0,
        "Search for two words of a name with a typing error in each, large and small",
        posted=(("q", MISSPELT),),
    ),
    Page(
        "search_by_first_letters",
        lambda town: reverse("cases:search"),
        4.0,
        "Search for the first two letters of a name, large and small",
        posted=(("q", NAME[:2]),),
    ),
    Page(
        "search_by_number",
        lambda town: reverse("cases:search"),
        1.5,
        "Search for eight digits, a phone or CVR number, large and small",
        posted=(("q", "00000000"),),
    ),
)


def compare_pages(large: Town, small: Town, runs: int) -> Iterator[Ratio]:
    """Every page in both towns, for the same coach."""
    visitors = Visitor(large, COACH), Visitor(small, COACH)
    for page in PAGES:
        ours, baseline = (visitor.asking(page) for visitor in visitors)
        yield compare(page.name, ours, baseline, limit=page.limit, runs=runs, about=page.about)
    yield _case_list_beside_sql(visitors[0], runs)


class Visitor:
    """Somebody logged in, with a browser, in one town."""

    def __init__(self, town: Town, username: str) -> None:
        self.town = town
        with town:
            self.user = User.objects.get(username=username)
            self.client = Client(SERVER_NAME=HOST)
            self.client.force_login(self.user)

    def asking(self, page: Page) -> Work:
        with self.town:
            address = page.address(self.town)

        def work() -> None:
            with self.town:
                response: Any = (
                    self.client.post(address, dict(page.posted)) if page.posted else self.client.get(address)
                )
            if response.status_code != 200:
                raise RuntimeError(f"{page.name}: {response.status_code}")

        return work


BARE_CASE_LIST = """
    SELECT c.number, c.phase, c.phase_entered_on, citizen.name, coach.full_name, cohort.code, task.due_on, task.holder
    FROM cases_casefile c
    JOIN cases_citizen citizen ON citizen.id = c.citizen_id
    LEFT JOIN accounts_user coach ON coach.id = c.coach_id
    LEFT JOIN cases_cohort cohort ON cohort.id = c.cohort_id
    LEFT JOIN LATERAL (
        SELECT due_on, holder FROM cases_task t WHERE t.case_id = c.id AND t.done_at IS NULL ORDER BY due_on, id LIMIT 1
    ) AS task ON true
    WHERE c.phase <> 'closed' AND c.source = 'live'
    ORDER BY citizen.name, c.id LIMIT 50
"""


def _case_list_beside_sql(visitor: Visitor, runs: int) -> Ratio:
    """The rows of the page as it reads them, without drawing them, and the bare SQL of the same."""

    def ours() -> None:
        with visitor.town:
            table = CaseTable(PageRows(case_list(visitor.user).exclude(phase=Phase.CLOSED)), today=clock.today())
            table.paginate(per_page=CASES_PER_PAGE)
            steps_of([row.record for row in table.page.object_list])

    def bare() -> None:
        with visitor.town, connection.cursor() as cursor:
            cursor.execute(BARE_CASE_LIST)
            cursor.fetchall()
            cursor.execute("SELECT count(*) FROM cases_casefile WHERE phase <> 'closed' AND source = 'live'")
            cursor.fetchone()

    about = "The rows of the case list as the page of the large town reads them, and bare SQL of the same rows"
    return compare("case_list_rows_and_sql", ours, bare, limit=12.0, runs=runs, about=about)
