"""What the screens of contacts and the calendar take (domain.md §3.5)."""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from cases.enums import ContactKind, ContactState
from cases.forms.base import moment
from cases.services.contacts import LONGEST, SHORTEST, USUAL_MINUTES
from microloan.accounts.models import User
from microloan.core.forms import BaseForm, DateField, TimeField, needed_sometimes
from microloan.core.two_versions import TwoVersionsForm

HOW_IT_WENT = (
    (ContactState.PLANNED.value, _("It is planned: it lies ahead")),
    (ContactState.ATTENDED.value, _("The citizen took part")),
    (ContactState.EXCUSED.value, _("The citizen cancelled in time")),
    (ContactState.NO_SHOW.value, _("The citizen did not come")),
    (ContactState.CANCELLED.value, _("The team cancelled")),
)
WHO_CANCELS = (
    (ContactState.EXCUSED.value, _("The citizen, in time")),
    (ContactState.CANCELLED.value, _("The team")),
)
MINUTES_WORDS = _("Write how many minutes, between %(low)s and %(high)s.")


class MinutesField(forms.IntegerField):
    """How long it takes, in whole minutes."""

    def __init__(self) -> None:
        super().__init__(
            label=_("Minutes"),
            initial=USUAL_MINUTES,
            required=False,
            min_value=SHORTEST,
            max_value=LONGEST,
            widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "mk-w-4", "autocomplete": "off"}),
        )
        words = MINUTES_WORDS % {"low": SHORTEST, "high": LONGEST}
        self.error_messages.update(invalid=words)
        for validator in self.validators:
            validator.message = words  # type: ignore[attr-defined]

    def clean(self, value: Any) -> int:
        """Nothing written is the usual hour."""
        return super().clean(value) or USUAL_MINUTES


def place_field() -> forms.CharField:
    return forms.CharField(
        label=_("Place"), max_length=100, required=False, widget=forms.TextInput(attrs={"class": "mk-w-medium"})
    )


class PlanForm(TwoVersionsForm):
    """What stands in the way of the time chosen, and what to send to choose it all the same (`cases.clashes`)."""

    clashes: Sequence[str] = ()
    overrule = ""


class ContactForm(PlanForm):
    """Plan a contact, or register how it went."""

    kind = forms.ChoiceField(label=_("Kind"), choices=ContactKind.choices, widget=forms.Select)
    state = forms.ChoiceField(label=_("How did it go?"), choices=HOW_IT_WENT, widget=forms.RadioSelect)
    date = DateField(label=_("Date"))
    time = TimeField(label=_("Time"))
    minutes = MinutesField()
    place = place_field()
    staff = forms.ModelMultipleChoiceField(
        label=_("Who from the team took part?"),
        help_text=_("Needed when it was held: one, and two at a first meeting."),
        queryset=User.objects.team(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    others = forms.CharField(
        label=_("Others who took part"),
        help_text=_("Such as mentor, caseworker or interpreter."),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"class": "mk-w-medium"}),
    )
    notes = forms.CharField(
        label=_("Note for the journal"), max_length=20000, required=False, widget=forms.Textarea(attrs={"rows": 4})
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed_sometimes(self.fields["staff"])

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["at"] = moment(values.get("date"), values.get("time"))
        return values


class MoveContactForm(PlanForm):
    date = DateField(label=_("New date"))
    time = TimeField(label=_("New time"))
    place = place_field()
    reason = forms.CharField(
        label=_("Why is it moved?"), max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 2})
    )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        values["at"] = moment(values.get("date"), values.get("time"))
        return values


class CancelContactForm(BaseForm):
    state = forms.ChoiceField(label=_("Who cancels?"), choices=WHO_CANCELS, widget=forms.RadioSelect)
    reason = forms.CharField(
        label=_("Why?"),
        help_text=_("Needed where the team cancels."),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen_at = forms.DateTimeField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        needed_sometimes(self.fields["reason"])
