from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Cohort
from courses.models.catalogue import CourseModule, Teacher
from microloan.core.history import tracked


@tracked()
class CourseRun(models.Model):
    """One run of a module (*kursushold*): sessions, teacher, place and seats."""

    module = models.ForeignKey(CourseModule, verbose_name=_("module"), on_delete=models.PROTECT, related_name="runs")
    cohort = models.ForeignKey(
        Cohort, verbose_name=_("cohort"), null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    teacher = models.ForeignKey(
        Teacher, verbose_name=_("teacher"), null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    place = models.CharField(_("place"), max_length=120)
    capacity = models.PositiveSmallIntegerField(
        _("seats"), default=12, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))

    class Meta:
        ordering = ("-starts_on", "-pk")
        verbose_name = _("course run")
        verbose_name_plural = _("course runs")
        constraints = [
            models.CheckConstraint(name="run_starts_before_end", condition=Q(ends_on__gte=models.F("starts_on"))),
            models.CheckConstraint(name="run_has_seats", condition=Q(capacity__gte=1)),
        ]

    def __str__(self) -> str:
        return f"{self.module} {self.starts_on:%d.%m.%Y}"


@tracked()
class CourseSession(models.Model):
    """One meeting of a run (*mødegang*)."""

    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))

    class Meta:
        ordering = ("starts_at", "pk")
        verbose_name = _("course session")
        verbose_name_plural = _("course sessions")
        constraints = [
            models.UniqueConstraint(name="session_once", fields=["run", "starts_at"]),
            models.CheckConstraint(name="session_starts_before_end", condition=Q(ends_at__gt=models.F("starts_at"))),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.starts_at:%Y-%m-%d %H:%M}"
