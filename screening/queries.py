"""What the pages of screenings and budgets show. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Prefetch, Q, QuerySet

from cases import services as cases
from cases.enums import PHASE_ORDER, Phase
from cases.models import CaseFile
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from screening import rules
from screening.enums import BudgetKind, ScreeningNumber, ScreeningState
from screening.models import Budget, Score, Screening
from screening.services import missing_of


@dataclass
class Overview:
    """One of the four screenings of a case: its rounds, and what can be done next."""

    number: int
    rounds: list[Screening] = field(default_factory=list)
    may_start: bool = False
    is_ahead: bool = False
    missing: list[str] = field(default_factory=list)

    @property
    def label(self) -> str:
        return str(ScreeningNumber(self.number).label)

    @property
    def phase(self) -> str:
        return str(rules.PHASE_OF[self.number].label)

    @property
    def last(self) -> Screening | None:
        return self.rounds[-1] if self.rounds else None

    @property
    def next_round(self) -> int:
        return self.rounds[-1].round + 1 if self.rounds else 1


def overview(case: CaseFile, today: date) -> list[Overview]:
    """The four screenings with their rounds, in a fixed number of queries."""
    rows = {number: Overview(number) for number in ScreeningNumber.values}
    rounds = case.screenings.select_related("decided_by", "recommended_by", "saved_by", "case")
    for screening in rounds.order_by("number", "round"):
        screening.case = case
        rows[screening.number].rounds.append(screening)
    for row in rows.values():
        phase = rules.PHASE_OF[row.number]
        is_now = case.phase == phase
        row.is_ahead = case.is_open and PHASE_ORDER.index(Phase(case.phase)) < PHASE_ORDER.index(phase)
        row.may_start = is_now and _may_start(row, case)
        if is_now:
            row.missing = _missing(row, case, today)
    return list(rows.values())


def _may_start(row: Overview, case: CaseFile) -> bool:
    if row.last is None:
        return True
    return row.last.is_decided and rules.may_begin_round(row.last.outcome, row.number, pensioner=case.is_pensioner)


def _missing(row: Overview, case: CaseFile, today: date) -> list[str]:
    """What the open round lacks, and what the phase after it will ask for."""
    found: list[str] = []
    if row.last is not None and row.last.state == ScreeningState.DRAFT:
        found += missing_of(row.last, today).values()
    if row.number in rules.NEXT_PHASE:
        found += [item.text for item in cases.missing_for(case, rules.NEXT_PHASE[row.number], today)]
    return found


def screening_of(case: CaseFile) -> QuerySet[Screening]:
    """The screenings of a case as their pages show them."""
    return case.screenings.select_related(
        "decided_by", "recommended_by", "saved_by", "rule_set", "legal_basis"
    ).prefetch_related(
        Prefetch("staff", User.objects.order_by("full_name", "pk")),
        Prefetch("scores", Score.objects.select_related("criterion").order_by("criterion__order", "pk")),
    )


def possible_staff(case: CaseFile, present: Iterable[User] = ()) -> QuerySet[User]:
    """Who can have been present: the team, the referral specialists of the case's centre, and who is down already."""
    team = Q(is_active=True, role__in=TEAM)
    if case.centre_id:
        team |= Q(is_active=True, role=Role.REFERRAL_SPECIALIST, centre=case.centre_id)
    return User.objects.filter(team | Q(pk__in=[user.pk for user in present])).order_by("full_name", "pk")


def budgets_of(case: CaseFile) -> list[Budget]:
    """The versions of the establishment budget, newest first, each with its lines."""
    budgets = case.budgets.filter(kind=BudgetKind.ESTABLISHMENT).select_related("created_by", "approved_by")
    return list(budgets.prefetch_related("lines").order_by("-number"))
