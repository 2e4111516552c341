"""Who may open the pages of reports. Each new address gets a row: tests/support/routing.py says how."""

from reports.models import HistoryUpload, Scenario
from reports.payoff import save_scenario
from reports.rules.break_even import Counted
from tests.reports.test_break_even import TWENTY
from tests.support.people import make_user
from tests.support.routing import LEAD, TEAM, Role, row
from tests.support.world import World

READERS = frozenset({*TEAM, Role.MANAGER})

LEARNERS = frozenset({Role.PROJECT_LEAD, Role.MANAGER})


def make_upload(world: World) -> HistoryUpload:
    return HistoryUpload.objects.create(
        sha256="0" * 64, name="tidligere hold.xlsx", path="history/none", uploaded_by=make_user(Role.PROJECT_LEAD)
    )


def make_scenario(world: World) -> Scenario:
    return save_scenario(
        name="Budget",
        assumptions=TWENTY,
        counted=Counted(20, 12),
        as_of=world.today,
        by=make_user(Role.MANAGER),
    )


def upload(world: World) -> dict[str, int]:
    return {"pk": world.of(make_upload).pk}


ROWS = [
    row("reports:overview", allow=READERS),
    row("reports:overview_workbook", allow=READERS),
    row("reports:ratings", allow=LEARNERS),
    row("reports:ratings_csv", allow=LEARNERS),
    row("reports:payoff", allow=LEARNERS),
    row("reports:scenario", allow=LEARNERS, kwargs=lambda world: {"pk": world.of(make_scenario).pk}),
    row("reports:history", allow=LEAD),
    row("reports:history_upload", allow=LEAD, kwargs=upload),
    row("reports:history_check", allow=LEAD, kwargs=upload, method="post"),
    row("reports:history_load", allow=LEAD, kwargs=upload, method="post"),
    row("reports:history_errors", allow=LEAD, kwargs=upload),
]
