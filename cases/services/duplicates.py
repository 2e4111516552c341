"""Is this citizen known already? Asked before a second case is opened (domain.md §2, §3)."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Prefetch

from cases.models import CaseFile, Citizen
from cases.rules import same_name
from microloan.core import cpr as cpr_numbers

# What may be answered to "is it the same citizen?", besides the key of one of them.
ANOTHER, UNKNOWN = "another", "unknown"


@dataclass(frozen=True)
class Known:
    """A citizen who may be the one, with the open case and the earlier ones, newest first."""

    citizen: Citizen
    open_case: CaseFile | None
    earlier: tuple[CaseFile, ...]


def citizen_with(cpr: str) -> Citizen | None:
    """The citizen with this CPR number."""
    return Citizen.objects.filter(cpr_index=cpr_numbers.blind_index(cpr)).first() if cpr else None


def possible_duplicates(*, cpr: str, name: str, birth_date: date | None) -> list[Known]:
    """Citizens of the same name, born the same day, where a CPR number cannot tell.

    With a number: those whose number is missing. Without: everybody. None where the number itself is known.
    """
    if cpr and citizen_with(cpr):
        return []
    born = cpr_numbers.birth_date(cpr) if cpr else birth_date
    if born is None:
        return []
    citizens = Citizen.objects.filter(birth_date=born)
    if cpr:
        citizens = citizens.filter(cpr_index__isnull=True)
    return [known for known in _with_cases(citizens) if same_name(known.citizen.name, name)]


def known_by_cpr(cpr: str) -> Known | None:
    """The citizen with this CPR number, with the cases."""
    if not cpr:
        return None
    found = _with_cases(Citizen.objects.filter(cpr_index=cpr_numbers.blind_index(cpr)))
    return found[0] if found else None


def _with_cases(citizens) -> list[Known]:
    newest = CaseFile.objects.order_by("-opened_on", "-pk")
    found = []
    for citizen in citizens.order_by("pk").prefetch_related(Prefetch("cases", newest)):
        cases = list(citizen.cases.all())
        open_case = next((case for case in cases if case.is_open), None)
        found.append(Known(citizen, open_case, tuple(case for case in cases if not case.is_open)))
    return found
