"""The writer's own draft of a screening: kept while typing, until it is saved in the screening (docs/decisions/100)."""

from django.urls import reverse

from cases.models import CaseFile
from cases.registry import DraftKind
from microloan.accounts.models import User
from microloan.core.two_versions import NOTE
from screening import perms, rules
from screening.enums import ScreeningState
from screening.models import Screening

CODE = "screening"


def key_of(screening: Screening) -> str:
    return f"{screening.case.number}.{screening.pk}"


def _parts(key: str) -> tuple[str, int]:
    number, _dot, pk = key.rpartition(".")
    return number, int(pk) if pk.isdecimal() and len(pk) < 19 else 0


def _page(key: str) -> str:
    number, pk = _parts(key)
    return reverse("screening:edit", kwargs={"number": number, "pk": pk})


def _may_write(user: User, key: str) -> bool:
    number, pk = _parts(key)
    cases = CaseFile.objects.visible_to(user).filter(number=number)
    found = Screening.objects.filter(pk=pk, case__in=cases, state=ScreeningState.DRAFT).select_related("case").first()
    return found is not None and perms.may_screen(user, found.case, found.number)


KIND = DraftKind(
    CODE,
    fields=(NOTE, "held_on", "staff", *rules.TEXTS),
    prefixes=("score_", "note_", "answer_"),
    page=_page,
    may_write=_may_write,
)
