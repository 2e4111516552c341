"""What a browser sends back from a page."""

import re
from typing import Any

_NOTE = re.compile(r'name="seen" value="([^"]*)"')


def seen(page: Any) -> dict[str, str]:
    """The note of what was stored when the page was drawn (microloan.core.two_versions)."""
    found = _NOTE.search(page.content.decode())
    assert found, "the page has no note: {% two_versions form %} inside its form"
    return {"seen": found[1]}
