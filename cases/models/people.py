"""The people around the citizen, and what the citizen has agreed to (domain.md §3.4, §8)."""

from datetime import date

import pgtrigger
from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cases.enums import ConsentKind
from cases.models.casefile import CaseFile
from microloan.core import clock
from microloan.core.forms import phone_groups
from microloan.core.history import kept, tracked
from microloan.policy.models import closed_range


def running_on(day: date) -> Q:
    """Rows with `from_on` and `to_on`, both counted, that cover a day; an empty end means still."""
    return Q(from_on__lte=day) & (Q(to_on__isnull=True) | Q(to_on__gte=day))


class PersonQuerySet(models.QuerySet["PersonAround"]):
    def on(self, day: date):
        """Those who have their part on a day."""
        return self.filter(running_on(day))


class PersonAround(models.Model):
    """Somebody with a part in the case from a day to a day, both counted."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="%(class)ss")
    name = models.CharField(_("name"), max_length=120)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    note = models.TextField(_("note"), blank=True)
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"), null=True, blank=True)

    objects = PersonQuerySet.as_manager()

    class Meta:
        abstract = True
        ordering = ("-from_on", "-pk")

    def __str__(self) -> str:
        return self.name

    @property
    def phone_shown(self) -> str:
        return phone_groups(self.phone)

    def is_current(self, today: date) -> bool:
        return self.from_on <= today and (self.to_on is None or self.to_on >= today)

    def is_over(self, today: date) -> bool:
        return self.to_on is not None and self.to_on < today


def _from_before_to(name: str) -> models.CheckConstraint:
    return models.CheckConstraint(
        name=f"{name}_from_before_to",
        condition=Q(to_on__isnull=True) | Q(to_on__gte=F("from_on")),
        violation_error_message=_("The last day must not be before the first."),
    )


@tracked()
class Mentor(PersonAround):
    """Somebody from a trade who helps; may be voluntary."""

    trade = models.CharField(_("trade"), max_length=80)

    class Meta(PersonAround.Meta):
        verbose_name = _("mentor")
        verbose_name_plural = _("mentors")
        constraints = [_from_before_to("mentor")]
        triggers = kept("mentor")


@tracked()
class Representative(PersonAround):
    """Acts for the citizen by a power of attorney, which always has an end date; gets copies of letters (domain.md §8)."""

    organisation = models.CharField(_("organisation"), max_length=120, blank=True)
    scope = models.CharField(_("what the power of attorney covers"), max_length=200)
    street = models.CharField(_("address"), max_length=100)
    postcode = models.CharField(_("postcode"), max_length=4)
    city = models.CharField(_("city"), max_length=60)

    class Meta(PersonAround.Meta):
        verbose_name = _("party representative")
        verbose_name_plural = _("party representatives")
        constraints = [
            _from_before_to("representative"),
            models.CheckConstraint(
                name="representative_power_ends",
                condition=Q(to_on__isnull=False),
                violation_error_message=_("Write the day the power of attorney ends."),
            ),
        ]
        triggers = kept("representative")

    @property
    def address_lines(self) -> list[str]:
        return [line for line in (self.organisation, self.street, f"{self.postcode} {self.city}".strip()) if line]


@tracked()
class Interpreter(PersonAround):
    """Which language the citizen is spoken with in, and who interprets, where that is known."""

    name = models.CharField(_("name"), max_length=120, blank=True)
    language = models.CharField(_("language"), max_length=60)

    class Meta(PersonAround.Meta):
        verbose_name = _("interpreter")
        verbose_name_plural = _("interpreters")
        constraints = [_from_before_to("interpreter")]
        triggers = kept("interpreter")

    def __str__(self) -> str:
        return f"{self.language}: {self.name}" if self.name else self.language


class ConsentQuerySet(models.QuerySet["Consent"]):
    def given(self):
        """Those that have not been withdrawn."""
        return self.filter(withdrawn_on__isnull=True)


@tracked()
class Consent(models.Model):
    """What the citizen has agreed to: scope, date, withdrawal. A withdrawn one stays; anew is a new row."""

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="consents")
    kind = models.CharField(_("consent to"), max_length=20, choices=ConsentKind)
    scope = models.CharField(_("scope"), max_length=200)
    given_on = models.DateField(_("given"))
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    withdrawn_on = models.DateField(_("withdrawn"), null=True, blank=True)
    withdrawal_recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    objects = ConsentQuerySet.as_manager()

    class Meta:
        ordering = ("kind", "-given_on", "-pk")
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        constraints = [
            models.CheckConstraint(name="consent_has_scope", condition=Q(scope__regex=r"\S")),
            models.CheckConstraint(name="consent_kind_known", condition=Q(kind__in=[k.value for k in ConsentKind])),
            models.CheckConstraint(
                name="consent_withdrawn_after_given",
                condition=Q(withdrawn_on__isnull=True, withdrawal_recorded_by__isnull=True)
                | Q(withdrawn_on__gte=F("given_on"), withdrawal_recorded_by__isnull=False),
            ),
            models.UniqueConstraint(
                name="consent_once", fields=["case", "kind", "scope"], condition=Q(withdrawn_on__isnull=True)
            ),
        ]
        triggers = kept(
            "consent",
            final_when=pgtrigger.Q(old__withdrawn_on__isnull=False),
            message="a withdrawn consent stays as it is",
        )

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.scope}"


@tracked()
class Exemption(models.Model):
    """Free from other activation offers and from job search while in the programme, with two exceptions (domain.md §3.4).

    The exceptions are something begun before, and something the project lead finds useful. The follow-up every third
    month goes on. The job consultant is told by letter.
    """

    case = models.ForeignKey(CaseFile, on_delete=models.PROTECT, related_name="exemptions")
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"), null=True, blank=True)
    begun_before = models.CharField(_("something begun before"), max_length=200, blank=True)
    useful = models.CharField(_("something the project lead finds useful"), max_length=200, blank=True)
    useful_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    consultant = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("job consultant"), on_delete=models.PROTECT, related_name="+"
    )
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("-from_on", "-pk")
        verbose_name = _("exemption")
        verbose_name_plural = _("exemptions")
        constraints = [
            _from_before_to("exemption"),
            models.CheckConstraint(
                name="exemption_useful_by_somebody",
                condition=Q(useful="", useful_by__isnull=True) | (~Q(useful="") & Q(useful_by__isnull=False)),
            ),
            ExclusionConstraint(
                name="exemption_no_overlap",
                expressions=[
                    ("case", RangeOperators.EQUAL),
                    (closed_range("from_on", "to_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The citizen is exempt in that period already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case_id} {self.from_on}–{self.to_on or ''}"

    def is_current(self, today: date) -> bool:
        return self.from_on <= today and (self.to_on is None or self.to_on >= today)
