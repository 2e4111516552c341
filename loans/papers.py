"""Papers about a loan as PDF: the dossier of a hand-over, the statement for the citizen. Danish, as letters are."""

from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from microloan.core.pdf import render_pdf
from microloan.policy.services import municipality

FONTS = "vendor/ibm-plex-sans-1.1.0/IBMPlexSans"


def paper(template: str, context: dict[str, Any]) -> bytes:
    """A template of `loans/papers/` as an accessible PDF."""
    with translation.override("da"):
        html = render_to_string(template, {**context, "municipality": municipality()})
        return render_pdf(html, stylesheets=[render_to_string("loans/papers/papers.css", {"fonts": FONTS})])
