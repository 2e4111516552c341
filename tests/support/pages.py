"""What a page says."""

import re
from html import unescape
from typing import Any

from microloan.core.danish import NBSP

_UNSEEN = re.compile(r"<(script|style).*?</\1>", re.DOTALL)
_TAG = re.compile(r"<[^>]+>")


def source(response: Any) -> str:
    """The page with its marks, with every sign as itself and plain spaces in amounts and dates."""
    return unescape(response.content.decode()).replace(NBSP, " ")


def text(response: Any) -> str:
    """The words of the page, as read: no marks, one space between words."""
    return " ".join(unescape(_TAG.sub(" ", _UNSEEN.sub(" ", response.content.decode()))).split())
