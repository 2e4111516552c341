"""What the screens of loans take. The services decide; a form reads and says at the field what to write instead."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.enums import Livelihood
from cases.models import CaseFile
from loans.enums import Charge, DefermentKind, Extra, LoanOutcome, SupportKind
from loans.models import Loan
from microloan.core import danish
from microloan.core.forms import AmountField, BaseForm, DateField
from microloan.core.months import add_months, month_start
from microloan.policy.models import LegalBasis, RuleSet
from screening.enums import Hearing

LONGEST_AHEAD = timedelta(days=366)
MOST_MONTHS = 120
RADIO = forms.RadioSelect
TWO_LINES = {"rows": 2}


class ProposeForm(BaseForm):
    """A loan or grant proposed to the project lead; only the questions that this citizen raises."""

    kind = forms.ChoiceField(
        label=_("Loan or grant?"),
        help_text=_("A loan is paid back. A grant is not."),
        choices=[
            (SupportKind.LOAN, _("Loan: the citizen pays it back")),
            (SupportKind.GRANT, _("Grant: the citizen does not pay it back")),
        ],
        widget=RADIO,
    )
    legal_basis = forms.ModelChoiceField(
        label=_("Legal basis"),
        queryset=LegalBasis.objects.none(),
        widget=RADIO,
        empty_label=None,
        error_messages={"required": _("Choose the legal basis of the decision.")},
    )
    amount = AmountField(label=_("Amount"))
    over_maximum_reason = forms.CharField(
        label=_("Why more than the maximum?"), required=False, max_length=1000, widget=forms.Textarea(attrs=TWO_LINES)
    )
    purpose = forms.CharField(
        label=_("What is the money for?"),
        help_text=_("Write what is in the approved budget."),
        max_length=1000,
        widget=forms.Textarea(attrs=TWO_LINES),
        error_messages={"required": _("Write what the money is for.")},
    )
    planned_payout_on = DateField(label=_("Planned payout"))
    late_start_reason = forms.CharField(
        label=_("Why so long after the residential course?"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs=TWO_LINES),
    )
    rehabilitation_on = DateField(
        label=_("When was rehabilitation decided?"),
        help_text=_("dd-mm-yyyy. It has to stand here before the project lead can grant."),
        required=False,
    )
    rehabilitation_reference = forms.CharField(
        label=_("Reference of that decision"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"class": "mk-w-medium"}),
    )
    transition_on = DateField(label=_("Granted before the basis closed, on"), required=False)
    declared_fit_on = DateField(
        label=_("When was the citizen declared fit for work?"),
        help_text=_("dd-mm-yyyy. It has to stand here before the project lead can grant."),
        required=False,
    )
    charge = forms.ChoiceField(
        label=_("Can the loan be secured by a registered charge?"),
        choices=Charge.choices,
        widget=RADIO,
        error_messages={"required": _("Choose whether a registered charge is possible.")},
    )
    charge_note = forms.CharField(
        label=_("Which asset, or why not?"),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "mk-w-medium"}),
        error_messages={"required": _("Write which asset it is, or why a charge is not possible.")},
    )

    def __init__(
        self,
        *args: Any,
        case: CaseFile,
        bases: Iterable[LegalBasis],
        rule_set: RuleSet,
        today: date,
        latest_start: date | None = None,
        **more: Any,
    ) -> None:
        super().__init__(*args, **more)
        if latest_start is None:
            del self.fields["late_start_reason"]
        else:
            self.fields["late_start_reason"].help_text = _(
                "Only where the payout, and so the main course, is planned after %(day)s."
            ) % {"day": danish.long_date(latest_start)}
        bases = list(bases)
        self._choose_bases(bases)
        self._set_limits(rule_set, today)
        if case.is_pensioner:
            del self.fields["rehabilitation_on"]
            reference = self.fields["rehabilitation_reference"]
            reference.label = _("Which practice for pensioners is followed?")
        if case.livelihood != Livelihood.SICKNESS_BENEFIT:
            del self.fields["declared_fit_on"]
        closed = [basis for basis in bases if basis.transition_until]
        if not closed:
            del self.fields["transition_on"]
        else:
            self.fields["transition_on"].help_text = _(
                "Only when you choose a basis that has closed: the day rehabilitation was granted, at the latest %(day)s."
            ) % {"day": danish.long_date(max(basis.transition_until for basis in closed))}

    def _choose_bases(self, bases: list[LegalBasis]) -> None:
        field = self.fields["legal_basis"]
        field.queryset = LegalBasis.objects.filter(pk__in=[basis.pk for basis in bases])  # type: ignore[attr-defined]
        field.label_from_instance = _basis_words  # type: ignore[attr-defined]

    def _set_limits(self, rule_set: RuleSet, today: date) -> None:
        amount: Any = self.fields["amount"]
        amount.min_value = rule_set.loan_min
        amount.help_text = _("Between %(low)s and %(high)s. More needs a reason.") % {
            "low": danish.grouped(rule_set.loan_min),
            "high": danish.kr(rule_set.loan_max),
        }
        amount.suffix = "kr."
        payout: Any = self.fields["planned_payout_on"]
        payout.min_value, payout.max_value = today, today + LONGEST_AHEAD
        for name in ("rehabilitation_on", "transition_on", "declared_fit_on"):
            past: Any = self.fields[name]
            past.max_value = today


def _basis_words(basis: LegalBasis) -> str:
    says_more = basis.reference.casefold() not in ("", basis.title.casefold())
    words = f"{basis.title}: {basis.reference}" if says_more else basis.title
    if basis.valid_to:
        closed = _("closed %(day)s, transition only") % {"day": danish.short_date(basis.valid_to)}
        return f"{words} ({closed})"
    return words


class DecideForm(BaseForm):
    """A loan or a change of plan granted or refused. The hearing is asked for a refusal only (danish-rules.md §2.1)."""

    outcome = forms.ChoiceField(
        label=_("Decision"),
        choices=LoanOutcome.choices,
        widget=RADIO,
        error_messages={"required": _("Choose whether it is granted or refused.")},
    )
    reasons = forms.CharField(
        label=_("Reasons"),
        help_text=_(
            "Needed for a refusal. Write to the citizen: they stand in the letter, each line as a point of its own."
        ),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )
    hearing = forms.ChoiceField(
        label=_("Hearing of the citizen"),
        help_text=_("For a refusal: has the citizen been able to comment on what the decision rests on?"),
        choices=Hearing.choices,
        widget=RADIO,
        required=False,
    )
    hearing_note = forms.CharField(
        label=_("The citizen's answer, or why a hearing is not needed"),
        help_text=_("Write what was shown, when, the deadline and the answer. An answer is repeated in the letter."),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class AgreementForm(BaseForm):
    signed_on = DateField(label=_("When was the agreement signed?"))

    def __init__(self, *args: Any, decided_on: date, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["signed_on"]
        field.min_value, field.max_value = decided_on, today


class SupportForm(BaseForm):
    starts_on = DateField(
        label=_("From which day?"), help_text=_("The day the business starts, dd-mm-yyyy. The end is computed.")
    )
    reasons = forms.CharField(
        label=_("Reasons"), required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        field: Any = self.fields["starts_on"]
        field.min_value, field.max_value = today, today + LONGEST_AHEAD


class SupportAmountForm(BaseForm):
    """What the living support comes to a month."""

    amount = AmountField(label=_("Amount a month"), help_text=_("Before tax, as it is paid out."))
    from_on = DateField(label=_("From which day?"), help_text=_("dd-mm-yyyy. It counts until the next amount."))
    note = forms.CharField(label=_("Note"), required=False, max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        amount: Any = self.fields["amount"]
        amount.suffix = "kr."


class SuspensionForm(BaseForm):
    """From when to when a disability pension is suspended."""

    from_on = DateField(label=_("First day"), help_text=_("dd-mm-yyyy"))
    until = DateField(label=_("Last day"), help_text=_("dd-mm-yyyy. At most five years."))
    note = forms.CharField(label=_("Note"), required=False, max_length=200)


class EndSuspensionForm(BaseForm):
    """The pension is paid again."""

    ended_on = DateField(label=_("Last day of the suspension"), help_text=_("dd-mm-yyyy"))


def new_key() -> str:
    """A name for one registration: sent twice, it counts once (domain.md §7.4)."""
    return str(uuid4())


class PaymentForm(BaseForm):
    amount = AmountField(label=_("Amount"))
    value_date = DateField(
        label=_("When did the money arrive?"),
        help_text=_("The day it stood on the municipality's account, dd-mm-yyyy."),
    )
    voucher = forms.CharField(
        label=_("Voucher number"),
        help_text=_("From your accounting system"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"class": "mk-w-short"}),
    )
    extra = forms.ChoiceField(
        label=_("If it is more than what is due"),
        help_text=_("Choose another than the first only where the citizen has asked for it."),
        choices=Extra.choices,
        widget=RADIO,
        initial=Extra.COVER,
        required=False,
    )
    key = forms.UUIDField(
        label=_("Page"),
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(
            ("required", "invalid"), _("Open the page again, and book the payment from there.")
        ),
    )

    def __init__(self, *args: Any, loan: Loan, paid_out_on: date, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        amount: Any = self.fields["amount"]
        amount.max_value, amount.suffix = loan.principal, "kr."
        day: Any = self.fields["value_date"]
        day.min_value, day.max_value = paid_out_on, today

    def clean_extra(self) -> Extra:
        return Extra(self.cleaned_data["extra"] or Extra.COVER)


class MonthField(forms.TypedChoiceField):
    """One of the months from `first` on, chosen by name; its value is the first day of the month."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, coerce=date.fromisoformat, **more)

    def offer(self, first: date, count: int) -> None:
        months = [add_months(month_start(first), index) for index in range(count)]
        self.choices = [("", _("Choose a month")), *((day.isoformat(), danish.month_name(day)) for day in months)]


WHY_CHANGE = {
    "label": _("Why should the plan be changed?"),
    "help_text": _("What has the citizen said, and what have you agreed? It stands in the case, not in the letter."),
    "max_length": 2000,
    "widget": forms.Textarea(attrs={"rows": 3}),
    "error_messages": {"required": _("Write why the plan should be changed.")},
}
MONTH_ERRORS = dict.fromkeys(("required", "invalid_choice"), _("Choose the month from the list."))
OFFERED_MONTHS = 24


class ChangeForm(BaseForm):
    """What the changes of plan ask alike. `first`: the earliest month that may be chosen."""

    from_month = MonthField(label=_("From which month?"), error_messages=MONTH_ERRORS)
    asked = forms.CharField(**WHY_CHANGE)

    def __init__(self, *args: Any, loan: Loan, first: date, **more: Any) -> None:
        super().__init__(*args, **more)
        month: Any = self.fields["from_month"]
        month.offer(first, OFFERED_MONTHS)
        amount: Any = self.fields.get("amount")
        if amount is not None:
            amount.min_value, amount.max_value, amount.suffix = 1, loan.principal, "kr."


class DefermentForm(ChangeForm):
    months = forms.IntegerField(
        label=_("How many months?"),
        widget=forms.TextInput(attrs={"class": "mk-w-short", "inputmode": "numeric"}),
        error_messages=dict.fromkeys(("required", "invalid"), _("Write the number of months, such as 3.")),
    )
    deferment_kind = forms.ChoiceField(
        label=_("Which kind?"),
        choices=[
            (DefermentKind.GRANTED, _("Granted by us, within the months of the rule set")),
            (DefermentKind.MANDATORY, _("The law gives it: income from benefits or disability pension only")),
        ],
        widget=RADIO,
        initial=DefermentKind.GRANTED,
    )
    field_order = ("from_month", "months", "deferment_kind", "asked")

    def clean_months(self) -> int:
        months: int = self.cleaned_data["months"]
        if not 1 <= months <= MOST_MONTHS:
            raise forms.ValidationError(_("Write a number of months from 1 to %(most)s.") % {"most": MOST_MONTHS})
        return months


class NewAmountForm(ChangeForm):
    amount = AmountField(label=_("New instalment a month"))
    field_order = ("from_month", "amount", "asked")


class ArrangementForm(ChangeForm):
    amount = AmountField(
        label=_("How much a month for what is overdue?"), help_text=_("Beside the ordinary instalment.")
    )
    field_order = ("from_month", "amount", "asked")


class ExtraForm(BaseForm):
    """An extra payment tried out; nothing is registered."""

    amount = AmountField(label=_("Extra payment"))

    def __init__(self, *args: Any, loan: Loan, **more: Any) -> None:
        super().__init__(*args, **more)
        amount: Any = self.fields["amount"]
        amount.max_value, amount.suffix = loan.principal, "kr."


class UndoForm(BaseForm):
    reason = forms.CharField(
        label=_("Why is the change taken back?"),
        max_length=1000,
        widget=forms.Textarea(attrs=TWO_LINES),
        error_messages={"required": _("Write why the change is taken back.")},
    )


class PayoutUndoForm(BaseForm):
    reason = forms.CharField(
        label=_("Why is the payout taken back?"),
        help_text=_("It stands in the ledger for good. Without CPR numbers."),
        max_length=1000,
        widget=forms.Textarea(attrs=TWO_LINES),
        error_messages={"required": _("Write why the payout is taken back.")},
    )
    # The payout that stood on the page, so that pressing twice does not take back two.
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)


class PayoutForm(BaseForm):
    paid_on = DateField(label=_("Paid out on"))
    voucher = forms.CharField(
        label=_("Voucher number"),
        help_text=_("From your accounting system"),
        max_length=40,
        widget=forms.TextInput(attrs={"class": "mk-w-short"}),
        error_messages={"required": _("Write the voucher number of the booking.")},
    )
    amount = AmountField(
        label=_("Amount paid out now"),
        help_text=_("Empty: all of it. Less, where the loan is paid out in parts."),
        required=False,
    )
    booked = forms.BooleanField(label=_("I have booked the amount as a loan"))
    # The last payout that stood on the page, so that pressing twice does not pay out two parts.
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)

    def __init__(self, *args: Any, kind: str, ordered_on: date, today: date, rest: Decimal, **more: Any) -> None:
        super().__init__(*args, **more)
        amount: Any = self.fields["amount"]
        amount.max_value, amount.suffix = rest, "kr."
        day: Any = self.fields["paid_on"]
        day.min_value, day.max_value = ordered_on, today
        booked = self.fields["booked"]
        booked.error_messages["required"] = _("Tick that the amount is booked as a loan.")
        if kind == SupportKind.GRANT:
            booked.label = _("I have booked the amount as a grant")
            booked.error_messages["required"] = _("Tick that the amount is booked as a grant.")


class SendBackForm(BaseForm):
    reason = forms.CharField(
        label=_("What does the team have to put right?"),
        max_length=1000,
        widget=forms.Textarea(attrs=TWO_LINES),
        error_messages={"required": _("Write what the team has to put right.")},
    )


class FrameForm(BaseForm):
    """How much may be lent in a year."""

    amount = AmountField(label=_("Frame"), min_value=0, max_value=Decimal(1_000_000_000))
    note = forms.CharField(
        label=_("Where was it decided?"),
        help_text=_("Such as the committee and the date of its meeting."),
        max_length=200,
        widget=forms.TextInput(attrs={"class": "mk-w-medium"}),
        error_messages={"required": _("Write where the frame was decided, such as the committee and the date.")},
    )
    seen = forms.IntegerField(widget=forms.HiddenInput, required=False)
