"""What is read about letters. Reads only; lists start from `visible_to(user)`."""

from django.db.models import QuerySet

from cases.letters.models import Letter
from cases.models import CaseFile
from microloan.accounts.models import User
from microloan.core import clock


def letter_count(case: CaseFile) -> int:
    return Letter.objects.filter(case=case).count()


def letters_of_case(case: CaseFile, user: User) -> QuerySet[Letter]:
    """The letters of a case, newest first, without what the list does not show."""
    return (
        Letter.objects.visible_to(user)
        .filter(case=case)
        .select_related("created_by", "case")
        .prefetch_related("bounces")
        .defer("context", "recipient_address")
        .order_by("-created_at", "-pk")
    )


def letters_for_a_person(user: User) -> QuerySet[Letter]:
    """What did not leave the house by itself, oldest first (docs/decisions/033)."""
    return (
        Letter.objects.visible_to(user)
        .waiting_for_a_person(clock.now())
        .select_related("case__citizen")
        .defer("context", "recipient_address")
        .order_by("created_at", "pk")
    )
