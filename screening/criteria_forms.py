"""The form of a criteria set: each criterion with its order, its words and its weight, and why the set is changed."""

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from screening.forms import UnmarkedForm
from screening.services import CriterionData
from screening.services.criteria import LARGEST_WEIGHT, MOST_CRITERIA

FREE_ROWS = 2


def _number_field(label: Any, largest: int) -> forms.IntegerField:
    words = _("Write a whole number from 1 to %(most)s.") % {"most": largest}
    field = forms.IntegerField(
        required=False,
        label=label,
        error_messages={"invalid": words},
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off", "class": "mk-w-4"}),
    )
    field.validators = [MinValueValidator(1, words), MaxValueValidator(largest, words)]
    return field


class CriterionForm(UnmarkedForm):
    """One criterion. An empty name takes it out of the new version."""

    code = forms.CharField(required=False, widget=forms.HiddenInput)
    title = forms.CharField(required=False, max_length=160, label=_("Criterion"))
    low = forms.CharField(required=False, max_length=160, label=_("1 means"))
    high = forms.CharField(required=False, max_length=160, label=_("5 means"))
    weight = _number_field(_("Weight"), LARGEST_WEIGHT)
    order = _number_field(_("Place in the order"), 99)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("title"):
            for name, what in (("low", _("Write what 1 means.")), ("high", _("Write what 5 means."))):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, what)
        elif not data.get("code") and (data.get("low") or data.get("high")):
            self.add_error("title", _("Write what the criterion is."))
        return data


class BaseCriteria(forms.BaseFormSet):
    def criteria(self) -> list[CriterionData]:
        """The criteria that stand, by the order that was written; equal places keep the order of the page."""
        rows = [form.cleaned_data for form in self.forms if form.cleaned_data.get("title")]
        rows.sort(key=lambda row: row.get("order") or 99)
        return [
            CriterionData(row["title"], row["low"], row["high"], row.get("weight") or 1, row.get("code", ""))
            for row in rows
        ]


Criteria = forms.formset_factory(
    CriterionForm, formset=BaseCriteria, extra=0, max_num=MOST_CRITERIA, absolute_max=MOST_CRITERIA
)


class CriteriaNoteForm(UnmarkedForm):
    version = forms.IntegerField(widget=forms.HiddenInput)
    note = forms.CharField(
        max_length=200,
        label=_("Why are the criteria changed?"),
        help_text=_("One sentence. It stands beside the version."),
        error_messages={"required": _("Write why the criteria are changed.")},
    )


def rows_of(criteria: Sequence[CriterionData]) -> list[Mapping[str, Any]]:
    """A set as the form shows it, with empty rows after it for new criteria."""
    filled: list[Mapping[str, Any]] = [
        {
            "code": row.code,
            "title": row.title,
            "low": row.low,
            "high": row.high,
            "weight": row.weight,
            "order": order,
        }
        for order, row in enumerate(criteria, start=1)
    ]
    return [*filled, *({"weight": 1} for _number in range(min(FREE_ROWS, MOST_CRITERIA - len(filled))))]
