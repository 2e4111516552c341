"""The people around the citizen on the case page and among the tasks (domain.md §3.4, §8)."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.utils.translation import gettext_lazy

from cases import registry
from cases.enums import Holder
from cases.models import CaseFile
from cases.registry import NextStep
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User

# Days before a power of attorney ends on which the team asks whether there is a new one.
POWER_ENDS_SOON = timedelta(days=14)


def register() -> None:
    registry.register_panel(registry.CasePanel("people", "cases/_people_panel.html", panel, TEAM, order=5))
    registry.register_task_kind(
        "power_ends", gettext_lazy("Ask whether there is a new power of attorney"), gettext_lazy("Open people")
    )
    registry.next_step_relations.register("representatives", "representatives")
    registry.next_steps.register("people", next_steps, order=12)


def next_steps(case: CaseFile, today: date) -> Iterator[NextStep]:
    """A power of attorney has an end date (domain.md §8): before it the team asks, since copies stop with it."""
    for one in case.representatives.all():
        if one.to_on is not None and one.is_current(today) and one.to_on - POWER_ENDS_SOON <= today:
            yield NextStep(
                key=f"power-{one.pk}",
                kind="power_ends",
                holder=Holder.TEAM,
                due_on=one.to_on,
                why=one.name,
                link={"name": "cases:people", "kwargs": {"number": case.number}},
            )


def panel(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    """Those of today; left out where there is nobody, so that the page stays short."""
    found = {
        "representatives": [one for one in case.representatives.all() if one.is_current(today)],
        "interpreters": [one for one in case.interpreters.all() if one.is_current(today)],
        "mentors": [one for one in case.mentors.all() if one.is_current(today)],
        "exemption": next((one for one in case.exemptions.all() if one.is_current(today)), None),
    }
    return found if any(found.values()) else None
