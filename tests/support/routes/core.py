"""Signs of life for operators (answered before any log-in: microloan/core/middleware.py), and pages for everybody."""

from tests.support.routing import EVERYONE, row

ROWS = [
    row("healthz", public=True),
    row("readyz", public=True),
    row("metrics", public=True),
    row("help", allow=EVERYONE),
    row("accessibility", public=True),
    row("styleguide", allow=EVERYONE),
    row("styleguide_page", allow=EVERYONE, kwargs={"page": "forms"}),
]
