"""The filters of Mit arbejde and of the case list. They stand in the address, as removable tags and in saved views."""

import re
from datetime import date
from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from cases.enums import OPEN_PHASES, Channel, Holder, Livelihood, Phase
from cases.models import CaseFile, Cohort, Flag, Task
from cases.worklist import due_condition
from microloan.accounts.models import Centre, User
from microloan.core.forms import DanishFormMixin

ALL = "all"
NONE = "none"
OPEN_PHASE_CHOICES = [(phase.value, phase.label) for phase in OPEN_PHASES]
PHASES = [*OPEN_PHASE_CHOICES, (Phase.CLOSED.value, Phase.CLOSED.label), (ALL, _("Open and closed"))]
YES_NO = (("yes", _("With a flag")), ("no", _("Without a flag")))
DUE = (
    ("late", _("Overdue")),
    ("today", _("Today")),
    ("soon", _("The next 7 days")),
    ("later", _("Later")),
)
ORIGIN = (("hand", _("Made by a person")), ("derived", _("From the case")))
_SORT = re.compile(r"-?[a-z_]{1,30}")


class FilterForm(DanishFormMixin, django_filters.filterset.forms.Form):
    mark_optional = False


def _coach(label: Any, null_label: Any) -> django_filters.ModelChoiceFilter:
    return django_filters.ModelChoiceFilter(
        label=label,
        queryset=lambda request: User.objects.team(),
        empty_label=_("All"),
        null_label=null_label,
        null_value=NONE,
    )


class AddressFilterSet(django_filters.FilterSet):
    """Filters as removable tags, and as the part of an address that a saved view keeps."""

    def tags(self) -> list[dict[str, str]]:
        """The active filters, each with the address of the list without it."""
        tags = []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name) if self.form.is_valid() else None
            if not value:
                continue
            words = dict(field.choices).get(value, value) if isinstance(value, str) else value
            if value == NONE:
                words = field.null_label
            tags.append({"label": f"{field.label}: {words}", "url": f"?{self._without(name)}"})
        return tags

    def _without(self, name: str) -> str:
        query: QueryDict = self.data.copy()
        query.pop(name, None)
        query.pop("page", None)
        return query.urlencode()

    def as_query(self, **more: str) -> str:
        """What is chosen here, in one order and without what means nothing: the same view always reads the same."""
        query = QueryDict(mutable=True)
        for name, value in more.items():
            if value and _SORT.fullmatch(value):
                query[name] = value
        if self.form.is_valid():
            for name, field in self.form.fields.items():
                if value := self.form.cleaned_data.get(name):
                    query[name] = str(field.prepare_value(value))
        return query.urlencode()


class CaseFilter(AddressFilterSet):
    """The filters of the case list. Without a phase, the open cases."""

    phase = django_filters.ChoiceFilter(
        label=_("Phase"), choices=PHASES, empty_label=_("All open"), method="filter_phase"
    )
    coach = _coach(_("Coach"), _("No coach"))
    centre = django_filters.ModelChoiceFilter(
        label=_("Centre"), queryset=Centre.objects.order_by("name", "pk"), empty_label=_("All")
    )
    cohort = django_filters.ModelChoiceFilter(
        label=_("Cohort"), queryset=Cohort.objects.order_by("-start_on", "code"), empty_label=_("All")
    )
    livelihood = django_filters.ChoiceFilter(label=_("Livelihood"), choices=Livelihood.choices, empty_label=_("All"))
    channel = django_filters.ChoiceFilter(label=_("Channel"), choices=Channel.choices, empty_label=_("All"))
    waiting_on = django_filters.ChoiceFilter(
        label=_("Waiting on"), choices=Holder.choices, empty_label=_("All"), field_name="next_holder"
    )
    flag = django_filters.ChoiceFilter(label=_("Flag"), choices=YES_NO, empty_label=_("All"), method="filter_flag")

    class Meta:
        model = CaseFile
        fields = ("phase", "coach", "centre", "cohort", "livelihood", "channel", "waiting_on", "flag")
        form = FilterForm

    def filter_phase(self, queryset: QuerySet[CaseFile], name: str, value: str) -> QuerySet[CaseFile]:
        return queryset if value == ALL else queryset.filter(phase=value)

    def filter_flag(self, queryset: QuerySet[CaseFile], name: str, value: str) -> QuerySet[CaseFile]:
        flagged = Exists(Flag.objects.open().filter(case=OuterRef("pk")))
        return queryset.filter(flagged if value == "yes" else ~flagged)

    def filter_queryset(self, queryset: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
        queryset = super().filter_queryset(queryset)
        return queryset if self.form.cleaned_data.get("phase") else queryset.exclude(phase=Phase.CLOSED)


class TaskFilter(AddressFilterSet):
    """The filters of Mit arbejde, within the view chosen."""

    owner = _coach(_("Owner"), _("Nobody"))
    due = django_filters.ChoiceFilter(
        label=pgettext_lazy("task", "Due"), choices=DUE, empty_label=_("All"), method="filter_due"
    )
    holder = django_filters.ChoiceFilter(label=_("Waiting on"), choices=Holder.choices, empty_label=_("All"))
    phase = django_filters.ChoiceFilter(
        label=_("Phase"), choices=OPEN_PHASE_CHOICES, empty_label=_("All"), field_name="case__phase"
    )
    centre = django_filters.ModelChoiceFilter(
        label=_("Centre"),
        queryset=Centre.objects.order_by("name", "pk"),
        empty_label=_("All"),
        field_name="case__centre",
    )
    cohort = django_filters.ModelChoiceFilter(
        label=_("Cohort"),
        queryset=Cohort.objects.order_by("-start_on", "code"),
        empty_label=_("All"),
        field_name="case__cohort",
    )
    origin = django_filters.ChoiceFilter(label=_("Task"), choices=ORIGIN, empty_label=_("All"), method="filter_origin")

    class Meta:
        model = Task
        fields = ("owner", "due", "holder", "phase", "centre", "cohort", "origin")
        form = FilterForm

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        super().__init__(*args, **kwargs)

    def filter_due(self, queryset: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        return queryset.filter(due_condition(value, self.today))

    def filter_origin(self, queryset: QuerySet[Task], name: str, value: str) -> QuerySet[Task]:
        by_hand = Q(key="")
        return queryset.filter(by_hand if value == "hand" else ~by_hand)
