"""The forms of screenings and budgets. A draft may have holes: what is missing is said on the check page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from microloan.accounts.models import User
from microloan.core.danish import kr, long_date
from microloan.core.errors import Refused
from microloan.core.forms import AmountField, BaseForm, DateField
from microloan.core.two_versions import NOTE, Plain, TwoVersionsForm
from screening import registry, rules
from screening.enums import Hearing, LineKind, Outcome, ScreeningNumber
from screening.models import Criterion, HearingRecord, Screening
from screening.registry import PlanWarning
from screening.services import LineData, ScreeningDecision, ScreeningDraft, answer_to, versions_now

RATINGS = [*((str(value), str(value)) for value in range(1, 6)), ("", _("Not assessed"))]
MOST = Decimal("9999999.99")
# Signs: some five pages. Much more is no screening, and every letter and paper that repeats it would take minutes to make.
LONGEST, LONGEST_NOTE = 10_000, 4000
MIN_LINES, MORE_LINES, MAX_LINES = 8, 4, 80


def refuse(form: forms.Form, refusal: Refused) -> None:
    """Show what a service says: at its field where there is one, else above the form."""
    field = refusal.field if refusal.field in form.fields else None
    for message in refusal.messages:
        form.add_error(field, message)


def text_area(rows: int) -> forms.Textarea:
    return forms.Textarea(attrs={"rows": rows})


class UnmarkedForm(BaseForm):
    """A form in which "(optional)" would mislead: what is needed depends on the answers, or comes later."""

    mark_optional = False


class ScreeningForm(TwoVersionsForm):
    """The draft of a screening (ui-guide.md §3.3): strengths first, each criterion on its own, then the three P's."""

    mark_optional = False

    held_on = DateField(label=_("Date of the screening"))
    staff = forms.ModelMultipleChoiceField(
        queryset=User.objects.none(), required=False, label=_("Present"), widget=forms.CheckboxSelectMultiple
    )
    strengths = forms.CharField(
        required=False,
        max_length=LONGEST,
        label=_("What speaks for"),
        help_text=_("Begin here. One thing on each line. Write to the citizen: the letter quotes it."),
        widget=text_area(4),
    )
    person = forms.CharField(
        required=False,
        max_length=LONGEST,
        label=_("The person"),
        help_text=_("Describe what the citizen does and says."),
        widget=text_area(4),
    )
    money = forms.CharField(
        required=False,
        max_length=LONGEST,
        label=_("The money"),
        help_text=_("Budget, earnings and private economy."),
        widget=text_area(4),
    )
    plan = forms.CharField(
        required=False,
        max_length=LONGEST,
        label=_("The plan"),
        help_text=_("Customers, sales and the first months."),
        widget=text_area(4),
    )

    def __init__(
        self,
        data: Any = None,
        *,
        screening: Screening,
        staff: forms.models.ModelChoiceField | Any,
        warnings: Mapping[str, PlanWarning],
        today: date,
        draft: Mapping[str, Any] | None = None,
    ) -> None:
        """`draft`: what this writer typed and has not saved, with the note of what was stored then."""
        self.screening, self.warnings, self.today = screening, warnings, today
        self.criteria: list[Criterion] = [score.criterion for score in screening.scores.all()]
        super().__init__(
            data, stored=stored_of(screening, warnings), row=screening, kept_note=(draft or {}).get(NOTE, "")
        )
        self.fields["staff"].queryset = staff  # type: ignore[attr-defined]
        self.fields["staff"].help_text = (
            _("Choose at least two.") if rules.STAFF_NEEDED[screening.number] == 2 else _("Choose everybody.")
        )
        self.fields["held_on"].max_value = today  # type: ignore[attr-defined]
        for criterion in self.criteria:
            self._add_criterion(criterion)
        for code, warning in warnings.items():
            self._prepare_added(f"answer_{code}", answer_field(warning))
        self.stored = {name: "" for name in self.fields} | dict(self.stored)
        if draft:
            self.initial = {name: draft.get(name, "") for name in self.fields}
            present = draft.get("staff", [])
            self.initial["staff"] = present if isinstance(present, list) else [present]

    def _add_criterion(self, criterion: Criterion) -> None:
        radios = forms.RadioSelect(attrs={"class": "form-check-input"})
        rating = forms.ChoiceField(choices=RATINGS, required=False, label=criterion.title, widget=radios)
        self._prepare_added(f"score_{criterion.pk}", rating)
        label = _("Reasons for “%(criterion)s”") % {"criterion": criterion.title}
        note = forms.CharField(required=False, max_length=LONGEST_NOTE, label=label, widget=text_area(2))
        self._prepare_added(f"note_{criterion.pk}", note)

    def _prepare_added(self, name: str, field: forms.Field) -> None:
        self._prepare(name, field)
        self.fields[name] = field

    def rows(self) -> list[dict[str, Any]]:
        """The criteria with their two fields, for the template."""
        return [
            {
                "criterion": item,
                "weight": rules.weight_words(item.weight),
                "score": self[f"score_{item.pk}"],
                "note": self[f"note_{item.pk}"],
            }
            for item in self.criteria
        ]

    def answers(self) -> list[Any]:
        return [self[f"answer_{code}"] for code in self.warnings]

    def draft(self) -> ScreeningDraft:
        data = self.cleaned_data
        return ScreeningDraft(
            held_on=data["held_on"],
            staff=list(data["staff"]),
            **{name: data[name] for name in rules.TEXTS},
            scores={
                item.pk: (int(data[f"score_{item.pk}"]) if data[f"score_{item.pk}"] else None, data[f"note_{item.pk}"])
                for item in self.criteria
            },
            answers={code: data[f"answer_{code}"] for code in self.warnings},
        )


def answer_field(warning: PlanWarning) -> forms.Field:
    """A warning as a question, with why it is asked and where the rule comes from."""
    return forms.CharField(
        required=False,
        max_length=LONGEST_NOTE,
        label=warning.text,
        help_text=explained(warning),
        widget=text_area(2),
    )


def explained(warning: PlanWarning) -> str:
    """Why it is asked, and where the rule comes from; nothing for a warning from before both were kept."""
    source = _("Source: %(source)s.") % {"source": warning.source} if warning.source else ""
    return f"{warning.why} {source}".strip()


def stored_of(screening: Screening, warnings: Mapping[str, PlanWarning]) -> dict[str, Any]:
    """The screening as the form shows it."""
    initial: dict[str, Any] = {name: getattr(screening, name) for name in ("held_on", *rules.TEXTS)}
    initial["staff"] = [user.pk for user in screening.staff.all()]
    for score in screening.scores.all():
        initial[f"score_{score.criterion_id}"] = "" if score.value is None else str(score.value)
        initial[f"note_{score.criterion_id}"] = score.note
    for code, warning in warnings.items():
        initial[f"answer_{code}"] = answer_to(screening, warning)  # an answer to other figures is no answer to these
    return initial


class RecommendForm(UnmarkedForm):
    """The recommendation on the check page."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    recommendation = forms.ChoiceField(label=_("Recommendation"), widget=forms.RadioSelect)

    def __init__(self, data: Any = None, *, screening: Screening) -> None:
        super().__init__(data, initial={"version": screening.version})
        self.fields["recommendation"].choices = outcome_choices(screening)  # type: ignore[attr-defined]


def outcome_choices(screening: Screening) -> list[tuple[str, str]]:
    """What this screening can lead to, in its own words; the lights of the third are explained."""
    pensioner = screening.case.is_pensioner
    choices = []
    for outcome in rules.outcomes_for(screening.number, pensioner=pensioner):
        label = rules.outcome_label(outcome, screening.number, pensioner=pensioner)
        if screening.number == ScreeningNumber.THREE:
            label = f"{label}: {LIGHT_MEANS[outcome]}"
        choices.append((outcome.value, label))
    return choices


LIGHT_MEANS = {
    Outcome.CONTINUE: _("the loan can be approved"),
    Outcome.REVISE: _("improve the plan or the budget and come back"),
    Outcome.STOP: _("refusal"),
}


class DecideForm(UnmarkedForm):
    """The project lead's decision, with what the higher rooms give by it (modules, months)."""

    version = forms.IntegerField(widget=forms.HiddenInput)
    # The versions of budgets and plans that the page showed: others than these are not decided on unseen.
    rests_on = forms.CharField(required=False, widget=forms.HiddenInput)
    outcome = forms.ChoiceField(label=_("Decision"), widget=forms.RadioSelect)
    reasons = forms.CharField(
        required=False,
        max_length=LONGEST,
        label=_("Reasons"),
        help_text=_("What weighed most, one thing on each line."),
        widget=text_area(4),
    )
    improvements = forms.CharField(
        required=False,
        max_length=LONGEST,
        label=_("What must be better"),
        help_text=_("One thing on each line. It stands in the letter."),
        widget=text_area(4),
    )
    return_by = DateField(required=False, label=_("The citizen comes back by"))
    hearing = forms.ChoiceField(
        required=False,
        choices=Hearing.choices,
        label=_("Hearing of the citizen"),
        help_text=_("Has the citizen been able to comment on what the decision rests on?"),
        widget=forms.RadioSelect,
    )
    hearing_note = forms.CharField(
        required=False,
        max_length=LONGEST,
        label=_("The citizen's answer, or why a hearing is not needed"),
        help_text=_("An answer is repeated in the letter."),
        widget=text_area(3),
    )

    def __init__(
        self, data: Any = None, *, screening: Screening, today: date, heard: HearingRecord | None = None
    ) -> None:
        """`heard`: the hearing that was held, whose answer (or passed deadline) is proposed."""
        self.screening, self.today = screening, today
        only = rules.outcomes_for(screening.number, pensioner=screening.case.is_pensioner)
        initial: dict[str, Any] = {
            "version": screening.version,
            "rests_on": versions_now(screening.case),
            "outcome": only[0].value if len(only) == 1 else None,
        }
        if heard is not None and heard.answer:
            initial |= {"hearing": Hearing.ANSWERED, "hearing_note": heard.answer}
        elif heard is not None and heard.answer_by < today:
            initial |= {"hearing": Hearing.EXPIRED}
        super().__init__(data, initial=initial)
        self.fields["outcome"].choices = outcome_choices(screening)  # type: ignore[attr-defined]
        self.part_names: dict[str, list[str]] = {}
        for part in registry.parts_of(screening.number):
            for name, field in part.fields(screening.case, today).items():
                self._prepare(name, field)
                self.fields[name] = field
                for outcome in part.outcomes:
                    self.part_names.setdefault(outcome, []).append(name)
        if Outcome.REVISE not in only:
            del self.fields["improvements"], self.fields["return_by"]
        if not any(rules.needs_hearing(outcome, screening.number) for outcome in only):
            del self.fields["hearing"], self.fields["hearing_note"]

    def fields_of(self, outcome: str) -> list[Any]:
        """The fields of the higher rooms that belong to an outcome."""
        return [self[name] for name in self.part_names.get(outcome, [])]

    def gives_fields(self) -> list[Any]:
        return self.fields_of(Outcome.CONTINUE)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        outcome = data.get("outcome", "")
        if outcome and rules.needs_reasons(outcome) and not data.get("reasons", "").strip():
            self.add_error("reasons", _("Write the reasons for the decision."))
        if outcome == Outcome.REVISE:
            self._check_revision(data)
        if outcome and rules.needs_hearing(outcome, self.screening.number):
            missing = rules.missing_hearing(data.get("hearing", ""), data.get("hearing_note", ""))
            for name, what in missing.items():
                self.add_error(name, what)
        return data

    def _check_revision(self, data: Mapping[str, Any]) -> None:
        if not data.get("improvements", "").strip():
            self.add_error("improvements", _("Write what must be better."))
        refusal = rules.return_day_refusal(data.get("return_by"), self.today)
        if "return_by" not in self.errors and refusal:
            self.add_error("return_by", refusal)

    def decision(self) -> ScreeningDecision:
        data = self.cleaned_data
        outcome = data["outcome"]
        return ScreeningDecision(
            outcome=outcome,
            reasons=data["reasons"],
            improvements=data.get("improvements", ""),
            return_by=data.get("return_by"),
            hearing=data.get("hearing", ""),
            hearing_note=data.get("hearing_note", ""),
            values={name: data[name] for name in self.part_names.get(outcome, [])},
        )

    def summary(self) -> list[tuple[str, Any]]:
        """The decision as the check page repeats it: only what belongs to the outcome."""
        data, outcome = self.cleaned_data, self.cleaned_data["outcome"]
        rows = [(str(self.fields["outcome"].label), dict(outcome_choices(self.screening))[outcome])]
        rows += [(str(self.fields[name].label), in_words(data[name])) for name in self.part_names.get(outcome, [])]
        names = ["reasons"] if data["reasons"] else []
        if outcome == Outcome.REVISE:
            names += ["improvements", "return_by"]
        rows += [(str(self.fields[name].label), in_words(data[name])) for name in names]
        if rules.needs_hearing(outcome, self.screening.number):
            rows += hearing_rows(data["hearing"], data["hearing_note"])
        return rows


def hearing_rows(hearing: str, note: str) -> list[tuple[str, Any]]:
    """The hearing as pages show it."""
    if not hearing:
        return []
    words = str(_("Not needed") if hearing == Hearing.NOT_NEEDED else Hearing(hearing).label)
    return [(str(_("Hearing of the citizen")), "\n".join(text for text in (words, note) if text))]


def in_words(value: Any) -> str:
    """A cleaned value as people read it."""
    if value is None or value == "":
        return "–"
    if isinstance(value, date):
        return long_date(value)
    if hasattr(value, "__iter__") and not isinstance(value, str):
        return ", ".join(str(item) for item in value) or "–"
    return str(value)


# --- Budget ------------------------------------------------------------------------------------------------------------


class BudgetLineForm(UnmarkedForm):
    """One line of a budget; an empty line is left out."""

    text = forms.CharField(required=False, max_length=120, label=_("What"))
    kind = forms.ChoiceField(choices=LineKind.choices, initial=LineKind.EXPENSE, label=_("Kind"))
    amount = AmountField(required=False, max_value=MOST, label=_("Amount in kroner"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, css in (("text", "form-control"), ("kind", "form-select"), ("amount", "form-control mk-w-amount")):
            self.fields[name].widget.attrs["class"] = css

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        text, amount = data.get("text"), data.get("amount")
        if text and amount is None and "amount" not in self.errors:
            self.add_error("amount", _("Write the amount of “%(what)s”, or empty the line.") % {"what": text})
        if not text and (amount is not None or "amount" in self.errors):
            self.add_error("text", _("Write what the amount is for, or empty the line."))
        return data


class BudgetForm(TwoVersionsForm):
    """What goes with the lines: remarks. Of two people who write a version at once, the lines are chosen as a whole."""

    mark_optional = False

    note = forms.CharField(required=False, max_length=2000, label=_("Remarks"), widget=text_area(3))

    def __init__(self, *args: Any, lines: Any = None, **kwargs: Any) -> None:
        self.lines, self.takes_stored_lines = lines, False
        super().__init__(*args, **kwargs)

    def compared(self) -> list[str]:
        return ["lines", "note"]

    def label_of(self, name: str) -> str:
        return str(_("Lines of the budget")) if name == "lines" else super().label_of(name)

    def plain_stored(self, name: str) -> Plain:
        return self.words_stored(name) if name == "lines" else super().plain_stored(name)

    def plain_typed(self, name: str) -> Plain:
        return self.words_typed(name) if name == "lines" else super().plain_typed(name)

    def words_stored(self, name: str) -> str:
        return self.words_of(self.stored["lines"]) if name == "lines" else super().words_stored(name)

    def words_typed(self, name: str) -> str:
        if name != "lines":
            return super().words_typed(name)
        if self.lines is None or not self.lines.is_valid():
            return self.words_stored(name)
        return self.words_of(self.lines.lines())

    def words_of(self, lines: Iterable[Any]) -> str:
        return lines_in_words(lines)

    def take_stored(self, name: str, data: QueryDict) -> None:
        if name == "lines":
            self.takes_stored_lines = True
        else:
            super().take_stored(name, data)

    def chosen_lines(self) -> list[Any]:
        return list(self.stored["lines"]) if self.takes_stored_lines else self.lines.lines()


def lines_in_words(lines: Iterable[LineData]) -> str:
    """A budget's lines, one on each line of text."""
    return "\n".join(f"{LineKind(line.kind).label}: {line.text}, {kr(line.amount)}" for line in lines) or "–"


class BaseLines(forms.BaseFormSet):
    def clean(self) -> None:
        if any(self.errors):
            return
        if not any(line.kind == LineKind.EXPENSE for line in self.lines()):
            raise forms.ValidationError(_("Write at least one expense with an amount."))

    def lines(self) -> list[LineData]:
        """The lines that are filled in."""
        return [
            LineData(form.cleaned_data["kind"], form.cleaned_data["text"], form.cleaned_data["amount"])
            for form in self.forms
            if form.cleaned_data.get("text")
        ]


Lines = forms.formset_factory(BudgetLineForm, formset=BaseLines, extra=0, max_num=MAX_LINES, absolute_max=MAX_LINES)


def empty_lines(filled: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The filled lines, and empty ones after them: eight in all at least, four free at least."""
    free = max(MIN_LINES - len(filled), MORE_LINES)
    return [*filled, *({"kind": LineKind.EXPENSE} for _number in range(min(free, MAX_LINES - len(filled))))]


def typed_lines(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What was typed so far, unread, for "add lines"."""
    wanted = str(data.get("form-TOTAL_FORMS", ""))[:4]
    total = min(int(wanted) if wanted.isdecimal() else 0, MAX_LINES)
    rows = [{name: data.get(f"form-{i}-{name}", "") for name in ("text", "kind", "amount")} for i in range(total)]
    return [row for row in rows if row["text"].strip() or row["amount"].strip()]
