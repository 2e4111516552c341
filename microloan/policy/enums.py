from django.db import models
from django.utils.translation import gettext_lazy as _


class AppealVariant(models.TextChoices):
    """Which appeal guidance a decision carries (danish-rules.md §2.2). Never empty: "none" states why."""

    STANDARD_4_WEEKS = "standard_4_weeks", _("Four weeks, to the municipality")
    NO_ADMINISTRATIVE_APPEAL = "no_administrative_appeal", _("No administrative appeal")
    OTHER = "other", _("Other appeal guidance")


class Prerequisite(models.TextChoices):
    """What a legal basis may demand before a loan is decided (domain.md §7.1)."""

    REHABILITATION = "rehabilitation", _("Rehabilitation is decided")
    GREEN_SCREENING = "green_screening", _("Screening 3 is green")
    APPROVED_BUDGET = "approved_budget", _("The establishment budget is approved")
    OWN_BUSINESS = "own_business", _("Own business with a CVR number")
    DECLARED_FIT = "declared_fit", _("Declared fit, if on sickness benefit")
    SIGNED_AGREEMENT = "signed_agreement", _("The loan agreement is signed")


class ScheduleStart(models.TextChoices):
    FIRST_PART = "first_part", _("At the first part, on the full amount")
    LAST_PART = "last_part", _("When the last part is paid out")
