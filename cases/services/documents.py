"""The papers of a case: looked at, looked through for viruses, stored, kept in versions (docs/decisions/111)."""

import hashlib
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from cases import files, perms, scanning
from cases.enums import DocumentKind, EntryKind
from cases.models import CaseFile, Citizen, Document, DocumentVersion, EntryMark, JournalEntry
from cases.models.document import path_of
from cases.services.exports import expire_with_documents
from cases.services.journal import add_journal_entry
from cases.services.locking import lock_case
from microloan.accounts.models import User
from microloan.core import clock, danish
from microloan.core.errors import Conflict, Refused

log = structlog.get_logger(__name__)
DOCUMENT_FIELDS = ("kind", "title", "dated", "others_data")


@dataclass(frozen=True)
class Upload:
    """A file as it came from a browser: its name is a claim."""

    name: str
    data: bytes


@transaction.atomic
def add_document(
    *,
    case: CaseFile,
    upload: Upload,
    kind: str,
    title: str,
    dated: date,
    others_data: bool,
    by: User,
    today: date,
    as_it_is: bool = False,
) -> Document:
    """Put a paper on the case, open or closed. Refused: what is no such file, holds a virus, or cannot be looked at.

    `as_it_is`: a PDF that came from a citizen is kept also where it cannot be opened.
    """
    perms.check_team(by)
    case = lock_case(case)
    _check_facts(case, kind=kind, title=title, dated=dated, today=today)
    document = Document.objects.create(case=case, kind=kind, title=title.strip(), dated=dated, others_data=others_data)
    _store(document, upload, number=1, by=by, as_it_is=as_it_is)
    _write_line(document, _("Document: %(kind)s") % {"kind": document.get_kind_display()}, document.title, by=by)
    return document


@transaction.atomic
def add_version(*, document: Document, upload: Upload, by: User, today: date) -> DocumentVersion:
    """A newer file of the same paper; the older stay as they are. The file that is there already is refused."""
    perms.check_team(by)
    document = _locked(document)
    newest = document.versions.order_by("-number").first()
    if newest is not None and newest.sha256 == hashlib.sha256(upload.data).hexdigest():
        raise Refused(_("This is the file that is stored already. Choose the newer one."), field="file")
    version = _store(document, upload, number=newest.number + 1 if newest else 1, by=by)
    title = _("Document: %(kind)s, version %(number)s") % {
        "kind": document.get_kind_display(),
        "number": version.number,
    }
    _write_line(document, title, document.title, by=by)
    return version


@transaction.atomic
def update_document(*, document: Document, values: dict[str, Any], by: User, today: date) -> Document:
    """Put title, kind, date or the mark right. The journal says that it was done; the change history says what."""
    perms.check_team(by)
    if unknown := set(values) - set(DOCUMENT_FIELDS):
        raise ValueError(f"Not for this service: {sorted(unknown)}")
    document = _locked(document)
    facts = {name: values.get(name, getattr(document, name)) for name in DOCUMENT_FIELDS}
    _check_facts(document.case, kind=facts["kind"], title=facts["title"], dated=facts["dated"], today=today)
    facts["title"] = facts["title"].strip()
    changed = [name for name, value in facts.items() if getattr(document, name) != value]
    if not changed:
        return document
    for name in changed:
        setattr(document, name, facts[name])
    document.save(update_fields=changed)
    labels = [str(field.verbose_name) for field in Document._meta.fields if field.name in changed]
    _write_line(document, _("Document corrected"), ", ".join(labels).capitalize(), by=by)
    return document


@transaction.atomic
def withdraw_document(*, document: Document, reason: str, by: User) -> Document:
    """Take a document off the case it was put on by mistake. Nothing is deleted: the project lead can read it still.

    Files in which the case was gathered hold it too, so they are made anew by whoever needs them.
    """
    perms.check_team(by)
    document = _locked(document)
    reason = check_withdrawal(reason, citizen=document.case.citizen)
    document.withdrawn_at, document.withdrawn_by, document.withdrawal_reason = clock.now(), by, reason
    document.save(update_fields=["withdrawn_at", "withdrawn_by", "withdrawal_reason"])
    put_on = danish.long_date(timezone.localdate(document.created_at))
    add_journal_entry(
        case=document.case,
        kind=EntryKind.DOCUMENT,
        title=_("Document withdrawn: %(kind)s") % {"kind": document.get_kind_display()},
        text="\n".join([_("It was put on the case on %(date)s.") % {"date": put_on}, reason]),
        by=by,
    )
    expire_with_documents(document.case)
    return document


def check_withdrawal(reason: str, *, citizen: Citizen) -> str:
    """The reason as it is kept: the check page asks before it repeats it."""
    reason = " ".join(reason.split())
    if not reason:
        raise Refused(_("Write why the document is withdrawn."), field="reason")
    perms.check_shown(reason, field="reason", citizen=citizen)
    return reason


@transaction.atomic
def mark_entry(*, entry: JournalEntry, others_data: bool, by: User) -> None:
    """Mark a line of the journal as holding another person's data, or take the mark away. The line itself stays."""
    perms.check_team(by)
    lock_case(entry.case)
    newest = EntryMark.objects.filter(entry=entry).order_by("-pk").first()
    if (newest is not None and newest.others_data) != others_data:
        EntryMark.objects.create(entry=entry, others_data=others_data, by=by)


def _check_facts(case: CaseFile, *, kind: str, title: str, dated: date, today: date) -> None:
    if kind not in DocumentKind.values:
        raise Refused(_("Choose what the document is."), field="kind")
    if not title.strip():
        raise Refused(_("Write a title, such as “Lease of the shop”."), field="title")
    perms.check_shown(title, field="title", citizen=case.citizen)
    if dated > today:
        raise Refused(_("The date of the document cannot lie in the future."), field="dated")


def _locked(document: Document) -> Document:
    lock_case(document.case)
    fresh = Document.objects.select_related("case__citizen").get(pk=document.pk)
    if fresh.is_withdrawn:
        raise Conflict(_("The document has been withdrawn in the meantime."))
    return fresh


def _store(document: Document, upload: Upload, *, number: int, by: User, as_it_is: bool = False) -> DocumentVersion:
    inspected = files.inspect(upload.name, upload.data, as_it_is=as_it_is)
    scanned_by = scanning.refuse_viruses(upload.data)
    path = _write_file(path_of(f"{uuid.uuid4()}.{inspected.format}"), upload.data)
    try:
        return DocumentVersion.objects.create(
            document=document,
            number=number,
            format=inspected.format,
            name=inspected.name,
            path=path,
            sha256=hashlib.sha256(upload.data).hexdigest(),
            size=len(upload.data),
            scanned_by=scanned_by,
            uploaded_by=by,
        )
    except BaseException:
        default_storage.delete(path)
        raise


def _write_file(path: str, data: bytes) -> str:
    """A full disk refuses the file in words, and keeps no half of it."""
    try:
        return default_storage.save(path, ContentFile(data))
    except OSError as failure:
        log.error("document_not_stored", error=str(failure.strerror))
        with suppress(OSError):
            default_storage.delete(path)
        raise Refused(_("The file cannot be stored now. Ring your administrator."), field="file") from failure


def _write_line(document: Document, title: str, text: str, *, by: User) -> None:
    add_journal_entry(
        case=document.case,
        kind=EntryKind.DOCUMENT,
        title=title,
        text=text,
        by=by,
        link={"name": "cases:document", "kwargs": {"number": document.case.number, "pk": document.pk}},
    )
