"""The money a year has for loans, as the municipality has set it aside."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.models import guards
from microloan.core import clock
from microloan.core.history import append_only, sealed

FIRST_YEAR, LAST_YEAR = 2000, 2100


@sealed()
class YearlyFrame(models.Model):
    """How much may be lent in a calendar year, in kroner. Append-only: the one that none replaces is in force, and
    the earlier ones tell what it was before. Of two that replace the same frame, the database takes the first."""

    year = models.PositiveSmallIntegerField(_("year"))
    amount = models.DecimalField(_("frame"), max_digits=12, decimal_places=2)
    note = models.CharField(_("where it was decided"), max_length=200)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    replaces = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaced_by")
    set_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("-year", "-pk")
        verbose_name = _("yearly frame")
        verbose_name_plural = _("yearly frames")
        constraints = [
            models.CheckConstraint(name="frame_not_negative", condition=Q(amount__gte=0)),
            models.CheckConstraint(name="frame_year", condition=Q(year__gte=FIRST_YEAR, year__lte=LAST_YEAR)),
            models.CheckConstraint(name="frame_has_note", condition=~Q(note="")),
            models.UniqueConstraint(name="frame_first_of_year", fields=["year"], condition=Q(replaces__isnull=True)),
        ]
        triggers: list[pgtrigger.Trigger] = [*append_only("frame"), guards.FRAME_OF_YEAR]

    def __str__(self) -> str:
        return f"{self.year}: {self.amount}"
