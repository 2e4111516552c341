from collections.abc import Callable
from decimal import Decimal
from typing import Any

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateRangeField, RangeBoundary, RangeOperators
from django.db import models
from django.db.models import Func, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from microloan.core.history import tracked
from microloan.policy.enums import AppealVariant, Prerequisite, ScheduleStart
from microloan.policy.guards import LockedOnceUsed

# What decisions and letters rest on: not to be changed once one does; a new row takes over from a date instead.
RULE_SET_LOCKED = [
    "loan_min",
    "loan_max",
    "instalments",
    "max_deferment_months",
    "due_day",
    "instalment_multiple",
    "schedule_start",
    "support_months",
    "extension_min_months",
    "extension_max_months",
    "extension_total_months",
    "vat_percent",
    "vat_quarter_months",
    "vat_half_year_months",
    "vat_day",
    "b_tax_months",
    "b_tax_day",
    "valid_from",
]
LEGAL_BASIS_LOCKED = [
    "code",
    "title",
    "reference",
    "support_reference",
    "valid_from",
    "prerequisites",
    "appeal_variant",
    "appeal_text",
    "debt_instrument",
]


class DateRange(Func):
    """`daterange(from, to, '[]')`: both ends counted, an empty end is open (architecture.md §3)."""

    function = "DATERANGE"
    output_field = DateRangeField()


def closed_range(start: str, end: str | Coalesce) -> DateRange:
    return DateRange(start, end, RangeBoundary(inclusive_lower=True, inclusive_upper=True))


def vat_quarter_months() -> list[int]:
    return [6, 9, 12, 3]


def vat_half_year_months() -> list[int]:
    return [9, 3]


def b_tax_months() -> list[int]:
    return [1, 2, 3, 4, 5, 7, 8, 9, 10, 11]


def months_field(label: Any, default: Callable[[], list[int]]) -> ArrayField:
    return ArrayField(models.PositiveSmallIntegerField(), verbose_name=label, default=default)


class EffectiveQuerySet(models.QuerySet):
    def on(self, day):
        """The rows in force on a day, both ends counted."""
        return self.filter(Q(valid_from__lte=day) & (Q(valid_to__isnull=True) | Q(valid_to__gte=day)))


class Confirmed(models.Model):
    """Every legal parameter is data, confirmed by the municipality's jurist before go-live (danish-rules.md)."""

    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    source = models.CharField(_("source"), max_length=200, blank=True)
    confirmed_by = models.CharField(_("confirmed by"), max_length=120, blank=True)
    confirmed_on = models.DateField(_("confirmed on"), null=True, blank=True)

    objects = EffectiveQuerySet.as_manager()

    class Meta:
        abstract = True


@tracked()
class RuleSet(Confirmed):
    """The programme's parameters in force from a date (domain.md §7.2, §3.1, §7.6, §9). A loan keeps the set it was decided under."""

    name = models.CharField(_("name"), max_length=100)
    # The loan
    loan_min = models.DecimalField(_("smallest loan"), max_digits=12, decimal_places=2, default=Decimal("1000"))
    loan_max = models.DecimalField(_("largest loan"), max_digits=12, decimal_places=2, default=Decimal("50000"))
    instalments = models.PositiveSmallIntegerField(_("instalments"), default=84)
    max_deferment_months = models.PositiveSmallIntegerField(_("deferment in all, months"), default=36)
    due_day = models.PositiveSmallIntegerField(_("due day of the month"), default=1)
    instalment_multiple = models.DecimalField(
        _("instalments are rounded up to"), max_digits=6, decimal_places=2, default=Decimal("1")
    )
    schedule_start = models.CharField(
        _("repayment plan is made"), max_length=12, choices=ScheduleStart, default=ScheduleStart.FIRST_PART
    )
    payout_target_days = models.PositiveSmallIntegerField(_("days from residential course to payout"), default=30)
    # Living support
    support_months = models.PositiveSmallIntegerField(_("months of living support"), default=6)
    extension_min_months = models.PositiveSmallIntegerField(_("shortest extension, months"), default=1)
    extension_max_months = models.PositiveSmallIntegerField(_("longest extension, months"), default=3)
    extension_total_months = models.PositiveSmallIntegerField(_("extensions in all, months"), default=6)
    # Courses
    residential_max_days = models.PositiveSmallIntegerField(
        _("days from residential course to main course, at most"), default=14
    )
    completion_percent = models.PositiveSmallIntegerField(_("sessions for completion, per cent"), default=80)
    # Time targets per phase (domain.md §3.1)
    referral_working_days = models.PositiveSmallIntegerField(_("referral answered, working days"), default=5)
    recruitment_weeks = models.PositiveSmallIntegerField(_("recruitment, weeks"), default=12)
    business_development_weeks = models.PositiveSmallIntegerField(_("business development, weeks"), default=10)
    courses_weeks = models.PositiveSmallIntegerField(_("courses, weeks"), default=14)
    no_contact_days = models.PositiveSmallIntegerField(_("days without contact before a warning"), default=14)
    # Reminders (domain.md §7.6): days from the due date
    reminder_days_before = models.PositiveSmallIntegerField(_("friendly reminder, days before"), default=7)
    call_days_after = models.PositiveSmallIntegerField(_("call the citizen, days after"), default=5)
    first_dunning_days = models.PositiveSmallIntegerField(_("first reminder letter, days after"), default=10)
    second_dunning_days = models.PositiveSmallIntegerField(_("second reminder letter, days after"), default=30)
    handover_days = models.PositiveSmallIntegerField(_("hand-over may be proposed, days after"), default=60)
    # Before a claim may be handed over to recovery (domain.md §7.6), and what its dossier says (danish-rules.md §3.2)
    contact_attempts = models.PositiveSmallIntegerField(
        _("attempts to reach the citizen before hand-over, on different days"), default=3
    )
    contact_channels = models.PositiveSmallIntegerField(_("channels that were tried, at least"), default=2)
    handover_notice_days = models.PositiveSmallIntegerField(_("days from the notice to the hand-over"), default=14)
    handover_minimum = models.DecimalField(
        _("smallest claim that is handed over"), max_digits=12, decimal_places=2, default=Decimal("100")
    )
    recovery_authority = models.CharField(_("authority that recovers"), max_length=80, default="Gældsstyrelsen")
    claim_type = models.CharField(_("claim type code of the authority"), max_length=20, blank=True)
    # Limitation (danish-rules.md §3.3)
    limitation_years = models.PositiveSmallIntegerField(_("limitation, years"), default=3)
    limitation_instrument_years = models.PositiveSmallIntegerField(
        _("limitation with a debt instrument, years"), default=10
    )
    limitation_warning_months = models.PositiveSmallIntegerField(_("warning before limitation, months"), default=6)
    # Screening 4 and the end of support (domain.md §9)
    self_evaluation_weeks = models.PositiveSmallIntegerField(_("self-evaluation, weeks before the end"), default=8)
    self_evaluation_reminder_days = models.PositiveSmallIntegerField(
        _("reminder of the self-evaluation, days before the answer is due"), default=7
    )
    screening4_weeks = models.PositiveSmallIntegerField(_("screening 4, weeks before the end"), default=4)
    end_letter_weeks = models.PositiveSmallIntegerField(_("end letter, weeks before the end"), default=2)
    # A small business (danish-rules.md §9), in kroner a year: screening 3 warns above them
    pmv_most = models.DecimalField(
        _("largest sales of a small personal business (PMV)"), max_digits=12, decimal_places=2, default=Decimal("50000")
    )
    vat_from = models.DecimalField(
        _("sales above which one registers for VAT"), max_digits=12, decimal_places=2, default=Decimal("50000")
    )
    # What else makes screening 3 ask (domain.md §4): how much of the money goes to living, and how fast sales begin
    living_percent = models.PositiveSmallIntegerField(
        _("share of the first three months' payments that goes to living, per cent"), default=50
    )
    sudden_sales_from = models.DecimalField(
        _("sales of a month that need a source, from"), max_digits=12, decimal_places=2, default=Decimal("5000")
    )
    sudden_sales_times = models.PositiveSmallIntegerField(_("times the best month before"), default=2)
    # Law on letters (danish-rules.md §2.2)
    letter_days = models.PositiveSmallIntegerField(_("working days until a paper letter is received"), default=6)
    appeal_weeks = models.PositiveSmallIntegerField(_("weeks to appeal"), default=4)
    # VAT and tax in budgets (danish-rules.md §9): rates, limits, and the months in which each period is paid
    vat_percent = models.DecimalField(_("VAT, per cent"), max_digits=5, decimal_places=2, default=Decimal("25"))
    vat_quarter_months = months_field(_("months in which the VAT of each quarter is paid"), vat_quarter_months)
    vat_half_year_months = months_field(_("months in which the VAT of each half-year is paid"), vat_half_year_months)
    vat_day = models.PositiveSmallIntegerField(_("day of the month on which VAT is paid"), default=1)
    b_tax_months = months_field(_("months in which B-tax is paid"), b_tax_months)
    b_tax_day = models.PositiveSmallIntegerField(_("last day of the month on which B-tax is paid"), default=20)
    eligible_livelihoods = ArrayField(
        models.CharField(max_length=40), verbose_name=_("eligible livelihoods"), default=list
    )

    class Meta:
        ordering = ("-valid_from",)
        verbose_name = _("rule set")
        verbose_name_plural = _("rule sets")
        constraints = [
            ExclusionConstraint(
                name="rule_set_no_overlap",
                expressions=[(closed_range("valid_from", "valid_to"), RangeOperators.OVERLAPS)],
                violation_error_message=_("Another rule set is in force in the same period."),
            ),
            models.CheckConstraint(
                name="rule_set_loan_limits",
                condition=Q(loan_min__gt=0) & Q(loan_max__gte=models.F("loan_min")),
                violation_error_message=_("The largest loan must be at least the smallest."),
            ),
            models.CheckConstraint(name="rule_set_due_day", condition=Q(due_day__gte=1) & Q(due_day__lte=31)),
            models.CheckConstraint(name="rule_set_instalments", condition=Q(instalments__gte=1)),
            models.CheckConstraint(
                name="rule_set_tax_months",
                condition=Q(
                    vat_quarter_months__len=4,
                    vat_half_year_months__len=2,
                    vat_quarter_months__contained_by=list(range(1, 13)),
                    vat_half_year_months__contained_by=list(range(1, 13)),
                    b_tax_months__contained_by=list(range(1, 13)),
                ),
                violation_error_message=_("Write the months as numbers from 1 to 12."),
            ),
            models.CheckConstraint(
                name="rule_set_tax_days",
                condition=Q(vat_day__range=(1, 31), b_tax_day__range=(1, 31), vat_percent__range=(0, 100)),
            ),
            models.CheckConstraint(
                name="rule_set_from_before_to",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
            ),
        ]
        triggers = [LockedOnceUsed(name="rule_set_locked_once_used", fields=RULE_SET_LOCKED)]

    def __str__(self) -> str:
        return self.name


@tracked()
class LegalBasis(Confirmed):
    """A statutory or local basis, dated (domain.md §7.1; danish-rules.md §1). Letters print `reference`, never code."""

    code = models.SlugField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    reference = models.CharField(_("reference in loan letters"), max_length=200, blank=True)
    support_reference = models.CharField(_("reference in support letters"), max_length=200, blank=True)
    allows_loan = models.BooleanField(_("allows loans"), default=False)
    allows_grant = models.BooleanField(_("allows grants"), default=False)
    allows_support = models.BooleanField(_("allows living support"), default=False)
    prerequisites = ArrayField(
        models.CharField(max_length=30, choices=Prerequisite), verbose_name=_("prerequisites"), default=list
    )
    appeal_variant = models.CharField(
        _("appeal guidance"), max_length=30, choices=AppealVariant, default=AppealVariant.STANDARD_4_WEEKS
    )
    # What letters print where the guidance is not the standard one: why there is no appeal, or how else to appeal.
    appeal_text = models.CharField(_("appeal guidance in words"), max_length=400, blank=True)
    transition_until = models.DateField(
        _("transition: granted by"),
        null=True,
        blank=True,
        help_text=_("A later decision is allowed where rehabilitation was granted by this date."),
    )
    debt_instrument = models.BooleanField(_("the agreement counts as a debt instrument"), default=False)

    class Meta:
        ordering = ("-valid_from", "code")
        verbose_name = _("legal basis")
        verbose_name_plural = _("legal bases")
        constraints = [
            models.CheckConstraint(
                name="legal_basis_from_before_to",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=models.F("valid_from")),
                violation_error_message=_("The last day must not be before the first."),
            ),
            models.CheckConstraint(
                # The appeal part of a letter is never empty (danish-rules.md §2.2).
                name="legal_basis_says_how_to_appeal",
                condition=Q(appeal_variant=AppealVariant.STANDARD_4_WEEKS) | ~Q(appeal_text=""),
                violation_error_message=_("Write what letters are to say about appeal."),
            ),
        ]
        triggers = [LockedOnceUsed(name="legal_basis_locked_once_used", fields=LEGAL_BASIS_LOCKED)]

    def __str__(self) -> str:
        return self.title


@tracked()
class Municipality(models.Model):
    """The one municipality that this installation serves: what letters and screens print of it."""

    name = models.CharField(_("name"), max_length=100)
    department = models.CharField(_("department"), max_length=100)
    street = models.CharField(_("street"), max_length=100)
    postcode = models.CharField(_("postcode"), max_length=4)
    city = models.CharField(_("city"), max_length=60)
    phone = models.CharField(_("phone"), max_length=20)
    phone_hours = models.CharField(_("phone hours"), max_length=60, blank=True)
    website = models.CharField(_("website"), max_length=100, blank=True)
    creditor_number = models.CharField(_("creditor number"), max_length=8, default="80000000")
    # Where a payout is booked, shown to the benefits officer: a loan and a grant never on the same (domain.md §1).
    loan_account = models.CharField(_("account for loans"), max_length=40, blank=True)
    grant_account = models.CharField(_("account for grants"), max_length=40, blank=True)
    # Where citizens pay instalments to; several with commas. What a bank file tells of others is told apart.
    payment_accounts = models.CharField(_("accounts for instalments"), max_length=120, blank=True)
    primary_colour = models.CharField(_("primary colour"), max_length=7, default="#17507f")

    class Meta:
        verbose_name = _("municipality")
        verbose_name_plural = _("municipality")
        constraints = [
            models.CheckConstraint(name="municipality_one_row", condition=Q(pk=1)),
            models.CheckConstraint(name="municipality_colour", condition=Q(primary_colour__regex=r"^#[0-9a-f]{6}$")),
            models.CheckConstraint(
                name="municipality_creditor_number", condition=Q(creditor_number__regex=r"^[0-9]{8}$")
            ),
        ]

    def __str__(self) -> str:
        return self.name
