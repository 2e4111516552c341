from collections.abc import Mapping
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.enums import Phase
from cases.models import CaseFile, Cohort
from courses.forms.runs import overruled_field
from microloan.core import danish
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
        field.label_from_instance = _one_of_many  # type: ignore[method-assign,assignment]


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


def _with_cohort(case: Any) -> str:
    """Name, number and cohort; and where the citizen has a seat of the module already, from when."""
    known = f"{case.citizen} ({case.number}{', ' + case.cohort.code if case.cohort else ''})"
    return _seated(case, known)


def _one_of_many(case: Any) -> str:
    return _seated(case, f"{case.citizen} ({case.number})")


def _seated(case: Any, known: str) -> str:
    if case.seat_from is None:
        return known
    return _("%(citizen)s – has a seat from %(day)s") % {"citizen": known, "day": danish.short_date(case.seat_from)}


class CandidatesForm(forms.Form):
    """Which of the many are shown: those of a cohort, in a phase."""

    cohort = forms.ModelChoiceField(
        queryset=Cohort.objects.none(),
        required=False,
        label=gettext_lazy("Cohort"),
        empty_label=gettext_lazy("All cohorts"),
    )
    phase = forms.ChoiceField(required=False, label=gettext_lazy("Phase"))

    def __init__(self, data: Mapping[str, str], *, candidates: QuerySet[CaseFile], usual: Cohort | None) -> None:
        """`usual`: the cohort that is shown until another is asked for."""
        super().__init__(data if "cohort" in data else {"cohort": usual.pk if usual else ""})
        self.candidates = candidates
        plain = candidates.order_by()
        field = self.fields["cohort"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Cohort.objects.filter(pk__in=plain.values("cohort")).order_by("-start_on", "-code")
        phases = set(plain.values_list("phase", flat=True))
        choices = [(str(value), str(label)) for value, label in Phase.choices if value in phases]
        phase = self.fields["phase"]
        assert isinstance(phase, forms.ChoiceField)
        phase.choices = [("", _("All phases")), *choices]
        for one in self.fields.values():
            one.widget.attrs["class"] = "form-select w-auto"

    def chosen(self) -> QuerySet[CaseFile]:
        """Those asked for; what nobody is in asks for nothing."""
        self.is_valid()
        rows = self.candidates
        if cohort := self.cleaned_data.get("cohort"):
            rows = rows.filter(cohort=cohort)
        if phase := self.cleaned_data.get("phase"):
            rows = rows.filter(phase=phase)
        return rows
