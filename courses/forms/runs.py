from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cases.models import Cohort
from courses import planning
from courses.models import CourseModule, CourseRun, CourseSession, SchoolHoliday, Teacher
from microloan.core.clock import COPENHAGEN
from microloan.core.forms import AmountField, BaseForm, DateField, TimeField
from microloan.core.two_versions import TwoVersionsForm

SHORT = {"class": "field-short"}
# The names of the places we know, offered while one types.
PLACES = "places"
Times = tuple[datetime, datetime]


def place_field(**more: Any) -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Place"), max_length=120, widget=forms.TextInput({"list": PLACES}), **more
    )


def seats_field(**more: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=gettext_lazy("Seats"), min_value=1, max_value=30, widget=forms.NumberInput(SHORT), **more
    )


def cost_field(**more: Any) -> AmountField:
    return AmountField(label=gettext_lazy("Cost in kr."), min_value=0, max_value=1_000_000, required=False, **more)


def choice_of(queryset: QuerySet, label: Any, empty: Any) -> forms.ModelChoiceField:
    return forms.ModelChoiceField(queryset=queryset, label=label, required=False, empty_label=empty)


def teacher_field() -> forms.ModelChoiceField:
    return choice_of(Teacher.objects.none(), gettext_lazy("Teacher"), gettext_lazy("None yet"))


def overruled_field() -> forms.CharField:
    return forms.CharField(
        label=gettext_lazy("Why is it planned all the same?"),
        help_text=gettext_lazy("The reason is kept and shown at the course run."),
        max_length=200,
        required=False,
        widget=forms.Textarea({"rows": 2}),
    )


def moment(day: date, at: time) -> datetime:
    return datetime.combine(day, at, tzinfo=COPENHAGEN)


class ClosedForm(BaseForm):
    """Which days are left out of a plan, public holidays apart."""

    school_holidays = forms.BooleanField(label=gettext_lazy("Pass over school holidays"), required=False, initial=True)
    july = forms.BooleanField(label=gettext_lazy("Pass over July"), required=False, initial=True)
    sundays = forms.BooleanField(label=gettext_lazy("Sessions may lie on a Sunday"), required=False)

    def closed(self) -> planning.Closed:
        data = self.cleaned_data
        periods = SchoolHoliday.objects.values_list("first_on", "last_on") if data["school_holidays"] else []
        return planning.Closed(tuple(periods), july=data["july"], sundays=not data["sundays"])


class RunForm(ClosedForm):
    """A run of a module, planned from its format in one step: the sessions are proposed and checked before it is saved."""

    module = forms.ModelChoiceField(
        queryset=CourseModule.objects.none(), label=gettext_lazy("Module"), empty_label=gettext_lazy("Choose a module")
    )
    starts_on = DateField(label=gettext_lazy("First session"))
    starts = TimeField(
        label=gettext_lazy("From"),
        required=False,
        help_text=gettext_lazy("hh.mm. Empty: the module's usual time."),
    )
    place = place_field()
    teacher = teacher_field()
    cohort = choice_of(Cohort.objects.none(), gettext_lazy("Cohort"), gettext_lazy("None yet"))
    capacity = seats_field(initial=12)
    cost = cost_field(help_text=gettext_lazy("Empty: the module's usual cost."))

    field_order = (
        "module",
        "starts_on",
        "starts",
        "school_holidays",
        "july",
        "sundays",
        "place",
        "teacher",
        "cohort",
        "capacity",
        "cost",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices: dict[str, QuerySet] = {
            "module": CourseModule.objects.filter(is_active=True),
            "teacher": Teacher.objects.filter(is_active=True),
            "cohort": Cohort.objects.order_by("-start_on", "code"),
        }
        for name, queryset in choices.items():
            field = self.fields[name]
            assert isinstance(field, forms.ModelChoiceField)
            field.queryset = queryset

    def clean(self) -> dict[str, Any]:
        """Nothing is proposed on days that are all closed."""
        cleaned = super().clean() or {}
        if not self.errors:
            try:
                self.proposed()
            except planning.NoRoom:
                raise ValidationError({"starts_on": _("There are no open days after this date.")}) from None
        return cleaned

    def proposed(self) -> list[Times]:
        """The sessions as the format has them, closed days passed over."""
        module = self.cleaned_data["module"]
        form = planning.Format(module.rhythm, module.sessions, module.hours_per_session)
        days = planning.session_days(self.cleaned_data["starts_on"], form, self.closed())
        return planning.times(days, self.cleaned_data.get("starts") or module.usual_start, module.hours_per_session)


class SessionTimesForm(BaseForm):
    """One session, moved by hand: its day and its hours."""

    day = DateField(label=gettext_lazy("Day"))
    starts = TimeField(label=gettext_lazy("From"))
    ends = TimeField(label=gettext_lazy("To"))

    def __init__(self, *args: Any, times: Times | None = None, **kwargs: Any) -> None:
        if times is not None:
            start, end = (moment.astimezone(COPENHAGEN) for moment in times)
            kwargs["initial"] = {"day": start.date(), "starts": start.time(), "ends": end.time()}
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        starts, ends = cleaned.get("starts"), cleaned.get("ends")
        if starts and ends and ends <= starts:
            raise ValidationError({"ends": _("A session has to end after it starts.")})
        return cleaned

    def times(self) -> Times:
        data = self.cleaned_data
        return moment(data["day"], data["starts"]), moment(data["day"], data["ends"])


class ProposedSessionForm(SessionTimesForm):
    """One proposed session. Without a day it is left out."""

    mark_optional = False

    day = DateField(label=gettext_lazy("Day"), required=False, help_text="")
    starts = TimeField(label=gettext_lazy("From"), required=False, help_text="")
    ends = TimeField(label=gettext_lazy("To"), required=False, help_text="")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("day"):
            for name in ("starts", "ends"):
                if not cleaned.get(name) and name not in self.errors:
                    self.add_error(name, _("Write the time of day as hh.mm, such as 10.15."))
        return cleaned

    @property
    def is_left_out(self) -> bool:
        return not self.cleaned_data.get("day")


def session_forms(data: Any, proposed: Sequence[Times], *, typed: bool) -> list[ProposedSessionForm]:
    """A form for each proposed session; `typed`: what came back of them."""
    count = len(proposed)
    return [
        ProposedSessionForm(data if typed else None, prefix=f"session-{number}", times=proposed[number])
        for number in range(count)
    ]


def times_of(sessions: Iterable[ProposedSessionForm]) -> list[Times]:
    return [session.times() for session in sessions if not session.is_left_out]


class OverruleForm(BaseForm):
    """Shown only where something stands in the way: then the reason is needed."""

    mark_optional = False

    overruled = overruled_field()


class MoveSessionForm(SessionTimesForm):
    reason = forms.CharField(label=gettext_lazy("Why is it moved?"), max_length=200, required=False)
    overruled = overruled_field()

    def __init__(self, *args: Any, session: CourseSession, asks: bool, **kwargs: Any) -> None:
        """`asks`: something stands in the way, and why it is done all the same is asked for."""
        super().__init__(*args, times=(session.starts_at, session.ends_at), **kwargs)
        if not asks:
            del self.fields["overruled"]


class AddSessionForm(SessionTimesForm):
    overruled = overruled_field()

    def __init__(self, *args: Any, asks: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks:
            del self.fields["overruled"]


class CancelSessionForm(BaseForm):
    reason = forms.CharField(
        label=gettext_lazy("Why is the session cancelled?"), max_length=200, widget=forms.Textarea({"rows": 2})
    )


class RunEditForm(TwoVersionsForm):
    """A planned run that is put right; its sessions are moved one by one."""

    place = place_field()
    capacity = seats_field()
    cost = cost_field()
    teacher = teacher_field()
    cohort = choice_of(Cohort.objects.order_by("-start_on", "code"), gettext_lazy("Cohort"), gettext_lazy("None yet"))
    overruled = overruled_field()

    def __init__(self, *args: Any, run: CourseRun, asks: bool = False, **kwargs: Any) -> None:
        stored = {name: getattr(run, name) for name in ("capacity", "cost", "teacher", "cohort")}
        super().__init__(*args, stored={**stored, "place": run.place.name}, row=run, **kwargs)
        field = self.fields["teacher"]
        assert isinstance(field, forms.ModelChoiceField)
        # A teacher who has left the register since stays on the runs that name them.
        field.queryset = Teacher.objects.filter(is_active=True) | Teacher.objects.filter(pk=run.teacher_id or 0)
        if not asks:
            del self.fields["overruled"]
