"""Mail that came back (RFC 3464): the mail server lays it in a folder, and each becomes a task for who owns the case.

Only what failed for good counts; "delayed" is no news. A mail is matched by the Message-ID we gave it. Reading the folder
again notes nothing twice.
"""

import hashlib
import mailbox
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from email.message import Message
from pathlib import Path

import structlog
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _

from cases.enums import Holder
from cases.letters.models import Bounce, Digest, Letter
from cases.models import CaseFile, ReferrerNotice, Task
from cases.services import add_task
from microloan.accounts.models import User
from microloan.core.calendars import add_working_days
from microloan.core.jobs import Counts

log = structlog.get_logger(__name__)
OURS = re.compile(
    r"<(?:(?P<letter>[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12})|notice-(?P<notice>\d+)|digest-(?P<digest>\d+))@mikrolaan>"
)


@dataclass(frozen=True)
class Returned:
    """A report of a mail that was not delivered, and the Message-ID of that mail."""

    key: str
    message_id: str
    status: str


def read_bounces(today: date) -> Counts:
    """The job. A report that is none of ours, or was read before, is left alone."""
    made = skipped = 0
    for returned in _reports():
        if Bounce.objects.filter(key=returned.key).exists() or not _note(returned, today):
            skipped += 1
        else:
            made += 1
    return Counts(created=made, skipped=skipped)


def _reports() -> Iterator[Returned]:
    place = Path(settings.BOUNCE_FOLDER) if settings.BOUNCE_FOLDER else None
    if place is None or not place.exists():
        return
    box: mailbox.Mailbox = mailbox.Maildir(place, create=False) if place.is_dir() else mailbox.mbox(place, create=False)
    try:
        for name in sorted(box.keys()):
            data = box.get_bytes(name)
            message = box.get_message(name)
            if isinstance(message, mailbox.MaildirMessage) and "S" in message.get_flags():
                continue
            if returned := read_report(message, data):
                yield returned
                _mark_read(box, name, message)
    finally:
        box.close()


def _mark_read(box: mailbox.Mailbox, name: str, message: Message) -> None:
    """In a Maildir what was read moves over, so that the folder need not be read whole each time."""
    if isinstance(box, mailbox.Maildir) and isinstance(message, mailbox.MaildirMessage):
        message.set_subdir("cur")
        message.add_flag("S")
        box[name] = message


def read_report(message: Message, data: bytes) -> Returned | None:
    """What a message tells of a mail that failed for good; None for any other message."""
    if message.get_content_type() != "multipart/report":
        return None
    status = message_id = ""
    for part in message.walk():
        if part.get_content_type() == "message/delivery-status":
            status = status or _failed_status(part)
        elif part.get_content_type() in {"message/rfc822", "text/rfc822-headers"}:
            message_id = message_id or _message_id(part)
    if not status or not OURS.fullmatch(message_id):
        return None
    return Returned(hashlib.sha256(data).hexdigest(), message_id, status[:12])


def _failed_status(part: Message) -> str:
    blocks = part.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, Message) and str(block.get("Action", "")).strip().lower() == "failed":
            return str(block.get("Status", "")).strip() or "5.0.0"
    return ""


def _message_id(part: Message) -> str:
    payload = part.get_payload()
    if isinstance(payload, list):
        return str(payload[0].get("Message-ID", "")).strip() if isinstance(payload[0], Message) else ""
    found = re.search(r"^Message-ID:\s*(<[^>]*>)", str(payload), re.IGNORECASE | re.MULTILINE)
    return found[1] if found else ""


@transaction.atomic
def _note(returned: Returned, today: date) -> bool:
    """Write down which mail it was, and make the task. False where there is no such mail."""
    ours = OURS.fullmatch(returned.message_id)
    if ours is None:
        return False
    letter = notice = to = case = None
    if ours["letter"]:
        letter = Letter.objects.select_related("case__coach", "recipient_user").filter(pk=ours["letter"]).first()
        to, case = (letter.recipient_user, letter.case) if letter else (None, None)
    elif ours["notice"]:
        notice = ReferrerNotice.objects.select_related("case__coach", "to").filter(pk=ours["notice"]).first()
        to, case = (notice.to, notice.case) if notice else (None, None)
    else:
        digest = Digest.objects.select_related("user").filter(pk=ours["digest"]).first()
        to = digest.user if digest else None
    if to is None:
        return False
    task = _task(case, to, letter, today) if case else None
    Bounce.objects.create(key=returned.key, letter=letter, notice=notice, to=to, status=returned.status, task=task)
    log.warning("mail_came_back", to=to.pk, status=returned.status)
    return True


def _task(case: CaseFile, to: User, letter: Letter | None, today: date) -> Task | None:
    """For who has the case. One that stands open about the same address is enough."""
    title = _("Put the e-mail address of %(name)s right: a mail came back") % {"name": to.full_name}
    if not case.is_open:
        return None
    known = Task.objects.filter(case=case, title=title[:160], done_at__isnull=True).first()
    if known:
        return known
    owner = case.coach or (letter.created_by if letter else None)
    task = add_task(
        case=case, title=title[:160], due_on=add_working_days(today, 2), holder=Holder.TEAM, owner=owner, by=None
    )
    why = _("%(address)s was refused. The letter can be read in the system; tell your colleague by telephone.")
    Task.objects.filter(pk=task.pk).update(why=(why % {"address": to.email})[:240])
    return task
