import hashlib
import uuid
from datetime import date, datetime, timedelta
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.files.storage import default_storage
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.letters.enums import Channel, LetterStatus
from cases.letters.registry import LetterError, get_kind
from cases.letters.text_models import LetterText, LetterTextConfirmation, LetterTextStart
from cases.models import CaseFile, ReferrerNotice, Representative, Task
from microloan.accounts.enums import REFERRERS, TEAM
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.history import Refuse, append_only, frozen, kept, locked_when, no_truncate

__all__ = ["BulkLetter", "Letter", "LetterFileChanged", "LetterText", "LetterTextConfirmation", "LetterTextStart"]

# What the letter says and to whom: never changed after the row was made, sent or not.
FROZEN = (
    "id", "case", "kind", "key", "copy_of", "subject", "recipient_name", "recipient_address", "recipient_user", "representative",
    "context", "text", "text_sha256", "created_by", "created_at",
)  # fmt: skip
# A letter that goes on another day than it was made is printed again with that day, and only that (docs/decisions/177).
PRINTED = ("path", "sha256", "page_count", "dated")
# Taken for sending longer ago than this, and never confirmed: somebody fell over with the letter in their hands.
STUCK_AFTER = timedelta(minutes=15)


class LetterFileChanged(LetterError):
    """The stored file is gone or is not the one that was frozen."""


class LetterQuerySet(models.QuerySet["Letter"]):
    def visible_to(self, user: User) -> "LetterQuerySet":
        """The team: the letters of the cases it sees. Referrers: letters addressed to themselves. Others: none."""
        if user.role in TEAM:
            return self.filter(case__in=CaseFile.objects.visible_to(user))
        if user.role in REFERRERS:
            return self.filter(recipient_user=user)
        return self.none()

    def needs_a_person(self) -> "LetterQuerySet":
        """Failed, held back, or taken for sending and never confirmed (a crash in between)."""
        return self.filter(status__in=[LetterStatus.FAILED, LetterStatus.HELD, LetterStatus.CLAIMED])

    def waiting_for_a_person(self, now: datetime) -> "LetterQuerySet":
        """The same without those in a worker's hands right now."""
        return self.needs_a_person().exclude(status=LetterStatus.CLAIMED, claimed_at__gt=now - STUCK_AFTER)


class Letter(models.Model):
    """One letter in the outbox: rendered once, frozen with its hash, sent once (domain.md §8).

    `key` is the reason for the letter, such as "reminder:<instalment>"; the same reason never makes two letters.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="letters")
    kind = models.CharField(_("kind"), max_length=40)
    key = models.CharField(max_length=200, unique=True)
    copy_of = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="copies")
    subject = models.CharField(_("subject"), max_length=200)
    channel = models.CharField(_("channel"), max_length=14, choices=Channel, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=LetterStatus, default=LetterStatus.READY)
    recipient_name = models.CharField(_("recipient"), max_length=120)
    recipient_address = models.TextField(_("address"), blank=True)
    recipient_user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    # A copy for who acts for the citizen by a power of attorney (domain.md §8); the original is a letter of its own.
    representative = models.ForeignKey(
        Representative, null=True, blank=True, on_delete=models.PROTECT, related_name="letters"
    )
    context = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    # With which words it was made: a version, or the product's own; their hash says so for ever.
    text = models.ForeignKey(LetterText, null=True, blank=True, on_delete=models.PROTECT, related_name="letters")
    text_sha256 = models.CharField(max_length=64, blank=True, db_default="")
    path = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    page_count = models.PositiveSmallIntegerField(_("pages"))
    dated = models.DateField(_("dated"))
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now)
    claimed_at = models.DateTimeField(null=True, blank=True)
    dispatched_on = models.DateField(_("sent"), null=True, blank=True)
    dispatched_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # When a letter that failed is tried again; none: a person decides (docs/decisions/177).
    next_attempt_at = models.DateTimeField(_("tried again"), null=True, blank=True)
    released_at = models.DateTimeField(null=True, blank=True)  # a person has seen it and let it go
    # Who says that it reached the citizen, or that it is not to be sent at all, and why.
    settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    error = models.CharField(_("what went wrong"), max_length=200, blank=True)

    objects = LetterQuerySet.as_manager()

    class Meta:
        ordering = ("-created_at", "-pk")
        verbose_name = _("letter")
        verbose_name_plural = _("letters")
        constraints = [
            models.CheckConstraint(
                name="letter_sent_with_date_and_channel",
                condition=(
                    Q(status="dispatched", dispatched_at__isnull=False, dispatched_on__isnull=False) & ~Q(channel="")
                )
                | (~Q(status="dispatched") & Q(dispatched_at__isnull=True, dispatched_on__isnull=True)),
            ),
            models.CheckConstraint(
                name="letter_dropped_by_somebody_why",
                condition=~Q(status="dropped") | (Q(settled_by__isnull=False) & ~Q(error="")),
            ),
        ]
        indexes = [
            models.Index(fields=["case", "-created_at"], name="letter_case_newest"),
            models.Index(fields=["created_at", "id"], name="letter_unsent", condition=~Q(status__in=["dispatched"])),
        ]
        triggers = [
            *locked_when("letter", pgtrigger.Q(old__status="dispatched"), message="a sent letter is never changed"),
            Refuse(
                name="letter_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*FROZEN),
                message="what a letter says is never changed",
            ),
            Refuse(name="letter_kept", operation=pgtrigger.Delete, message="letters are kept"),
            pgtrigger.Trigger(
                # The file and its date change only while a worker has the letter in hand, and what was there is written down.
                name="letter_printed",
                when=pgtrigger.Before,
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange(*PRINTED),
                func="""
                    IF OLD.status IN ('claimed', 'queued') AND NEW.status = OLD.status AND OLD.copy_of_id IS NULL AND EXISTS (
                        SELECT 1 FROM letters_letterprint p WHERE p.letter_id = OLD.id AND p.path = OLD.path
                           AND p.sha256 = OLD.sha256 AND p.dated = OLD.dated) THEN
                        RETURN NEW;
                    END IF;
                    RAISE EXCEPTION 'what a letter says is never changed (letter_frozen)'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'letter_frozen';
                """,
            ),
            Refuse(
                # Domain.md §8: the date printed is the dispatch date; else a person says when it went.
                name="letter_sent_as_dated",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(
                    new__dispatched_on__isnull=False, new__copy_of__isnull=True, new__settled_by__isnull=True
                )
                & pgtrigger.Q(new__dated__df=pgtrigger.F("new__dispatched_on")),
                message="the date printed is the day it is sent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.dated}"

    @property
    def label(self) -> str:
        return str(get_kind(self.kind).label)

    @property
    def file_name(self) -> str:
        """Neutral, so that a download folder or a mail says nothing about a person."""
        return f"brev-{self.case.number}-{self.dated.isoformat()}.pdf"

    @property
    def needs_a_person(self) -> bool:
        return self.status in {LetterStatus.FAILED, LetterStatus.HELD, LetterStatus.CLAIMED}

    @property
    def may_be_sent_after_all(self) -> bool:
        return self.needs_a_person or self.status == LetterStatus.DROPPED

    @property
    def was_in_hand(self) -> bool:
        """Somebody fell over while sending it: it may have left the house, and nobody knows."""
        return self.status == LetterStatus.CLAIMED

    def read_pdf(self) -> bytes:
        """The frozen file. Raises LetterFileChanged when it is gone or its hash does not fit."""
        return read_frozen(self.path, self.sha256)


def read_frozen(path: str, sha256: str) -> bytes:
    try:
        with default_storage.open(path) as file:
            pdf: bytes = file.read()
    except FileNotFoundError:
        raise LetterFileChanged(_("The file of the letter is missing. Tell the administrator.")) from None
    if hashlib.sha256(pdf).hexdigest() != sha256:
        raise LetterFileChanged(_("The file of the letter has been changed. Tell the administrator."))
    return pdf


class LetterPrint(models.Model):
    """The file that a letter had before it was printed again under the day on which it went. Never handed over."""

    letter = models.ForeignKey(Letter, on_delete=models.PROTECT, related_name="earlier_prints")
    dated = models.DateField(_("dated"))
    path = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    page_count = models.PositiveSmallIntegerField(_("pages"))
    replaced_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("earlier print of a letter")
        verbose_name_plural = _("earlier prints of letters")
        triggers = append_only("letter_print")

    def __str__(self) -> str:
        return f"{self.dated}"


class PrintBatch(models.Model):
    """The letters on paper of a day in one sorted file, made once and stored; printed again, it is the same file."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    dated = models.DateField(_("dated"))
    path = models.CharField(max_length=120)
    sha256 = models.CharField(max_length=64)
    page_count = models.PositiveIntegerField(_("pages"))
    letter_count = models.PositiveIntegerField(_("letters"))
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(default=clock.now)
    # Laid in the outbox folder, and its letters sent. Until then a person decides whether it was.
    handed_over_at = models.DateTimeField(null=True, blank=True)
    taken_apart_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at", "-pk")
        verbose_name = _("print batch")
        verbose_name_plural = _("print batches")
        constraints = [
            models.CheckConstraint(
                name="print_batch_gone_or_taken_apart",
                condition=Q(handed_over_at__isnull=True) | Q(taken_apart_at__isnull=True),
            )
        ]
        triggers = [
            *kept(
                "print_batch",
                final_when=pgtrigger.Q(old__handed_over_at__isnull=False) | pgtrigger.Q(old__taken_apart_at__isnull=False),
            ),
            frozen(
                "print_batch", "id", "dated", "path", "sha256", "page_count", "letter_count", "made_by", "made_at",
                message="a print batch stays as it was made",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.dated}"

    @property
    def is_unfinished(self) -> bool:
        return self.handed_over_at is None and self.taken_apart_at is None

    def read_pdf(self) -> bytes:
        return read_frozen(self.path, self.sha256)


class PrintedLetter(models.Model):
    """The place of a letter in its batch. A letter is in one batch, ever; only one that never left may be taken apart."""

    batch = models.ForeignKey(PrintBatch, on_delete=models.PROTECT, related_name="places")
    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="printed")
    position = models.PositiveIntegerField(_("number"))
    first_page = models.PositiveIntegerField(_("first page"))

    class Meta:
        ordering = ("batch", "position")
        verbose_name = _("letter in a print batch")
        verbose_name_plural = _("letters in print batches")
        constraints = [models.UniqueConstraint(name="printed_letter_place", fields=["batch", "position"])]
        triggers = [
            Refuse(name="printed_letter_kept", operation=pgtrigger.Update, message="the place of a letter stays"),
            pgtrigger.Trigger(
                name="printed_letter_gone",
                when=pgtrigger.Before,
                operation=pgtrigger.Delete,
                func="""
                    IF EXISTS (SELECT 1 FROM letters_printbatch b WHERE b.id = OLD.batch_id AND b.handed_over_at IS NULL) THEN
                        RETURN OLD;
                    END IF;
                    RAISE EXCEPTION 'the batch has been handed over (printed_letter_gone)'
                    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'printed_letter_gone';
                """,
            ),
            no_truncate("printed_letter", "letters are kept"),
        ]

    def __str__(self) -> str:
        return f"{self.position}"


class SmsNotice(models.Model):
    """A citizen is told by SMS that there is a letter; the words say nothing of what is in it (`sms.py`)."""

    letter = models.OneToOneField(Letter, on_delete=models.PROTECT, related_name="sms")
    created_at = models.DateTimeField(default=clock.now)
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("SMS about a letter")
        verbose_name_plural = _("SMS about letters")
        indexes = [models.Index(fields=["id"], name="sms_waiting", condition=Q(sent_at__isnull=True))]
        triggers = [
            frozen("sms_notice", "letter", "created_at", message="what was told stays as it was"),
            *kept("sms_notice"),
        ]

    def __str__(self) -> str:
        return f"{self.letter_id}"


class Bounce(models.Model):
    """A mail of ours that came back for good (RFC 3464): which, and what became of it. The message itself is not kept."""

    # Of the message that told of it, so that reading the folder again notes nothing twice.
    key = models.CharField(max_length=64, unique=True)
    letter = models.ForeignKey(Letter, null=True, on_delete=models.PROTECT, related_name="bounces")
    notice = models.ForeignKey(ReferrerNotice, null=True, on_delete=models.PROTECT, related_name="+")
    to = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    status = models.CharField(_("status code"), max_length=12, blank=True)
    task = models.ForeignKey(Task, null=True, on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("returned mail")
        verbose_name_plural = _("returned mails")
        triggers = append_only("bounce")

    def __str__(self) -> str:
        return self.status


class Digest(models.Model):
    """One summary by e-mail that a member of staff is to get on a day. What it said is not kept."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="digests")
    day = models.DateField(_("day"))
    # Taken by a worker: sent, overtaken by a newer one, or nothing to tell.
    sent_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("day", "pk")
        verbose_name = _("summary by e-mail")
        verbose_name_plural = _("summaries by e-mail")
        constraints = [models.UniqueConstraint(name="digest_once_a_day", fields=["user", "day"])]
        indexes = [models.Index(fields=["user", "day"], name="digest_waiting", condition=Q(sent_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.day}"


class BulkLetter(models.Model):
    """One letter in the team's own words to many citizens: written once, checked once, then one letter each.

    What was written and to whom stays; `prepared_at` says that all the letters have been made (`cases.letters.bulk`).
    """

    # Comes with the check page: the same page sent twice writes once.
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    subject = models.CharField(_("subject"), max_length=120)
    text = models.TextField(_("text"))
    case_ids = models.JSONField(default=list)
    dated = models.DateField(_("dated"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)
    prepared_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("letter to many")
        verbose_name_plural = _("letters to many")
        indexes = [models.Index(fields=["at"], name="bulk_letter_waiting", condition=Q(prepared_at__isnull=True))]
        triggers = [
            Refuse(
                name="bulk_letter_frozen",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("key", "subject", "text", "case_ids", "dated", "by", "at"),
                message="what was written stays as it was",
            ),
            Refuse(name="bulk_letter_kept", operation=pgtrigger.Delete, message="letters are kept"),
            no_truncate("bulk_letter", "letters are kept"),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def paragraphs(self) -> tuple[str, ...]:
        return paragraphs_of(self.text)


class BulkRecipient(models.Model):
    """What became of a letter to many for one citizen: the letter, or why there is none."""

    bulk = models.ForeignKey(BulkLetter, on_delete=models.PROTECT, related_name="recipients")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="+")
    letter = models.ForeignKey(Letter, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    why_not = models.CharField(_("why it was not sent"), max_length=240, blank=True)

    class Meta:
        ordering = ("pk",)
        verbose_name = _("recipient of a letter to many")
        verbose_name_plural = _("recipients of letters to many")
        constraints = [
            models.UniqueConstraint(name="bulk_recipient_once", fields=["bulk", "case"]),
            models.CheckConstraint(
                name="bulk_recipient_letter_or_reason", condition=Q(letter__isnull=True) | Q(why_not="")
            ),
        ]
        triggers = [
            *kept("bulk_recipient", final_when=pgtrigger.Q(old__letter__isnull=False)),
            frozen("bulk_recipient", "bulk", "case", message="to whom it was written stays as it was"),
        ]

    def __str__(self) -> str:
        return f"{self.case_id}"

    @property
    def state(self) -> str:
        """waiting, made, sent, or not."""
        if self.letter is None:
            return "not" if self.why_not else "waiting"
        if self.letter.status == LetterStatus.DISPATCHED:
            return "sent"
        return "not" if self.letter.may_be_sent_after_all else "made"

    @property
    def reason(self) -> str:
        return self.why_not or (self.letter.error if self.letter and self.state == "not" else "")


def paragraphs_of(text: str) -> tuple[str, ...]:
    """Parted by empty lines."""
    blocks = "\n".join(line.strip() for line in text.splitlines()).split("\n\n")
    return tuple(block.strip() for block in blocks if block.strip())


def path_of(letter_id: uuid.UUID, dated: date | None = None) -> str:
    """The file of a letter; printed again, the date stands in its name."""
    again = f"-{dated.isoformat()}" if dated else ""
    return f"letters/{letter_id.hex[:2]}/{letter_id}{again}.pdf"


def source_of(letter_id: uuid.UUID) -> str:
    """What the PDF was made of, kept until the letter has gone (docs/decisions/177)."""
    return f"letters/{letter_id.hex[:2]}/{letter_id}.json"


def snapshot(context: dict[str, Any]) -> dict[str, Any]:
    """The facts as they stand in the row: plain JSON, amounts as text with two decimals, dates ISO."""
    return {name: _plain(value) for name, value in context.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(name): _plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()
    return value if isinstance(value, str | int | bool) or value is None else f"{value:.2f}"
