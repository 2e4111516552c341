from django.db import transaction
from django.utils.translation import gettext as _

from cases.models import PartnerOrganisation
from microloan.accounts.enums import Role
from microloan.accounts.models import User
from microloan.core.errors import Refused


@transaction.atomic
def save_partner(*, partner: PartnerOrganisation | None, name: str, is_active: bool, by: User) -> PartnerOrganisation:
    """Put a partner organisation on the list, rename it, or take it out of use. It is never deleted: cases name it."""
    if by.role != Role.ADMINISTRATOR:
        raise Refused(_("Only an administrator can do this."))
    name = " ".join(name.split())
    if not name:
        raise Refused(_("Write the name of the organisation."), field="name")
    partner = partner or PartnerOrganisation()
    if PartnerOrganisation.objects.filter(name__iexact=name).exclude(pk=partner.pk).exists():
        raise Refused(_("The organisation is on the list already."), field="name")
    partner.name, partner.is_active = name, is_active
    partner.save()
    return partner
