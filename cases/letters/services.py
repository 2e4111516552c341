"""What happens to letters: prepared once, sent once, sent again from the stored file (domain.md §8)."""

import smtplib
import uuid
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

import structlog
from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from cases import perms
from cases.enums import EntryKind
from cases.letters import channels, redating, sms
from cases.letters.enums import Channel, LetterStatus
from cases.letters.envelope import Contact, Envelope, Recipient, Sender
from cases.letters.models import (
    STUCK_AFTER,
    Letter,
    LetterText,
    LetterTextStart,
    PrintedLetter,
    path_of,
    snapshot,
    source_of,
)
from cases.letters.registry import Context, LetterError, LetterKind, get_kind, send_checks
from cases.letters.rendering import Rendered, render_letter
from cases.letters.texts import fingerprint
from cases.models import CaseFile, Representative
from cases.services import add_journal_entry
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused
from microloan.core.queue import after_commit
from microloan.policy.services import municipality

log = structlog.get_logger(__name__)
CLAIMABLE = (LetterStatus.READY, LetterStatus.FAILED)
REFUSED_FOR_GOOD = 500  # the replies of mail servers that begin with 5
# READY for longer than this: the queue lost the message, and the job sends it.
WAITING_AFTER = timedelta(minutes=5)


@dataclass(frozen=True)
class _Address:
    recipient: Recipient
    user: User | None
    representative: Representative | None = None


def prepare_letter(
    *,
    kind: str,
    case: CaseFile,
    key: str,
    context: Context,
    by: User | None,
    today: date,
    to_user: User | None = None,
    send: bool = True,
) -> Letter:
    """Render a letter once and freeze it with its hash; queue it for sending when the transaction commits.

    `key` is the reason for the letter: a second call with the same key returns the letter that is there. With
    `send=False` it is held back until a person releases it. Raises Refused when a fact or block is missing.
    """
    if known := Letter.objects.filter(key=key).first():
        return _same_reason(known, kind, case)
    letter_kind = get_kind(kind)
    address = address_of(case, letter_kind, to_user)
    representatives = _representatives(case, today) if letter_kind.to_citizen else []
    envelope = _envelope(case, address.recipient, by, today)
    envelope = replace(envelope, copies_to=tuple(one.name for one in representatives))
    text = text_on(kind, today)
    texts = text.sections if text else {}
    rendered = render_letter(letter_kind, envelope, context, texts=texts)
    letter, created = _freeze(letter_kind, case, key, address, rendered, by, today, send=send, text=text)
    if not created:
        return _same_reason(letter, kind, case)
    letters = [letter]
    for one in representatives:
        copy = _Address(Recipient(name=one.name, lines=tuple(one.address_lines)), None, one)
        envelope = replace(envelope, recipient=copy.recipient, copy_of_letter_to=address.recipient.name, copies_to=())
        rendered = render_letter(letter_kind, envelope, context, texts=texts)
        copied, _new = _freeze(letter_kind, case, _copy_key(key, one), copy, rendered, by, today, send=send, text=text)
        letters.append(copied)
    if send:
        for each in letters:
            _queue(each)
    return letter


def _copy_key(key: str, representative: Representative) -> str:
    """The reason for a representative's copy of the letter with this reason."""
    return f"{key[:160]}:representative:{representative.pk}"


def _representatives(case: CaseFile, today: date) -> list[Representative]:
    """Whose power of attorney runs today."""
    return list(Representative.objects.on(today).filter(case=case).order_by("from_on", "pk"))


def preview_letter(*, kind: str, case: CaseFile, context: Context, by: User | None, today: date) -> Rendered:
    """The letter as it would be, stored nowhere."""
    letter_kind = get_kind(kind)
    address = address_of(case, letter_kind, by if not letter_kind.to_citizen else None)
    text = text_on(kind, today)
    envelope = _envelope(case, address.recipient, by, today)
    return render_letter(letter_kind, envelope, context, texts=text.sections if text else {})


def text_on(kind: str, day: date) -> LetterText | None:
    """The version that letters dated on this day are made with; None: the product's own words."""
    starts = LetterTextStart.objects.filter(text__kind=kind, valid_from__lte=day).select_related("text")
    newest = starts.order_by("-valid_from", "-pk").first()
    return newest.text if newest else None


def _same_reason(letter: Letter, kind: str, case: CaseFile) -> Letter:
    if (letter.kind, letter.case_id) != (kind, case.pk):
        raise Conflict(_("There is another letter with the same reason."))
    return letter


def _freeze(
    kind: LetterKind,
    case: CaseFile,
    key: str,
    address: _Address,
    rendered: Rendered,
    by: User | None,
    today: date,
    *,
    send: bool,
    text: LetterText | None,
) -> tuple[Letter, bool]:
    letter_id = uuid.uuid4()
    path = _store(letter_id, rendered)
    letter, created = Letter.objects.get_or_create(
        key=key,
        defaults={
            "id": letter_id,
            "case": case,
            "kind": kind.code,
            "subject": rendered.subject[:200],
            "status": LetterStatus.READY if send else LetterStatus.HELD,
            "recipient_name": address.recipient.name,
            "recipient_address": "\n".join(address.recipient.lines),
            "recipient_user": address.user,
            "representative": address.representative,
            "context": snapshot(rendered.context),
            "text": text,
            "text_sha256": fingerprint(kind, text.sections if text else {}),
            "path": path,
            "sha256": rendered.sha256,
            "page_count": rendered.page_count,
            "dated": today,
            "created_by": by,
        },
    )
    if not created:  # somebody was faster; their file counts
        default_storage.delete(path)
        default_storage.delete(source_of(letter_id))
    return letter, created


def _store(letter_id: uuid.UUID, rendered: Rendered) -> str:
    """Keep the file, and what it was made of. A full disk refuses the letter in words, and leaves no half of it behind."""
    try:
        redating.keep_source(letter_id, rendered.source)
        return default_storage.save(path_of(letter_id), ContentFile(rendered.pdf))
    except OSError as failure:
        log.error("letter_not_stored", letter=str(letter_id), error=str(failure.strerror))
        for path in (path_of(letter_id), source_of(letter_id)):
            with suppress(OSError):
                default_storage.delete(path)
        raise LetterError(_("The letter cannot be stored, so it was not made. Ring your administrator.")) from failure


def address_of(case: CaseFile, kind: LetterKind, to_user: User | None = None) -> _Address:
    """To whom a letter of this kind goes, and where. Refused where there is no way to get it there."""
    if not kind.to_citizen:
        if to_user is None:
            raise Refused(_("Choose which colleague the letter is for."))
        centre = (to_user.centre.name,) if to_user.centre else ()
        return _Address(Recipient(name=to_user.full_name, lines=centre), to_user)
    citizen = case.citizen
    if not citizen.name.strip():
        raise Refused(_("The citizen has no name. Write it on the case first."))
    lines = tuple(
        line
        for line in (
            f"c/o {citizen.co_name}" if citizen.co_name else "",
            citizen.street,
            f"{citizen.postcode} {citizen.city}".strip(),
        )
        if line
    )
    if channels.channel_for_citizen(citizen) == Channel.PRINT:
        if not citizen.street or not citizen.postcode:
            raise Refused(_("The citizen gets letters on paper, but has no address. Write it on the case first."))
    elif citizen.protected_address:
        lines = ()  # a protected address stands in the window of an envelope and nowhere else
    return _Address(Recipient(name=citizen.name, lines=lines), None)


def _envelope(case: CaseFile, recipient: Recipient, by: User | None, today: date) -> Envelope:
    signer = case.coach or by
    from_us = sender()
    return Envelope(
        sender=from_us,
        recipient=recipient,
        contact=Contact(name=signer.full_name, phone=signer.phone, title=str(signer.get_role_display()).lower())
        if signer
        else Contact(name=from_us.department),
        case_number=case.number,
        dated=today,
    )


def sender() -> Sender:
    """The municipality, as letters print it."""
    place = municipality()
    return Sender(
        authority=place.name,
        department=place.department,
        lines=(place.street, f"{place.postcode} {place.city}"),
        phone=place.phone,
        hours=place.phone_hours,
        website=place.website,
    )


def _queue(letter: Letter) -> None:
    """A letter that the queue never gets goes with `letters_lost_by_the_queue`."""
    from cases.letters.tasks import dispatch

    after_commit(dispatch, str(letter.pk))


def dispatch_letter(letter_id: uuid.UUID | str, *, today: date) -> Letter:
    """Send one letter. Claimed by a conditional update, so of two workers one sends it; the other finds it taken.

    To be called outside a transaction: the claim must be seen by others before anything leaves the house, and what
    happened is recorded afterwards. A crash in between leaves the letter claimed, for a person to look at.
    """
    now = clock.now()
    claimed = Letter.objects.filter(pk=letter_id, status__in=CLAIMABLE).update(
        status=LetterStatus.CLAIMED, claimed_at=now, attempts=F("attempts") + 1, error="", next_attempt_at=None
    )
    letter = Letter.objects.select_related("case__citizen", "recipient_user", "representative", "created_by").get(
        pk=letter_id
    )
    if not claimed:
        return letter
    if why_not := why_held(letter, today):
        return record(letter, LetterStatus.HELD, error=why_not)
    channel = channels.channel_for(letter)
    if channel == Channel.PRINT and settings.PRINT_BATCHES:
        letter.channel = channel
        return record(letter, LetterStatus.QUEUED, error="")
    try:
        redating.redate(letter, today)
        channels.hand_over(letter, channel, letter.read_pdf())
    except LetterError as refusal:
        return record(letter, LetterStatus.HELD, error=refusal.messages[0])
    except (OSError, smtplib.SMTPException) as failure:
        log.error("letter_not_sent", letter=str(letter.pk), channel=channel.value, error=type(failure).__name__)
        letter.next_attempt_at = None if is_final(failure) else next_attempt(letter.attempts, clock.now())
        return record(letter, LetterStatus.FAILED, error=_("The letter could not be handed over."))
    return confirm(letter, channel, today)


def why_held(letter: Letter, today: date) -> str:
    """Asked at the moment of sending: what was right when the letter was made may be so no more."""
    check = send_checks.get(letter.kind)
    if why_not := check(letter) if check else "":
        return why_not
    if letter.representative is not None and letter.representative.is_over(today):
        return _("The power of attorney has ended in the meantime.")
    if channels.channel_for(letter) == Channel.PRINT and not letter.recipient_address:
        return _("The letter has to go on paper, but was made without an address.")
    return redating.why_not_redated(letter, today)


def is_final(failure: Exception) -> bool:
    """The mail server has refused every recipient for good: trying again only annoys it."""
    return isinstance(failure, smtplib.SMTPRecipientsRefused) and all(
        code >= REFUSED_FOR_GOOD for code, _words in failure.recipients.values()
    )


def next_attempt(attempts: int, now: datetime) -> datetime | None:
    """Twice as long after each failure, up to a limit; after the last a person decides."""
    if attempts >= settings.LETTER_ATTEMPTS:
        return None
    minutes = min(settings.LETTER_RETRY_MINUTES * 2 ** (attempts - 1), settings.LETTER_RETRY_MINUTES_AT_MOST)
    return now + timedelta(minutes=minutes)


def record(letter: Letter, status: LetterStatus, *, error: str) -> Letter:
    letter.status, letter.error = status, error[:200]
    letter.save(update_fields=["status", "error", "channel", "next_attempt_at"])
    return letter


@transaction.atomic
def confirm(letter: Letter, channel: Channel, on: date, by: User | None = None) -> Letter:
    letter.status, letter.channel, letter.error = LetterStatus.DISPATCHED, channel, ""
    letter.dispatched_at, letter.dispatched_on, letter.settled_by = clock.now(), on, by
    letter.save(update_fields=["status", "channel", "error", "dispatched_at", "dispatched_on", "settled_by"])
    transaction.on_commit(partial(redating.forget_source, letter))
    _tell_by_sms(letter)
    add_journal_entry(
        case=letter.case,
        kind=EntryKind.LETTER,
        title=_("Letter sent: %(subject)s") % {"subject": letter.subject[:170]},
        text=" · ".join([letter.label, str(channel.label), *_copy_words(letter)]),
        by=by or letter.created_by,
        link={"name": "letters:download", "kwargs": {"letter_id": str(letter.pk)}},
    )
    return letter


def _tell_by_sms(letter: Letter) -> None:
    from cases.letters.tasks import send_sms

    if notice := sms.notice_for(letter):
        after_commit(send_sms, notice.pk)


def _copy_words(letter: Letter) -> list[str]:
    return [_("Copy to %(name)s") % {"name": letter.recipient_name}] if letter.representative_id else []


@transaction.atomic
def release_letter(*, letter: Letter, by: User) -> Letter:
    """A person lets a held, failed or stuck letter go (again). Handing over the same letter twice sends it once."""
    perms.check_team(by)
    letter = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    _refuse_sent(letter)
    letter.status, letter.error, letter.released_at = LetterStatus.READY, "", clock.now()
    letter.next_attempt_at = letter.settled_by = None
    letter.save(update_fields=["status", "error", "released_at", "next_attempt_at", "settled_by"])
    _queue(letter)
    _release_copies(letter)
    return letter


def _refuse_sent(letter: Letter) -> None:
    if letter.status == LetterStatus.DISPATCHED:
        raise Conflict(_("The letter has been sent already."))
    if PrintedLetter.objects.filter(letter=letter).exists():
        raise Conflict(_("The letter lies in a print batch. Say there whether the batch was handed over."))
    if letter.status == LetterStatus.CLAIMED and letter.claimed_at and clock.now() - letter.claimed_at < STUCK_AFTER:
        raise Conflict(_("The letter is being sent right now. Wait a quarter of an hour."))


def _release_copies(letter: Letter) -> None:
    """What was held back with the letter goes with it."""
    keys = [_copy_key(letter.key, one) for one in Representative.objects.filter(case=letter.case_id)]
    for copy in Letter.objects.filter(key__in=keys, status=LetterStatus.HELD, attempts=0):
        copy.status = LetterStatus.READY
        copy.save(update_fields=["status"])
        _queue(copy)


@transaction.atomic
def confirm_sent(*, letter: Letter, channel: Channel, on: date, by: User) -> Letter:
    """A person states that a stuck or failed letter did reach the citizen, and when; deadlines count from then."""
    perms.check_team(by)
    letter = Letter.objects.select_for_update(of=("self",)).select_related("case").get(pk=letter.pk)
    _refuse_sent(letter)
    if not letter.dated <= on <= clock.today():
        raise Refused(
            _("Write a date from %(dated)s until today.") % {"dated": danish.long_date(letter.dated)}, field="on"
        )
    return confirm(letter, channel, on, by=by)


@transaction.atomic
def drop_letter(*, letter: Letter, why: str, by: User) -> Letter:
    """A person decides that a letter that has not gone is not to be sent at all. It stays, with the reason, and may go after all."""
    perms.check_team(by)
    if not why.strip():
        raise Refused(_("Write why the letter is not to be sent."), field="why")
    letter = Letter.objects.select_for_update(of=("self",)).select_related("case").get(pk=letter.pk)
    _refuse_sent(letter)
    letter.status, letter.error, letter.settled_by = LetterStatus.DROPPED, why.strip()[:200], by
    letter.next_attempt_at = None
    letter.save(update_fields=["status", "error", "settled_by", "next_attempt_at"])
    add_journal_entry(
        case=letter.case,
        kind=EntryKind.LETTER,
        title=_("Letter not sent: %(subject)s") % {"subject": letter.subject[:170]},
        text=letter.error,
        by=by,
        link={"name": "letters:download", "kwargs": {"letter_id": str(letter.pk)}},
    )
    return letter


@transaction.atomic
def resend_letter(*, letter: Letter, by: User) -> Letter:
    """Send a sent letter once more: a new row in the outbox with the very same file."""
    perms.check_team(by)
    letter = Letter.objects.select_for_update(of=("self",)).get(pk=letter.pk)
    if letter.status != LetterStatus.DISPATCHED:
        raise Refused(_("The letter has not been sent yet."))
    original = Letter.objects.select_for_update(of=("self",)).get(pk=letter.copy_of_id or letter.pk)
    if original.copies.filter(status__in=(LetterStatus.READY, LetterStatus.CLAIMED)).exists():
        raise Conflict(_("The letter is on its way once more already. Nothing was sent twice."))
    number = original.copies.count() + 1
    copy = Letter.objects.create(
        case=original.case,
        kind=original.kind,
        key=f"{original.key[:180]}:copy:{number}",
        copy_of=original,
        subject=original.subject,
        recipient_name=original.recipient_name,
        recipient_address=original.recipient_address,
        recipient_user=original.recipient_user,
        representative=original.representative,
        context=original.context,
        text=original.text,
        text_sha256=original.text_sha256,
        path=original.path,
        sha256=original.sha256,
        page_count=original.page_count,
        dated=original.dated,
        created_by=by,
    )
    _queue(copy)
    return copy


def letters_lost_by_the_queue() -> list[uuid.UUID]:
    """Ready for some minutes and not taken by any worker: the queue forgot them."""
    waiting = Letter.objects.filter(status=LetterStatus.READY, created_at__lt=clock.now() - WAITING_AFTER)
    return list(waiting.order_by("created_at", "pk").values_list("pk", flat=True))


def letters_to_try_again() -> list[uuid.UUID]:
    """Failed, and due to be tried again. Those stuck in somebody's hands wait for a person (docs/decisions/033)."""
    failed = Letter.objects.filter(status=LetterStatus.FAILED, next_attempt_at__lte=clock.now())
    return list(failed.order_by("next_attempt_at", "pk").values_list("pk", flat=True))
