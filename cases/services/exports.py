"""The case file as one PDF: ordered by a member of the team, made by the worker, deleted after some days
(access to documents; docs/decisions/113)."""

import hashlib
import uuid
from datetime import date, datetime, timedelta
from functools import partial

import structlog
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from cases import case_file, perms
from cases.case_file import pdf
from cases.enums import EntryKind, ExportState
from cases.models import CaseFile, CaseFileExport
from cases.models.exports import KEPT_FOR
from cases.services.journal import add_journal_entry
from cases.services.locking import lock_case
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.jobs import Counts
from microloan.core.pdf import PdfError
from microloan.core.queue import after_commit

log = structlog.get_logger(__name__)
# The worker gives up before this; what is older was in the hands of one that fell over.
STUCK_AFTER = timedelta(minutes=20)
# Waiting for longer than this: the queue lost the order, and the scheduled task makes it.
WAITING_AFTER = timedelta(minutes=5)
AT_WORK = (ExportState.WAITING, ExportState.MAKING)


@transaction.atomic
def order_case_file(
    *, case: CaseFile, sections: list[str], leave_out: bool, mask_cpr: bool, by: User
) -> CaseFileExport:
    """Order a case file. While one's own order of the same is at work, it is the one that is given (a double click).

    Another is refused meanwhile: who asks for less must not get the file that holds more.
    """
    perms.check_team(by)
    known = [key for key, _label in case_file.section_choices()]
    chosen = [key for key in known if key in sections]
    if not chosen or set(sections) - set(known):
        raise Refused(_("Choose at least one part of the case."), field="sections")
    case = lock_case(case)
    _give_up_stuck(clock.now(), case=case)
    at_work = case.exports.filter(ordered_by=by, state__in=AT_WORK).first()
    if at_work is not None:
        if (at_work.sections, at_work.leave_out, at_work.mask_cpr) != (chosen, leave_out, mask_cpr):
            raise Refused(_("A file with other choices is being made. Order this one when that one is ready."))
        return at_work
    export = CaseFileExport.objects.create(
        case=case, ordered_by=by, sections=chosen, leave_out=leave_out, mask_cpr=mask_cpr
    )
    _queue(export)
    return export


def _queue(export: CaseFileExport) -> None:
    from cases.tasks import make_case_file

    after_commit(make_case_file, export.pk)


def make_ordered_case_file(export_id: int) -> CaseFileExport:
    """Make an ordered file. Claimed by a conditional update: a task that is delivered twice makes it once."""
    now = clock.now()
    waiting = CaseFileExport.objects.filter(pk=export_id, state=ExportState.WAITING)
    claimed = waiting.update(state=ExportState.MAKING, started_at=now)
    export: CaseFileExport = CaseFileExport.objects.select_related(
        "case__citizen", "case__coach", "case__cohort", "case__referral__referred_by", "ordered_by"
    ).get(pk=export_id)
    if not claimed:
        return export
    options = pdf.Options(tuple(export.sections), export.leave_out, export.mask_cpr)
    try:
        made = pdf.build(export.case, options, now)
    except (PdfError, Refused) as failure:
        log.error("case_file_not_made", export=export.pk, error=type(failure).__name__)
        return _fail(export)
    return _keep(export, made)


@transaction.atomic
def _keep(export: CaseFileExport, made: pdf.CaseFilePdf) -> CaseFileExport:
    if _holds_documents(export) and export.case.documents.filter(withdrawn_at__gte=export.started_at).exists():
        return _fail(export)
    name = str(uuid.uuid4())
    export.path = default_storage.save(f"exports/{name[:2]}/{name}.pdf", ContentFile(made.data))
    export.sha256 = hashlib.sha256(made.data).hexdigest()
    export.page_count, export.left_out = made.page_count, made.left_out
    export.state, export.finished_at, export.error = ExportState.READY, clock.now(), ""
    export.save()
    add_journal_entry(
        case=export.case,
        kind=EntryKind.DOCUMENT,
        title=_("The case file was gathered in one PDF"),
        text=_("Without what is marked as other people's data.") if export.leave_out else _("All of it."),
        by=export.ordered_by,
    )
    return export


def _fail(export: CaseFileExport) -> CaseFileExport:
    export.state, export.finished_at = ExportState.FAILED, clock.now()
    export.error = _("The file could not be made. Try again, or tell the administrator.")
    export.save()
    return export


def _give_up_stuck(now: datetime, *, case: CaseFile | None = None) -> int:
    """Orders that a worker has lost may be placed anew."""
    before = now - STUCK_AFTER
    lost = Q(state=ExportState.MAKING, started_at__lt=before) | Q(state=ExportState.WAITING, ordered_at__lt=before)
    exports = CaseFileExport.objects.filter(lost)
    exports = exports.filter(case=case) if case is not None else exports
    words = _("The file could not be made. Try again, or tell the administrator.")
    return exports.update(state=ExportState.FAILED, finished_at=now, error=words)


def _holds_documents(export: CaseFileExport) -> bool:
    return "documents" in export.sections


def expire_with_documents(case: CaseFile) -> None:
    """A document is withdrawn: the files that may hold it are no longer handed out."""
    for export in case.exports.filter(state=ExportState.READY):
        if _holds_documents(export):
            transaction.on_commit(partial(default_storage.delete, export.path))
            export.state, export.path = ExportState.EXPIRED, ""
            export.save(update_fields=["state", "path"])


def make_lost_case_files() -> int:
    """What the queue forgot. Making one twice is no danger: it is claimed."""
    lost = CaseFileExport.objects.filter(state=ExportState.WAITING, ordered_at__lt=clock.now() - WAITING_AFTER)
    waiting = list(lost.order_by("pk").values_list("pk", flat=True))
    for pk in waiting:
        make_ordered_case_file(pk)
    return len(waiting)


def tidy_case_files(today: date) -> Counts:
    """The daily job: finished files are deleted when their days are over; who ordered which stays on record."""
    now = clock.now()
    stuck = _give_up_stuck(now)
    over = CaseFileExport.objects.filter(state=ExportState.READY, finished_at__lt=now - KEPT_FOR)
    deleted = 0
    for export in over.order_by("pk"):
        default_storage.delete(export.path)
        export.state, export.path = ExportState.EXPIRED, ""
        export.save(update_fields=["state", "path"])
        deleted += 1
    return Counts(created=deleted, skipped=stuck)
