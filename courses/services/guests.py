"""Participants without a loan case (domain.md §5)."""

from datetime import date

import pgtrigger
from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from courses.models import Enrolment, Guest
from courses.rules import GUEST_KEPT
from microloan.accounts.models import User
from microloan.core.errors import Refused
from microloan.core.history import versions_of
from microloan.core.jobs import Counts


@transaction.atomic
def add_guest(*, name: str, phone: str, email: str, sent_by: str, by: User) -> Guest:
    """Write down who comes without a case. The same person again, by name and phone or e-mail, is the one we know."""
    perms.check_team(by)
    values = _checked(name=name, phone=phone, email=email, sent_by=sent_by)
    known = Guest.objects.filter(name__iexact=values["name"], phone=values["phone"], email__iexact=values["email"])
    return known.order_by("pk").first() or Guest.objects.create(**values, created_by=by)


@transaction.atomic
def update_guest(*, guest: Guest, name: str, phone: str, email: str, sent_by: str, by: User) -> Guest:
    """Put right what is written of a guest."""
    perms.check_team(by)
    values = _checked(name=name, phone=phone, email=email, sent_by=sent_by)
    guest = Guest.objects.select_for_update().get(pk=guest.pk)
    for field, value in values.items():
        setattr(guest, field, value)
    guest.save(update_fields=list(values))
    return guest


def _checked(*, name: str, phone: str, email: str, sent_by: str) -> dict[str, str]:
    """A name, somebody who sent the person, and a way to reach them; no CPR number anywhere."""
    values = {"name": name.strip(), "phone": phone.strip(), "email": email.strip(), "sent_by": sent_by.strip()}
    if not values["name"]:
        raise Refused(_("Write the name."), field="name")
    if not values["sent_by"]:
        raise Refused(_("Write who sent the person."), field="sent_by")
    if not values["phone"] and not values["email"]:
        raise Refused(_("Write a phone number or an e-mail address."), field="phone")
    for field in ("name", "sent_by"):
        perms.check_shown(values[field], field=field)
    return values


def forget_guests(today: date) -> Counts:
    """The daily job: a guest whose last course ended a year ago is nobody any more; that somebody took part stays."""
    recent = Enrolment.objects.filter(run__ends_on__gte=today - GUEST_KEPT).values("guest")
    old = Guest.objects.filter(forgotten_on__isnull=True, created_at__date__lt=today - GUEST_KEPT)
    found = list(old.exclude(pk__in=recent.filter(guest__isnull=False)).order_by("pk").values_list("pk", flat=True))
    for pk in found:
        forget_guest(pk, today)
    return Counts(created=len(found))


@transaction.atomic
def forget_guest(pk: int, today: date) -> None:
    """Take out who a guest was, also from the history of the row; the seats and the attendance are nobody's then."""
    guest = Guest.objects.select_for_update().get(pk=pk)
    guest.name, guest.sent_by, guest.phone, guest.email, guest.forgotten_on = _("Former guest"), "–", "", "", today
    guest.save()
    Enrolment.objects.filter(guest=guest).exclude(engagement="").update(engagement="")
    Enrolment.objects.filter(guest=guest).exclude(withdrawn_reason="").update(withdrawn_reason="")
    kept = {"name": guest.name, "sent_by": guest.sent_by, "phone": "", "email": ""}
    with pgtrigger.ignore("courses.GuestEvent:append_only", "courses.EnrolmentEvent:append_only"):
        versions_of(Guest).filter(pgh_obj_id=pk).update(**kept)
        versions_of(Enrolment).filter(guest_id=pk).update(engagement="", withdrawn_reason="")
