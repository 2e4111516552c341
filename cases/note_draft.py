"""Drafts of the journal: a new note, one per writer and case, and the correction of a line (ui-guide.md §2)."""

from django.urls import reverse

from cases.models import CaseFile
from cases.registry import DraftKind
from microloan.accounts.models import User

NOTE, CORRECTION = "note", "correction"
NOTE_FIELDS = ("text", "kind", "date", "time", "others_data")


def correction_key(number: str, pk: int) -> str:
    return f"{number}.{pk}"


def _note_page(key: str) -> str:
    return reverse("cases:journal", kwargs={"number": key})


def _may_note(user: User, key: str) -> bool:
    return user.is_team and CaseFile.objects.visible_to(user).filter(number=key).exists()


def _correction_page(key: str) -> str:
    number, _dot, pk = key.rpartition(".")
    return reverse("cases:journal_correct", kwargs={"number": number, "pk": int(pk)})


def _may_correct(user: User, key: str) -> bool:
    number, _dot, pk = key.rpartition(".")
    cases = CaseFile.objects.visible_to(user).filter(number=number)
    return user.is_team and pk.isdecimal() and len(pk) < 19 and cases.filter(journal=int(pk)).exists()


KINDS = (
    DraftKind(NOTE, fields=NOTE_FIELDS, page=_note_page, may_write=_may_note),
    DraftKind(CORRECTION, fields=("text",), page=_correction_page, may_write=_may_correct),
)
