from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import EntryKind
from cases.models import CaseFile, EntryMark, JournalEntry
from cases.services.notices import tell_referrer
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Refused

TITLE_LENGTH = 200


def add_journal_entry(
    *,
    case: CaseFile,
    kind: EntryKind,
    title: str,
    text: str = "",
    by: User | None,
    event_at: datetime | None = None,
    corrects: JournalEntry | None = None,
    for_referrer: bool = False,
    link: dict[str, Any] | None = None,
) -> JournalEntry:
    """Write one line of the journal. Lines are never changed; a correction names the line it corrects."""
    if corrects is not None and corrects.case_id != case.pk:
        raise Refused(_("The note to correct belongs to another case."))
    entry = JournalEntry.objects.create(
        case=case,
        kind=kind,
        title=title[:TITLE_LENGTH],
        text=text,
        author=by,
        event_at=event_at or clock.now(),
        corrects=corrects,
        for_referrer=for_referrer,
        link=link,
    )
    if for_referrer:
        tell_referrer(entry)
    return entry


@transaction.atomic
def write_note(
    *,
    case: CaseFile,
    text: str,
    by: User,
    kind: EntryKind = EntryKind.NOTE,
    title: str = "",
    event_at: datetime | None = None,
    corrects: JournalEntry | None = None,
    others_data: bool = False,
) -> JournalEntry:
    """Write a note, or the correction of an earlier line. Open and closed cases alike may be written on.

    `others_data` marks that it holds another person's data; the correction of a marked line is marked too.
    """
    perms.check_team(by)
    if not text.strip():
        raise Refused(_("Write the note first."), field="text")
    if event_at and event_at > clock.now() + timedelta(minutes=1):
        raise Refused(_("The event cannot lie in the future."), field="event_at")
    if corrects is not None:
        kind, title = EntryKind.CORRECTION, _("Correction of: %(title)s") % {"title": corrects.title}
    entry = add_journal_entry(
        case=case,
        kind=kind,
        title=title or str(kind.label),
        text=text.strip(),
        by=by,
        event_at=event_at,
        corrects=corrects,
        for_referrer=corrects.for_referrer if corrects else False,
    )
    if others_data or (corrects is not None and _holds_others_data(corrects)):
        EntryMark.objects.create(entry=entry, others_data=True, by=by)
    return entry


def _holds_others_data(entry: JournalEntry) -> bool:
    """Whether the newest mark on a line says that it holds another person's data."""
    newest = entry.marks.order_by("-pk").first()
    return newest is not None and newest.others_data
