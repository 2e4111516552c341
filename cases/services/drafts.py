"""Drafts: what is typed is kept until it is sent, survives a log-out, and is the writer's own (docs/decisions/100).

A room registers a kind (`registry.register_draft_kind`), puts `cases/_draft.html` into its form with the `DraftState` that
`open_draft` gives, fills the form with `state.content`, and calls `finish_draft` in the service call's transaction when
the form has been sent.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.db import transaction
from django.http import QueryDict

from cases import registry
from cases.models import Draft
from microloan.accounts.models import User
from microloan.core.jobs import Counts

LONGEST = 20_000  # characters kept of one field
LONGEST_NAME = 60  # of the fields that are known by their prefix
PAGE_FIELD = "draft_page"
LONGEST_PAGE = 36


@dataclass(frozen=True)
class DraftState:
    """The draft of a page that is shown now. `page` is new for each showing; `content` is empty where nothing is kept."""

    kind: str
    key: str
    page: str
    content: dict[str, Any] = field(default_factory=dict)
    saved_at: datetime | None = None


def open_draft(*, owner: User, kind: str, key: str = "", today: date) -> DraftState:
    """The owner's draft, if there is one that has not expired, for a page that is shown now."""
    draft = Draft.objects.filter(owner=owner, kind=kind, key=key, expires_on__gte=today, content__isnull=False).first()
    page = str(uuid4())
    if draft is None:
        return DraftState(kind, key, page)
    return DraftState(kind, key, page, content=draft.content, saved_at=draft.saved_at)


def draft_page(posted: QueryDict) -> str:
    """Which showing of the form was posted. PostgreSQL takes no NUL."""
    return str(posted.get(PAGE_FIELD, ""))[:LONGEST_PAGE].replace("\0", "")


def draft_content(kind: str, posted: QueryDict) -> dict[str, Any]:
    """The fields of a kind as they were posted: a text, or a list where several were given."""
    content: dict[str, Any] = {}
    for name in _names(registry.draft_kinds[kind], posted):
        values = [value[:LONGEST].replace("\0", "") for value in posted.getlist(name) if isinstance(value, str)]
        if any(value.strip() for value in values):
            content[name] = values if len(values) > 1 else values[0]
    return content


def _names(kind: registry.DraftKind, posted: QueryDict) -> list[str]:
    more = [name for name in posted if kind.prefixes and name.startswith(kind.prefixes) and len(name) <= LONGEST_NAME]
    return [*kind.fields, *more[: kind.most]]


@transaction.atomic
def save_draft(
    *, owner: User, kind: str, key: str = "", content: dict[str, Any], page: str, now: datetime
) -> Draft | None:
    """Keep what has been typed. None where there is nothing to keep: an empty form, or one that has been sent."""
    draft = Draft.objects.select_for_update().filter(owner=owner, kind=kind, key=key).first()
    if draft is not None and draft.content is None and draft.page == page:
        return None
    if not content and (draft is None or draft.content is None):
        return None
    kept: Draft
    kept, _created = Draft.objects.update_or_create(
        owner=owner,
        kind=kind,
        key=key,
        defaults={
            "content": content,
            "page": page,
            "saved_at": now,
            "expires_on": now.date() + timedelta(days=registry.draft_kinds[kind].days),
        },
    )
    return kept


@transaction.atomic
def finish_draft(*, owner: User, kind: str, key: str = "", page: str, now: datetime) -> None:
    """What was typed has been sent or thrown away. The row stays until the next day, against autosaves that come late."""
    Draft.objects.update_or_create(
        owner=owner,
        kind=kind,
        key=key,
        defaults={"content": None, "page": page, "saved_at": now, "expires_on": now.date()},
    )


def delete_expired_drafts(today: date) -> Counts:
    """The daily job: drafts whose days are over, and what is left of finished ones."""
    deleted, _per_model = Draft.objects.filter(expires_on__lt=today).delete()
    return Counts(created=deleted)
