"""Who may open the pages of a case and the lists of cases."""

from tests.support.routing import TEAM, case, row

ROWS = [
    row("cases:detail", allow=TEAM, kwargs=case, logs=True),
]
