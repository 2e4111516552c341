"""Criteria sets in versions: a change makes a new set, and what is running or decided keeps its own (domain.md §4)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from microloan.accounts.models import User
from microloan.core.errors import Conflict, Refused
from screening import perms
from screening.defaults import CRITERIA
from screening.models import CriteriaSet, Criterion

MOST_CRITERIA = 20
LARGEST_WEIGHT = 5
LONGEST_CODE = 40
IN_ASCII = str.maketrans({"æ": "ae", "ø": "oe", "å": "aa"})


@dataclass(frozen=True)
class CriterionData:
    """One criterion as an administrator writes it. `code` is that of the version before, and empty for a new one."""

    title: str
    low: str
    high: str
    weight: int = 1
    code: str = ""


@transaction.atomic
def ensure_criteria() -> None:
    """Put in version 1 of each criteria set where there is none; changes nothing that is there."""
    for number, criteria in CRITERIA.items():
        if CriteriaSet.objects.filter(number=number).exists():
            continue
        criteria_set = CriteriaSet.objects.create(number=number, version=1)
        _add(
            criteria_set,
            [(code, CriterionData(title, low, high, weight)) for code, weight, title, low, high in criteria],
        )


@transaction.atomic
def change_criteria(
    *, number: int, criteria: Sequence[CriterionData], note: str, base_version: int, by: User
) -> CriteriaSet:
    """Make a new version of a criteria set; rounds that are begun after this use it.

    A criterion keeps its code from version to version, so that its ratings can be counted together. What stands already
    makes no version. Raises Conflict where somebody made one after `base_version`.
    """
    if not perms.may_set_criteria(by):
        raise Refused(_("Only an administrator changes the criteria."))
    ensure_criteria()
    newest = CriteriaSet.objects.select_for_update().get(number=number, is_current=True)
    rows = [_tidy(row) for row in criteria]
    _check(rows, note)
    if rows == data_of(newest):
        return newest
    if newest.version != base_version:
        raise Conflict(
            _(
                "Somebody else made version %(version)s after you opened the page. Look at it, and write your change again."
            )
            % {"version": newest.version}
        )
    CriteriaSet.objects.filter(pk=newest.pk).update(is_current=False)
    made = CriteriaSet.objects.create(number=number, version=newest.version + 1, made_by=by, note=note.strip())
    known = {row.code for row in data_of(newest)}
    taken = set(Criterion.objects.filter(criteria_set__number=number).values_list("code", flat=True))
    coded: list[tuple[str, CriterionData]] = []
    for row in rows:
        code = row.code if row.code in known else _new_code(row.title, taken)
        taken.add(code)
        coded.append((code, row))
    _add(made, coded)
    return made


def data_of(criteria_set: CriteriaSet) -> list[CriterionData]:
    """The criteria of a set, in order, as they are written."""
    return [
        CriterionData(title=row.title, low=row.low, high=row.high, weight=row.weight, code=row.code)
        for row in criteria_set.criteria.order_by("order", "pk")
    ]


def _tidy(row: CriterionData) -> CriterionData:
    return CriterionData(row.title.strip(), row.low.strip(), row.high.strip(), row.weight, row.code)


def _check(rows: Sequence[CriterionData], note: str) -> None:
    if not rows:
        raise Refused(_("A screening has at least one criterion."))
    if len(rows) > MOST_CRITERIA:
        raise Refused(_("A screening has at most %(most)s criteria.") % {"most": MOST_CRITERIA})
    if not all(row.title and row.low and row.high for row in rows):
        raise Refused(_("Write for each criterion what it is, what 1 means and what 5 means."))
    if not all(1 <= row.weight <= LARGEST_WEIGHT for row in rows):
        raise Refused(_("A weight is a whole number from 1 to %(most)s.") % {"most": LARGEST_WEIGHT})
    codes = [row.code for row in rows if row.code]
    titles = [row.title.casefold() for row in rows]
    if len(set(codes)) != len(codes) or len(set(titles)) != len(titles):
        raise Refused(_("Two criteria are the same. Give each its own name."))
    if not note.strip():
        raise Refused(_("Write why the criteria are changed."), field="note")


def _new_code(title: str, taken: Collection[str]) -> str:
    """A short name of its own, never that of a criterion that was taken out: its ratings are something else."""
    base = slugify(title.casefold().translate(IN_ASCII))[: LONGEST_CODE - 4].replace("-", "_") or "criterion"
    code, number = base, 2
    while code in taken:
        code, number = f"{base}_{number}", number + 1
    return code


def _add(criteria_set: CriteriaSet, coded: Sequence[tuple[str, CriterionData]]) -> None:
    Criterion.objects.bulk_create(
        Criterion(
            criteria_set=criteria_set,
            code=code,
            order=order,
            weight=row.weight,
            title=row.title,
            low=row.low,
            high=row.high,
        )
        for order, (code, row) in enumerate(coded, start=1)
    )
