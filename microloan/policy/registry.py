"""Where higher rooms tell `policy` the words for codes that rule sets hold."""

from collections.abc import Callable, Iterable
from typing import Any

from microloan.core.registry import Registry

# The livelihoods a rule set may call eligible: (code, label).
livelihoods: Registry[Callable[[], Iterable[tuple[str, Any]]]] = Registry("livelihoods")


def livelihood_choices() -> list[tuple[str, Any]]:
    return [choice for provider in livelihoods for choice in provider()]
