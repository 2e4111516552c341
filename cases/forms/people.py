"""Forms about the people around the citizen. Field names are those of the models, as `services.around.FIELDS` lists them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cases.enums import ConsentKind
from cases.models import CaseFile, Interpreter, Mentor, Representative
from cases.models.people import PersonAround
from cases.registry import mentor_registers
from cases.services.around import FIELDS
from microloan.accounts.enums import REFERRERS, Role
from microloan.accounts.models import User
from microloan.core.forms import BaseForm, DateField, PhoneField, PostcodeField
from microloan.core.two_versions import TwoVersionsForm


class PersonForm(TwoVersionsForm):
    """What mentor, representative and interpreter have in common."""

    model: type[PersonAround]

    name = forms.CharField(label=_("Name"), max_length=120)
    phone = PhoneField(label=_("Phone"), required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        error_messages={"invalid": _("Write the e-mail address with @, such as name@example.org.")},
    )
    from_on = DateField(label=_("From"))
    to_on = DateField(
        label=_("To and with"), required=False, help_text=_("dd-mm-yyyy. Leave it empty where no end is known.")
    )
    note = forms.CharField(label=_("Note"), max_length=2000, required=False, widget=forms.Textarea(attrs={"rows": 2}))

    @property
    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in FIELDS[self.model]}


class MentorForm(PersonForm):
    model = Mentor
    trade = forms.CharField(label=_("Trade"), max_length=80)
    field_order: Sequence[str] = ("name", "trade")


class NewMentorForm(MentorForm):
    """A mentor written down, or chosen among those who stand in a register: name and number then come from there."""

    known = forms.ChoiceField(
        label=_("From the register of teachers and mentors"),
        help_text=_("Name, phone and e-mail come from the register where you leave them empty."),
        required=False,
    )
    field_order = ("known", "name", "trade")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.people = {
            f"{name}:{one.key}": one for name, register in mentor_registers.items() for one in register.known()
        }
        if not self.people:
            del self.fields["known"]
            return
        choices = [(key, one.name) for key, one in self.people.items()]
        cast(forms.ChoiceField, self.fields["known"]).choices = [("", gettext("Somebody else")), *choices]
        self.fields["name"].required = False
        self.fields["name"].help_text = gettext("Needed where nobody is chosen above.")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = self.people.get(cleaned.get("known", ""))
        if chosen:
            for name in ("name", "phone", "email"):
                cleaned[name] = cleaned.get(name) or getattr(chosen, name)
        return cleaned

    @property
    def chosen(self) -> tuple[str, str] | None:
        """The register and the key there."""
        register, _sign, key = self.cleaned_data.get("known", "").partition(":")
        return (register, key) if key else None


class RepresentativeForm(PersonForm):
    """The power of attorney has an end, and copies of letters go to the address."""

    model = Representative
    organisation = forms.CharField(label=_("Organisation"), max_length=120, required=False)
    scope = forms.CharField(
        label=_("What does the power of attorney cover?"),
        help_text=_("Such as the whole case, or the loan alone."),
        max_length=200,
    )
    street = forms.CharField(
        label=_("Address"), max_length=100, help_text=_("Copies of the citizen's letters go there on paper.")
    )
    postcode = PostcodeField(label=_("Postcode"))
    city = forms.CharField(label=_("City"), max_length=60)
    from_on = DateField(label=_("Power of attorney from"))
    to_on = DateField(label=_("Power of attorney to and with"))
    field_order = ("name", "organisation", "scope", "from_on", "to_on", "street", "postcode", "city", "phone", "email")


class InterpreterForm(PersonForm):
    model = Interpreter
    language = forms.CharField(label=_("Language"), max_length=60)
    name = forms.CharField(label=_("Interpreter, where known"), max_length=120, required=False)
    field_order = ("language", "name")


class ConsentForm(BaseForm):
    kind = forms.ChoiceField(
        label=_("What does the citizen agree to?"), choices=ConsentKind.choices, widget=forms.RadioSelect
    )
    scope = forms.CharField(
        label=_("Scope"),
        help_text=_("With whom, about what, for how long. Such as: the bank's adviser, until the loan is paid out."),
        max_length=200,
    )
    given_on = DateField(label=_("Given on"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(DateField, self.fields["given_on"]).max_value = today


class WithdrawConsentForm(BaseForm):
    withdrawn_on = DateField(label=_("Withdrawn on"))

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(DateField, self.fields["withdrawn_on"]).max_value = today


class ExemptionForm(BaseForm):
    """From when, to when, the two exceptions, and who is told (domain.md §3.4)."""

    from_on = DateField(label=_("Exempt from"))
    to_on = DateField(
        label=_("To and with"),
        required=False,
        help_text=_("dd-mm-yyyy. Leave it empty: the exemption then ends with the case."),
    )
    begun_before = forms.CharField(
        label=_("Something begun before that goes on"),
        help_text=_("Such as a course of Danish on Tuesday evenings."),
        max_length=200,
        required=False,
    )
    useful = forms.CharField(
        label=_("Something useful beside the programme"),
        help_text=_("The project lead decides this."),
        max_length=200,
        required=False,
    )
    consultant = forms.ModelChoiceField(
        label=_("Job consultant, who is told by letter"), queryset=User.objects.none(), empty_label=_("Choose who")
    )

    def __init__(self, *args: Any, user: User, case: CaseFile, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        consultants = User.objects.filter(role__in=REFERRERS, is_active=True).order_by("full_name", "pk")
        cast(forms.ModelChoiceField, self.fields["consultant"]).queryset = consultants
        if user.role != Role.PROJECT_LEAD:
            del self.fields["useful"]


class EndForm(BaseForm):
    to_on = DateField(label=_("Last day"))


PERSON_FORMS: dict[str, type[PersonForm]] = {
    "mentor": MentorForm,
    "representative": RepresentativeForm,
    "interpreter": InterpreterForm,
}
