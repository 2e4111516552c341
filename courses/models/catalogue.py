from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from microloan.core.forms import phone_groups
from microloan.core.history import tracked


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
