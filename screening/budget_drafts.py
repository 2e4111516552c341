"""Drafts of budgets: what is typed in a new version is kept, one per writer, case and kind (docs/decisions/100)."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from django.http import QueryDict
from django.urls import reverse

from cases import services as cases
from cases.models import CaseFile
from cases.registry import DraftKind
from cases.services import DraftState
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.two_versions import NOTE
from screening import perms
from screening.enums import BudgetKind
from screening.services import amounts_of, sections_of
from screening.services.budgets import PATHS
from screening.services.year_budgets import MOST_ROWS

MOST_LINES = 80  # of an establishment budget
PARTS_OF_A_LINE = 4  # what, who says so, VAT, and the kind of an establishment line


def draft_code(kind: str) -> str:
    return f"budget_{PATHS.get(str(kind), 'establishment')}"


def open_budget_draft(case: CaseFile, kind: str, owner: User, today: date) -> DraftState:
    return cases.open_draft(owner=owner, kind=draft_code(kind), key=case.number, today=today)


def while_posted(draft: DraftState) -> DraftState:
    """For a page that shows what was posted, not the draft."""
    return DraftState(draft.kind, draft.key, draft.page)


def end_budget_draft(draft: DraftState, owner: User, posted: QueryDict) -> None:
    """What was typed is a version now."""
    page = cases.draft_page(posted)
    cases.finish_draft(owner=owner, kind=draft.kind, key=draft.key, page=page, now=clock.now())


def typed_in(draft: DraftState) -> Mapping[str, str]:
    """The draft as the form was posted: one text for each field."""
    return {name: value if isinstance(value, str) else value[-1] for name, value in draft.content.items()}


def _page(kind: BudgetKind) -> Callable[[str], str]:
    if kind == BudgetKind.ESTABLISHMENT:
        return lambda key: reverse("screening:budget_edit", kwargs={"number": key})
    return lambda key: reverse("screening:year_budget_edit", kwargs={"number": key, "kind": PATHS[kind.value]})


def _may_write(user: User, key: str) -> bool:
    return perms.may_budget(user) and CaseFile.objects.visible_to(user).filter(number=key).exists()


def _kind(kind: BudgetKind) -> DraftKind:
    page: dict[str, Any] = {"page": _page(kind), "may_write": _may_write}
    if kind == BudgetKind.ESTABLISHMENT:
        most = MOST_LINES * PARTS_OF_A_LINE
        return DraftKind(draft_code(kind), fields=(NOTE, "note"), prefixes=("form-",), most=most, **page)
    sections = sections_of(kind)
    return DraftKind(
        draft_code(kind),
        fields=(NOTE, "starts_on", "vat_period", "opening", "b_tax", "note"),
        prefixes=tuple(f"{section.value}-" for section in sections),
        most=len(sections) * (MOST_ROWS + 1) * (amounts_of(kind) + PARTS_OF_A_LINE),
        **page,
    )


KINDS = tuple(_kind(kind) for kind in BudgetKind)
