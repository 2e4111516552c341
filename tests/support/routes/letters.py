"""Who may open the pages of letters. Each new address gets a row: tests/support/routing.py says how."""

from tests.support.routing import Route

ROWS: list[Route] = []
