from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from courses.enums import AttendanceMark
from courses.models import Enrolment
from courses.services import Tap
from microloan.core.two_versions import Plain, TwoVersionsForm


class EngagementForm(TwoVersionsForm):
    """How a participant takes part."""

    text = forms.CharField(
        label=gettext_lazy("How does the citizen take part?"),
        help_text=gettext_lazy("Describe what the citizen does and says. Screening 3 reads it."),
        max_length=2000,
        widget=forms.Textarea({"rows": 4}),
    )


class AttendanceForm(TwoVersionsForm):
    """One session: a row of big buttons for each participant. An answer that is left out changes nothing."""

    mark_optional = False

    def __init__(self, *args: Any, enrolments: list[Enrolment], marks: dict[int, str], **kwargs: Any) -> None:
        stored = {f"mark_{enrolment.pk}": marks.get(enrolment.pk) for enrolment in enrolments}
        super().__init__(*args, stored=stored, **kwargs)
        for enrolment in enrolments:
            self.fields[f"mark_{enrolment.pk}"] = forms.ChoiceField(
                label=enrolment.person,
                choices=AttendanceMark.choices,
                widget=forms.RadioSelect({"class": "btn-check", "autocomplete": "off"}),
                required=False,
            )

    def plain_typed(self, name: str) -> Plain:
        return super().plain_typed(name) or self.plain_stored(name)

    def marks(self) -> dict[int, str]:
        return {int(name.removeprefix("mark_")): mark for name, mark in self.cleaned_data.items() if mark}


class TapForm(forms.Form):
    """One tap as the page sends it: `age` is how many milliseconds ago it was made, whatever clock the telephone has."""

    enrolment = forms.IntegerField(min_value=1)
    mark = forms.ChoiceField(choices=AttendanceMark.choices)
    key = forms.UUIDField()
    age = forms.IntegerField(min_value=0, max_value=30 * 24 * 3600 * 1000)

    def tap(self, now: datetime) -> Tap:
        data = self.cleaned_data
        return Tap(data["enrolment"], data["mark"], data["key"], now - timedelta(milliseconds=data["age"]))
