"""From a kind and values to a fillable PDF, tagged for screen readers. Pure: no database, no clock."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from cases.letters.rendering import FONT_REGULAR, FONT_SEMIBOLD
from microloan.core.pdf import render_pdf
from screening.citizen_forms.identity import FIELD, FormIdentity
from screening.papers import rules
from screening.papers.questions import AnswerKind, Part, Question

# A line of text in a field, in millimetres.
LINE_HEIGHT = 5.2


@dataclass(frozen=True)
class FormField:
    """A question with what is filled in, as the template writes it."""

    question: Question
    value: str

    @property
    def is_text(self) -> bool:
        return self.question.kind == AnswerKind.TEXT

    @property
    def is_choice(self) -> bool:
        return self.question.kind == AnswerKind.CHOICE

    @property
    def height(self) -> str:
        lines = max(self.question.rows, self.value.count("\n") + 1 + len(self.value) // 90)
        return f"{lines * LINE_HEIGHT:.1f}mm"


def form_context(
    *,
    identity: FormIdentity,
    label: str,
    intro: str,
    parts: Sequence[Part],
    values: Mapping[str, str],
    name: str = "",
    is_wide: bool = False,
) -> dict[str, Any]:
    """What the template of a form needs; `values` are stored answers."""

    def field(question: Question) -> FormField:
        return FormField(question, rules.typed(question, values.get(question.code, "")))

    return {
        "identity": identity,
        "number_field": FIELD,
        "label": label,
        "intro": intro,
        "name": name,
        "is_wide": is_wide,
        "parts": [{"part": part, "rows": [[field(q) for q in row] for row in part.rows]} for part in parts],
    }


def render_form(context: Mapping[str, Any]) -> bytes:
    with translation.override("da"):
        html = render_to_string("screening/forms/form.html", dict(context))
    return render_pdf(html, stylesheets=[form_stylesheet(), page_stylesheet()], forms=True)


def page_stylesheet() -> str:
    return render_to_string("screening/forms/page.css", {"font_regular": FONT_REGULAR, "font_semibold": FONT_SEMIBOLD})


def form_stylesheet() -> str:
    return render_to_string("screening/forms/form.css")
