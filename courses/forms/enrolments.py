from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from cases.models import CaseFile
from courses.forms.runs import overruled_field
from microloan.core.forms import BaseForm


class EnrolForm(BaseForm):
    case = forms.ModelChoiceField(
        queryset=CaseFile.objects.none(), label=gettext_lazy("Citizen"), empty_label=gettext_lazy("Choose a citizen")
    )

    overruled = overruled_field()

    def __init__(self, *args: Any, candidates: QuerySet[CaseFile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "overruled" not in self.data:  # asked for once something stands in the way
            del self.fields["overruled"]
        field = self.fields["case"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = candidates
        field.label_from_instance = lambda case: f"{case.citizen} ({case.number})"  # type: ignore[method-assign,assignment]


class EnrolManyForm(BaseForm):
    """Seats for several at once."""

    mark_optional = False

    people = forms.ModelMultipleChoiceField(
        queryset=CaseFile.objects.none(),
        label=gettext_lazy("Citizens"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one citizen.")},
    )
    overruled = overruled_field()

    def __init__(self, *args: Any, candidates: QuerySet[CaseFile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "overruled" not in self.data:
            del self.fields["overruled"]
        field = self.fields["people"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = candidates
        field.label_from_instance = _with_cohort  # type: ignore[method-assign,assignment]


def _with_cohort(case: CaseFile) -> str:
    return f"{case.citizen} ({case.number}{', ' + case.cohort.code if case.cohort else ''})"
