from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Cohort
from courses.models import CourseModule, CourseRun, Teacher
from courses.rules import session_days
from microloan.core.clock import COPENHAGEN
from microloan.core.forms import BaseForm, DateField, TimeField
from microloan.core.two_versions import TwoVersionsForm

# A run of a weekly module has one session a week, any other has them on days in a row (domain.md §5).
CADENCES = (("1", gettext_lazy("on days in a row")), ("7", gettext_lazy("once a week")))


SHORT = {"class": "field-short"}


class RunForm(BaseForm):
    """A run of a module, planned from its format in one step; public holidays are passed over."""

    module = forms.ModelChoiceField(
        queryset=CourseModule.objects.none(), label=gettext_lazy("Module"), empty_label=gettext_lazy("Choose a module")
    )
    starts_on = DateField(label=gettext_lazy("First session"))
    sessions = forms.IntegerField(
        label=gettext_lazy("Number of sessions"), min_value=1, max_value=30, widget=forms.NumberInput(SHORT)
    )
    cadence = forms.ChoiceField(label=gettext_lazy("The sessions are held"), choices=CADENCES, widget=forms.RadioSelect)
    starts = TimeField(
        label=gettext_lazy("From"),
        error_messages={"required": gettext_lazy("Write when the sessions begin, as hh.mm.")},
    )
    ends = TimeField(
        label=gettext_lazy("To"), error_messages={"required": gettext_lazy("Write when the sessions end, as hh.mm.")}
    )
    place = forms.CharField(label=gettext_lazy("Place"), max_length=120)
    capacity = forms.IntegerField(
        label=gettext_lazy("Seats"), min_value=1, max_value=30, initial=12, widget=forms.NumberInput(SHORT)
    )
    teacher = forms.ModelChoiceField(
        queryset=Teacher.objects.none(),
        label=gettext_lazy("Teacher"),
        required=False,
        empty_label=gettext_lazy("None yet"),
    )
    cohort = forms.ModelChoiceField(
        queryset=Cohort.objects.none(),
        label=gettext_lazy("Cohort"),
        required=False,
        empty_label=gettext_lazy("None yet"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, QuerySet] = {
            "module": CourseModule.objects.filter(is_active=True),
            "teacher": Teacher.objects.filter(is_active=True),
            "cohort": Cohort.objects.order_by("-start_on", "code"),
        }
        for name, queryset in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            raise ValidationError({"ends": _("A session has to end after it starts.")})
        return cleaned

    def times(self) -> list[tuple[datetime, datetime]]:
        """The planned sessions as moments."""
        data = self.cleaned_data
        days = session_days(data["starts_on"], data["sessions"], int(data["cadence"]))
        return [
            (
                datetime.combine(day, data["starts"], tzinfo=COPENHAGEN),
                datetime.combine(day, data["ends"], tzinfo=COPENHAGEN),
            )
            for day in days
        ]


class RunEditForm(TwoVersionsForm):
    """A planned run that is put right; its sessions stay as they are."""

    place = forms.CharField(label=gettext_lazy("Place"), max_length=120)
    capacity = forms.IntegerField(
        label=gettext_lazy("Seats"), min_value=1, max_value=30, widget=forms.NumberInput(SHORT)
    )
    teacher = forms.ModelChoiceField(
        queryset=Teacher.objects.none(),
        label=gettext_lazy("Teacher"),
        required=False,
        empty_label=gettext_lazy("None yet"),
    )
    cohort = forms.ModelChoiceField(
        queryset=Cohort.objects.order_by("-start_on", "code"),
        label=gettext_lazy("Cohort"),
        required=False,
        empty_label=gettext_lazy("None yet"),
    )

    def __init__(self, *args: Any, run: CourseRun, **kwargs: Any) -> None:
        stored = {name: getattr(run, name) for name in ("place", "capacity", "teacher", "cohort")}
        super().__init__(*args, stored=stored, row=run, **kwargs)
        field = self.fields["teacher"]
        assert isinstance(field, forms.ModelChoiceField)
        # A teacher who has left the register since stays on the runs that name them.
        field.queryset = Teacher.objects.filter(is_active=True) | Teacher.objects.filter(pk=run.teacher_id)
