"""What `check_integrity` asks of this room: every open case has a next action, and the history of turns fits it."""

from collections.abc import Iterator

from django.core.files.storage import default_storage
from django.db.models import F, Q
from django.utils.translation import gettext as _

from cases import turns
from cases.models import CaseFile

FOLDERS = ("documents", "exports", "letters")


def stored_files() -> Iterator[str]:
    """The paths of all files under DOCUMENT_ROOT that belong to cases."""
    for folder in FOLDERS:
        if default_storage.exists(folder):
            yield from _files_in(folder)


def _files_in(folder: str) -> Iterator[str]:
    folders, files = default_storage.listdir(folder)
    yield from (f"{folder}/{name}" for name in files)
    for inner in folders:
        yield from _files_in(f"{folder}/{inner}")


def open_cases() -> int:
    return CaseFile.objects.live().open().count()


def without_next_action() -> Iterator[tuple[CaseFile, str]]:
    """Open cases without an open task: nobody would know what comes next, whose it is, or by when (domain.md §3.6)."""
    cases = CaseFile.objects.live().open().annotate(now=turns.waits_on()).filter(now__isnull=True)
    for case in cases.order_by("pk"):
        yield case, _("the case is open, but has no next action")


def turns_not_written() -> Iterator[tuple[CaseFile, str]]:
    """Cases whose history says that they wait on another than their tasks do; the daily job would write it."""
    cases = CaseFile.objects.live().annotate(now=turns.waits_on(), last=turns.last_written())
    differs = Q(last__isnull=True) | ~Q(last=F("now"))
    for case in cases.open().filter(now__isnull=False).filter(differs).order_by("pk"):
        yield case, _("the case waits on “%(now)s”, but its history says otherwise") % {"now": case.now}
