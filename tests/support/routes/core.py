"""Signs of life for operators; answered before any log-in (microloan/core/middleware.py)."""

from tests.support.routing import row

ROWS = [
    row("healthz", public=True),
    row("readyz", public=True),
    row("metrics", public=True),
]
