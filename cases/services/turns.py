"""Writing down whose turn it is, each time it becomes somebody else's (domain.md §3.6)."""

from collections.abc import Iterable

from cases import turns
from cases.enums import Phase
from cases.models import CaseFile, HolderChange
from microloan.core import clock


def note_turns(case_ids: Iterable[int]) -> int:
    """Write a row for every case that waits on another than when last written. The cases must be locked by the caller.

    Called at the end of everything that opens, moves or closes a task. Running it twice changes nothing.
    """
    rows = (
        CaseFile.objects.filter(pk__in=list(case_ids))
        .annotate(now=turns.waits_on(), before=turns.last_written())
        .order_by("pk")
        .values_list("pk", "phase", "now", "before")
    )
    at = clock.now()
    new = []
    for pk, phase, now, before in rows:
        holder = "" if phase == Phase.CLOSED else now or ""
        if holder != (before or ""):
            new.append(HolderChange(case_id=pk, holder=holder, at=at))
    HolderChange.objects.bulk_create(new)
    return len(new)
