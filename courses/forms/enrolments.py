from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from cases.models import CaseFile
from microloan.core.forms import BaseForm


class EnrolForm(BaseForm):
    case = forms.ModelChoiceField(
        queryset=CaseFile.objects.none(), label=gettext_lazy("Citizen"), empty_label=gettext_lazy("Choose a citizen")
    )

    def __init__(self, *args: Any, candidates: QuerySet[CaseFile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["case"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = candidates
        field.label_from_instance = lambda case: f"{case.citizen} ({case.number})"  # type: ignore[method-assign,assignment]
