"""What the screens of payments take."""

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from loans.enums import EntryKind, SupportKind
from loans.models import Loan
from loans.payment_enums import MoneyAfter
from loans.payment_files import MAX_BYTES
from loans.queries import loans_by_number
from microloan.core.forms import AmountField, BaseForm, DateField

RADIO = forms.RadioSelect
THREE_LINES = {"rows": 3}


class PaymentFileForm(BaseForm):
    """A file from the bank or the creditor system."""

    file = forms.FileField(
        label=_("File from the bank"),
        help_text=_("CSV, camt.053 or camt.054, at most 10 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.txt,.xml"}),
        error_messages={
            "required": _("Choose the file from the bank."),
            "empty": _("The file is empty. Choose another."),
        },
        max_length=1000,
    )

    is_recovery = forms.BooleanField(
        label=_("It is a settlement from the authority that recovers"),
        help_text=_("Each line is what was recovered on a loan: by payment reference or loan number."),
        required=False,
    )

    def clean_file(self) -> Any:
        given = self.cleaned_data["file"]
        if given.size > MAX_BYTES:
            raise forms.ValidationError(_("The file is larger than 10 MB. Take out a shorter period from the bank."))
        return given


class FindLoanForm(BaseForm):
    """The loan that a person says a payment is for."""

    loan = forms.CharField(
        label=_("Another loan"),
        help_text=_("Loan number, case number or payment reference"),
        max_length=40,
        widget=forms.TextInput(attrs={"class": "mk-w-medium"}),
        error_messages={"required": _("Choose a loan, or write its number.")},
    )

    def clean_loan(self) -> Loan:
        text = self.cleaned_data["loan"]
        paid_out = Q(kind=SupportKind.LOAN, entries__kind=EntryKind.PAYOUT)
        found = loans_by_number(text).filter(paid_out).select_related("case__citizen", "rule_set").first()
        if found is None:
            raise forms.ValidationError(
                _("No loan that has been paid out has this number. Write it as L-2026-00001 or ML-2026-0001.")
            )
        return found


class ReasonForm(BaseForm):
    """One reason, under the name the service knows it by."""

    reason = forms.CharField(max_length=1000, widget=forms.Textarea(attrs=THREE_LINES))

    def __init__(self, *args: Any, label: Any, hint: Any = "", missing: Any, name: str = "reason", **more: Any) -> None:
        super().__init__(*args, **more)
        field = self.fields.pop("reason")
        field.label, field.help_text = label, hint
        field.error_messages["required"] = missing
        self.fields[name] = field


class ReversalForm(BaseForm):
    """Why an entry is wrong, and where the money is."""

    reason = forms.CharField(
        label=_("What was wrong with the entry?"),
        help_text=_("It stands in the ledger for good. Without CPR numbers."),
        max_length=1000,
        widget=forms.Textarea(attrs=THREE_LINES),
        error_messages={"required": _("Write what was wrong with the entry.")},
    )
    money = forms.ChoiceField(
        label=_("Where is the money?"),
        choices=MoneyAfter.choices,
        widget=RADIO,
        error_messages={"required": _("Choose where the money is.")},
    )

    def __init__(self, *args: Any, came_from_file: bool, **more: Any) -> None:
        super().__init__(*args, **more)
        if not came_from_file:
            del self.fields["money"]


class RefundForm(BaseForm):
    """Money that has been paid back to the citizen."""

    amount = AmountField(label=_("Amount"))
    paid_on = DateField(label=_("When was it paid back?"))
    voucher = forms.CharField(
        label=_("Voucher number"),
        help_text=_("From your accounting system"),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "mk-w-short"}),
        error_messages={"required": _("Write the voucher number of the booking.")},
    )
    reason = forms.CharField(
        label=_("Why does the money go back?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write why the money goes back.")},
    )

    def __init__(self, *args: Any, overpaid: Decimal, today: date, **more: Any) -> None:
        super().__init__(*args, **more)
        amount: Any = self.fields["amount"]
        amount.max_value, amount.suffix = overpaid, "kr."
        day: Any = self.fields["paid_on"]
        day.max_value = today
