"""Telling a citizen by SMS that there is a letter (danish-rules.md §5): never what it is about, nor from which programme.

Off by default. `SMS_SENDER=folder` lays the messages in the outbox for the municipality's gateway; another way is a class
with `send`, named by `SMS_SENDER=package.module.Class`. An SMS is a kindness: one that is lost in a crash is not sent later.
"""

import json
from typing import Protocol

import structlog
from django.conf import settings
from django.db.models import F
from django.utils import translation
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from cases.letters.channels import outbox_folder, write_whole
from cases.letters.enums import Channel
from cases.letters.models import Letter, SmsNotice
from microloan.core import clock
from microloan.policy.services import municipality

log = structlog.get_logger(__name__)
MAX_ATTEMPTS = 3
KNOWN = {"folder": "cases.letters.sms.ToFolder"}


class SmsSender(Protocol):
    def send(self, *, reference: str, number: str, text: str) -> None:
        """Hand a message to the gateway. The same reference twice is the same message. Raises OSError where it cannot."""


class ToFolder:
    """One JSON file per message in `OUTBOX_ROOT/sms`."""

    def send(self, *, reference: str, number: str, text: str) -> None:
        message = {"id": reference, "to": number, "text": text}
        write_whole(outbox_folder("sms") / f"{reference}.json", json.dumps(message, ensure_ascii=False).encode())


def sender() -> SmsSender | None:
    name = settings.SMS_SENDER
    if not name:
        return None
    made: SmsSender = import_string(KNOWN.get(name, name))()
    return made


def notice_for(letter: Letter) -> SmsNotice | None:
    """The SMS about a letter that has just gone to the citizen, once; None where there is nobody to tell."""
    told = letter.recipient_user_id is None and letter.representative_id is None and letter.case.citizen.phone
    if not settings.SMS_SENDER or not told:
        return None
    return SmsNotice.objects.get_or_create(letter=letter)[0]


def text_of(letter: Letter) -> str:
    with translation.override("da"):
        words = (
            _("You have a letter from %(sender)s. It comes by ordinary post.")
            if letter.channel == Channel.PRINT
            else _("You have a letter from %(sender)s. Read it in Digital Post.")
        )
        return words % {"sender": municipality().name}


def send_notice(notice_id: int) -> bool:
    """Of two workers one sends it; to be called outside a transaction."""
    way = sender()
    waiting = SmsNotice.objects.filter(pk=notice_id, sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS)
    if way is None or not waiting.update(sent_at=clock.now(), attempts=F("attempts") + 1):
        return False
    notice = SmsNotice.objects.select_related("letter__case__citizen").get(pk=notice_id)
    try:
        way.send(reference=str(notice.letter_id), number=notice.letter.case.citizen.phone, text=text_of(notice.letter))
    except OSError as failure:
        log.warning("sms_not_sent", letter=str(notice.letter_id), error=type(failure).__name__)
        SmsNotice.objects.filter(pk=notice_id).update(sent_at=None)
        return False
    return True


def notices_waiting() -> list[int]:
    """What the queue forgot, or what failed."""
    waiting = SmsNotice.objects.filter(sent_at__isnull=True, attempts__lt=MAX_ATTEMPTS)
    return list(waiting.order_by("pk").values_list("pk", flat=True))
