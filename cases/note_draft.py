"""The draft of a journal note: one per writer and case, kept 30 days (ui-guide.md §2)."""

from django.urls import reverse

from cases.models import CaseFile
from cases.registry import DraftKind
from microloan.accounts.models import User

CODE = "note"
FIELDS = ("text", "kind", "date", "time", "others_data")


def _page(key: str) -> str:
    return reverse("cases:journal", kwargs={"number": key})


def _may_write(user: User, key: str) -> bool:
    return user.is_team and CaseFile.objects.visible_to(user).filter(number=key).exists()


KIND = DraftKind(CODE, fields=FIELDS, page=_page, may_write=_may_write)
