"""What the ratings of the screenings led to: the last decided round of each person, for learning (domain.md §4, §10)."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db.models import OuterRef, Q, QuerySet, Subquery, TextChoices
from django.utils.translation import gettext_lazy as _

from cases.enums import SELF_SUPPORTING
from cases.models import LivelihoodPeriod
from loans.enums import EntryKind
from loans.models import LedgerEntry
from reports.rules import scores as rules
from reports.rules.suppression import Cell
from screening.enums import Outcome
from screening.models import Criterion, Score, Screening


class Came(TextChoices):
    """What a rating is held against."""

    LOAN = "loan", _("The loan was paid out")
    SELF_SUPPORTING = "self_supporting", _("Self-supporting at the cut-off")
    CONTINUED = "continued", _("The screening said continue")


@dataclass(frozen=True)
class Figures:
    """Every number of one screening against one outcome."""

    number: int
    came: str
    as_of: date
    people: int
    titles: dict[str, str]
    lines: list[rules.Line]


@dataclass(frozen=True)
class SafeFigures:
    """One screening in disjoint groups of at least five people."""

    number: int
    as_of: date
    titles: dict[str, str]
    people: Cell
    lines: list[rules.SafeLine]


def figures(*, number: int, came: str, as_of: date) -> Figures:
    """The criteria of one screening against one outcome, in a fixed number of queries."""
    rounds = last_rounds(as_of).filter(number=number)
    with_outcome = set(_cases_with(came, rounds, as_of).values_list("case_id", flat=True))
    scores = Score.objects.filter(screening__in=rounds, value__isnull=False).order_by("pk")
    rows = [
        rules.Rated(code, int(value or 0), case in with_outcome)
        for code, value, case in scores.values_list("criterion__code", "value", "screening__case_id")
    ]
    titles = _titles(number, {row.code for row in rows})
    return Figures(number, came, as_of, rounds.count(), titles, rules.lines(rows, list(titles)))


def safe_figures(*, number: int, as_of: date) -> SafeFigures:
    """The same for people who read only aggregates, in a fixed number of queries."""
    rounds = last_rounds(as_of).filter(number__lte=number)
    scores = Score.objects.filter(screening__in=rounds, value__isnull=False)
    people: dict[int, set[int]] = {}
    ratings: dict[str, dict[int, int]] = {}
    found = scores.values_list("screening__number", "criterion__code", "value", "screening__case_id")
    for of, code, value, case in found.order_by("pk"):
        people.setdefault(of, set()).add(case)
        if of == number:
            ratings.setdefault(code, {})[case] = int(value or 0)
    titles = _titles(number, set(ratings))
    living, lent = (
        set(_cases_with(came, rounds, as_of).values_list("case_id", flat=True))
        for came in (Came.SELF_SUPPORTING, Came.LOAN)
    )
    results = {
        case: rules.SELF_SUPPORTING if case in living else rules.LOAN if case in lent else rules.NEITHER
        for cases in people.values()
        for case in cases
    }
    earlier = [frozenset(cases) for of, cases in sorted(people.items()) if of != number]
    safe = rules.safe({code: ratings[code] for code in titles}, results, earlier=earlier)
    return SafeFigures(number, as_of, titles, safe.people, safe.lines)


def last_rounds(as_of: date) -> QuerySet[Screening]:
    """The last decided round of each screening in each case: a person counts once."""
    decided = Screening.objects.filter(decided_on__isnull=False, decided_on__lte=as_of)
    newest = decided.filter(case=OuterRef("case"), number=OuterRef("number")).order_by("-round").values("pk")[:1]
    return decided.filter(pk=Subquery(newest))


def _cases_with(came: str, rounds: QuerySet[Screening], as_of: date) -> QuerySet[Any]:
    if came == Came.CONTINUED:
        return rounds.filter(outcome=Outcome.CONTINUE)
    if came == Came.LOAN:
        undone = LedgerEntry.objects.filter(kind=EntryKind.REVERSAL, value_date__lte=as_of).values("reverses")
        paid = LedgerEntry.objects.filter(kind=EntryKind.PAYOUT, value_date__lte=as_of).exclude(pk__in=undone)
        return rounds.filter(case__in=paid.values("loan__case"))
    earning = LivelihoodPeriod.objects.filter(Q(to_on__isnull=True) | Q(to_on__gte=as_of), from_on__lte=as_of)
    return rounds.filter(case__citizen__in=earning.filter(kind__in=SELF_SUPPORTING).values("citizen"))


def _titles(number: int, codes: set[str]) -> dict[str, str]:
    """The wording that each criterion had last, in the order of the newest sets."""
    newest = Criterion.objects.filter(criteria_set__number=number, code__in=codes)
    rows = newest.order_by("-criteria_set__version", "order").values_list("code", "title")
    titles: dict[str, str] = {}
    for code, title in rows:
        titles.setdefault(code, title)
    return titles
