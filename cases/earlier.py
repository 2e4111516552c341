"""What a case shows of the citizen's earlier ones, and of a CPR number that is still missing (domain.md §3)."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases import registry
from cases.enums import Holder, Phase
from cases.models import CaseFile
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User
from microloan.core.calendars import add_working_days

# Working days until the team should have asked for a number that is missing.
CPR_DAYS = 10


def register() -> None:
    registry.register_panel(registry.CasePanel("earlier", "cases/_earlier_panel.html", earlier_box, TEAM, order=10))
    registry.next_steps.register("cpr", missing_cpr, order=15)
    registry.register_task_kind(
        "cpr_missing", gettext_lazy("Ask the citizen for the CPR number"), gettext_lazy("Write CPR number")
    )
    registry.requires(Phase.APPROVAL, "cpr", cpr_is_known)


def earlier_cases(case: CaseFile) -> QuerySet[CaseFile]:
    """The citizen's other cases, newest first."""
    return CaseFile.objects.filter(citizen=case.citizen_id).exclude(pk=case.pk).order_by("-opened_on", "-pk")


def earlier_box(case: CaseFile, user: User, today: date) -> dict[str, Any] | None:
    cases = list(earlier_cases(case))
    return {"cases": cases} if cases else None


def missing_cpr(case: CaseFile, today: date) -> Iterator[registry.NextStep]:
    """An inquiry may come without a CPR number; the loan is paid out by it, so somebody asks."""
    if case.citizen.cpr_index:
        return
    yield registry.NextStep(
        key="cpr-missing",
        kind="cpr_missing",
        holder=Holder.TEAM,
        due_on=add_working_days(case.opened_on, CPR_DAYS),
        link={"name": "cases:cpr", "kwargs": {"number": case.number}},
    )


def cpr_is_known(case: CaseFile, today: date) -> Iterator[registry.Missing]:
    """Letters and payout go by CPR number (domain.md §7.1)."""
    if not case.citizen.cpr_index:
        yield registry.Missing(_("The citizen's CPR number is missing."))
