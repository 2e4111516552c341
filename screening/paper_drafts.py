"""Drafts of papers: what is typed in a new version is kept, one per writer, case and kind (docs/decisions/100)."""

from collections.abc import Callable

from django.urls import reverse

from cases.models import CaseFile
from cases.registry import DraftKind
from microloan.accounts.models import User
from screening import perms
from screening.papers.enums import PaperKind
from screening.papers.questions import codes_of


def draft_code(kind: str) -> str:
    return f"paper_{kind}"


def _page(kind: str) -> Callable[[str], str]:
    return lambda key: reverse("screening:paper_edit", kwargs={"number": key, "kind": kind})


def _may_write(user: User, key: str) -> bool:
    return perms.may_write_papers(user) and CaseFile.objects.visible_to(user).filter(number=key).exists()


# `seen` is what was stored when the writer began, so that what others save meanwhile is not overwritten unseen.
KINDS = tuple(
    DraftKind(
        draft_code(kind),
        fields=(*codes_of(kind), "answered_on", "stage", "seen"),
        page=_page(kind),
        may_write=_may_write,
    )
    for kind in PaperKind.values
)
