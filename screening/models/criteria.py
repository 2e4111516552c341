from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from microloan.core import clock
from microloan.core.history import append_only
from screening.enums import ScreeningNumber


class CriteriaSet(models.Model):
    """The criteria of one screening, in a version. A decided screening keeps the version it used (domain.md §4)."""

    number = models.PositiveSmallIntegerField(_("screening"), choices=ScreeningNumber)
    version = models.PositiveSmallIntegerField(_("version"))
    is_current = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("number", "-version")
        verbose_name = _("criteria set")
        verbose_name_plural = _("criteria sets")
        constraints = [
            models.UniqueConstraint(name="criteria_set_version", fields=["number", "version"]),
            models.UniqueConstraint(name="criteria_set_one_current", fields=["number"], condition=Q(is_current=True)),
        ]

    def __str__(self) -> str:
        return f"{self.number} v{self.version}"


class Criterion(models.Model):
    """One thing that is rated 1–5, with what 1 and 5 mean written out (ui-guide.md §3.3). Rows are never changed: a new set is made."""

    criteria_set = models.ForeignKey(CriteriaSet, on_delete=models.PROTECT, related_name="criteria")
    code = models.SlugField(max_length=40)
    order = models.PositiveSmallIntegerField()
    weight = models.PositiveSmallIntegerField(_("weight"), default=1)
    title = models.CharField(_("criterion"), max_length=160)
    low = models.CharField(_("1 means"), max_length=160)
    high = models.CharField(_("5 means"), max_length=160)

    class Meta:
        ordering = ("order", "pk")
        verbose_name = _("criterion")
        verbose_name_plural = _("criteria")
        constraints = [models.UniqueConstraint(name="criterion_code_in_set", fields=["criteria_set", "code"])]
        triggers = append_only("criterion")

    def __str__(self) -> str:
        return self.title
