"""What the pages of documents show. Reads only."""

from collections.abc import Iterable
from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.enums import DocumentKind
from cases.models import CaseFile, Document, DocumentVersion, JournalEntry

DOCUMENT_PAGE = "cases:document"


def document_count(case: CaseFile) -> int:
    return case.documents.kept().count()


def documents_of(case: CaseFile, *, kind: str = "") -> QuerySet[Document]:
    """The documents of a case by their own date, newest first, with their versions."""
    versions = DocumentVersion.objects.select_related("uploaded_by").order_by("-number")
    documents = case.documents.kept().prefetch_related(Prefetch("versions", versions))
    return (documents.filter(kind=kind) if kind else documents).order_by("-dated", "-pk")


def withdrawn_of(case: CaseFile) -> QuerySet[Document]:
    """What was put on the wrong case, the newest withdrawal first: for the project lead alone."""
    return case.documents.withdrawn().select_related("withdrawn_by").order_by("-withdrawn_at", "-pk")


def document_of(entry: JournalEntry) -> int | None:
    """The document that a line of the journal is about."""
    link = entry.link or {}
    return link["kwargs"].get("pk") if link.get("name") == DOCUMENT_PAGE else None


def withdrawn_among(entries: Iterable[JournalEntry], case: CaseFile) -> set[int]:
    """Those of the documents these lines are about that have been withdrawn. No query where no line is about any."""
    about = {pk for pk in map(document_of, entries) if pk is not None}
    if not about:
        return set()
    return set(case.documents.withdrawn().filter(pk__in=about).values_list("pk", flat=True))


def versions_of(document: Document) -> list[DocumentVersion]:
    """Newest first."""
    versions = list(document.versions.select_related("uploaded_by").order_by("-number"))
    for version in versions:
        version.document = document
    return versions


def document_views(case: CaseFile, current: str) -> list[dict[str, Any]]:
    """The documents by kind, with counts, for `includes/_views.html`. Kinds without documents are left out."""
    rows = case.documents.kept().order_by().values("kind").annotate(number=Count("pk"))
    numbers = {row["kind"]: row["number"] for row in rows}
    address = reverse("cases:documents", kwargs={"number": case.number})
    everything = {"label": _("All"), "url": address, "current": not current, "count": sum(numbers.values())}
    return [everything] + [
        {"label": kind.label, "url": f"{address}?kind={kind}", "current": kind == current, "count": numbers[kind]}
        for kind in DocumentKind
        if kind in numbers
    ]
