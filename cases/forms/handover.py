from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import substitutes
from microloan.accounts.models import User
from microloan.core.forms import BaseForm, DateField


class HandOverForm(BaseForm):
    """Whose cases, to whom, and what to know about them."""

    worker = forms.ModelChoiceField(label=_("Whose cases?"), queryset=User.objects.none(), empty_label=_("Choose who"))
    to = forms.ModelChoiceField(label=_("Who takes over?"), queryset=User.objects.none(), empty_label=_("Choose who"))
    note = forms.CharField(
        label=_("Note to who takes over"),
        help_text=_("It is written in the journal of every case. Describe what happens, not the persons."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["worker"]).queryset = substitutes.may_hand_over_from(user)
        cast(forms.ModelChoiceField, self.fields["to"]).queryset = User.objects.team()


class AbsenceForm(BaseForm):
    """Who is away, from when to when, and who stands in."""

    worker = forms.ModelChoiceField(label=_("Who is away?"), queryset=User.objects.none(), empty_label=_("Choose who"))
    from_on = DateField(label=_("First day"))
    to_on = DateField(label=_("Last day"))
    substitute = forms.ModelChoiceField(
        label=_("Who stands in?"), queryset=User.objects.none(), empty_label=_("Choose who")
    )
    note = forms.CharField(label=_("Note to the substitute"), max_length=200, required=False)

    def __init__(self, *args: Any, user: User, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ModelChoiceField, self.fields["worker"]).queryset = substitutes.may_hand_over_from(user)
        cast(forms.ModelChoiceField, self.fields["substitute"]).queryset = User.objects.team()
        cast(DateField, self.fields["to_on"]).min_value = today
