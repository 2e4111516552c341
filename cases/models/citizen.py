import re
from datetime import date

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cases.enums import LetterPreference, Livelihood, Sex
from cases.rules import ACCENTED, UNACCENTED, fold_name
from microloan.core import clock
from microloan.core.fields import EncryptedCprField
from microloan.core.forms import phone_groups
from microloan.core.history import kept, tracked
from microloan.policy.models import closed_range


def _plain(text: str) -> str:
    """Letters and digits alone, so that `Rådhusvej 4, 2.tv` is found in `rådhusvej 4 2. tv.`"""
    return "".join(sign for sign in fold_name(text) if sign.isalnum())


_BETWEEN = r"[\W_]*"


def _written(address: str) -> str:
    """A pattern for an address, however it is spaced and punctuated."""
    parts = [re.sub("å|aa", "(?:å|aa)", part) for part in re.findall(r"[^\W\d_]+|\d+", address.lower())]
    return _BETWEEN.join(parts)


class FoldedName(models.Func):
    """A name as it is searched: small letters, no accents, å as aa. The same as `cases.rules.fold_name`."""

    template = (
        f"TRANSLATE(REPLACE(LOWER(%(expressions)s COLLATE \"da-x-icu\"), 'å', 'aa'), '{ACCENTED}', '{UNACCENTED}')"
    )
    output_field = models.TextField()


@tracked(exclude=["cpr", "name_key"])
class Citizen(models.Model):
    """A person that the programme is about; never a user. CPR is encrypted and found through a keyed blind index."""

    cpr = EncryptedCprField(_("CPR number"), purpose="cpr", null=True, blank=True)
    cpr_index = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)  # noqa: DJ001
    name = models.CharField(_("name"), max_length=120, blank=True, db_collation="da-x-icu")
    name_key = models.GeneratedField(
        expression=FoldedName("name"), output_field=models.TextField(), db_persist=True, editable=False
    )
    sex = models.CharField(_("sex"), max_length=1, choices=Sex, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    birth_year = models.PositiveSmallIntegerField(_("year of birth"), null=True, blank=True)
    co_name = models.CharField(_("c/o"), max_length=80, blank=True)
    street = models.CharField(_("address"), max_length=100, blank=True)
    postcode = models.CharField(_("postcode"), max_length=4, blank=True)
    city = models.CharField(_("city"), max_length=60, blank=True)
    phone = models.CharField(_("phone"), max_length=20, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    protected_address = models.BooleanField(_("protected address"), default=False)
    protected_until = models.DateField(_("protected until"), null=True, blank=True)
    digital_post_exempt = models.BooleanField(_("exempt from Digital Post"), default=False)
    letter_preference = models.CharField(
        _("letters by"), max_length=14, choices=LetterPreference, default=LetterPreference.DIGITAL_POST
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("name", "pk")
        verbose_name = _("citizen")
        verbose_name_plural = _("citizens")
        indexes = [
            GinIndex(OpClass("name_key", name="gin_trgm_ops"), name="citizen_name_search"),
            models.Index(fields=["phone"], name="citizen_phone"),
            models.Index(OpClass("phone", name="varchar_pattern_ops"), name="citizen_phone_begins"),
            models.Index(fields=["name", "id"], name="citizen_by_name"),
            models.Index(fields=["birth_date"], name="citizen_born"),
        ]
        triggers = kept("citizen")

    def __str__(self) -> str:
        return self.name or str(_("Citizen without name"))

    @property
    def phone_shown(self) -> str:
        """`12 34 56 78`."""
        return phone_groups(self.phone)

    def is_protected_on(self, day: date) -> bool:
        """Whether name and address are protected on a day (danish-rules.md §7)."""
        return self.protected_address and (self.protected_until is None or self.protected_until >= day)

    def hides(self, text: str, day: date) -> bool:
        """Whether a text, such as the place of a meeting, tells a protected address on a day."""
        return self.is_protected_on(day) and self.tells_address(text)

    def tells_address(self, text: str) -> bool:
        street = _plain(self.street.split(",")[0])
        return bool(street) and street in _plain(text)

    def without_address(self, text: str, day: date) -> str:
        """A text with a protected address taken out: what was written before it was protected, or in free words."""
        street, _comma, floor = self.street.partition(",")
        if not text or not self.is_protected_on(day) or not (written := _written(street)):
            return text
        more = f"(?:{_BETWEEN}{_written(floor)})?" if _written(floor) else ""
        pattern = rf"(?<!\w){written}(?!\d){more}"
        return re.sub(pattern, str(_("[protected address]")), text, flags=re.IGNORECASE)

    @property
    def address_lines(self) -> list[str]:
        """The address as it stands on an envelope, without the name."""
        place = f"{self.postcode} {self.city}".strip()
        return [line for line in (self.co_name and f"c/o {self.co_name}", self.street, place) if line]


@tracked()
class LivelihoodPeriod(models.Model):
    """What the citizen lived on from a date to a date, both counted; an empty end means still (domain.md §10)."""

    citizen = models.ForeignKey(Citizen, on_delete=models.PROTECT, related_name="livelihood_periods")
    kind = models.CharField(_("livelihood"), max_length=40, choices=Livelihood)
    from_on = models.DateField(_("from"))
    to_on = models.DateField(_("to"), null=True, blank=True)
    recorded_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering = ("from_on", "pk")
        verbose_name = _("livelihood period")
        verbose_name_plural = _("livelihood periods")
        constraints = [
            models.CheckConstraint(
                name="livelihood_from_before_to",
                condition=Q(to_on__isnull=True) | Q(to_on__gte=models.F("from_on")),
                violation_error_message=_("The last day must not be before the first."),
            ),
            ExclusionConstraint(
                name="livelihood_no_overlap",
                expressions=[
                    ("citizen", RangeOperators.EQUAL),
                    (closed_range("from_on", "to_on"), RangeOperators.OVERLAPS),
                ],
                violation_error_message=_("The citizen already has a livelihood in that period."),
            ),
        ]
        triggers = kept("livelihood")

    def __str__(self) -> str:
        return f"{self.kind} {self.from_on}–{self.to_on or ''}"
