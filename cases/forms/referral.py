"""The referral of a caseworker, and the inquiry that the team writes down (ui-guide.md §3.7, domain.md §3.3)."""

from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases import services
from cases.enums import REFERRAL_LIVELIHOODS, Channel
from cases.forms.base import add_refusal
from cases.models import PartnerOrganisation
from microloan.accounts.models import Centre, User
from microloan.core.errors import Refused
from microloan.core.forms import BaseForm, CprField, DateField, PhoneField

# The channels of what the team writes down; a caseworker's own referral is one by itself.
INQUIRY_CHANNELS = [(one.value, one.label) for one in Channel if one != Channel.CASEWORKER]
WISHES = (
    ("yes", _("Yes, the citizen told me")),
    ("told", _("Yes, I have it from somebody else")),
    ("no", _("No")),
)
ANSWER = "answer_"


class ReferralForm(BaseForm):
    """At most eight fields. A warning adds a question, which is answered in words; nothing blocks what the law allows."""

    cpr = CprField(label=_("The citizen's CPR number"))
    name = forms.CharField(
        label=_("The citizen's name"), max_length=120, widget=forms.TextInput(attrs={"class": "mk-w-medium"})
    )
    phone = PhoneField(label=_("The citizen's phone"))
    best_time = forms.CharField(
        label=_("Best time to ring"),
        max_length=60,
        required=False,
        widget=forms.TextInput(attrs={"class": "mk-w-short"}),
    )
    livelihood = forms.ChoiceField(
        label=_("What does the citizen live on?"),
        choices=[(livelihood.value, livelihood.label) for livelihood in REFERRAL_LIVELIHOODS],
        widget=forms.RadioSelect,
    )
    own_wish = forms.ChoiceField(
        label=_("Was it the citizen's own wish to become self-employed?"), choices=WISHES, widget=forms.RadioSelect
    )
    idea = forms.CharField(
        label=_("What is the idea?"),
        help_text=_("Two lines are enough."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    citizen_informed = forms.BooleanField(label=_("The citizen knows that I refer"))

    def __init__(self, *args: Any, user: User, today: date, **kwargs: Any) -> None:
        self.user, self.today = user, today
        self.questions: list[str] = []  # names of the questions that stand on the page for the first time
        self.known: list[services.Known] = []  # citizens who may be the same
        self.stated: services.ReferralData | None = None  # what was stated, where all of it could be read
        super().__init__(*args, **kwargs)
        self.fields["citizen_informed"].error_messages["required"] = _(
            "Tell the citizen before you refer, and tick that the citizen knows."
        )

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if self.errors:
            return values
        data = self.stated = self.referral_data()
        for code, text in services.referral_warnings(data, today=self.today).items():
            self._ask(f"{ANSWER}{code}", _in_words(text))
        self.known = services.duplicates_of(data)
        if self.known:
            self._ask("same_as", self.question_of_identity())
        try:
            services.check_no_open_case(self.referral_data(), by=self.user)
        except Refused as refusal:
            add_refusal(self, refusal)
        return values

    def question_of_identity(self) -> forms.Field:
        """Asked without telling who is known to us; "yes" is the one who was in touch last."""
        newest = self.known[-1].citizen.pk
        return _radio(
            _("A citizen of this name, born the same day, may have been in touch with the team. Is it the same?"),
            [
                (str(newest), _("Yes, the citizen has been in touch with the team")),
                (services.ANOTHER, _("No, it is somebody else")),
                (services.UNKNOWN, _("I do not know")),
            ],
        )

    def _ask(self, name: str, question: forms.Field) -> None:
        """Add a question, with what was answered to it before."""
        self.fields[name] = question
        if name not in self.data:
            self.questions.append(name)
            return
        try:
            self.cleaned_data[name] = question.clean(self.data[name])
        except forms.ValidationError as error:
            self.add_error(name, error)

    def referral_data(self) -> services.ReferralData:
        values = self.cleaned_data
        return services.ReferralData(
            cpr=values["cpr"] or "",
            name=values["name"],
            phone=values["phone"],
            best_time=values["best_time"],
            livelihood=values["livelihood"],
            own_wish=values["own_wish"] in ("yes", "told"),
            heard_from_other=values["own_wish"] == "told",
            idea=values["idea"],
            citizen_informed=values["citizen_informed"],
            same_as=values.get("same_as", ""),
            answers={name.removeprefix(ANSWER): text for name, text in values.items() if name.startswith(ANSWER)},
            **self.more_data(),
        )

    def more_data(self) -> dict[str, Any]:
        return {"channel": Channel.CASEWORKER}

    def values_to_send_again(self) -> dict[str, str]:
        """What was typed, for hidden fields of the check page."""
        return {name: self.data.get(name, "") for name in self.fields}


class InquiryForm(ReferralForm):
    """A citizen's own inquiry, or one that came by a partner organisation: the team may not have the CPR number yet."""

    birth_date = DateField(
        label=_("Date of birth"),
        required=False,
        is_past=True,
        help_text=_("Only where you do not have the CPR number. dd-mm-yyyy"),
    )
    channel = forms.ChoiceField(
        label=_("How did the citizen find us?"), choices=INQUIRY_CHANNELS, initial=Channel.INQUIRY
    )
    partner = forms.ModelChoiceField(
        label=_("Which organisation?"),
        queryset=PartnerOrganisation.objects.none(),
        required=False,
        empty_label=_("No organisation"),
        help_text=_("Where the citizen comes from a partner organisation."),
    )
    centre = forms.ModelChoiceField(
        label=_("Which centre does the citizen belong to?"),
        queryset=Centre.objects.none(),
        required=False,
        empty_label=_("Not known"),
    )
    field_order = (
        "channel",
        "partner",
        "cpr",
        "birth_date",
        "name",
        "phone",
        "best_time",
        "centre",
        "livelihood",
        "own_wish",
        "idea",
        "citizen_informed",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["cpr"].required = False
        self.fields["citizen_informed"].label = _("The citizen knows that we write this down")
        partner = cast(forms.ModelChoiceField, self.fields["partner"])
        partner.queryset = PartnerOrganisation.objects.filter(is_active=True)
        cast(forms.ModelChoiceField, self.fields["centre"]).queryset = Centre.objects.selectable()
        self.order_fields(self.field_order)

    def clean(self) -> dict[str, Any]:
        values = self.cleaned_data
        if not self.errors and not values.get("cpr") and not values.get("birth_date"):
            self.add_error("cpr", _("Write the CPR number, or the date of birth below."))
        if values.get("birth_date") and values["birth_date"] >= self.today:
            self.add_error("birth_date", _("Write a date of birth before today."))
        if values.get("channel") == Channel.PARTNER and not values.get("partner") and "partner" not in self.errors:
            self.add_error("partner", _("Choose which organisation the citizen comes from."))
        return super().clean()

    def question_of_identity(self) -> forms.Field:
        """The team sees whom we know already."""
        known = [(str(one.citizen.pk), _known_words(one)) for one in self.known]
        return _radio(
            _("We know somebody of this name, born the same day. Is it the same citizen?"),
            [*known, (services.ANOTHER, _("No, it is somebody else")), (services.UNKNOWN, _("We do not know yet"))],
        )

    def more_data(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "channel": values["channel"],
            "partner": values["partner"],
            "centre": values["centre"],
            "birth_date": values["birth_date"],
        }


def _in_words(question: str) -> forms.Field:
    return forms.CharField(
        label=question,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2, "autocomplete": "off"}),
        error_messages={"required": _("Write an answer in a few words.")},
    )


def _radio(question: Any, choices: list[tuple[str, Any]]) -> forms.Field:
    return forms.ChoiceField(
        label=question,
        choices=choices,
        widget=forms.RadioSelect,
        error_messages={"required": _("Say whether it is the same citizen.")},
    )


def _known_words(known: services.Known) -> str:
    """`Ja: Amina Testesen, ML-2026-0012 (åben), ML-2024-0003 (afsluttet: Fandt arbejde)`."""
    cases = [f"{case.number} ({earlier_words(case)})" for case in known.earlier]
    if known.open_case:
        cases.insert(0, gettext("%(number)s (open)") % {"number": known.open_case.number})
    return gettext("Yes: %(name)s, %(cases)s") % {"name": known.citizen, "cases": ", ".join(cases)}


def earlier_words(case: Any) -> str:
    """How an earlier case ended, in a few words for the team."""
    return gettext("closed: %(reason)s") % {"reason": case.get_closing_reason_display()}


def referral_form_for(user: User) -> type[ReferralForm]:
    """The team writes down inquiries; those who refer have the short form."""
    return InquiryForm if user.is_team else ReferralForm
