from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile, Cohort
from courses.enums import AttendanceMark, EnrolmentState
from microloan.core import clock
from microloan.core.forms import phone_groups
from microloan.core.history import tracked
from screening.models import Screening


@tracked()
class CourseModule(models.Model):
    """A module of the catalogue (domain.md §5): what is taught, in which format, and whether it is needed."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("module"), max_length=120)
    format = models.CharField(_("format"), max_length=120)
    sessions = models.PositiveSmallIntegerField(_("sessions"), default=1)
    hours_per_session = models.DecimalField(_("hours per session"), max_digits=4, decimal_places=1)
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_mandatory = models.BooleanField(_("mandatory"), default=False)
    is_residential = models.BooleanField(_("residential course"), default=False)
    is_voluntary = models.BooleanField(_("voluntary, after start"), default=False)
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("order", "title")
        verbose_name = _("course module")
        verbose_name_plural = _("course modules")

    def __str__(self) -> str:
        return self.title


@tracked()
class Teacher(models.Model):
    """Most teachers are no users, so they have a register of their own; a coach who teaches is named in it."""

    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    # A coach who teaches: the sessions stand in the coach's calendar.
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("member of the team"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="teacher",
    )
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("teacher")
        verbose_name_plural = _("teachers")

    def __str__(self) -> str:
        return self.name

    @property
    def phone_shown(self) -> str:
        """`12 34 56 78`."""
        return phone_groups(self.phone)


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


class ModuleGrant(models.Model):
    """A module granted to a case by a decided screening 2 (domain.md §4)."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="module_grants")
    module = models.ForeignKey(CourseModule, on_delete=models.PROTECT, related_name="grants")
    screening = models.ForeignKey(Screening, on_delete=models.PROTECT, related_name="module_grants")
    granted_on = models.DateField(_("granted"))

    class Meta:
        ordering = ("module__order", "pk")
        verbose_name = _("granted module")
        verbose_name_plural = _("granted modules")
        constraints = [models.UniqueConstraint(name="module_granted_once", fields=["case", "module"])]

    def __str__(self) -> str:
        return f"{self.case_id}: {self.module_id}"


@tracked()
class Enrolment(models.Model):
    """A seat on a run for a case. Seats cannot be oversold: the run's row is locked while one is given."""

    run = models.ForeignKey(CourseRun, on_delete=models.PROTECT, related_name="enrolments")
    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="enrolments")
    state = models.CharField(max_length=10, choices=EnrolmentState, default=EnrolmentState.ENROLLED)
    enrolled_on = models.DateField()
    enrolled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_reason = models.CharField(_("why withdrawn"), max_length=200, blank=True)
    engagement = models.TextField(_("engagement"), blank=True)

    class Meta:
        ordering = ("case__citizen__name", "pk")
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")
        constraints = [
            models.UniqueConstraint(
                name="enrolled_once_per_run", fields=["run", "case"], condition=Q(state=EnrolmentState.ENROLLED)
            )
        ]

    def __str__(self) -> str:
        return f"{self.case_id} → {self.run_id}"


@tracked()
class Attendance(models.Model):
    """How one participant took part in one session; a correction keeps the earlier value in the change history."""

    session = models.ForeignKey(CourseSession, on_delete=models.PROTECT, related_name="attendance")
    enrolment = models.ForeignKey(Enrolment, on_delete=models.PROTECT, related_name="attendance")
    mark = models.CharField(_("attendance"), max_length=10, choices=AttendanceMark)
    marked_at = models.DateTimeField(default=clock.now)
    marked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("session__starts_at", "pk")
        verbose_name = _("attendance")
        verbose_name_plural = _("attendance")
        constraints = [models.UniqueConstraint(name="attendance_once", fields=["session", "enrolment"])]

    def __str__(self) -> str:
        return f"{self.session_id}/{self.enrolment_id}: {self.mark}"
