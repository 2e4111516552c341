import hashlib
from pathlib import PurePosixPath

import pgtrigger
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.enums import DocumentKind, FileFormat
from cases.models.casefile import CaseFile
from cases.models.work import JournalEntry
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.history import Refuse, append_only, no_truncate, tracked


class DocumentFileChanged(Refused):
    """The stored file is gone or is not the one that was uploaded."""


class DocumentQuerySet(models.QuerySet["Document"]):
    def kept(self):
        """Those that belong to the case: not withdrawn."""
        return self.filter(withdrawn_at__isnull=True)

    def withdrawn(self):
        return self.filter(withdrawn_at__isnull=False)


@tracked()
class Document(models.Model):
    """A paper of the case, such as a lease or a CV, in one or more versions. The newest counts; the old stay readable.

    One that was put on the wrong case is withdrawn, with the reason; its files are kept (docs/decisions/111).
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(_("kind"), max_length=20, choices=DocumentKind)
    title = models.CharField(_("title"), max_length=120)
    dated = models.DateField(_("date of the document"))
    # Left out when the citizen gets the case file (danish-rules.md §7; docs/decisions/112).
    others_data = models.BooleanField(_("holds another person's data"), default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    withdrawal_reason = models.CharField(_("why it was withdrawn"), max_length=300, blank=True)

    objects = DocumentQuerySet.as_manager()

    class Meta:
        ordering = ("-dated", "-pk")
        verbose_name = _("document")
        verbose_name_plural = _("documents")
        indexes = [models.Index(fields=["case", "-dated", "-id"], name="document_case_newest")]
        constraints = [
            models.CheckConstraint(name="document_has_title", condition=~Q(title="")),
            models.CheckConstraint(
                name="document_kind_known", condition=Q(kind__in=[kind.value for kind in DocumentKind])
            ),
            models.CheckConstraint(
                name="document_withdrawn_in_words",
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False, withdrawal_reason__regex=r"\S"),
            ),
        ]
        triggers = [
            Refuse(name="document_kept", operation=pgtrigger.Delete, message="documents are kept"),
            no_truncate("document", "documents are kept"),
            Refuse(
                name="document_withdrawn",
                operation=pgtrigger.Update,
                condition=pgtrigger.Q(old__withdrawn_at__isnull=False),
                message="a withdrawn document stays withdrawn",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class DocumentVersion(models.Model):
    """One file, as it was uploaded; append-only. `path` lies under DOCUMENT_ROOT and says nothing about a person."""

    document = models.ForeignKey(Document, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveSmallIntegerField(_("version"))
    format = models.CharField(_("format"), max_length=4, choices=FileFormat)
    name = models.CharField(_("name of the file"), max_length=100)
    path = models.CharField(max_length=120, unique=True)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveIntegerField(_("size"))
    # What looked for viruses, such as "ClamAV 1.4"; empty where the installation has no scanner.
    scanned_by = models.CharField(max_length=60, blank=True)
    uploaded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    uploaded_at = models.DateTimeField(_("uploaded"), default=clock.now)

    class Meta:
        ordering = ("document", "-number")
        verbose_name = _("version of a document")
        verbose_name_plural = _("versions of documents")
        constraints = [
            models.UniqueConstraint(name="document_version_number", fields=["document", "number"]),
            models.CheckConstraint(name="document_version_from_one", condition=Q(number__gte=1, size__gte=1)),
        ]
        triggers = append_only("document_version")

    def __str__(self) -> str:
        return f"{self.document_id} v{self.number}"

    @property
    def content_type(self) -> str:
        return FileFormat(self.format).content_type

    @property
    def is_shown_by_browsers(self) -> bool:
        return self.format in {FileFormat.PDF, FileFormat.PNG, FileFormat.JPEG}

    @property
    def download_name(self) -> str:
        """Neutral, so that a download folder or a mail says nothing about a person."""
        return f"dokument-{self.document.case.number}-{self.document_id}-v{self.number}.{self.format}"

    def read(self) -> bytes:
        """The file. Raises DocumentFileChanged when it is gone or its hash does not fit."""
        try:
            with default_storage.open(self.path) as file:
                data: bytes = file.read()
        except FileNotFoundError:
            raise DocumentFileChanged(_("The file is missing. Tell the administrator.")) from None
        if hashlib.sha256(data).hexdigest() != self.sha256:
            raise DocumentFileChanged(_("The file has been changed. Tell the administrator."))
        return data


class EntryMark(models.Model):
    """That a line of the journal holds another person's data, or that it does not after all; append-only as the journal
    is, and the newest mark counts."""

    entry = models.ForeignKey(JournalEntry, on_delete=models.PROTECT, related_name="marks")
    others_data = models.BooleanField(_("holds another person's data"))
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("entry", "-pk")
        verbose_name = _("mark on a journal entry")
        verbose_name_plural = _("marks on journal entries")
        indexes = [models.Index(fields=["entry", "-id"], name="entry_mark_newest")]
        triggers = append_only("entry_mark")

    def __str__(self) -> str:
        return f"{self.entry_id}: {self.others_data}"


def path_of(name: str) -> str:
    return str(PurePosixPath("documents", name[:2], name))
