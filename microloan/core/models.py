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
    failed = models.PositiveIntegerField(_("cases left"), default=0)
    attempts = models.PositiveIntegerField(_("attempts"), default=0)
    error = models.CharField(_("error"), max_length=80, blank=True)
    done = models.PositiveIntegerField(_("done so far"), default=0)
    total = models.PositiveIntegerField(_("to be done"), null=True, blank=True)
    started_at = models.DateTimeField(_("started at"), default=clock.now)
    finished_at = models.DateTimeField(_("finished at"), null=True, blank=True)

    class Meta:
        ordering = ("-date", "job")
        verbose_name = _("job run")
        verbose_name_plural = _("job runs")
        constraints = [models.UniqueConstraint(name="job_run_once_a_date", fields=["job", "date"])]

    def __str__(self) -> str:
        return f"{self.job} {self.date}"


class JobFailure(models.Model):
    """A case that a job left behind on a day: its number and the kind of error, nothing of what it said."""

    run = models.ForeignKey(JobRun, models.CASCADE, related_name="failures", verbose_name=_("job run"))
    case_number = models.CharField(_("case number"), max_length=20)
    error = models.CharField(_("error"), max_length=80)

    class Meta:
        ordering = ("run", "case_number")
        verbose_name = _("case left by a job")
        verbose_name_plural = _("cases left by jobs")
        constraints = [models.UniqueConstraint(name="job_failure_once", fields=["run", "case_number"])]

    def __str__(self) -> str:
        return self.case_number


class Heartbeat(models.Model):
    """When a part of the system was last alive: `beat` when it starts the watch, `worker` when it does it."""

    part = models.CharField(_("part"), max_length=20, primary_key=True)
    at = models.DateTimeField(_("at"))

    class Meta:
        verbose_name = _("heartbeat")
        verbose_name_plural = _("heartbeats")

    def __str__(self) -> str:
        return self.part


class Incident(models.Model):
    """Something that an operator must look at, from when it was found until it was over. Told of once."""

    key = models.CharField(_("key"), max_length=120)
    title = models.CharField(_("what"), max_length=200, blank=True)
    opened_at = models.DateTimeField(_("opened at"))
    told_at = models.DateTimeField(_("told at"), null=True, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)

    class Meta:
        ordering = ("-opened_at", "-pk")
        verbose_name = _("incident")
        verbose_name_plural = _("incidents")
        constraints = [
            models.UniqueConstraint(
                name="incident_open_once", fields=["key"], condition=models.Q(closed_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return self.key


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
