from decimal import Decimal

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import Cohort
from courses.models.catalogue import CourseModule, Place, Teacher
from microloan.core import clock
from microloan.core.history import append_only, tracked


class KeepTakenSeats(pgtrigger.Trigger):
    """Refuse fewer seats than are taken: the counterpart of the trigger that counts when a seat is given."""

    when = pgtrigger.Before
    operation = pgtrigger.UpdateOf("capacity")
    declare = [("taken", "integer")]  # noqa: RUF012  as its base
    func = """
        SELECT count(*) INTO taken FROM courses_enrolment WHERE run_id = NEW.id AND state = 'enrolled';
        IF taken > NEW.capacity THEN
            RAISE EXCEPTION 'More seats are taken (run_keeps_taken_seats)'
            USING ERRCODE = 'integrity_constraint_violation', TABLE = TG_TABLE_NAME, CONSTRAINT = 'run_keeps_taken_seats';
        END IF;
        RETURN NEW;
    """


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
    place = models.ForeignKey(Place, verbose_name=_("place"), on_delete=models.PROTECT, related_name="runs")
    capacity = models.PositiveSmallIntegerField(
        _("seats"), default=12, validators=[MinValueValidator(1), MaxValueValidator(30)]
    )
    cost = models.DecimalField(_("cost"), max_digits=12, decimal_places=2, default=Decimal("0"))
    # Of the sessions that are not cancelled, or of all where all are.
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("last day"))

    class Meta:
        ordering = ("-starts_on", "-pk")
        verbose_name = _("course run")
        verbose_name_plural = _("course runs")
        constraints = [
            models.CheckConstraint(name="run_starts_before_end", condition=Q(ends_on__gte=models.F("starts_on"))),
            models.CheckConstraint(name="run_has_seats", condition=Q(capacity__gte=1)),
            models.CheckConstraint(name="run_cost_not_below_zero", condition=Q(cost__gte=0)),
        ]
        triggers = [KeepTakenSeats(name="run_keeps_taken_seats")]

    def __str__(self) -> str:
        return f"{self.module} {self.starts_on:%d.%m.%Y}"


class SessionQuerySet(models.QuerySet["CourseSession"]):
    def held_or_planned(self) -> "SessionQuerySet":
        """Those that count: not cancelled."""
        return self.filter(cancelled_at__isnull=True)


@tracked()
class CourseSession(models.Model):
    """One meeting of a run (*mødegang*). A cancelled one stays, with its reason; it counts for nothing."""

    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="sessions")
    starts_at = models.DateTimeField(_("starts"))
    ends_at = models.DateTimeField(_("ends"))
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancelled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    cancelled_reason = models.CharField(_("why cancelled"), max_length=200, blank=True)
    # Grows whenever a calendar has to be told something new (RFC 5545: SEQUENCE).
    sequence = models.PositiveIntegerField(default=0, editable=False)
    changed_at = models.DateTimeField(default=clock.now, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        ordering = ("starts_at", "pk")
        verbose_name = _("course session")
        verbose_name_plural = _("course sessions")
        constraints = [
            models.UniqueConstraint(
                name="session_once", fields=["run", "starts_at"], condition=Q(cancelled_at__isnull=True)
            ),
            models.CheckConstraint(name="session_starts_before_end", condition=Q(ends_at__gt=models.F("starts_at"))),
            models.CheckConstraint(
                name="session_cancelled_with_reason",
                condition=Q(cancelled_at__isnull=True, cancelled_by__isnull=True, cancelled_reason="")
                | Q(cancelled_at__isnull=False, cancelled_by__isnull=False) & ~Q(cancelled_reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.starts_at:%Y-%m-%d %H:%M}"

    @property
    def is_cancelled(self) -> bool:
        return self.cancelled_at is not None


class SessionMove(models.Model):
    """Where a session lay before it was moved; never changed."""

    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="moves")
    starts_at = models.DateTimeField(_("started before"))
    ends_at = models.DateTimeField(_("ended before"))
    reason = models.CharField(_("why moved"), max_length=200, blank=True)
    moved_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    moved_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("moved_at", "pk")
        verbose_name = _("moved session")
        verbose_name_plural = _("moved sessions")
        triggers = append_only("session_move")

    def __str__(self) -> str:
        return f"{self.session_id} {self.starts_at:%Y-%m-%d %H:%M}"


class OverruledClash(models.Model):
    """What stood in the way of a run when it was planned or moved all the same, and why; never changed.

    The lines name citizens by their case number alone.
    """

    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="overruled_clashes")
    clashes = models.TextField(_("clashes"))
    reason = models.CharField(_("why all the same"), max_length=200)
    overruled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    overruled_at = models.DateTimeField(default=clock.now)

    class Meta:
        ordering = ("overruled_at", "pk")
        verbose_name = _("overruled clash")
        verbose_name_plural = _("overruled clashes")
        constraints = [models.CheckConstraint(name="clash_overruled_with_reason", condition=~Q(reason=""))]
        triggers = append_only("overruled_clash")

    def __str__(self) -> str:
        return f"{self.run_id}: {self.reason}"
