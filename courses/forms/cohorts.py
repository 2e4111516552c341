from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Cohort
from courses import planning
from courses.forms.runs import SHORT, ClosedForm, Times, overruled_field, place_field, seats_field, teacher_field
from courses.models import CourseModule, Teacher
from microloan.core.forms import BaseForm, DateField, TimeField
from microloan.core.two_versions import TwoVersionsForm


class CohortForm(TwoVersionsForm):
    code = forms.CharField(label=gettext_lazy("Cohort"), max_length=20, help_text=gettext_lazy("Such as M16"))
    start_on = DateField(label=gettext_lazy("Start"))
    end_on = DateField(label=gettext_lazy("End"))
    main_course_on = DateField(label=gettext_lazy("Start of the main course"), required=False)
    target_size = forms.IntegerField(
        label=gettext_lazy("Target size"), min_value=1, max_value=30, initial=11, widget=forms.NumberInput(SHORT)
    )

    def __init__(self, *args: Any, cohort: Cohort | None, **kwargs: Any) -> None:
        stored = {name: getattr(cohort, name) for name in self.base_fields} if cohort else {}
        super().__init__(*args, stored=stored, row=cohort, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        start, end = cleaned.get("start_on"), cleaned.get("end_on")
        if start and end and end < start:
            raise ValidationError({"end_on": _("The end must not be before the start.")})
        return cleaned


class PreCourseForm(ClosedForm):
    """What a whole pre-course is proposed from."""

    first_on = DateField(label=gettext_lazy("First day of the pre-course"))
    main_course_on = DateField(label=gettext_lazy("Start of the main course"))
    place = place_field()

    field_order = ("first_on", "main_course_on", "place", "school_holidays", "july", "sundays")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, main = cleaned.get("first_on"), cleaned.get("main_course_on")
        if first and main and main <= first:
            raise ValidationError({"main_course_on": _("Write a date after the first day of the pre-course.")})
        if first and main and (main - first).days > 366:
            raise ValidationError({"main_course_on": _("Write a date within a year of the first day.")})
        return cleaned


class ModuleRowForm(BaseForm):
    """One module of a pre-course: whether, from when, where and by whom."""

    mark_optional = False

    included = forms.BooleanField(label=gettext_lazy("Include"), required=False)
    first_on = DateField(label=gettext_lazy("First session"), help_text="", required=False)
    starts = TimeField(label=gettext_lazy("From"), help_text="")
    place = place_field()
    teacher = teacher_field()
    capacity = seats_field()
    # The days that were proposed last; another first day that is typed is a wish, which stays a wish.
    proposed = forms.CharField(required=False, max_length=600, widget=forms.HiddenInput)
    chosen = forms.BooleanField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, module: CourseModule, granted: int, teachers: Any, **kwargs: Any) -> None:
        self.module, self.granted = module, granted
        self.times: list[Times] = []
        self.lacking = 0
        super().__init__(*args, prefix=f"m{module.pk}", **kwargs)
        field = self.fields["teacher"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = Teacher.objects.filter(is_active=True)
        field.choices = teachers
        if self.is_bound and not self["included"].value():
            for name in ("starts", "place", "capacity"):
                self.fields[name].required = False

    def clean_proposed(self) -> list[date]:
        try:
            days = [date.fromisoformat(day) for day in self.cleaned_data["proposed"].split(",") if day]
        except ValueError:
            return []
        return days if all(planning.is_in_reach(day) for day in days) else []

    @property
    def is_moved(self) -> bool:
        """Another first day than the one proposed has been typed."""
        proposed = self.cleaned_data.get("proposed") or []
        return self.cleaned_data.get("first_on") != (proposed[0] if proposed else None)

    @property
    def wish(self) -> date | None:
        """The first day that somebody has chosen instead of the proposed one; none where the field was emptied."""
        is_chosen = self.is_moved or self.cleaned_data.get("chosen")
        return self.cleaned_data.get("first_on") if is_chosen else None


def format_of(module: CourseModule) -> planning.Format:
    return planning.Format(module.rhythm, module.sessions, module.hours_per_session)


def teacher_choices() -> list[tuple[Any, str]]:
    """Read once for all rows."""
    teachers = Teacher.objects.filter(is_active=True)
    return [("", _("None yet")), *((teacher.pk, teacher.name) for teacher in teachers)]


def included(rows: Iterable[ModuleRowForm]) -> list[ModuleRowForm]:
    return [row for row in rows if row.cleaned_data.get("included")]


class PlanForm(BaseForm):
    """What is said of the plan as a whole."""

    with_seats = forms.BooleanField(
        label=gettext_lazy("Give the citizens to whom a module is granted a seat"), required=False, initial=True
    )
    overruled = overruled_field()


class ResidentialForm(BaseForm):
    reason = forms.CharField(
        label=gettext_lazy("Why may the main course start without the residential course, or late after it?"),
        max_length=500,
        widget=forms.Textarea({"rows": 3}),
    )
