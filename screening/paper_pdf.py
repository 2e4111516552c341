"""A version of a paper as it is read: question and answer, on the screen and as a PDF."""

from django.template.loader import render_to_string
from django.utils import translation

from microloan.core.pdf import render_pdf
from screening.citizen_forms.rendering import page_stylesheet
from screening.models import Paper
from screening.papers import rules
from screening.papers.questions import Part, parts_of


def answered(paper: Paper) -> list[tuple[Part, list[tuple[str, str]]]]:
    """The answers in the order of the paper; what is not answered is left out."""
    found = []
    for part in parts_of(paper.kind, stage=paper.stage):
        rows = [
            (question.label, rules.shown(question, paper.answers[question.code]))
            for question in part.questions
            if question.code in paper.answers
        ]
        if rows:
            found.append((part, rows))
    return found


def render_paper(paper: Paper) -> bytes:
    with translation.override("da"):
        html = render_to_string("screening/forms/paper.html", {"paper": paper, "parts": answered(paper)})
    return render_pdf(html, stylesheets=[page_stylesheet()])
