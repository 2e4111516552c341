"""Referral specialists: who is trained since when, which start meetings they sat in on, which centre lacks one (domain.md §2)."""

from datetime import date

from django.db import transaction
from django.db.models import Count, Exists, Max, OuterRef, Prefetch, Q, QuerySet
from django.utils.translation import gettext as _

from microloan.accounts.enums import Role
from microloan.accounts.models import Centre, StartMeeting, User
from microloan.core.errors import Refused

KEEPERS = frozenset({Role.PROJECT_LEAD, Role.ADMINISTRATOR})


def _keeper(by: User) -> None:
    if by.role not in KEEPERS:
        raise Refused(_("Only the project lead and an administrator can do this."))


def _specialist(user: User) -> User:
    fresh = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    if fresh.role != Role.REFERRAL_SPECIALIST:
        raise Refused(_("The user is not a referral specialist."))
    return fresh


@transaction.atomic
def record_training(*, specialist: User, trained_on: date | None, by: User, today: date) -> User:
    """Write when the project lead trained the specialist; nothing takes a mistaken date away."""
    _keeper(by)
    specialist = _specialist(specialist)
    if trained_on and trained_on > today:
        raise Refused(_("Write a date that is not after today."), field="trained_on")
    specialist.specialist_trained_on = trained_on
    specialist.save(update_fields=["specialist_trained_on"])
    return specialist


@transaction.atomic
def record_start_meeting(*, specialist: User, held_on: date, by: User, today: date) -> StartMeeting:
    """Note a start meeting that the specialist sat in on. The same day again is the same meeting."""
    _keeper(by)
    specialist = _specialist(specialist)
    if held_on > today:
        raise Refused(_("Write a date that is not after today."), field="held_on")
    meeting, _created = StartMeeting.objects.get_or_create(
        specialist=specialist, held_on=held_on, defaults={"noted_by": by}
    )
    return meeting


@transaction.atomic
def remove_start_meeting(*, meeting: StartMeeting, by: User) -> None:
    """Take away a meeting noted by mistake; the change history keeps it."""
    _keeper(by)
    meeting.delete()


def specialists() -> QuerySet[User]:
    """Active specialists with the number of start meetings and the last one."""
    people = User.objects.filter(role=Role.REFERRAL_SPECIALIST, is_active=True)
    return people.annotate(meetings=Count("start_meetings"), last_meeting_on=Max("start_meetings__held_on")).order_by(
        "full_name", "pk"
    )


def centres_with_specialists() -> QuerySet[Centre]:
    """The centres in use with their specialists; those without a trained one first."""
    trained = User.objects.filter(_trained(), centre=OuterRef("pk"))
    return (
        Centre.objects.filter(is_active=True)
        .annotate(has_trained=Exists(trained))
        .prefetch_related(Prefetch("users", specialists(), to_attr="specialists"))
        .order_by("has_trained", "name", "pk")
    )


def _trained() -> Q:
    return Q(role=Role.REFERRAL_SPECIALIST, is_active=True, specialist_trained_on__isnull=False)


def centres_without(user: User, today: date) -> int:
    """How many centres in use have no trained specialist, for the navigation."""
    trained = User.objects.filter(_trained(), centre=OuterRef("pk"))
    return Centre.objects.filter(is_active=True).exclude(Exists(trained)).count()
