"""Tables 1–8 of the review (R) for any cohorts and any cut-off date. Pure: plain rows in, the JSON document out.

The definitions stand in `docs/decisions/040-cohort-tables.md`; where each table is made, its own rule is repeated.
Nothing dated after the cut-off counts: no payout, payment, hand-over or livelihood that begins later.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from typing import Any

from cases.enums import SELF_SUPPORTING

UNKNOWN = "unknown"

# The lowest and the highest band stretch: 19 counts in the first, 67 in the last (domain.md §10).
AGE_BANDS: tuple[tuple[str, int], ...] = (("27-30", 30), ("31-40", 40), ("41-50", 50), ("51-60", 999))
# Label and the first amount that no longer belongs. Below 2,000 counts in the lowest; the last is open.
SIZE_BANDS: tuple[tuple[str, Decimal | None], ...] = (
    ("2000-19999", Decimal(20000)),
    ("20000-29999", Decimal(30000)),
    ("30000-39999", Decimal(40000)),
    ("40000-49999", Decimal(50000)),
    ("50000+", None),
)
DEGREE_BANDS: tuple[tuple[str, int], ...] = (("0-24", 24), ("25-49", 49), ("50-74", 74), ("75-99", 99), ("100", 100))

ORE = Decimal("0.01")
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Cohort:
    name: str
    start: date
    end: date


@dataclass(frozen=True, slots=True)
class Participant:
    case_ref: str
    cohort: str
    sex: str = ""
    birth_year: int | None = None
    livelihood_before: str = UNKNOWN
    course_end: date | None = None  # own end; None = the cohort's


@dataclass(frozen=True, slots=True)
class Loan:
    loan_ref: str
    case_ref: str
    principal: Decimal
    payout_date: date
    handed_over_on: date | None = None


@dataclass(frozen=True, slots=True)
class Payment:
    """Money that brings the debt down. A reversed payment is a negative one on the day of the reversal."""

    loan_ref: str
    date: date
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Livelihood:
    case_ref: str
    kind: str
    start: date
    end: date | None = None


@dataclass(frozen=True, slots=True)
class LoanState:
    """A loan as it stands at the cut-off."""

    cohort: str
    principal: Decimal
    repaid: Decimal
    handed_over: bool

    @property
    def current(self) -> Decimal:
        return max(self.principal - self.repaid, Decimal(0))

    @property
    def is_repaid(self) -> bool:
        return self.repaid >= self.principal

    @property
    def degree(self) -> int:
        """Repaid ÷ principal in whole percent, cut, never rounded up: 99.9 is 99. Kept within 0–100."""
        degree = (self.repaid * 100 / self.principal).to_integral_value(rounding=ROUND_DOWN)
        return min(max(int(degree), 0), 100)


def whole(number: Decimal) -> int:
    """To a whole number, half up."""
    return int(number.to_integral_value(rounding=ROUND_HALF_UP))


def percent(part: Decimal | int, of: Decimal | int) -> int | None:
    """Whole percent, half up; None when there is nothing to be a part of."""
    return whole(Decimal(part) * 100 / Decimal(of)) if of else None


def mean(total: Decimal | int, count: int) -> int | None:
    return whole(Decimal(total) / count) if count else None


def amount(value: Decimal) -> str:
    return str(Decimal(value).quantize(ORE, rounding=ROUND_HALF_UP))


def age_band(age: int) -> str:
    return next(label for label, last in AGE_BANDS if age <= last)


def size_band(principal: Decimal) -> str:
    return next(label for label, below in SIZE_BANDS if below is None or principal < below)


def degree_band(degree: int) -> str:
    return next(label for label, last in DEGREE_BANDS if degree <= last)


def self_supporting_stretch(periods: Iterable[Livelihood], as_of: date) -> date | None:
    """First day of the unbroken self-supporting stretch that covers the cut-off; None if none covers it.

    Self-supporting periods of any kind that follow each other without a gap are one stretch.
    """
    spells = sorted(
        ((period.start, period.end or date.max) for period in periods if period.kind in SELF_SUPPORTING),
    )
    first: date | None = None
    last: date | None = None
    for start, end in spells:
        if start > as_of:
            break
        if first is None or last is None or (last < date.max and start > last + ONE_DAY):
            first, last = start, end
        else:
            last = max(last, end)
    return first if last is not None and last >= as_of else None


def days_after_course(stretch_start: date, course_end: date, as_of: date) -> int:
    """Calendar days, both ends counted, of the stretch after the course end up to the cut-off.

    The course's last day is not a day after it: the count starts the day after at the earliest. A cut-off
    during the course gives 0.
    """
    first = max(stretch_start, course_end + ONE_DAY)
    return max((as_of - first).days + 1, 0)


def loan_states(
    cohort_of: dict[str, str], loans: Iterable[Loan], payments: Iterable[Payment], as_of: date
) -> list[LoanState]:
    """Every loan of the participants paid out by the cut-off, with what was repaid by then."""
    repaid: dict[str, Decimal] = defaultdict(Decimal)
    for payment in payments:
        if payment.date <= as_of:
            repaid[payment.loan_ref] += payment.amount
    return [
        LoanState(
            cohort=cohort_of[loan.case_ref],
            principal=loan.principal,
            repaid=repaid[loan.loan_ref],
            handed_over=loan.handed_over_on is not None and loan.handed_over_on <= as_of,
        )
        for loan in loans
        if loan.case_ref in cohort_of and loan.payout_date <= as_of
    ]


def cohort_tables(
    *,
    participants: Iterable[Participant],
    loans: Iterable[Loan],
    payments: Iterable[Payment],
    livelihoods: Iterable[Livelihood],
    cohorts: Sequence[Cohort],
    as_of: date,
) -> dict[str, Any]:
    """The document of `manage.py cohort_tables` (interfaces.md). Rows of other cohorts are left out."""
    chosen = {cohort.name: cohort for cohort in cohorts}
    members = [participant for participant in participants if participant.cohort in chosen]
    cohort_of = {participant.case_ref: participant.cohort for participant in members}
    states = loan_states(cohort_of, loans, payments, as_of)
    return {
        "as_of": as_of.isoformat(),
        "cohorts": list(chosen),
        "table1": _table1(chosen, members),
        "participants": len(members),
        "table2": _table2(members),
        **_table3(members, as_of),
        "table4": _table4(members),
        **_table5(chosen, members, livelihoods, as_of),
        "table6": _table6([state for state in states if not state.is_repaid]),
        **_table7(chosen, [state for state in states if not state.is_repaid]),
        "table8": _table8(chosen, states),
        "handed_over": sum(state.handed_over for state in states),
    }


def _table1(chosen: dict[str, Cohort], members: Sequence[Participant]) -> list[dict[str, Any]]:
    """Participants per cohort, with its period."""
    count = Counter(member.cohort for member in members)
    return [
        {"cohort": name, "start": cohort.start.isoformat(), "end": cohort.end.isoformat(), "participants": count[name]}
        for name, cohort in chosen.items()
    ]


def _table2(members: Sequence[Participant]) -> dict[str, dict[str, int | None]]:
    """Sex; a row for the unknown only when there are any. The percentages are of all participants."""
    count = Counter(member.sex or UNKNOWN for member in members)
    keys = ["K", "M", *([UNKNOWN] if count[UNKNOWN] else [])]
    return {key: {"count": count[key], "percent": percent(count[key], len(members))} for key in keys}


def _table3(members: Sequence[Participant], as_of: date) -> dict[str, Any]:
    """Age = year of the cut-off minus birth year. Mean and range are of those whose year is known."""
    ages = [as_of.year - member.birth_year for member in members if member.birth_year is not None]
    count = Counter(age_band(age) for age in ages)
    count[UNKNOWN] = len(members) - len(ages)
    bands = [label for label, _last in AGE_BANDS] + ([UNKNOWN] if count[UNKNOWN] else [])
    return {
        "table3": [
            {"band": band, "count": count[band], "percent": percent(count[band], len(members))} for band in bands
        ],
        "mean_age": mean(sum(ages), len(ages)),
        "age_range": [min(ages), max(ages)] if ages else None,
    }


def _table4(members: Sequence[Participant]) -> dict[str, int]:
    """Livelihood before; only kinds that occur, by code, and last the unknown, always."""
    count = Counter(member.livelihood_before or UNKNOWN for member in members)
    unknown = count.pop(UNKNOWN, 0)
    return {**dict(sorted(count.items())), UNKNOWN: unknown}


def _table5(
    chosen: dict[str, Cohort], members: Sequence[Participant], livelihoods: Iterable[Livelihood], as_of: date
) -> dict[str, Any]:
    """Self-supporting at the cut-off and for how many days. Those with an own course end have their own row."""
    periods: dict[str, list[Livelihood]] = defaultdict(list)
    for period in livelihoods:
        periods[period.case_ref].append(period)
    rows: dict[tuple[str, bool], list[int | None]] = {(name, False): [] for name in chosen}
    for member in members:
        cohort_end = chosen[member.cohort].end
        course_end = member.course_end or cohort_end
        stretch = self_supporting_stretch(periods[member.case_ref], as_of)
        days = None if stretch is None else days_after_course(stretch, course_end, as_of)
        rows.setdefault((member.cohort, course_end != cohort_end), []).append(days)
    order = [key for name in chosen for key in ((name, False), (name, True)) if key in rows]
    return {
        "table5": [{"cohort": name, "delayed": delayed, **_spell_sum(rows[name, delayed])} for name, delayed in order],
        "table5_total": _spell_sum([days for key in order for days in rows[key]]),
    }


def _spell_sum(row: Sequence[int | None]) -> dict[str, int | None]:
    days = [value for value in row if value is not None]
    return {
        "participants": len(row),
        "self_supporting": len(days),
        "days": sum(days),
        "mean_days": mean(sum(days), len(days)),
    }


def _table6(open_loans: Sequence[LoanState]) -> dict[str, Any]:
    """Loan sizes; loans fully repaid at the cut-off are left out."""
    sizes = [loan.principal for loan in open_loans]
    count = Counter(size_band(size) for size in sizes)
    return {
        "bands": [{"band": label, "count": count[label]} for label, _below in SIZE_BANDS],
        "count": len(sizes),
        "min": amount(min(sizes)) if sizes else None,
        "max": amount(max(sizes)) if sizes else None,
        "mean": amount(sum(sizes, Decimal(0)) / len(sizes)) if sizes else None,
    }


def _table7(chosen: dict[str, Cohort], open_loans: Sequence[LoanState]) -> dict[str, Any]:
    """Original and current debt, percentage repaid; loans fully repaid at the cut-off are left out."""
    by_cohort: dict[str, list[LoanState]] = {name: [] for name in chosen}
    for loan in open_loans:
        by_cohort[loan.cohort].append(loan)
    return {
        "table7": [{"cohort": name, **_debt_sum(loans)} for name, loans in by_cohort.items()],
        "table7_total": _debt_sum(open_loans),
    }


def _debt_sum(loans: Sequence[LoanState]) -> dict[str, Any]:
    original = sum((loan.principal for loan in loans), Decimal(0))
    current = sum((loan.current for loan in loans), Decimal(0))
    return {
        "original": amount(original),
        "current": amount(current),
        "repaid_percent": percent(original - current, original),
    }


def _table8(chosen: dict[str, Cohort], states: Sequence[LoanState]) -> list[dict[str, Any]]:
    """Repayment degree of all loans, in bands, per cohort."""
    count = Counter((degree_band(state.degree), state.cohort) for state in states)
    return [
        {
            "band": band,
            **{name: count[band, name] for name in chosen},
            "total": sum(count[band, name] for name in chosen),
        }
        for band, _last in DEGREE_BANDS
    ]
