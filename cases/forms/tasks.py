"""Tasks made by hand."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.enums import Holder
from cases.models import CaseFile, Task
from cases.rules import furthest_due
from microloan.accounts.models import User
from microloan.core.forms import BaseForm, DateField
from microloan.core.two_versions import TwoVersionsForm


class TaskForm(BaseForm):
    title = forms.CharField(label=_("What has to be done?"), max_length=160)
    due_on = DateField(label=_("By when?"))
    holder = forms.ChoiceField(label=_("Whose turn is it?"), choices=Holder.choices, initial=Holder.TEAM)
    owner = forms.ModelChoiceField(
        label=_("Who in the team keeps an eye on it?"), queryset=User.objects.team(), required=False, empty_label="–"
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        due_on = cast(DateField, self.fields["due_on"])
        due_on.min_value, due_on.max_value = today, furthest_due(today)


class NewTaskForm(TaskForm):
    """From the work list, where the case has to be named."""

    number = forms.CharField(
        label=_("Case number"),
        max_length=20,
        help_text=_("Such as ML-2026-0042. It stands in the case's header."),
        widget=forms.TextInput(attrs={"class": "mk-w-short"}),
    )
    field_order = ("number",)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        super().__init__(*args, **kwargs)

    def clean_number(self) -> str:
        number = self.cleaned_data["number"].strip().upper()
        self.case = CaseFile.objects.visible_to(self.user).filter(number=number).first()
        if self.case is None:
            raise forms.ValidationError(_("There is no case with that number. Check it, or open the case first."))
        return number


class TaskEditForm(TwoVersionsForm, TaskForm):
    """As a new task; a date that has passed may stay as it is."""

    def __init__(self, *args: Any, today: date, stored: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, today=min(today, stored["due_on"]), stored=stored, **kwargs)

    @staticmethod
    def stored_of(task: Task) -> dict[str, Any]:
        return {"title": task.title, "due_on": task.due_on, "holder": task.holder, "owner": task.owner}
