from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import CaseFile
from courses.enums import Rhythm
from courses.models import CourseModule, Place, Teacher
from microloan.accounts.models import User
from microloan.core.forms import AmountField, BaseForm, DateField, PhoneField, TimeField
from microloan.core.two_versions import TwoVersionsForm

SHORT = {"class": "field-short"}


class ModuleForm(TwoVersionsForm):
    """A module of the catalogue; the later of two who correct it sees both versions."""

    title = forms.CharField(label=gettext_lazy("Module"), max_length=120)
    rhythm = forms.ChoiceField(label=gettext_lazy("Format"), choices=Rhythm.choices, widget=forms.RadioSelect)
    sessions = forms.IntegerField(
        label=gettext_lazy("Number of sessions"), min_value=1, max_value=30, widget=forms.NumberInput(SHORT)
    )
    hours_per_session = forms.DecimalField(
        label=gettext_lazy("Hours per session"),
        min_value=Decimal("0.5"),
        max_value=12,
        decimal_places=1,
        max_digits=4,
        localize=True,
        widget=forms.TextInput({**SHORT, "inputmode": "decimal"}),
    )
    usual_start = TimeField(label=gettext_lazy("Usual time"))
    order = forms.IntegerField(
        label=gettext_lazy("Order in the pre-course"),
        help_text=gettext_lazy("The lowest number comes first. The residential course always comes last."),
        min_value=0,
        max_value=999,
        widget=forms.NumberInput(SHORT),
    )
    is_mandatory = forms.BooleanField(label=gettext_lazy("For everyone"), required=False)
    is_residential = forms.BooleanField(label=gettext_lazy("The residential course"), required=False)
    is_voluntary = forms.BooleanField(label=gettext_lazy("Voluntary, after the start of the business"), required=False)
    completion_percent = forms.IntegerField(
        label=gettext_lazy("Sessions for completion, per cent"),
        help_text=gettext_lazy("Empty: what the rule set says."),
        min_value=1,
        max_value=100,
        required=False,
        widget=forms.NumberInput(SHORT),
    )
    run_cost = AmountField(
        label=gettext_lazy("Usual cost of a run, in kr."), min_value=0, max_value=1_000_000, initial=0
    )
    is_active = forms.BooleanField(label=gettext_lazy("In use"), required=False, initial=True)

    def __init__(self, *args: Any, module: CourseModule | None, **kwargs: Any) -> None:
        stored = {name: getattr(module, name) for name in self.base_fields} if module else {}
        super().__init__(*args, stored=stored, row=module, **kwargs)


class FormerCaseField(forms.CharField):
    """The case of a former borrower, written by its number; only what this person may see is found."""

    def __init__(self, **kwargs: Any) -> None:
        self.visible: QuerySet[CaseFile] = CaseFile.objects.none()
        super().__init__(max_length=20, required=False, widget=forms.TextInput(SHORT), **kwargs)

    def prepare_value(self, value: Any) -> Any:
        return value.number if isinstance(value, CaseFile) else value

    def clean(self, value: Any) -> Any:
        number = super().clean(value).strip().upper()
        if not number:
            return None
        found = self.visible.filter(number=number).first()
        if found is None:
            raise ValidationError(_("Write the number of a case that you may see, such as ML-2024-0012."))
        return found


def former_case_field() -> FormerCaseField:
    return FormerCaseField(
        label=gettext_lazy("Former borrower: case number"),
        help_text=gettext_lazy("Ask the person first. Shown only to those who may see the case."),
    )


def mentor_field() -> forms.BooleanField:
    return forms.BooleanField(label=gettext_lazy("May be a mentor for others"), required=False)


class TeacherForm(BaseForm):
    """A teacher of the register: from outside, a coach, or a former borrower."""

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
    former_case = former_case_field()
    is_mentor = mentor_field()

    def __init__(self, *args: Any, visible: QuerySet[CaseFile], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["user"]
        assert isinstance(field, forms.ModelChoiceField)
        field.queryset = User.objects.team().filter(teacher__isnull=True)
        former = self.fields["former_case"]
        assert isinstance(former, FormerCaseField)
        former.visible = visible


class TeacherEditForm(TwoVersionsForm):
    """A teacher put right; the case of a former borrower for those alone who may see it."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    phone = PhoneField(label=gettext_lazy("Phone"), required=False)
    email = forms.EmailField(label=gettext_lazy("E-mail"), required=False)
    former_case = former_case_field()
    is_mentor = mentor_field()
    is_active = forms.BooleanField(label=gettext_lazy("In the register"), required=False)

    def __init__(self, *args: Any, teacher: Teacher, visible: QuerySet[CaseFile], **kwargs: Any) -> None:
        stored = {name: getattr(teacher, name) for name in ("name", "phone", "email", "is_mentor", "is_active")}
        case = teacher.former_case
        self.sees_case = case is None or visible.filter(pk=case.pk).exists()
        if self.sees_case:
            stored["former_case"] = case.number if case else ""
        super().__init__(*args, stored=stored, row=teacher, **kwargs)
        field = self.fields["former_case"]
        assert isinstance(field, FormerCaseField)
        field.visible = visible
        if not self.sees_case:
            del self.fields["former_case"]


class PlaceForm(TwoVersionsForm):
    """A place of the register, with what a participant needs to find it."""

    name = forms.CharField(label=gettext_lazy("Place"), max_length=120)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=200, required=False)
    directions = forms.CharField(
        label=gettext_lazy("How to find it"),
        help_text=gettext_lazy("Bus, parking, which door. It stands in the invitation."),
        max_length=1000,
        required=False,
        widget=forms.Textarea({"rows": 3}),
    )

    def __init__(self, *args: Any, place: Place | None, **kwargs: Any) -> None:
        stored = {name: getattr(place, name) for name in ("name", "address", "directions")} if place else {}
        super().__init__(*args, stored=stored, row=place, **kwargs)


class SchoolHolidayForm(BaseForm):
    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=60, help_text=gettext_lazy("Such as: Winter holiday 2027")
    )
    first_on = DateField(label=gettext_lazy("First day"))
    last_on = DateField(label=gettext_lazy("Last day"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_on"), cleaned.get("last_on")
        if first and last and last < first:
            raise ValidationError({"last_on": _("The last day must not be before the first.")})
        if first and last and (last - first).days > 100:
            raise ValidationError({"last_on": _("Write at most 100 days at a time.")})
        return cleaned


class PeriodForm(BaseForm):
    """From when to when runs are counted."""

    first_on = DateField(label=gettext_lazy("From"), help_text="")
    last_on = DateField(label=gettext_lazy("To"), help_text="")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        first, last = cleaned.get("first_on"), cleaned.get("last_on")
        if first and last and last < first:
            raise ValidationError({"last_on": _("The last day must not be before the first.")})
        return cleaned
