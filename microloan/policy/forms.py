import re
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Fieldset, Layout
from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from microloan.core.forms import AmountField, BaseModelForm, DateField, PhoneField, PostcodeField
from microloan.policy.enums import AppealVariant, Prerequisite
from microloan.policy.models import LEGAL_BASIS_LOCKED, LegalBasis, Municipality, RuleSet
from microloan.policy.registry import livelihood_choices

# The parameters in the order of domain.md §7.2, with headings: (heading, fields).
RULE_GROUPS = (
    (_("Who and since when"), ("name", "source", "confirmed_by", "confirmed_on")),
    (_("Who can be referred"), ("eligible_livelihoods",)),
    (
        _("The loan"),
        (
            "loan_min",
            "loan_max",
            "instalments",
            "instalment_multiple",
            "due_day",
            "max_deferment_months",
            "schedule_start",
            "payout_target_days",
        ),
    ),
    (
        _("Living support"),
        ("support_months", "extension_min_months", "extension_max_months", "extension_total_months"),
    ),
    (_("Courses"), ("residential_max_days", "completion_percent")),
    (
        _("Time targets"),
        (
            "referral_working_days",
            "recruitment_weeks",
            "business_development_weeks",
            "courses_weeks",
            "no_contact_days",
        ),
    ),
    (
        _("Reminders"),
        ("reminder_days_before", "call_days_after", "first_dunning_days", "second_dunning_days", "handover_days"),
    ),
    (
        _("Hand-over to recovery and limitation"),
        (
            "contact_attempts",
            "contact_channels",
            "handover_notice_days",
            "handover_minimum",
            "recovery_authority",
            "claim_type",
            "limitation_years",
            "limitation_instrument_years",
            "limitation_warning_months",
        ),
    ),
    (
        _("The end of the support"),
        (
            "self_evaluation_weeks",
            "self_evaluation_reminder_days",
            "screening4_weeks",
            "end_letter_weeks",
        ),
    ),
    (
        _("Warnings of screening 3"),
        ("pmv_most", "vat_from", "living_percent", "sudden_sales_from", "sudden_sales_times"),
    ),
    (_("Letters and appeals"), ("letter_days", "appeal_weeks")),
    (
        _("VAT and tax in budgets"),
        (
            "vat_percent",
            "vat_quarter_months",
            "vat_half_year_months",
            "vat_day",
            "b_tax_months",
            "b_tax_day",
        ),
    ),
)
# Parameters that nothing reads yet: the screens say so, so that nobody believes in them.
NOT_USED_YET = frozenset({"letter_days"})
RULE_FIELDS = tuple(name for _heading, names in RULE_GROUPS for name in names)
IN_KRONER = (
    "loan_min", "loan_max", "instalment_multiple", "pmv_most", "vat_from", "sudden_sales_from", "handover_minimum",
)  # fmt: skip
# The largest number that makes sense, beside what the database allows.
LARGEST = {"due_day": 31, "completion_percent": 100, "vat_day": 31, "b_tax_day": 31, "living_percent": 100}
MAY_BE_ZERO = {"max_deferment_months", "residential_max_days", "extension_min_months", "extension_total_months"}


class MonthsField(forms.CharField):
    """Months as their numbers: `6, 9, 12, 3`. With `count`, one for each period of the year, in their order."""

    def __init__(self, *, count: int = 0, **kwargs: Any) -> None:
        self.count = count
        super().__init__(**kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        parts = [part for part in re.split(r"[,\s]+", text) if part]
        numbers = [int(part) for part in parts if re.fullmatch(r"[0-9]{1,2}", part)]
        wanted = self.count or len(parts)
        if len(numbers) != len(parts) or len(parts) != wanted or not all(1 <= number <= 12 for number in numbers):
            raise forms.ValidationError(self.words())
        if len(set(numbers)) != len(numbers):
            raise forms.ValidationError(_("Write each month once."))
        return numbers

    def words(self) -> str:
        if self.count:
            return str(_("Write %(count)s months as numbers from 1 to 12, with commas between.")) % {
                "count": self.count
            }
        return str(_("Write the months as numbers from 1 to 12, with commas between."))

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(str(number) for number in value) if isinstance(value, list) else value


class RuleSetForm(BaseModelForm):
    """The parameters of a rule set; a new one copies those in force."""

    valid_from = DateField(label=_("In force from"), help_text=_("dd-mm-yyyy; a day after today"))
    loan_min = AmountField(label=_("Smallest loan"))
    loan_max = AmountField(label=_("Largest loan"))
    pmv_most = AmountField(label=_("Largest sales of a small personal business (PMV), a year"))
    sudden_sales_from = AmountField(label=_("Sales of a month that need a source, from"))
    handover_minimum = AmountField(label=_("Smallest claim that is handed over"))
    vat_from = AmountField(label=_("Sales above which one registers for VAT, a year"))
    instalment_multiple = AmountField(label=_("Instalments are rounded up to whole"), max_value=1000)
    confirmed_on = DateField(label=_("Confirmed on"), required=False)
    vat_percent = AmountField(label=_("VAT, per cent"), max_value=100)
    vat_quarter_months = MonthsField(
        label=_("Months in which the VAT of each quarter is paid"),
        count=4,
        help_text=_("One for each quarter, such as 6, 9, 12, 3."),
    )
    vat_half_year_months = MonthsField(
        label=_("Months in which the VAT of each half-year is paid"),
        count=2,
        help_text=_("One for each half-year, such as 9, 3."),
    )
    b_tax_months = MonthsField(
        label=_("Months in which B-tax is paid"), help_text=_("Such as 1, 2, 3, 4, 5, 7, 8, 9, 10, 11.")
    )
    eligible_livelihoods = forms.MultipleChoiceField(
        label=_("Eligible livelihoods"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Others can be referred, but raise a question that must be answered."),
    )

    class Meta:
        model = RuleSet
        fields = ("valid_from", *RULE_FIELDS)

    def __init__(self, *args: Any, planned: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in IN_KRONER:
            self.fields[name].suffix = "kr."
        self.fields["eligible_livelihoods"].choices = livelihood_choices()
        for name, field in self.fields.items():
            if isinstance(field, forms.IntegerField):
                self._limit(name, field)
        for name in NOT_USED_YET:
            self.fields[name].help_text = _("Not used yet.")
        if planned:
            del self.fields["valid_from"]
        first = [] if planned else ["valid_from"]
        self.helper = FormHelper()
        self.helper.form_tag = False
        heading, names = RULE_GROUPS[0]
        self.helper.layout = Layout(
            Fieldset(heading, *first, *names),
            *(Fieldset(heading, *names) for heading, names in RULE_GROUPS[1:]),
        )

    @staticmethod
    def _limit(name: str, field: forms.IntegerField) -> None:
        low, high = (0 if name in MAY_BE_ZERO else 1), LARGEST.get(name, 999)
        field.widget = forms.TextInput(attrs={"inputmode": "numeric", "class": "mk-w-4", "autocomplete": "off"})
        field.min_value, field.max_value = low, high
        words = _("Write a whole number between %(low)s and %(high)s.") % {"low": low, "high": high}
        field.validators = [
            MinValueValidator(low, words),
            MaxValueValidator(high, words),
        ]
        field.error_messages.update(required=words, invalid=words)

    def _post_clean(self) -> None:
        """The service saves and guards; the instance is only where the form begins."""


class LegalBasisForm(BaseModelForm):
    """A legal basis. What decisions rest on is shown, and cannot be changed."""

    valid_from = DateField(label=_("Valid from"))
    valid_to = DateField(label=_("Valid to"), required=False, help_text=_("dd-mm-yyyy; empty while it is in force"))
    transition_until = DateField(
        label=_("Transition: granted by"),
        required=False,
        help_text=_("dd-mm-yyyy; a later decision is allowed where rehabilitation was granted by this date."),
    )
    confirmed_on = DateField(label=_("Confirmed on"), required=False)
    prerequisites = forms.MultipleChoiceField(
        label=_("What must be in place before a loan"),
        choices=Prerequisite.choices,
        widget=forms.CheckboxSelectMultiple,
        required=False,
    )

    class Meta:
        model = LegalBasis
        fields = (
            "code",
            "title",
            "reference",
            "support_reference",
            "valid_from",
            "valid_to",
            "transition_until",
            "allows_loan",
            "allows_grant",
            "allows_support",
            "prerequisites",
            "appeal_variant",
            "appeal_text",
            "debt_instrument",
            "source",
            "confirmed_by",
            "confirmed_on",
        )

    def __init__(self, *args: Any, used: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _("Letters, digits and hyphen. Never printed.")
        self.fields["reference"].help_text = _("As the letters are to print it, such as the law and its section.")
        self.fields["appeal_text"].help_text = _(
            "Why there is no administrative appeal, or how else one appeals. The standard guidance needs no words."
        )
        if used:
            for name in LEGAL_BASIS_LOCKED:
                self.fields[name].disabled = True

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("appeal_variant") != AppealVariant.STANDARD_4_WEEKS and not cleaned.get("appeal_text"):
            self.add_error("appeal_text", _("Write what letters are to say about appeal."))
        return cleaned

    def _post_clean(self) -> None:
        """The service saves and guards; the instance is only where the form begins."""


class MunicipalityForm(BaseModelForm):
    postcode = PostcodeField(label=_("Postcode"))
    phone = PhoneField(label=_("Phone"))
    creditor_number = forms.RegexField(
        r"^[0-9]{8}$",
        label=_("Creditor number"),
        help_text=_("Eight digits, from the bank: the second half of the payment reference. Printed in letters."),
        error_messages={"invalid": _("Write the creditor number with eight digits.")},
    )
    primary_colour = forms.CharField(
        label=_("Primary colour"),
        max_length=7,
        help_text=_("As # and six digits. It must stand out from white by 4.5 to 1, so that text can be read."),
    )

    class Meta:
        model = Municipality
        fields = (
            "name",
            "department",
            "street",
            "postcode",
            "city",
            "phone",
            "phone_hours",
            "website",
            "creditor_number",
            "loan_account",
            "grant_account",
            "payment_accounts",
            "primary_colour",
        )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, css in {"postcode": "mk-w-4", "phone": "mk-w-phone", "primary_colour": "mk-w-date"}.items():
            self.fields[name].widget.attrs["class"] = css
        self.fields["payment_accounts"].help_text = _(
            "Several with commas. The first is printed in letters about loans, so that citizens know where to pay."
        )

    def clean_primary_colour(self) -> str:
        return str(self.cleaned_data["primary_colour"]).strip().lower()

    def _post_clean(self) -> None:
        """The service saves and guards; the instance is only where the form begins."""
