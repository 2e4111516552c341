"""The case itself: its citizen, coach, cohort and business, its phases and its end."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import closing, services
from cases.enums import (
    HISTORIC_LIVELIHOODS,
    BusinessForm,
    ClosedBy,
    ClosingReason,
    LetterPreference,
    Livelihood,
    Sex,
)
from cases.models import Citizen, Cohort
from cases.registry import OpenThing
from microloan.accounts.models import User
from microloan.core.forms import BaseForm, CvrField, DateField, PhoneField, PostcodeField
from microloan.core.two_versions import TwoVersionsForm


class CoachForm(TwoVersionsForm):
    coach = forms.ModelChoiceField(label=_("Coach"), queryset=User.objects.team(), empty_label=_("Choose a coach"))


class CohortForm(TwoVersionsForm):
    cohort = forms.ModelChoiceField(
        label=_("Cohort"), queryset=Cohort.objects.order_by("-start_on", "code"), required=False, empty_label=_("None")
    )
    cohort_joined_on = DateField(
        label=_("In the cohort since"),
        help_text=_("dd-mm-yyyy. Only for those who join late."),
        required=False,
        min_value=date(2000, 1, 1),
    )
    cohort_note = forms.CharField(
        label=_("Note"), help_text=_("Such as what was missed and is made up for."), max_length=200, required=False
    )


ADDRESS = ("co_name", "street", "postcode", "city")
WHOLE_ADDRESS = ("street", "postcode", "city")


class CitizenForm(TwoVersionsForm):
    """The citizen's data. The field names are those of the model, as `services.CITIZEN_FIELDS` lists them."""

    name = forms.CharField(label=_("Name"), max_length=120)
    sex = forms.ChoiceField(label=_("Sex"), choices=[("", "–"), *Sex.choices], required=False)
    phone = PhoneField(label=_("Phone"), required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        error_messages={"invalid": _("Write the e-mail address with @, such as name@example.org.")},
    )
    co_name = forms.CharField(label=_("c/o"), max_length=80, required=False)
    street = forms.CharField(label=_("Address"), max_length=100, required=False)
    postcode = PostcodeField(label=_("Postcode"), required=False)
    city = forms.CharField(label=_("City"), max_length=60, required=False)
    protected_address = forms.BooleanField(label=_("Name and address are protected"), required=False)
    protected_until = DateField(label=_("Protected until"), required=False)
    digital_post_exempt = forms.BooleanField(label=_("Exempt from Digital Post"), required=False)
    letter_preference = forms.ChoiceField(label=_("Letters by"), choices=LetterPreference.choices)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)
        if self._hides_address():
            self.fields["street"].help_text = _(
                "The address is protected and not shown. Leave it empty to keep it; write all of it to change it."
            )

    def _hides_address(self) -> bool:
        return isinstance(self.row, Citizen) and self.row.is_protected_on(self.today)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self._hides_address() and any(values.get(name) for name in ADDRESS):
            for name in WHOLE_ADDRESS:  # the rest is not on the page, so a part would empty it unseen
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, _("Write the whole address: street, postcode and city."))
        return values

    @staticmethod
    def stored_of(citizen: Citizen, today: date) -> dict[str, Any]:
        """What the page begins with; a protected address is asked for on the case page alone, where it is logged."""
        stored = {name: getattr(citizen, name) for name in services.CITIZEN_FIELDS}
        return stored | (dict.fromkeys(ADDRESS, "") if citizen.is_protected_on(today) else {})

    @property
    def values(self) -> dict[str, Any]:
        values = {name: self.cleaned_data[name] for name in services.CITIZEN_FIELDS}
        if self._hides_address() and not any(values[name] for name in ADDRESS):
            values = {name: value for name, value in values.items() if name not in ADDRESS}
        return values


class FirmForm(TwoVersionsForm):
    name = forms.CharField(label=_("Name of the business"), max_length=120)
    form = forms.ChoiceField(
        label=_("Business form"), choices=[("", _("Choose a form")), *BusinessForm.choices], widget=forms.Select
    )
    trade = forms.CharField(label=_("Trade"), max_length=80, required=False)
    cvr = CvrField(label=_("CVR number"), required=False)
    started_on = DateField(label=_("Started"), required=False)

    @property
    def values(self) -> dict[str, Any]:
        names = ("name", "form", "trade", "cvr", "started_on")
        return {name: self.cleaned_data[name] for name in names} | {"cvr": self.cleaned_data["cvr"] or ""}


class AcceptForm(BaseForm):
    coach = forms.ModelChoiceField(
        label=_("Who takes the case?"), queryset=User.objects.team(), empty_label=_("Choose a coach")
    )


class NextPhaseForm(BaseForm):
    reason = forms.CharField(
        label=_("Note for the journal"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


# Nobody begins to live on a benefit that has ended.
NOT_FROM_NOW = frozenset({Livelihood.UNKNOWN, *HISTORIC_LIVELIHOODS})


class CloseForm(BaseForm):
    """Why, whose choice, and what the citizen lives on from now (domain.md §3.4)."""

    reason = forms.ChoiceField(label=_("Why is the case closed?"), choices=[("", _("Choose a reason"))])
    choice_of = forms.ChoiceField(
        label=_("Whose decision was it?"),
        help_text=_("Leave it open where the reason says it; the next page shows it."),
        choices=ClosedBy.choices,
        required=False,
        widget=forms.RadioSelect,
    )
    text = forms.CharField(
        label=_("In words"),
        help_text=_("Describe what happened, not the person. Needed where you choose “Other”."),
        max_length=5000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    livelihood = forms.ChoiceField(
        label=_("What does the citizen live on now?"),
        required=False,
        choices=[("", _("Not known")), *((one.value, one.label) for one in Livelihood if one not in NOT_FROM_NOW)],
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    send_letter = forms.BooleanField(label=_("Send the citizen a letter about it"), required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        may_complete: bool,
        things: Iterable[OpenThing] = (),
        unfinished: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        """`unfinished` says what stands in the way of "completed": it is told before anything is asked."""
        self.things = list(things)
        super().__init__(*args, **kwargs)
        for thing in self.things:
            if thing.asks:
                self.fields[f"answer_{thing.key}"] = forms.CharField(
                    label=thing.asks,
                    max_length=1000,
                    widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
                    error_messages={"required": _("Write an answer in a few words.")},
                )
        self.order_fields(["reason", "choice_of", "text", *(f"answer_{thing.key}" for thing in self.things)])
        offered = may_complete and not unfinished
        reasons = [(r.value, r.label) for r in ClosingReason if offered or r != ClosingReason.COMPLETED]
        cast(forms.ChoiceField, self.fields["reason"]).choices = [("", _("Choose a reason")), *reasons]
        if unfinished:
            words = {"reason": ClosingReason.COMPLETED.label, "why": " ".join(unfinished)}
            self.fields["reason"].help_text = _("“%(reason)s” cannot be chosen yet. %(why)s") % words

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("reason") == ClosingReason.OTHER and not values.get("text", "").strip():
            self.add_error("text", _("Write the reason in words."))
        if values.get("reason") and not values.get("choice_of"):
            values["choice_of"] = closing.usual_choice(values["reason"])
            if not values["choice_of"]:
                self.add_error("choice_of", _("Choose whose decision it was."))
        return values

    @property
    def values(self) -> dict[str, Any]:
        """What the service takes."""
        prefix = "answer_"
        plain = {name: value for name, value in self.cleaned_data.items() if not name.startswith(prefix)}
        answers = {name.removeprefix(prefix): v for name, v in self.cleaned_data.items() if name.startswith(prefix)}
        return {**plain, "answers": answers}


class ReopenForm(BaseForm):
    reason = forms.CharField(
        label=_("Why is the case reopened?"), max_length=2000, widget=forms.Textarea(attrs={"rows": 3})
    )
