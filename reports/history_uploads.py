"""Former cohorts loaded from the screen: a file is kept, tried, corrected, and then loaded (interfaces.md, domain.md §10).

The same import as `manage.py import_history` runs; the trial run is that import, undone again.
"""

import hashlib
import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from cases.files import clean_name
from cases.scanning import refuse_viruses
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from reports.history_files import BROKEN, MAX_UNPACKED, HistoryFileError
from reports.models import HistoryUpload
from reports.services import HistoryRefused, import_history

MAX_BYTES = 20 * 1024 * 1024
LONGEST_NAME = 100
# Who may load what becomes part of every figure.
LOADERS: frozenset[str] = frozenset({Role.PROJECT_LEAD})


def check_loader(by: User) -> None:
    """Who loads former cohorts changes the figures of all years: the project lead's."""
    perms.check_role(by, LOADERS, _("Only the project lead loads former cohorts."))


def upload_history(*, data: bytes, name: str, by: User, today: date) -> HistoryUpload:
    """Keep a workbook, or a ZIP file with the sheets as CSV, and try it. The same file again is tried again.

    Raises Refused (field `file`) where the file as a whole cannot be read; then nothing is kept.
    """
    check_loader(by)
    if len(data) > MAX_BYTES:
        raise Refused(_("The file is larger than 20 MB. Divide it."), field="file")
    refuse_viruses(data)
    report = _trial(data, by, today)
    digest = hashlib.sha256(data).hexdigest()
    known = HistoryUpload.objects.filter(sha256=digest).first()
    if known is not None:
        return _reported(known, report)
    path = default_storage.save(f"history/{digest[:2]}/{digest}", ContentFile(data))
    made, is_new = HistoryUpload.objects.get_or_create(
        sha256=digest, defaults={"name": clean_name(name), "path": path, "report": report, "uploaded_by": by}
    )
    if not is_new:  # somebody was faster; their file counts
        default_storage.delete(path)
    return made


def check_again(*, upload: HistoryUpload, by: User, today: date) -> HistoryUpload:
    """The trial run once more, after cases or cohorts have been put right."""
    check_loader(by)
    if upload.is_loaded:
        raise Conflict(_("The file has been loaded already."))
    return _reported(upload, _trial(_content(upload), by, today))


@transaction.atomic
def load_history(*, upload: HistoryUpload, by: User, today: date) -> HistoryUpload:
    """Load the file, all or nothing. Refused where a row stands in the way by now."""
    check_loader(by)
    upload = HistoryUpload.objects.select_for_update().get(pk=upload.pk)
    if upload.is_loaded:
        raise Conflict(_("The file has been loaded already."))
    report = _run(_content(upload), by, today, dry_run=False)
    if report["errors"]:
        raise Refused(_("Something stands in the way by now. Check the file again."))
    upload.loaded_by, upload.loaded_at = by, clock.now()
    upload.save(update_fields=["loaded_by", "loaded_at"])
    return _reported(upload, report)


def _reported(upload: HistoryUpload, report: dict[str, Any]) -> HistoryUpload:
    upload.report, upload.checked_at = report, clock.now()
    upload.save(update_fields=["report", "checked_at"])
    return upload


def _content(upload: HistoryUpload) -> bytes:
    """The file as it was uploaded. Refused where it is gone or is another by now."""
    try:
        with default_storage.open(upload.path) as file:
            data: bytes = file.read()
    except FileNotFoundError:
        data = b""
    if hashlib.sha256(data).hexdigest() != upload.sha256:
        raise Refused(_("The file is missing or has been changed. Upload it again."))
    return data


def _trial(data: bytes, by: User, today: date) -> dict[str, Any]:
    return _run(data, by, today, dry_run=True)


def _run(data: bytes, by: User, today: date, *, dry_run: bool) -> dict[str, Any]:
    """The import on a file of its own; what it found as plain JSON."""
    try:
        with _on_disk(data) as path:
            result = import_history(path=path, dry_run=dry_run, by=by, today=today)
    except HistoryFileError as problem:
        raise Refused(str(problem), field="file") from problem
    except HistoryRefused as refusal:
        return {
            "errors": [asdict(error) for error in refusal.errors],
            "warnings": [asdict(warning) for warning in refusal.warnings],
        }
    return {**asdict(result), "errors": []}


@contextmanager
def _on_disk(data: bytes) -> Iterator[Path]:
    """A workbook as a file, or the sheets of a ZIP file as a folder; gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        sheets = _csv_sheets(data)
        if sheets:
            for name, content in sheets.items():
                (Path(folder) / name).write_bytes(content)
            yield Path(folder)
        else:
            path = Path(folder) / "history.xlsx"
            path.write_bytes(data)
            yield path


def _csv_sheets(data: bytes) -> dict[str, bytes]:
    """The CSV files of a ZIP file, by name without folders; nothing where it is none, or is a workbook."""
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return {}
    found: dict[str, bytes] = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = [part for part in archive.infolist() if part.filename.casefold().endswith(".csv")]
            if sum(part.file_size for part in parts) > MAX_UNPACKED:
                raise HistoryFileError(_("The workbook is too large. Split it."))
            for part in parts:
                name = PurePosixPath(part.filename).name[-LONGEST_NAME:]
                if name in found:  # one of them would be lost without a word
                    raise HistoryFileError(_("The ZIP file has two files called %(name)s.") % {"name": name})
                found[name] = archive.read(part)
    except BROKEN as problem:
        raise HistoryFileError(_("The ZIP file cannot be read. Make it again, without a password.")) from problem
    return found
