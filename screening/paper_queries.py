"""What the pages of papers, forms and goals show. Reads only."""

from dataclasses import dataclass, field

from cases.models import CaseFile
from screening.citizen_forms.kinds import FormKind, kinds_for
from screening.models import Paper, ReceivedForm
from screening.papers.enums import PaperKind


@dataclass
class PaperRow:
    """One kind of paper with its newest version."""

    kind: PaperKind
    newest: Paper | None = None
    count: int = 0
    forms: list[FormKind] = field(default_factory=list)


def paper_rows(case: CaseFile) -> list[PaperRow]:
    """The four papers of a case in a fixed number of queries, each with the forms that are made of it."""
    rows = {kind: PaperRow(kind) for kind in PaperKind}
    for paper in case.papers.select_related("created_by").order_by("number"):
        row = rows[PaperKind(paper.kind)]
        row.newest, row.count = paper, row.count + 1
    for form in kinds_for(case):
        kind = form.page_kwargs.get("kind")
        if kind in PaperKind.values:
            rows[PaperKind(kind)].forms.append(form)
    return list(rows.values())


def other_forms(case: CaseFile) -> list[FormKind]:
    """Forms of what is no paper, such as the budgets."""
    return [form for form in kinds_for(case) if form.page_kwargs.get("kind") not in PaperKind.values]


def budgets_made(case: CaseFile) -> set[str]:
    """The kinds of budgets that there is a version of: only these can be filled in ahead."""
    return set(case.budgets.order_by().values_list("kind", flat=True).distinct())


def versions_of(case: CaseFile, kind: str) -> list[Paper]:
    """Newest first."""
    return list(case.papers.filter(kind=kind).select_related("created_by", "document").order_by("-number"))


def received_of(case: CaseFile) -> list[ReceivedForm]:
    """The forms that came back, newest first."""
    found = case.received_forms.select_related("document", "received_by", "settled_by").order_by("-received_at", "-pk")
    return list(found[:50])
