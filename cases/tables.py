from datetime import date
from typing import Any

import django_tables2 as tables
from django.db.models import F, QuerySet
from django.db.models.functions import Collate
from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django_tables2.data import TableQuerysetData

from cases.models import CaseFile

DANISH = "da-x-icu"


def _cell(label: Any) -> dict[str, Any]:
    return {"td": {"data-label": label}}


class PageRows(TableQuerysetData):
    """Rows that are read in full for the page shown alone. A page in the second half is read from the end.

    So no page costs more than the order of half of the rows, however long the list.
    """

    def __getitem__(self, key: Any) -> Any:
        if not isinstance(key, slice):
            return super().__getitem__(key)
        pks = self._pks(key.start or 0, min(key.stop, len(self)))
        found = self.data.order_by().in_bulk(pks)
        return [found[pk] for pk in pks if pk in found]

    def _pks(self, start: int, stop: int) -> list[int]:
        ordered = self.data.values_list("pk", flat=True)
        if start <= len(self) - stop:
            return list(ordered[start:stop])
        return list(ordered.reverse()[len(self) - stop : len(self) - start])[::-1]


class CaseTable(tables.Table):
    """The case list: sorted on the server over all pages, names as Danes sort them."""

    citizen = tables.Column(
        verbose_name=_("Citizen"),
        accessor="citizen__name",
        order_by=("citizen__name", "pk"),
        attrs={"td": {"class": "mk-cell-title"}},
        linkify=("cases:detail", {"number": tables.A("number")}),
        empty_values=(None,),
    )
    number = tables.Column(verbose_name=_("Case"), order_by=("number",), attrs=_cell(_("Case")))
    step = tables.Column(
        verbose_name=_("Step"),
        accessor="phase",
        order_by=("phase_order", "phase_entered_on", "pk"),
        attrs=_cell(_("Step")),
    )
    coach = tables.Column(verbose_name=_("Coach"), accessor="coach", attrs=_cell(_("Coach")))
    cohort = tables.Column(
        verbose_name=_("Cohort"), accessor="cohort", order_by=("cohort__code", "pk"), attrs=_cell(_("Cohort"))
    )
    next_due_on = tables.Column(verbose_name=_("Next date"), attrs=_cell(_("Next date")))
    waiting_on = tables.Column(
        verbose_name=_("Waiting on"), accessor="next_holder", orderable=False, attrs=_cell(_("Waiting on"))
    )

    class Meta:
        attrs = {"class": "table mk-cards", "caption": _("Cases")}  # noqa: RUF012
        order_by = ("citizen",)

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        self.today = today
        self.step_labels: dict[int, str] = {}
        self.holder_labels: dict[str, Any] = {}
        super().__init__(*args, **kwargs)

    def render_citizen(self, record: CaseFile) -> str:
        if not record.citizen.is_protected_on(self.today):
            return str(record.citizen)
        return format_html("{}", render_to_string("cases/_protected_name.html", {"name": record.citizen}))

    def render_step(self, record: CaseFile) -> str:
        return self.step_labels.get(record.pk, "")

    def render_coach(self, record: CaseFile) -> str:
        return record.coach.short_name if record.coach else ""

    def render_next_due_on(self, value: date, record: CaseFile) -> str:
        chip = render_to_string("cases/_due.html", {"due_on": value, "today": self.today})
        return format_html("{}", chip)

    def render_waiting_on(self, value: str) -> str:
        return str(self.holder_labels.get(value, value))

    def order_coach(self, queryset: QuerySet[CaseFile], is_descending: bool) -> tuple[QuerySet[CaseFile], bool]:
        """As Danes sort names, cases without a coach last."""
        name = Collate("coach__full_name", DANISH)
        ordered = name.desc(nulls_last=True) if is_descending else name.asc(nulls_last=True)
        return queryset.order_by(ordered, "pk"), True

    def order_next_due_on(self, queryset: QuerySet[CaseFile], is_descending: bool) -> tuple[QuerySet[CaseFile], bool]:
        """Cases without a date come last either way."""
        due = F("next_due_on")
        ordered = due.desc(nulls_last=True) if is_descending else due.asc(nulls_last=True)
        return queryset.order_by(ordered, "pk"), True
