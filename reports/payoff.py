"""What the cases say of the assumptions: participants, what courses and support came to, and what was lost on loans."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import Sum
from django.utils.translation import gettext as _

from cases import perms
from courses.figures import cost_of_cases
from loans import rules as loan_rules
from loans.enums import EntryKind, SupportKind
from loans.models import LedgerEntry, SupportAmount, SupportPeriod
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.errors import Refused
from microloan.core.money import ZERO
from reports import queries
from reports.models import Scenario
from reports.rules.break_even import Assumptions, Counted
from reports.rules.suppression import THRESHOLD

# Who asks whether the programme pays.
READERS: frozenset[str] = frozenset({Role.PROJECT_LEAD, Role.MANAGER})


@dataclass(frozen=True)
class Known:
    """Counts of people and sums of kroner at a cut-off. `unknown_months`: months of support without an amount."""

    participants: int
    self_supporting: int
    course_cost: Decimal
    support_cost: Decimal
    unknown_months: int
    loans_lost: Decimal

    @property
    def counted(self) -> Counted:
        return Counted(self.participants, self.self_supporting)


def known(as_of: date) -> Known:
    """All participants by a day, in a fixed number of queries."""
    cohorts = list(queries.cohorts_started_by(as_of))
    ids = set(queries.participants(cohorts, as_of=as_of).values_list("pk", flat=True))
    total = queries.cohort_figures(cohorts, as_of=as_of)["table5_total"]
    support, unknown = _support(ids, as_of)
    return Known(
        participants=len(ids),
        self_supporting=total["self_supporting"],
        course_cost=sum(cost_of_cases(ids).values(), ZERO),
        support_cost=support,
        unknown_months=unknown,
        loans_lost=_lost(ids, as_of),
    )


def _support(ids: set[int], as_of: date) -> tuple[Decimal, int]:
    amounts: dict[int, list[tuple[date, Decimal]]] = {}
    for case, day, amount in SupportAmount.objects.order_by("from_on", "pk").values_list(
        "case_id", "from_on", "amount"
    ):
        amounts.setdefault(case, []).append((day, amount))
    starts: dict[int, tuple[date, int]] = {}
    for case, day, months in SupportPeriod.objects.order_by("starts_on").values_list("case_id", "starts_on", "months"):
        first, before = starts.get(case, (day, 0))
        starts[case] = (first, before + months)
    costs = [
        loan_rules.support_cost(start, months, amounts.get(case, ()), as_of)
        for case, (start, months) in starts.items()
        if case in ids
    ]
    return sum((cost.amount for cost in costs), ZERO), sum(cost.unknown for cost in costs)


def _lost(ids: set[int], as_of: date) -> Decimal:
    """Written off, and handed over less what recovery brought in; reversals count from their own day."""
    entries = LedgerEntry.objects.filter(
        loan__case__in=ids, loan__kind=SupportKind.LOAN, value_date__lte=as_of
    ).order_by()
    gone = (EntryKind.WRITE_OFF, EntryKind.HANDOVER)
    plain = entries.filter(kind__in=(*gone, EntryKind.RECOVERY_PAYMENT)).values_list("kind")
    undone = entries.filter(reverses__kind__in=(*gone, EntryKind.RECOVERY_PAYMENT)).values_list("reverses__kind")
    lost = ZERO
    for rows in (plain, undone):
        for kind, total in rows.annotate(total=Sum("amount")):
            lost += total if kind == EntryKind.RECOVERY_PAYMENT else -total
    return max(lost, ZERO)


def for_managers(found: Known) -> Known | None:
    """Sums of money of at least five people; None where there are fewer (docs/decisions/042)."""
    return found if found.participants >= THRESHOLD else None


def initial(found: Known | None) -> dict[str, Any]:
    """What the cases say, beside the assumptions that the review used; those of the last saved calculation stay."""
    last = Scenario.objects.first()
    values: dict[str, Any] = {"support_instead_percent": 0, "municipal_percent": 100, "years": 5, "discount_percent": 0}
    if last is not None:
        values |= last.assumptions
    if found is not None:
        names = ("participants", "course_cost", "support_cost", "loans_lost")
        values |= {name: value for name, value in asdict(found).items() if name in names}
    return values


@transaction.atomic
def save_scenario(*, name: str, assumptions: Assumptions, counted: Counted, as_of: date, by: User) -> Scenario:
    """Keep a calculation with all it stands on."""
    perms.check_role(by, READERS, _("Only the project lead and managers save calculations."))
    if not name.strip():
        raise Refused(_("Give the calculation a name, so that it can be found again."), field="name")
    return Scenario.objects.create(
        name=name.strip(),
        assumptions={field: str(value) for field, value in asdict(assumptions).items()},
        counted=counted.participants,
        self_supporting=counted.self_supporting,
        as_of=as_of,
        by=by,
    )
