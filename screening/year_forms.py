"""The forms of operating and liquidity budgets: a table of fields under each heading, and what goes with the lines."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from microloan.core import danish
from microloan.core.forms import AmountField, BaseForm, SummaryError, form_errors_for_summary
from microloan.core.money import ZERO
from microloan.core.months import add_months, month_start
from screening.budget_rules import WITH_VAT, Question, Row
from screening.enums import RowSection, VatPeriod
from screening.forms import MOST, BudgetForm, UnmarkedForm, text_area
from screening.services import FrameData, amounts_of, sections_of
from screening.services.year_budgets import MOST_ROWS

FREE_ROWS = 2
MONTHS_BACK, MONTHS_AHEAD = 12, 24


def month_words(month: date) -> str:
    """`jan. 27`: the head of a column."""
    return f"{danish.MONTHS[month.month - 1][:3]}. {month.year % 100:02d}"


def month_choices(today: date, chosen: Iterable[date]) -> list[tuple[str, str]]:
    """The months a budget can begin in, with those that are chosen already."""
    first = month_start(today)
    months = {add_months(first, offset) for offset in range(-MONTHS_BACK, MONTHS_AHEAD + 1)} | set(chosen)
    return [(month.isoformat(), danish.month_name(month)) for month in sorted(months)]


def _month(text: str) -> date:
    return date.fromisoformat(text)


class YearForm(BudgetForm):
    """What goes with the lines. Of two people who write a version at once, the lines are chosen as a whole."""

    starts_on = forms.TypedChoiceField(coerce=_month, label=_("First month"))
    vat_period = forms.ChoiceField(
        choices=VatPeriod.choices,
        label=_("VAT"),
        widget=forms.RadioSelect,
        help_text=_("Registered: write amounts with VAT in the liquidity budget, and without in the operating budget."),
    )
    opening = AmountField(
        min_value=0,
        max_value=MOST,
        required=False,
        label=_("Money at the start"),
        help_text=_("What is in the account before the first month."),
    )
    b_tax = AmountField(
        min_value=0,
        max_value=MOST,
        required=False,
        label=_("B-tax for the year"),
        help_text=_("The tax that is expected of the profit."),
    )
    note = forms.CharField(required=False, max_length=2000, label=_("Remarks"), widget=text_area(3))

    field_order = ("starts_on", "vat_period", "opening", "b_tax", "note")

    def __init__(self, *args: Any, kind: str, today: date, **kwargs: Any) -> None:
        self.kind = kind
        super().__init__(*args, **kwargs)
        if isinstance(self.lines, Sections):
            self.lines.form = self
        if amounts_of(kind) == 1:
            del self.fields["opening"]
        shown = [self.stored["starts_on"], (kwargs.get("initial") or {}).get("starts_on")]
        months = [month for month in shown if isinstance(month, date)]
        self.fields["starts_on"].choices = month_choices(today, months)  # type: ignore[attr-defined]
        for name in ("opening", "b_tax"):
            if name in self.fields:
                self.fields[name].widget.attrs["class"] = "mk-w-amount"

    def compared(self) -> list[str]:
        return ["lines", *(name for name in self.fields if name in self.stored)]

    def words_of(self, lines: Iterable[Any]) -> str:
        return rows_in_words(lines)

    def chosen_frame(self) -> FrameData:
        data = self.cleaned_data
        return FrameData(
            starts_on=data["starts_on"],
            vat_period=data["vat_period"],
            opening=data.get("opening") or ZERO,
            b_tax=data["b_tax"] or ZERO,
        )


def rows_in_words(rows: Iterable[Row]) -> str:
    """The lines of a budget, one on each line of text."""
    return "\n".join(_row_in_words(row) for row in rows) or "–"


def _row_in_words(row: Row) -> str:
    amounts = " · ".join(danish.grouped(amount) for amount in row.amounts)
    parts = [f"{RowSection(row.section).label}: {row.text}", str(_("with VAT")) if row.vat else "", row.source, amounts]
    return ", ".join(part for part in parts if part)


class RowForm(UnmarkedForm):
    """One line; an empty line is left out."""

    text = forms.CharField(required=False, max_length=120, label=_("What"))
    source = forms.CharField(required=False, max_length=200, label=_("Who says so?"))
    vat = forms.BooleanField(required=False, label=_("VAT"))

    def __init__(self, *args: Any, section: str, months: Sequence[date], labels: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.section, self.months = section, months
        if section != RowSection.SALES:
            del self.fields["source"]
        if section not in WITH_VAT:
            del self.fields["vat"]
        for index, label in enumerate(labels):
            amount = AmountField(required=False, min_value=0, max_value=MOST, label=label)
            self._prepare(f"m{index}", amount)
            self.fields[f"m{index}"] = amount
        for name, field in self.fields.items():
            field.widget.attrs["class"] = _css(name)
            field.widget.attrs.pop("size", None)

    def amount_fields(self) -> list[Any]:
        return [self[name] for name in self.amount_names]

    @cached_property
    def amount_names(self) -> list[str]:
        return [name for name in self.fields if name[0] == "m" and name[1:].isdecimal()]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        amounts = [data.get(name) for name in self.amount_names]
        has_amount = any(amounts) or any(name in self.errors for name in self.amount_names)
        if data.get("text") and not has_amount:
            self.add_error(
                self.amount_names[0], _("Write the amount of “%(what)s”, or empty the line.") % {"what": data["text"]}
            )
        if not data.get("text") and (has_amount or data.get("source")):
            self.add_error("text", _("Write what the amount is for, or empty the line."))
        return data

    def words_of_errors(self) -> list[str]:
        """What is wrong in the line, each with the field it is about."""
        return [
            f"{self.fields[name].label}: {text}" if name in self.fields else str(text)
            for name, texts in self.errors.items()
            for text in texts
        ]

    def mark_errors(self) -> None:
        """The words stand in a line of their own under the fields, which point to them."""
        for name in self.errors:
            if name in self.fields:
                attrs = self.fields[name].widget.attrs
                attrs.update({"aria-invalid": "true", "aria-describedby": f"{self.prefix}-errors"})

    def row(self) -> Row:
        data = self.cleaned_data
        return Row(
            section=self.section,
            text=data["text"],
            amounts=tuple(data[name] or ZERO for name in self.amount_names),
            vat=data.get("vat", False),
            source=data.get("source", ""),
        )


def _css(name: str) -> str:
    if name == "vat":
        return "form-check-input"
    return "form-control" if name in ("text", "source") else "form-control mk-sheet__amount"


RowSet = forms.formset_factory(RowForm, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS)


class Sections:
    """The headings of a budget with their lines: what `BudgetForm` takes for its lines."""

    def __init__(
        self,
        kind: str,
        months: Sequence[date],
        data: QueryDict | None = None,
        rows: Iterable[Any] = (),
        *,
        more: bool = False,
    ) -> None:
        """Without `data` the fields hold `rows`: those of a version, or (with `more`) what was typed, unread."""
        self.kind, self.months, self.is_bound = kind, months, data is not None
        self.form: YearForm | None = None  # whose errors stand first in the summary
        rows = list(rows)
        self.parts = [(section, self._set(section, data, rows, more)) for section in sections_of(kind)]

    def _set(self, section: RowSection, data: QueryDict | None, rows: list[Any], more: bool) -> Any:
        labels = (
            [danish.month_name(month) for month in self.months]
            if amounts_of(self.kind) > 1
            else [_("Amount in kroner")]
        )
        kwargs = {"section": section.value, "months": self.months, "labels": labels}
        if data is not None:
            return RowSet(data, prefix=section.value, form_kwargs=kwargs)
        filled = [row if isinstance(row, dict) else initial_of(row) for row in rows if _section_of(row) == section]
        free = min(FREE_ROWS + (FREE_ROWS if more else 0), MOST_ROWS - len(filled))
        empty = {"vat": section in WITH_VAT}
        return RowSet(prefix=section.value, initial=[*filled, *([empty] * free)], form_kwargs=kwargs)

    def is_valid(self) -> bool:
        return self.is_bound and all(part.is_valid() for _section, part in self.parts) and bool(self.lines())

    @property
    def is_empty(self) -> bool:
        return self.is_bound and all(part.is_valid() for _section, part in self.parts) and not self.lines()

    def lines(self) -> list[Row]:
        """The lines that are filled in."""
        return [form.row() for _section, part in self.parts for form in part.forms if form.cleaned_data.get("text")]

    def all_errors(self) -> list[SummaryError]:
        """For the summary on top: heading, line and month of each field that is wrong."""
        found: list[SummaryError] = form_errors_for_summary(self.form) if self.form is not None else []
        for section, part in self.parts if self.is_bound else ():
            for number, form in enumerate(part.forms, start=1):
                form.mark_errors()
                where = _("%(heading)s, line %(number)s") % {"heading": section.label, "number": number}
                found += [
                    SummaryError(form[name].id_for_label, f"{where}, {form.fields[name].label}: {text}")
                    for name, texts in form.errors.items()
                    for text in texts
                    if name in form.fields
                ]
        return found

    def sets(self) -> list[Any]:
        return [part for _section, part in self.parts]

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for section, part in self.parts:
            yield {
                "section": section,
                "rows": part,
                "has_source": section == RowSection.SALES,
                "has_vat": section in WITH_VAT,
            }


def initial_of(row: Row) -> dict[str, Any]:
    """A line as its fields show it. Months without an amount stay empty."""
    amounts = {f"m{index}": amount or None for index, amount in enumerate(row.amounts)}
    return {"section": row.section, "text": row.text, "source": row.source, "vat": row.vat, **amounts}


def _section_of(row: Any) -> str:
    return row["section"] if isinstance(row, dict) else row.section


def typed_rows(kind: str, data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was typed so far, unread, for "add lines"."""
    names = ["text", "source", *(f"m{index}" for index in range(amounts_of(kind)))]
    found = []
    for section in sections_of(kind):
        wanted = str(data.get(f"{section}-TOTAL_FORMS", ""))[:3]
        for number in range(min(int(wanted) if wanted.isdecimal() else 0, MOST_ROWS)):
            row: dict[str, Any] = {name: data.get(f"{section}-{number}-{name}", "") for name in names}
            if any(value.strip() for value in row.values()):
                found.append({**row, "section": section.value, "vat": bool(data.get(f"{section}-{number}-vat"))})
    return found


class UploadForm(UnmarkedForm):
    """A filled-in spreadsheet."""

    file = forms.FileField(label=_("Spreadsheet"), help_text=_("The XLSX file that was downloaded here and filled in."))


class WhatIfForm(BaseForm):
    """What if the sales are smaller or later? Looks only."""

    mark_optional = False

    percent = forms.TypedChoiceField(
        coerce=int,
        label=_("Sales"),
        choices=[(100, _("as in the budget")), (90, "−10 %"), (80, "−20 %"), (70, "−30 %"), (50, "−50 %")],
    )
    delay = forms.TypedChoiceField(
        coerce=int,
        label=_("They begin"),
        choices=[
            (0, _("as in the budget")),
            (1, _("1 month later")),
            (2, _("2 months later")),
            (3, _("3 months later")),
        ],
    )
    goods = forms.BooleanField(
        required=False,
        label=_("Goods and materials follow the sales"),
        help_text=_("Take the tick away if the goods are bought already."),
    )

    def question(self) -> Question:
        data = self.cleaned_data
        return Question(percent=data["percent"], delay=data["delay"], goods_follow=data["goods"])
