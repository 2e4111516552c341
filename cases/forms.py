"""What the screens of a case take. The services decide; a form reads and says at the field what to write instead."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from cases import closing, services
from cases.enums import (
    BusinessForm,
    ClosedBy,
    ClosingReason,
    EntryKind,
    Holder,
    LetterPreference,
    Livelihood,
    Sex,
)
from cases.models import CaseFile, Citizen, Cohort
from cases.registry import OpenThing
from microloan.accounts.enums import TEAM
from microloan.accounts.models import User
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.forms import BaseForm, CvrField, DateField, PhoneField, PostcodeField, TimeField
from microloan.core.two_versions import TwoVersionsForm

NOTE_KINDS = (
    EntryKind.NOTE,
    EntryKind.CONTACT,
    EntryKind.SCREENING,
    EntryKind.COURSE,
    EntryKind.LOAN,
    EntryKind.SUPPORT,
)


def add_refusal(form: forms.BaseForm, refusal: Refused) -> None:
    """Show why a service refused: at the field it names, else on top of the form."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


def team() -> Any:
    return User.objects.filter(role__in=TEAM, is_active=True).order_by("full_name", "pk")


class MessageForm(BaseForm):
    text = forms.CharField(
        label=_("Write to the team"), max_length=5000, widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off"})
    )


class NoteForm(BaseForm):
    """A note. The event may lie earlier than the entry; both times are kept (ui-guide.md §2)."""

    text = forms.CharField(label=_("New note"), max_length=20000, widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(label=_("Kind"), choices=[(kind.value, kind.label) for kind in NOTE_KINDS])
    date = DateField(label=_("Date of the event"), required=False, help_text=_("If it was earlier than now."))
    time = TimeField(label=_("Time of the event"), required=False)
    others_data = forms.BooleanField(label=_("Holds another person's data"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("time") and not values.get("date") and "date" not in self.errors:
            self.add_error("date", _("Write the date too, as dd-mm-yyyy."))
        return values

    @property
    def event_at(self) -> datetime | None:
        return moment(self.cleaned_data.get("date"), self.cleaned_data.get("time"))


class CorrectionForm(BaseForm):
    text = forms.CharField(
        label=_("What is right?"),
        help_text=_("The old entry stays as it is. Yours is shown beside it."),
        max_length=20000,
        widget=forms.Textarea(attrs={"rows": 4}),
    )


def moment(day: date | None, hour: Any) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, hour or clock.START_OF_WORK, tzinfo=clock.COPENHAGEN)


class TaskForm(BaseForm):
    title = forms.CharField(label=_("What has to be done?"), max_length=160)
    due_on = DateField(label=_("By when?"))
    holder = forms.ChoiceField(label=_("Whose turn is it?"), choices=Holder.choices, initial=Holder.TEAM)
    owner = forms.ModelChoiceField(
        label=_("Who in the team keeps an eye on it?"), queryset=team(), required=False, empty_label="–"
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(DateField, self.fields["due_on"]).min_value = today


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


class CoachForm(TwoVersionsForm):
    coach = forms.ModelChoiceField(label=_("Coach"), queryset=team(), empty_label=_("Choose a coach"))


class CohortForm(TwoVersionsForm):
    cohort = forms.ModelChoiceField(
        label=_("Cohort"), queryset=Cohort.objects.order_by("-start_on", "code"), required=False, empty_label=_("None")
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

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self._hides_address():
            self.fields["street"].help_text = _(
                "The address is protected and not shown. Leave it empty to keep it; write all of it to change it."
            )

    def _hides_address(self) -> bool:
        return isinstance(self.row, Citizen) and self.row.is_protected_on(clock.today())

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self._hides_address() and any(values.get(name) for name in ADDRESS):
            for name in WHOLE_ADDRESS:  # the rest is not on the page, so a part would empty it unseen
                if not values.get(name) and name not in self.errors:
                    self.add_error(name, _("Write the whole address: street, postcode and city."))
        return values

    @staticmethod
    def stored_of(citizen: Citizen) -> dict[str, Any]:
        """What the page begins with; a protected address is asked for on the case page alone, where it is logged."""
        stored = {name: getattr(citizen, name) for name in services.CITIZEN_FIELDS}
        return stored | (dict.fromkeys(ADDRESS, "") if citizen.is_protected_on(clock.today()) else {})

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
    coach = forms.ModelChoiceField(label=_("Who takes the case?"), queryset=team(), empty_label=_("Choose a coach"))


class NextPhaseForm(BaseForm):
    reason = forms.CharField(
        label=_("Note for the journal"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )


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
        choices=[("", _("Not known")), *((one.value, one.label) for one in Livelihood if one != Livelihood.UNKNOWN)],
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    send_letter = forms.BooleanField(label=_("Send the citizen a letter about it"), required=False, initial=True)

    def __init__(self, *args: Any, may_complete: bool, things: Iterable[OpenThing] = (), **kwargs: Any) -> None:
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
        reasons = [(r.value, r.label) for r in ClosingReason if may_complete or r != ClosingReason.COMPLETED]
        cast(forms.ChoiceField, self.fields["reason"]).choices = [("", _("Choose a reason")), *reasons]

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
