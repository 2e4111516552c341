"""What the pages of screenings and budgets show. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from cases import services as cases
from cases.enums import PHASE_ORDER, Phase
from cases.models import CaseFile
from microloan.accounts.enums import TEAM, Role
from microloan.accounts.models import User
from screening import rules
from screening.enums import BudgetKind, Outcome, ScreeningNumber, ScreeningState
from screening.models import Budget, CriteriaSet, Score, Screening
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


def current_sets() -> QuerySet[CriteriaSet]:
    """The criteria set that each screening uses from now on."""
    return (
        CriteriaSet.objects.filter(is_current=True)
        .select_related("made_by")
        .annotate(how_many=Count("criteria"))
        .order_by("number")
    )


def versions_of_set(number: int) -> QuerySet[CriteriaSet]:
    """The versions of a criteria set, newest first, each with how many rounds use it."""
    rounds = Screening.objects.filter(criteria_set=OuterRef("pk")).values("criteria_set").annotate(n=Count("pk"))
    return (
        CriteriaSet.objects.filter(number=number)
        .select_related("made_by")
        .annotate(rounds=Coalesce(Subquery(rounds.values("n")), 0))
        .order_by("-version")
    )


def screening_of(case: CaseFile) -> QuerySet[Screening]:
    """The screenings of a case as their pages show them."""
    return case.screenings.select_related(
        "decided_by", "recommended_by", "saved_by", "rule_set", "legal_basis"
    ).prefetch_related(
        Prefetch("staff", User.objects.order_by("full_name", "pk")),
        Prefetch("scores", Score.objects.select_related("criterion").order_by("criterion__order", "pk")),
    )


def sent_back(case: CaseFile) -> Screening | None:
    """The round that sent the case back, until the next one is decided."""
    number = next((number for number, phase in rules.PHASE_OF.items() if phase == case.phase), None)
    decided = case.screenings.filter(number=number, decided_at__isnull=False)
    last = decided.order_by("-round").first() if number else None
    return last if last is not None and last.outcome == Outcome.REVISE else None


def agreed_before(screening: Screening) -> Screening | None:
    """The round before this one, which says what was to be better, and by when."""
    rounds = screening.case.screenings.filter(number=screening.number, round__lt=screening.round)
    return rounds.filter(outcome=Outcome.REVISE).order_by("-round").first()


def possible_staff(case: CaseFile, present: Iterable[User] = ()) -> QuerySet[User]:
    """Who can have been present: the team, the referral specialists of the case's centre, and who is down already."""
    team = Q(is_active=True, role__in=TEAM)
    if case.centre_id:
        team |= Q(is_active=True, role=Role.REFERRAL_SPECIALIST, centre=case.centre_id)
    return User.objects.filter(team | Q(pk__in=[user.pk for user in present])).order_by("full_name", "pk")


def budgets_of(case: CaseFile, kind: str = BudgetKind.ESTABLISHMENT) -> list[Budget]:
    """The versions of a budget, newest first, each with its lines."""
    budgets = case.budgets.filter(kind=kind).select_related("created_by", "approved_by", "frame__rule_set")
    relation = "lines" if kind == BudgetKind.ESTABLISHMENT else "rows"
    return list(budgets.prefetch_related(relation).order_by("-number"))
