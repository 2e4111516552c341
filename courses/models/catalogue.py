from datetime import time
from decimal import Decimal

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from cases.models import CaseFile
from courses.enums import Rhythm
from courses.words import format_words
from microloan.core.forms import phone_groups
from microloan.core.history import tracked


@tracked()
class CourseModule(models.Model):
    """A module of the catalogue (domain.md §5): what is taught, in which format, and whether it is needed."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("module"), max_length=120)
    rhythm = models.CharField(_("format"), max_length=12, choices=Rhythm, default=Rhythm.CONSECUTIVE)
    sessions = models.PositiveSmallIntegerField(_("sessions"), default=1)
    hours_per_session = models.DecimalField(_("hours per session"), max_digits=4, decimal_places=1)
    usual_start = models.TimeField(_("usual time"), default=time(9))
    # The stair-step model: the pre-course goes through the modules in this order.
    order = models.PositiveSmallIntegerField(_("order"), default=0)
    is_mandatory = models.BooleanField(_("mandatory"), default=False)
    is_residential = models.BooleanField(_("residential course"), default=False)
    is_voluntary = models.BooleanField(_("voluntary, after start"), default=False)
    # Empty: what the rule set says.
    completion_percent = models.PositiveSmallIntegerField(
        _("sessions for completion, per cent"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
    )
    run_cost = models.DecimalField(_("usual cost of a run"), max_digits=12, decimal_places=2, default=Decimal("0"))
    is_active = models.BooleanField(_("active"), default=True)

    class Meta:
        ordering = ("order", "title")
        verbose_name = _("course module")
        verbose_name_plural = _("course modules")
        constraints = [
            models.CheckConstraint(name="module_cost_not_below_zero", condition=Q(run_cost__gte=0)),
            models.CheckConstraint(name="module_has_sessions", condition=Q(sessions__gte=1, hours_per_session__gt=0)),
            models.CheckConstraint(
                name="module_completion_share",
                condition=Q(completion_percent__isnull=True)
                | Q(completion_percent__gte=1, completion_percent__lte=100),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def format_shown(self) -> str:
        """`8 mødegange, én om ugen, 3 timer`."""
        return format_words(self.rhythm, self.sessions, self.hours_per_session)


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
    # A former borrower who teaches: shown to those alone who may see that case (docs/decisions/154).
    former_case = models.OneToOneField(
        CaseFile,
        verbose_name=_("former borrower"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="teaches_as",
    )
    is_mentor = models.BooleanField(_("may be a mentor"), default=False)
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
class Place(models.Model):
    """Where courses are held, with what a participant needs to find it. One run at a time (a warning, no bar)."""

    name = models.CharField(_("place"), max_length=120)
    address = models.CharField(_("address"), max_length=200, blank=True)
    directions = models.TextField(_("how to find it"), blank=True)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("course place")
        verbose_name_plural = _("course places")
        constraints = [models.UniqueConstraint(Lower("name"), name="place_named_once")]

    def __str__(self) -> str:
        return self.name


@tracked()
class SchoolHoliday(models.Model):
    """Days off in the schools, both ends counted. Runs are planned around them where the planner ticks it."""

    name = models.CharField(_("name"), max_length=60)
    first_on = models.DateField(_("first day"))
    last_on = models.DateField(_("last day"))

    class Meta:
        ordering = ("first_on", "pk")
        verbose_name = _("school holiday")
        verbose_name_plural = _("school holidays")
        constraints = [
            models.CheckConstraint(
                name="school_holiday_first_before_last", condition=Q(last_on__gte=models.F("first_on"))
            )
        ]

    def __str__(self) -> str:
        return self.name
