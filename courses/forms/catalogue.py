from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from microloan.accounts.models import User
from microloan.core.forms import BaseForm, PhoneField


class TeacherForm(BaseForm):
    """A teacher of the register: from outside, or a coach."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    phone = PhoneField(label=gettext_lazy("Phone"), required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    user = forms.ModelChoiceField(
        queryset=User.objects.none(),
        label=gettext_lazy("A coach who teaches?"),
        help_text=gettext_lazy("The sessions then stand in the coach's calendar."),
        required=False,
        empty_label=gettext_lazy("No, somebody from outside"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.team().filter(teacher__isnull=True)
