from datetime import date
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from cases.models import Cohort
from microloan.core import danish
from microloan.core.forms import AmountField, BaseForm, DateField
from reports.rules.quarters import quarter_ends

MOST = 1_000_000_000  # kroner


class OverviewForm(BaseForm):
    """Which cohorts, on which day."""

    mark_optional = False
    as_of = DateField(label=_("Cut-off date"))
    cohorts = forms.ModelMultipleChoiceField(
        label=_("Cohorts"),
        queryset=Cohort.objects.order_by("start_on", "code"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one cohort.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["as_of"].widget.attrs["class"] += " form-control"


class AggregateForm(BaseForm):
    """What a manager chooses: only the day, and only ends of quarters.

    Cohorts and days that can be chosen freely could be subtracted from each other (docs/decisions/042-small-numbers.md).
    """

    as_of = forms.TypedChoiceField(
        label=_("Cut-off date"), coerce=date.fromisoformat, widget=forms.Select(attrs={"class": "form-select"})
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["as_of"].choices = [(day.isoformat(), danish.long_date(day)) for day in quarter_ends(today)]


class HistoryFileForm(BaseForm):
    """A file with former cohorts."""

    file = forms.FileField(
        label=_("File with former cohorts"),
        help_text=_("An Excel workbook (XLSX), or a ZIP file with the sheets as CSV. At most 20 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx,.zip"}),
        error_messages={"required": _("Choose the file."), "empty": _("The file is empty. Choose another.")},
        max_length=1000,
    )


def _short() -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "numeric", "size": "8", "class": "field-short"})


def _percent(label: Any, hint: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=0,
        max_value=100,
        widget=_short(),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), _("Write a whole percentage from 0 to 100.")
        ),
    )


def _whole(label: Any, hint: Any, first: int, last: int) -> forms.IntegerField:
    words = _("Write a whole number from {first} to {last}.")
    return forms.IntegerField(
        label=label,
        help_text=hint,
        min_value=first,
        max_value=last,
        widget=_short(),
        error_messages=dict.fromkeys(
            ("required", "invalid", "min_value", "max_value"), format_lazy(words, first=first, last=last)
        ),
    )


class PayoffForm(BaseForm):
    """The assumptions of the calculation whether the programme pays (`rules.break_even.Assumptions`)."""

    mark_optional = False
    participants = _whole(_("Participants"), _("Who took part in the main course."), 1, 100_000)
    programme_cost = AmountField(
        label=_("Staff, rooms and administration"),
        help_text=_("In all, for these participants."),
        min_value=0,
        max_value=MOST,
    )
    course_cost = AmountField(
        label=_("Courses"),
        help_text=_("What the runs cost, shared by those who have a seat."),
        min_value=0,
        max_value=MOST,
    )
    support_cost = AmountField(
        label=_("Living support"), help_text=_("As recorded month by month on the cases."), min_value=0, max_value=MOST
    )
    support_instead_percent = _percent(
        _("Of the support, what would have been paid as another benefit anyway"), _("Per cent.")
    )
    loans_lost = AmountField(
        label=_("Loans lost"), help_text=_("Written off, and what is with recovery."), min_value=0, max_value=MOST
    )
    benefit_per_month = AmountField(
        label=_("A benefit, per person and month"),
        help_text=_("What one person without income of their own costs."),
        min_value=0,
        max_value=100_000,
    )
    municipal_percent = _percent(_("The municipality's part of the benefit"), _("Per cent, after the state's refund."))
    years = _whole(_("Years that are looked at"), _("The review used five."), 1, 10)
    discount_percent = _percent(
        _("What is saved a year later counts for less"), _("Per cent a year; 0 for no difference.")
    )
    name = forms.CharField(
        label=_("Name"), help_text=_("To save the calculation, such as “Budget 2027”."), required=False, max_length=80
    )
