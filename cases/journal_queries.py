"""The journal with its marks and filters. Reads only."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models import BooleanField, Count, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from cases import queries
from cases.enums import EntryKind
from cases.models import CaseFile, EntryMark, JournalEntry
from microloan.accounts.models import User
from microloan.core import clock


def marked(entries: QuerySet[JournalEntry]) -> QuerySet[JournalEntry]:
    """Entries with `others_data`: whether the newest mark says that they hold another person's data."""
    newest = EntryMark.objects.filter(entry=OuterRef("pk")).order_by("-pk").values("others_data")[:1]
    no: Value = Value(False)
    return entries.annotate(others_data=Coalesce(Subquery(newest), no, output_field=BooleanField()))


def entries(
    case: CaseFile,
    *,
    kind: str = "",
    author: User | None = None,
    from_on: date | None = None,
    to_on: date | None = None,
) -> QuerySet[JournalEntry]:
    """The journal, newest first, by kind, by who wrote it, and by the day of the event (both days counted)."""
    found = marked(queries.journal_of(case, kind=kind))
    if author is not None:
        found = found.filter(author=author)
    if from_on is not None:
        found = found.filter(event_at__gte=_midnight(from_on))
    if to_on is not None:
        found = found.filter(event_at__lt=_midnight(to_on + timedelta(days=1)))
    return found


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=clock.COPENHAGEN)


def authors(case: CaseFile) -> QuerySet[User]:
    """Who has written in the journal of a case."""
    return User.objects.filter(pk__in=case.journal.order_by().values("author")).order_by("full_name", "pk")


def views(case: CaseFile, current: str, query: str = "") -> list[dict[str, Any]]:
    """The journal by kind, with counts, for `includes/_views.html`. Kinds without entries are left out."""
    rows = case.journal.order_by().values("kind").annotate(number=Count("pk"))
    numbers = {row["kind"]: row["number"] for row in rows}
    address = reverse("cases:journal", kwargs={"number": case.number})
    plain = f"{address}?{query}" if query else address
    everything = {"label": _("All"), "url": plain, "current": not current, "count": sum(numbers.values())}
    more = f"&{query}" if query else ""
    return [everything] + [
        {"label": kind.label, "url": f"{address}?kind={kind}{more}", "current": kind == current, "count": numbers[kind]}
        for kind in EntryKind
        if kind in numbers
    ]
