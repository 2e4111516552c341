"""The letters around screening 4: the self-evaluation with its form behind it, and the reminder (domain.md §8, §9)."""

from typing import Any

from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy

from cases.letters.registry import REQUIRED, Attachment, Context, LetterKind, register
from cases.models import CaseFile
from screening.citizen_forms.identity import FormIdentity
from screening.citizen_forms.rendering import form_context, form_stylesheet
from screening.paper_kinds import EVALUATION, SELF_EVALUATION, evaluation_stored
from screening.papers.enums import PaperKind
from screening.papers.questions import codes_of, parts_of

REQUEST, REMINDER = "self_evaluation_request", "self_evaluation_reminder"
TITLE = "Selvevaluering og handleplan"
INTRO = "Udfyld skemaet her i filen, gem den, og send den til os. Du kan også printe siderne og skrive i hånden."


def request_facts(case: CaseFile) -> dict[str, Any]:
    """What the form of the letter needs: the version it is made from, and the goals that stand already."""
    stored, goals = evaluation_stored(case), codes_of(PaperKind.ACTION_PLAN)
    return {
        "form_version": stored.version,
        "goals": {code: text for code, text in stored.values.items() if code in goals},
        "with_support": not case.is_pensioner,
    }


def attached_form(case_number: str, context: Context) -> Attachment:
    parts = tuple(part for kind in EVALUATION for part in parts_of(kind, pensioner=not context["with_support"]))
    identity = FormIdentity(case_number, SELF_EVALUATION, context["form_version"])
    values = form_context(identity=identity, label=TITLE, intro=INTRO, parts=parts, values=context["goals"])
    return Attachment(render_to_string("screening/forms/attached.html", values), form_stylesheet())


def register_letters() -> None:
    register(
        LetterKind(
            code=REQUEST,
            label=gettext_lazy("Self-evaluation before screening 4"),
            template=f"letters/{REQUEST}.html",
            fields={"ends_on": REQUIRED, "back_by": REQUIRED, "with_support": True, "form_version": 0, "goals": {}},
            attachment=attached_form,
        )
    )
    register(
        LetterKind(
            code=REMINDER,
            label=gettext_lazy("Reminder of the self-evaluation"),
            template=f"letters/{REMINDER}.html",
            fields={"ends_on": REQUIRED, "back_by": REQUIRED, "with_support": True},
        )
    )
