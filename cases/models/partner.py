from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from microloan.core.history import tracked


@tracked()
class PartnerOrganisation(models.Model):
    """An organisation that sends citizens to the programme (domain.md §3.3). The administrator keeps the list."""

    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("partner organisation")
        verbose_name_plural = _("partner organisations")
        constraints = [
            models.UniqueConstraint(
                Lower("name"), name="partner_name_once", violation_error_message=_("The organisation is on the list.")
            )
        ]

    def __str__(self) -> str:
        return self.name
