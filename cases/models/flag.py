import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models.casefile import CaseFile
from microloan.core import clock
from microloan.core.history import kept, tracked


class FlagQuerySet(models.QuerySet["Flag"]):
    def open(self):
        """Flags that nobody has resolved yet."""
        return self.filter(resolved_at__isnull=True)


@tracked()
class Flag(models.Model):
    """A case that somebody wants looked at, with the reason; resolved in words (domain.md §3.6).

    A case may carry several at once. The flagged cases: `CaseFile.objects.filter(flags__in=Flag.objects.open())`.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="flags")
    reason = models.CharField(_("reason"), max_length=200)
    raised_at = models.DateTimeField(_("flagged"), default=clock.now)
    raised_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    resolved_at = models.DateTimeField(_("resolved"), null=True, blank=True)
    resolved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    resolution = models.CharField(_("what was done"), max_length=200, blank=True)

    objects = FlagQuerySet.as_manager()

    class Meta:
        ordering = ("-raised_at", "-pk")
        verbose_name = _("flag")
        verbose_name_plural = _("flags")
        constraints = [
            models.CheckConstraint(name="flag_has_reason", condition=Q(reason__regex=r"\S")),
            models.CheckConstraint(
                name="flag_resolved_in_words",
                condition=Q(resolved_at__isnull=True, resolved_by__isnull=True, resolution="")
                | Q(resolved_at__isnull=False, resolved_by__isnull=False, resolution__regex=r"\S"),
            ),
        ]
        indexes = [models.Index(fields=["case"], name="flag_open_case", condition=Q(resolved_at__isnull=True))]
        triggers = kept(
            "flag", final_when=pgtrigger.Q(old__resolved_at__isnull=False), message="a resolved flag stays as it is"
        )

    def __str__(self) -> str:
        return self.reason

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None
