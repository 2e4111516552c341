from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Cohort
from courses import planning
from courses.enums import Audience
from courses.forms.runs import (
    SHORT,
    ClosedForm,
    Times,
    choice_of,
    cost_field,
    place_field,
    seats_field,
    teacher_field,
)
from courses.models import CourseModule, Meeting, Teacher
from courses.services import MeetingPlan
from courses.services.meetings import MOST_MEETINGS
from microloan.core.forms import DateField, TimeField
from microloan.core.two_versions import TwoVersionsForm

PROGRAMME_HELP = gettext_lazy("One thing per line, such as: 17.00 Welcome. It stands in the invitation.")


def audience_field() -> forms.ChoiceField:
    return forms.ChoiceField(
        label=gettext_lazy("For"), choices=Audience.choices, initial=Audience.BOTH, widget=forms.RadioSelect
    )


def theme_field() -> forms.CharField:
    return forms.CharField(label=gettext_lazy("Theme"), max_length=120, required=False)


def text_field(label: Any, rows: int, help_text: Any = "") -> forms.CharField:
    return forms.CharField(
        label=label, help_text=help_text, max_length=4000, required=False, widget=forms.Textarea({"rows": rows})
    )


class MeetingsForm(ClosedForm):
    """A row of voluntary meetings, planned in one step: one a month from a date."""

    module = forms.ModelChoiceField(
        queryset=CourseModule.objects.none(),
        label=gettext_lazy("Kind of meeting"),
        empty_label=gettext_lazy("Choose a kind"),
    )
    starts_on = DateField(label=gettext_lazy("First meeting"))
    count = forms.IntegerField(
        label=gettext_lazy("Number of meetings"),
        help_text=gettext_lazy("One a month, on the same weekday in the same week of the month."),
        min_value=1,
        max_value=MOST_MEETINGS,
        initial=6,
        widget=forms.NumberInput(SHORT),
    )
    starts = TimeField(
        label=gettext_lazy("From"), required=False, help_text=gettext_lazy("hh.mm. Empty: the module's usual time.")
    )
    place = place_field()
    audience = audience_field()
    cohort = choice_of(Cohort.objects.none(), gettext_lazy("Cohort"), gettext_lazy("All cohorts"))
    teacher = teacher_field()
    capacity = seats_field(initial=20)
    cost = cost_field(help_text=gettext_lazy("For each meeting. Empty: the module's usual cost."))
    theme = theme_field()
    programme = text_field(gettext_lazy("Programme"), 4, PROGRAMME_HELP)

    field_order = (
        "module", "starts_on", "count", "starts", "school_holidays", "july", "sundays", "place", "audience", "cohort",
        "teacher", "capacity", "cost", "theme", "programme",
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = {
            "module": CourseModule.objects.filter(is_active=True, is_voluntary=True),
            "teacher": Teacher.objects.filter(is_active=True),
            "cohort": Cohort.objects.order_by("-start_on", "code"),
        }
        for name, queryset in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.proposed()
            except planning.NoRoom:
                raise ValidationError({"starts_on": _("There are no open days after this date.")}) from None
        return cleaned

    def proposed(self) -> list[Times]:
        data = self.cleaned_data
        days = planning.monthly_days(data["starts_on"], data["count"], self.closed())
        return planning.times(days, data.get("starts") or data["module"].usual_start, data["module"].hours_per_session)

    def plan(self) -> MeetingPlan:
        names = ("module", "place", "capacity", "audience", "teacher", "cohort", "theme", "programme", "cost")
        return MeetingPlan(**{name: self.cleaned_data[name] for name in names})


class MeetingForm(TwoVersionsForm):
    """Programme and script of one meeting, and what comes next; the later of two who write sees both versions."""

    theme = theme_field()
    programme = text_field(gettext_lazy("Programme"), 5, PROGRAMME_HELP)
    reply_by = DateField(label=gettext_lazy("Answer wanted by"), required=False)
    audience = audience_field()
    script = text_field(
        gettext_lazy("Script"), 6, gettext_lazy("Who does what and when. For the team alone; it is not sent.")
    )
    ideas = text_field(gettext_lazy("Ideas for the next one"), 3, gettext_lazy("Shown when the next one is prepared."))

    def __init__(self, *args: Any, meeting: Meeting, **kwargs: Any) -> None:
        stored = {name: getattr(meeting, name) for name in self.base_fields}
        super().__init__(*args, stored=stored, row=meeting if meeting.pk else None, **kwargs)
