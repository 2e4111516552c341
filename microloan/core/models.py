from django.db import models
from django.utils.translation import gettext_lazy as _

from microloan.core import clock


class DemoClock(models.Model):
    """How many days the clock of a demo has been moved forward. One row at most; unused in production."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    days = models.PositiveIntegerField(_("days forward"), default=0)

    class Meta:
        verbose_name = _("demo clock")
        verbose_name_plural = _("demo clock")
        constraints = [models.CheckConstraint(name="demo_clock_single", condition=models.Q(id=1))]

    def __str__(self) -> str:
        return f"+{self.days}"


class JobRun(models.Model):
    """A daily job for one date: begun when, finished when, and what it made. Tells what has to be caught up."""

    job = models.CharField(_("job"), max_length=60)
    date = models.DateField(_("date"))
    created = models.PositiveIntegerField(_("created"), default=0)
    skipped = models.PositiveIntegerField(_("skipped"), default=0)
    started_at = models.DateTimeField(_("started at"), default=clock.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        ordering = ("-date", "job")
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        constraints = [models.UniqueConstraint(name="job_run_once_a_date", fields=["job", "date"])]

    def __str__(self) -> str:
        return f"{self.job} {self.date}"


class SentForm(models.Model):
    """A form that was sent some minutes ago, and where its answer led (microloan.core.once)."""

    key = models.CharField(max_length=64, unique=True)
    at = models.DateTimeField(default=clock.now)
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("form sent")
        verbose_name_plural = _("forms sent")
        indexes = [models.Index(fields=["at"], name="sent_form_at")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"
