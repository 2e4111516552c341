"""Who may open the pages of reports. Each new address gets a row: tests/support/routing.py says how."""

from tests.support.routing import TEAM, Role, row

READERS = frozenset({*TEAM, Role.MANAGER})

LEARNERS = frozenset({Role.PROJECT_LEAD, Role.MANAGER})

ROWS = [
    row("reports:overview", allow=READERS),
    row("reports:overview_workbook", allow=READERS),
    row("reports:ratings", allow=LEARNERS),
    row("reports:ratings_csv", allow=LEARNERS),
]
