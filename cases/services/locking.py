from collections.abc import Iterable
from datetime import date

from django.db.models import F
from django.utils.translation import gettext as _

from cases.models import CaseFile, NumberSeries
from microloan.core.errors import Conflict, Refused


def next_number(key: str) -> int:
    """The next number of a series, without gaps or doubles under concurrency. Must run inside a transaction."""
    NumberSeries.objects.get_or_create(key=key)
    NumberSeries.objects.filter(key=key).update(last=F("last") + 1)
    return NumberSeries.objects.get(key=key).last


def next_case_number(today: date) -> str:
    return f"ML-{today.year}-{next_number(f'case-{today.year}'):04d}"


def lock_case(case: CaseFile) -> CaseFile:
    """The case, locked for this transaction and fresh. Every service that changes a case starts here."""
    return CaseFile.objects.select_for_update(of=("self",)).select_related("citizen").get(pk=case.pk)


def lock_cases(keys: Iterable[int]) -> dict[int, CaseFile]:
    """Several cases, locked in the order of their keys before anything else is: of two people who need the same ones, the
    second waits, and neither waits for the other for ever."""
    rows = CaseFile.objects.select_for_update(of=("self",)).select_related("citizen")
    return {case.pk: case for case in rows.filter(pk__in=list(keys)).order_by("pk")}


def lock_open_case(case: CaseFile) -> CaseFile:
    """As `lock_case`, and refuse where nothing may happen any more."""
    case = lock_case(case)
    if not case.is_open:
        raise Refused(_("The case is closed."))
    return case


def check_version(case: CaseFile, version: int | None) -> None:
    """Refuse what was drawn from an older version of a locked case: the later save sees both (ui-guide.md §2)."""
    if version is not None and case.version != version:
        raise Conflict(_("Somebody else has changed the case in the meantime. Nothing has been saved yet."))
