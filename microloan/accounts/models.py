from typing import ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from microloan.accounts.enums import REFERRERS, TEAM, AccessAction, DigestChoice, Role
from microloan.core import clock
from microloan.core.history import append_only, tracked


class CentreQuerySet(models.QuerySet["Centre"]):
    def selectable(self, keep: int | None = None) -> "CentreQuerySet":
        """The centres in use, and the one that is chosen already."""
        return self.filter(models.Q(is_active=True) | models.Q(pk=keep))


@tracked()
class Centre(models.Model):
    """A unit of the municipality that refers citizens. Its name is data: the organisation changes (danish-rules §1.4)."""

    code = models.SlugField(_("code"), max_length=20, unique=True)
    name = models.CharField(_("name"), max_length=100)
    is_active = models.BooleanField(_("active"), default=True)

    objects = CentreQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        verbose_name = _("centre")
        verbose_name_plural = _("centres")

    def __str__(self) -> str:
        return self.name


class UserManager(BaseUserManager["User"]):
    def create_user(self, username: str, password: str | None = None, **fields: object) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(username__iexact=username)

    def team(self) -> "models.QuerySet[User]":
        """The microloan team as it is now, by name: to choose among."""
        return self.filter(role__in=TEAM, is_active=True).order_by("full_name", "pk")


@tracked(exclude=["password", "last_login"])
class User(AbstractBaseUser, PermissionsMixin):
    """A member of staff. What one may see is decided by `role` and `centre` alone (domain.md §2)."""

    username = models.CharField(_("user name"), max_length=60, unique=True)
    full_name = models.CharField(_("name"), max_length=120)
    email = models.EmailField(_("e-mail"), blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    role = models.CharField(_("role"), max_length=24, choices=Role)
    centre = models.ForeignKey(
        Centre, verbose_name=_("centre"), null=True, blank=True, on_delete=models.PROTECT, related_name="users"
    )
    is_active = models.BooleanField(_("active"), default=True)
    shortcuts_enabled = models.BooleanField(_("single-key shortcuts"), default=True)
    digest = models.CharField(_("summary by e-mail"), max_length=6, choices=DigestChoice, default=DigestChoice.WEEKLY)
    specialist_trained_on = models.DateField(_("trained as referral specialist on"), null=True, blank=True)
    must_change_password = models.BooleanField(_("must change password at next log-in"), default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    USERNAME_FIELD = "username"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["full_name"]
    objects = UserManager()

    class Meta:
        ordering = ("full_name", "pk")
        verbose_name = _("user")
        verbose_name_plural = _("users")
        constraints = [
            models.UniqueConstraint(
                # The log-in does not tell upper from lower case in the name, so two such users must not exist.
                Lower("username"),
                name="user_username_once",
                violation_error_message=_("The user name is taken. Choose another."),
            ),
            models.CheckConstraint(
                name="user_role_known",
                condition=models.Q(role__in=[r.value for r in Role]),
                violation_error_message=_("Choose one of the roles."),
            ),
            models.CheckConstraint(
                # A specialist sees the whole centre's referrals, so there must be one.
                name="user_specialist_has_centre",
                condition=~models.Q(role=Role.REFERRAL_SPECIALIST) | models.Q(centre__isnull=False),
                violation_error_message=_("Choose the centre of the referral specialist."),
            ),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def short_name(self) -> str:
        """`Mette Medarbejder` → `Mette M.`"""
        first, *rest = self.full_name.split()
        return f"{first} {rest[-1][0]}." if rest else first

    @property
    def is_team(self) -> bool:
        return self.role in TEAM

    @property
    def is_referrer(self) -> bool:
        return self.role in REFERRERS


class AccessLog(models.Model):
    """Who read, searched, changed or took out which citizen's data, when and why (danish-rules.md §7). Append-only.

    Holds keys, never names or CPR numbers: the citizen's row may be anonymised while the log stays.
    """

    at = models.DateTimeField(_("time"), default=clock.now)
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="access_log")
    role = models.CharField(max_length=24, choices=Role)
    action = models.CharField(max_length=12, choices=AccessAction)
    what = models.CharField(max_length=100)
    purpose = models.CharField(max_length=200)
    citizen_ids = ArrayField(models.BigIntegerField(), default=list)
    case_numbers = ArrayField(models.CharField(max_length=20), default=list)
    request_id = models.CharField(max_length=40, blank=True)

    class Meta:
        ordering = ("-at", "-pk")
        verbose_name = _("access log entry")
        verbose_name_plural = _("access log")
        indexes = [
            GinIndex(fields=["citizen_ids"], name="access_log_citizens"),
            GinIndex(fields=["case_numbers"], name="access_log_cases"),
            models.Index(fields=["-at", "-id"], name="access_log_newest"),
            models.Index(fields=["user", "-at"], name="access_log_user"),
        ]
        triggers = append_only("access_log")

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} {self.action} {self.what}"


@tracked()
class StartMeeting(models.Model):
    """A start meeting with citizens that a referral specialist sat in on, as part of learning the work (domain.md §2)."""

    specialist = models.ForeignKey(User, on_delete=models.PROTECT, related_name="start_meetings")
    held_on = models.DateField(_("date of the start meeting"))
    noted_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("-held_on", "-pk")
        verbose_name = _("start meeting")
        verbose_name_plural = _("start meetings")
        constraints = [
            models.UniqueConstraint(
                name="start_meeting_once_a_day",
                fields=["specialist", "held_on"],
                violation_error_message=_("The meeting is noted already."),
            )
        ]

    def __str__(self) -> str:
        return f"{self.specialist_id} {self.held_on}"
