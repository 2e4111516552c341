"""Who is away and who stands in; cases handed over from one to another (domain.md §3.6)."""

from datetime import date

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.models.casefile import CaseFile
from microloan.core import clock
from microloan.core.history import append_only, kept, tracked
from microloan.policy.models import closed_range


class AbsenceQuerySet(models.QuerySet["Absence"]):
    def on(self, day: date):
        """Absences that cover a day, both ends counted, and have not been called off."""
        return self.filter(from_on__lte=day, to_on__gte=day, cancelled_at__isnull=True)


@tracked()
class Absence(models.Model):
    """A worker is away from a day to a day, both counted; the substitute sees what falls due meanwhile."""

    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("who is away"), on_delete=models.PROTECT, related_name="absences"
    )
    substitute = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("substitute"), on_delete=models.PROTECT, related_name="substitutions"
    )
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"))
    note = models.CharField(_("note to the substitute"), max_length=200, blank=True)
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    objects = AbsenceQuerySet.as_manager()

    class Meta:
        ordering = ("-from_on", "-pk")
        verbose_name = _("absence")
        verbose_name_plural = _("absences")
        constraints = [
            models.CheckConstraint(
                name="absence_from_before_to",
                condition=Q(to_on__gte=F("from_on")),
                violation_error_message=_("The last day must not be before the first."),
            ),
            models.CheckConstraint(
                name="absence_substitute_is_another",
                condition=~Q(worker=F("substitute")),
                violation_error_message=_("Choose somebody else as substitute."),
            ),
            models.CheckConstraint(
                name="absence_cancelled_by_somebody",
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True)
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False),
            ),
            ExclusionConstraint(
                name="absence_no_overlap",
                expressions=[
                    ("worker", RangeOperators.EQUAL),
                    (closed_range("from_on", "to_on"), RangeOperators.OVERLAPS),
                ],
                condition=Q(cancelled_at__isnull=True),
                violation_error_message=_("The absence overlaps another of the same worker."),
            ),
        ]
        triggers = kept(
            "absence",
            final_when=pgtrigger.Q(old__cancelled_at__isnull=False),
            message="what was called off stays called off",
        )

    def __str__(self) -> str:
        return f"{self.worker_id} {self.from_on}–{self.to_on}"


class HandOver(models.Model):
    """The receipt of a hand-over: from whom, to whom, with which words, and what moved. Append-only."""

    from_worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="handed_over")
    to_worker = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="taken_over")
    note = models.TextField(_("note"))
    on = models.DateField(_("date"))
    at = models.DateTimeField(default=clock.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    task_count = models.PositiveIntegerField(_("tasks"))
    contact_count = models.PositiveIntegerField(_("planned contacts"))

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        constraints = [
            models.CheckConstraint(name="hand_over_to_another", condition=~Q(from_worker=F("to_worker"))),
            models.CheckConstraint(name="hand_over_with_note", condition=Q(note__regex=r"\S")),
        ]
        triggers = append_only("hand_over")

    def __str__(self) -> str:
        return f"{self.from_worker_id} → {self.to_worker_id} {self.on}"


class HandedOverCase(models.Model):
    """One case of a hand-over. Append-only."""

    hand_over = models.ForeignKey(HandOver, on_delete=models.PROTECT, related_name="rows")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="hand_overs")

    class Meta:
        ordering = ("case__number", "pk")
        verbose_name = _("case handed over")
        verbose_name_plural = _("cases handed over")
        constraints = [models.UniqueConstraint(name="handed_over_once", fields=["hand_over", "case"])]
        triggers = append_only("handed_over_case")

    def __str__(self) -> str:
        return f"{self.hand_over_id}: {self.case_id}"
