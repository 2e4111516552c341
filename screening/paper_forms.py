"""The screens of papers and of forms that came back: their Django forms are made from the questions."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from cases.forms.documents import FileForm
from cases.models import CaseFile, Contact
from microloan.core.danish import date_and_time
from microloan.core.forms import BaseForm, DateField
from microloan.core.two_versions import TwoVersionsForm
from screening.models import Budget, Paper
from screening.papers import rules
from screening.papers.enums import GoalResult, PaperKind, PlanStage
from screening.papers.questions import AnswerKind, Part, Question, parts_of
from screening.services import FieldPair, GoalStanding, PaperData, Reviewed

SHORT = {
    AnswerKind.DATE: "form-control mk-w-date",
    AnswerKind.AMOUNT: "form-control mk-w-amount",
    AnswerKind.NUMBER: "form-control mk-w-short",
}


class AnswerField(forms.CharField):
    """A question of a paper. Cleaned, it is the answer as it is stored."""

    def __init__(self, question: Question) -> None:
        self.question = question
        super().__init__(required=False, label=question.label, help_text=question.hint, widget=_widget(question))

    def to_python(self, value: Any) -> str:
        try:
            return rules.read(self.question, str(value or ""))
        except rules.Unfit as unfit:
            raise ValidationError(str(unfit), code="unfit") from None


def _widget(question: Question) -> forms.Widget:
    attrs = {"autocomplete": "off"}
    if question.kind == AnswerKind.TEXT:
        return forms.Textarea(attrs={**attrs, "rows": question.rows})
    if question.kind == AnswerKind.CHOICE:
        choices = [("", _("Not answered")), *((choice, choice) for choice in question.choices)]
        return forms.Select(choices=choices, attrs={**attrs, "class": "form-select mk-w-medium"})
    if question.kind in SHORT:
        return forms.TextInput(attrs={**attrs, "class": SHORT[question.kind]})
    return forms.TextInput(attrs=attrs)


class PaperForm(TwoVersionsForm):
    """A new version of a paper, beginning from the newest. Two people who write at once choose for each question."""

    mark_optional = False

    answered_on = DateField(label=_("Date of the answers"), help_text=_("When the citizen wrote it or told it."))
    stage = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        case: CaseFile,
        kind: str,
        stage: str,
        newest: Paper | None,
        draft: Mapping[str, Any] | None = None,
        today: date,
    ) -> None:
        self.kind, self.plan_stage = kind, stage
        self.parts = parts_of(kind, stage=stage, pensioner=case.is_pensioner)
        answers = newest.answers if newest else {}
        stored = {question.code: answers.get(question.code, "") for part in self.parts for question in part.questions}
        draft = draft or {}
        initial = {"answered_on": today, "stage": stage}
        initial |= {
            question.code: rules.typed(question, stored[question.code])
            for part in self.parts
            for question in part.questions
        }
        initial |= {name: text for name, text in draft.items() if name in initial and isinstance(text, str)}
        self.questions = {question.code: question for part in self.parts for question in part.questions}
        kept = draft.get("seen", "") if data is None else ""
        super().__init__(data, stored=stored, initial=initial, kept_note=kept if isinstance(kept, str) else "")
        self.fields["answered_on"].max_value = today  # type: ignore[attr-defined]
        for question in self.questions.values():
            self.fields[question.code] = AnswerField(question)

    def grouped(self) -> list[tuple[Part, list[forms.BoundField]]]:
        return [(part, [self[question.code] for question in part.questions]) for part in self.parts]

    def words_stored(self, name: str) -> str:
        return rules.shown(self.questions[name], str(self.stored[name])) or "–"

    def words_typed(self, name: str) -> str:
        try:
            return rules.shown(self.questions[name], self.fields[name].clean(self.data.get(name, ""))) or "–"
        except ValidationError:
            return str(self.data.get(name, ""))

    def take_stored(self, name: str, data: QueryDict) -> None:
        data[self.add_prefix(name)] = rules.typed(self.questions[name], str(self.stored[name]))

    def paper(self) -> PaperData:
        return PaperData(
            kind=self.kind,
            answers={code: self.cleaned_data[code] for code in self.questions},
            answered_on=self.cleaned_data["answered_on"],
            stage=self.plan_stage if self.kind == PaperKind.BUSINESS_PLAN else "",
        )


def stage_of(kind: str, newest: Paper | None, wished: str) -> str:
    """A plan is provisional until somebody writes the detailed one, and then stays detailed."""
    if kind != PaperKind.BUSINESS_PLAN:
        return ""
    if newest is not None and newest.stage == PlanStage.DETAILED:
        return str(PlanStage.DETAILED)
    return str(PlanStage.DETAILED if wished == PlanStage.DETAILED else PlanStage.PROVISIONAL)


class CompareForm(BaseForm):
    """Which two versions are laid side by side."""

    mark_optional = False

    before = forms.TypedChoiceField(label=_("Earlier version"), coerce=int)
    after = forms.TypedChoiceField(label=_("Later version"), coerce=int)

    def __init__(self, *args: Any, versions: Iterable[Paper | Budget], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(paper.number, _("Version %(number)s") % {"number": paper.number}) for paper in versions]
        for name in ("before", "after"):
            self.fields[name].choices = choices  # type: ignore[attr-defined]


class UploadForm(FileForm):
    """A form that came back, as a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["file"].help_text = _(
            "The PDF that the citizen has filled in. A scan or a picture is kept, but cannot be read."
        )


class AcceptForm(BaseForm):
    """What is taken of a form that came back: a choice for each field that differs from what is stored."""

    mark_optional = False
    STORED, CAME = "stored", "came"

    def __init__(self, *args: Any, pairs: Iterable[FieldPair], propose: bool, **kwargs: Any) -> None:
        self.pairs = [pair for pair in pairs if pair.is_new or pair.is_emptied or pair.problem]
        super().__init__(*args, **kwargs)
        for pair in self.pairs:
            field = forms.ChoiceField(
                label=pair.question.label,
                choices=[(self.STORED, _("Keep what is stored")), (self.CAME, _("Take over from the form"))],
                widget=forms.RadioSelect,
                error_messages={"required": _("Choose what is to stand.")},
            )
            # What nothing stands against is proposed; what would be overwritten or emptied is a person's choice.
            field.initial = self.CAME if propose and pair.is_new and not pair.stored else ""
            if pair.problem or pair.is_emptied:
                field.initial = self.STORED
            self.fields[pair.question.code] = field

    def rows(self) -> list[dict[str, Any]]:
        return [
            {
                "pair": pair,
                "field": self[pair.question.code],
                "stored": rules.shown(pair.question, pair.stored),
                "came": pair.came if pair.problem else rules.shown(pair.question, pair.came),
            }
            for pair in self.pairs
        ]

    def chosen(self) -> list[str]:
        return [code for code, choice in self.cleaned_data.items() if choice == self.CAME]


class ReviewForm(BaseForm):
    """How it stands with each goal, as said at an evaluation meeting."""

    mark_optional = False

    contact = forms.ModelChoiceField(
        queryset=Contact.objects.none(),
        label=_("Evaluation meeting"),
        empty_label=None,
        error_messages={"required": _("Choose the evaluation meeting where you talked about the goals.")},
    )

    def __init__(self, *args: Any, meetings: Any, standings: Iterable[GoalStanding], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        contact = self.fields["contact"]
        contact.queryset = meetings  # type: ignore[attr-defined]
        contact.label_from_instance = lambda meeting: date_and_time(meeting.at)  # type: ignore[attr-defined]
        self.goals = [standing.goal for standing in standings if standing.is_open]
        for goal in self.goals:
            self.fields[f"result_{goal.number}"] = forms.ChoiceField(
                choices=[*GoalResult.choices, ("", _("Not talked about"))],
                required=False,
                label=_("Goal %(number)s: %(goal)s") % {"number": goal.number, "goal": goal.text},
                widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
            )
            self.fields[f"note_{goal.number}"] = forms.CharField(
                required=False,
                max_length=1000,
                label=_("Note on goal %(number)s") % {"number": goal.number},
                widget=forms.Textarea(attrs={"rows": 2}),
            )
            self._prepare(f"note_{goal.number}", self.fields[f"note_{goal.number}"])

    def rows(self) -> list[dict[str, Any]]:
        return [
            {"goal": goal, "result": self[f"result_{goal.number}"], "note": self[f"note_{goal.number}"]}
            for goal in self.goals
        ]

    def results(self) -> dict[int, Reviewed]:
        data = self.cleaned_data
        return {
            goal.number: Reviewed(data[f"result_{goal.number}"], data[f"note_{goal.number}"])
            for goal in self.goals
            if data[f"result_{goal.number}"]
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for goal in self.goals:
            if data.get(f"note_{goal.number}") and not data.get(f"result_{goal.number}"):
                self.add_error(f"result_{goal.number}", _("Choose how it stands with the goal."))
        return data
