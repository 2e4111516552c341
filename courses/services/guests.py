"""Participants without a loan case (domain.md §5)."""

from django.db import transaction
from django.utils.translation import gettext as _

from cases import perms
from courses.models import Guest
from microloan.accounts.models import User
from microloan.core.errors import Refused


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
