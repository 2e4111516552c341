"""The draft of a referral: one per writer, kept 30 days (ui-guide.md §3.7)."""

from django.urls import reverse

from cases.registry import DraftKind
from microloan.accounts.enums import REFERRERS, TEAM
from microloan.accounts.models import User

CODE = "referral"
FIELDS = (
    "cpr",
    "birth_date",
    "name",
    "phone",
    "best_time",
    "livelihood",
    "own_wish",
    "idea",
    "citizen_informed",
    "channel",
    "partner",
    "centre",
    "same_as",
)


def _page(key: str) -> str:
    return reverse("cases:referral_new")


def _may_write(user: User, key: str) -> bool:
    return not key and user.role in {*REFERRERS, *TEAM}


KIND = DraftKind(CODE, fields=FIELDS, prefixes=("answer_",), page=_page, may_write=_may_write)
