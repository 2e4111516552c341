from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.models import Cohort
from microloan.core import danish
from microloan.core.forms import BaseForm, DateField
from reports.rules.quarters import quarter_ends


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
