"""What the pages of documents show. Reads only."""

from typing import Any

from django.db.models import Count, Prefetch, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from cases.enums import DocumentKind
from cases.models import CaseFile, Document, DocumentVersion


def document_count(case: CaseFile) -> int:
    return case.documents.count()


def documents_of(case: CaseFile, *, kind: str = "") -> QuerySet[Document]:
    """The documents of a case by their own date, newest first, with their versions."""
    versions = DocumentVersion.objects.select_related("uploaded_by").order_by("-number")
    documents = case.documents.prefetch_related(Prefetch("versions", versions))
    return (documents.filter(kind=kind) if kind else documents).order_by("-dated", "-pk")


def versions_of(document: Document) -> list[DocumentVersion]:
    """Newest first."""
    versions = list(document.versions.select_related("uploaded_by").order_by("-number"))
    for version in versions:
        version.document = document
    return versions


def document_views(case: CaseFile, current: str) -> list[dict[str, Any]]:
    """The documents by kind, with counts, for `includes/_views.html`. Kinds without documents are left out."""
    rows = case.documents.order_by().values("kind").annotate(number=Count("pk"))
    numbers = {row["kind"]: row["number"] for row in rows}
    address = reverse("cases:documents", kwargs={"number": case.number})
    everything = {"label": _("All"), "url": address, "current": not current, "count": sum(numbers.values())}
    return [everything] + [
        {"label": kind.label, "url": f"{address}?kind={kind}", "current": kind == current, "count": numbers[kind]}
        for kind in DocumentKind
        if kind in numbers
    ]
