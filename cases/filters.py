import django_filters
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.enums import OPEN_PHASES, Channel, Holder, Livelihood, Phase
from cases.forms import team
from cases.models import CaseFile, Cohort
from microloan.accounts.models import Centre
from microloan.core.forms import DanishFormMixin

ALL = "all"
PHASES = [(phase.value, phase.label) for phase in OPEN_PHASES] + [
    (Phase.CLOSED.value, Phase.CLOSED.label),
    (ALL, _("Open and closed")),
]


class FilterForm(DanishFormMixin, django_filters.filterset.forms.Form):
    mark_optional = False


class CaseFilter(django_filters.FilterSet):
    """The filters of the case list. Without a phase, the open cases."""

    phase = django_filters.ChoiceFilter(
        label=_("Phase"), choices=PHASES, empty_label=_("All open"), method="filter_phase"
    )
    coach = django_filters.ModelChoiceFilter(
        label=_("Coach"),
        queryset=lambda request: team(),
        empty_label=_("All"),
        null_label=_("No coach"),
        null_value="none",
    )
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

    class Meta:
        model = CaseFile
        fields = ("phase", "coach", "centre", "cohort", "livelihood", "channel", "waiting_on")
        form = FilterForm

    def filter_phase(self, queryset: QuerySet[CaseFile], name: str, value: str) -> QuerySet[CaseFile]:
        return queryset if value == ALL else queryset.filter(phase=value)

    def filter_queryset(self, queryset: QuerySet[CaseFile]) -> QuerySet[CaseFile]:
        queryset = super().filter_queryset(queryset)
        return queryset if self.form.cleaned_data.get("phase") else queryset.exclude(phase=Phase.CLOSED)

    def tags(self) -> list[dict[str, str]]:
        """The active filters, each with the address of the list without it."""
        tags = []
        for name, field in self.form.fields.items():
            value = self.form.cleaned_data.get(name) if self.form.is_valid() else None
            if not value:
                continue
            words = dict(field.choices).get(value, value) if isinstance(value, str) else value
            if value == "none":
                words = _("No coach")
            tags.append({"label": f"{field.label}: {words}", "url": f"?{self._without(name)}"})
        return tags

    def _without(self, name: str) -> str:
        query: QueryDict = self.data.copy()
        query.pop(name, None)
        query.pop("page", None)
        return query.urlencode()
