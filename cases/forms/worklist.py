"""What the check pages of Mit arbejde, saved views and the export take."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.rules import furthest_due
from microloan.accounts.enums import Purpose
from microloan.accounts.models import User
from microloan.core.forms import BaseForm, DateField

# What a list may be taken out for. Each is written in the access log, and told to citizens who ask.
EXPORT_PURPOSES = (Purpose.CASEWORK, Purpose.RESULTS, Purpose.ACCESS_REQUEST)
FORMATS = (("xlsx", _("Excel (XLSX)")), ("csv", _("Text (CSV)")))


class AssignForm(BaseForm):
    owner = forms.ModelChoiceField(
        label=_("Who gets the tasks?"),
        queryset=User.objects.team(),
        empty_label=_("Choose somebody from the team"),
        error_messages={"required": _("Choose who gets the tasks.")},
    )
    also_coach = forms.BooleanField(label=_("Also become coach of the cases that have none"), required=False)

    def __init__(self, *args: Any, without_coach: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not without_coach:
            del self.fields["also_coach"]


class MoveForm(BaseForm):
    due_on = DateField(label=_("New due date"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        due_on = cast(DateField, self.fields["due_on"])
        due_on.min_value, due_on.max_value = today, furthest_due(today)


class SaveViewForm(BaseForm):
    name = forms.CharField(
        label=_("What shall the view be called?"),
        max_length=40,
        widget=forms.TextInput(attrs={"class": "mk-w-medium", "autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(label=_("The whole team may use it"), required=False)


class ExportForm(BaseForm):
    purpose = forms.ChoiceField(
        label=_("What is the list for?"),
        help_text=_("Your answer is written in the access log."),
        choices=[("", _("Choose a purpose")), *((purpose.value, purpose.label) for purpose in EXPORT_PURPOSES)],
        error_messages={"required": _("Choose what the list is for.")},
    )
    format = forms.ChoiceField(label=_("File"), choices=FORMATS, initial="xlsx", widget=forms.RadioSelect)
