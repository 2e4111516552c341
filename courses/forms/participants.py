from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy

from cases.models import CaseFile
from courses.enums import WithdrawalReason
from courses.forms.runs import overruled_field
from courses.models import Guest
from microloan.core.forms import BaseForm, PhoneField
from microloan.core.two_versions import TwoVersionsForm


class ExceptionForm(BaseForm):
    """A seat without a grant, given by the project lead."""

    case = forms.ModelChoiceField(
        queryset=CaseFile.objects.none(), label=gettext_lazy("Citizen"), empty_label=gettext_lazy("Choose a citizen")
    )
    reason = forms.CharField(
        label=gettext_lazy("Why does the citizen get a seat without a grant?"),
        help_text=gettext_lazy("The reason stands on the course run and on the case."),
        max_length=300,
        widget=forms.Textarea({"rows": 3}),
    )

    overruled = overruled_field()

    def __init__(self, *args: Any, candidates: QuerySet[CaseFile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "overruled" not in self.data:  # asked for once something stands in the way
            del self.fields["overruled"]
        field = self.fields["case"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = candidates
        field.label_from_instance = lambda case: f"{case.citizen} ({case.number})"  # type: ignore[method-assign,assignment]


def _guest_fields() -> dict[str, forms.Field]:
    return {
        "name": forms.CharField(label=gettext_lazy("Name"), max_length=120),
        "phone": PhoneField(label=gettext_lazy("Phone"), required=False),
        "email": forms.EmailField(label=gettext_lazy("E-mail"), required=False),
        "sent_by": forms.CharField(
            label=gettext_lazy("Who has sent the person?"),
            help_text=gettext_lazy("For example a colleague, a department or an association."),
            max_length=120,
        ),
    }


class NewGuestForm(BaseForm):
    """A participant without a loan case who takes a seat. No CPR number, no address."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields.update(_guest_fields())


class GuestForm(TwoVersionsForm):
    """What is written of a guest, put right."""

    def __init__(self, *args: Any, guest: Guest, **kwargs: Any) -> None:
        stored = {name: getattr(guest, name) for name in _guest_fields()}
        super().__init__(*args, stored=stored, row=guest, **kwargs)
        self.fields.update(_guest_fields())


class WithdrawForm(BaseForm):
    why = forms.ChoiceField(
        label=gettext_lazy("Why is the seat given up?"),
        choices=[(code, label) for code, label in WithdrawalReason.choices if code != WithdrawalReason.CASE_CLOSED],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose why the seat is given up.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("In words"),
        help_text=gettext_lazy("Needed for another reason, else optional."),
        max_length=200,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


class InvitationForm(BaseForm):
    """What the letters ask the participants to bring."""

    bring = forms.CharField(
        label=gettext_lazy("What do they have to bring?"),
        help_text=gettext_lazy("One thing per line."),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )
