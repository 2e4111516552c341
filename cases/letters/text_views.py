"""The texts of letters, for administrators: versions, editor with preview, confirmation, start, comparison, restoring."""

import re
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from cases.letters import text_queries, text_services, texts
from cases.letters.fields import fields_of
from cases.letters.models import LetterText
from cases.letters.registry import LetterKind, kinds
from cases.letters.services import text_on
from cases.letters.text_forms import PREFIX, CompareForm, ConfirmationForm, StartForm, TextForm
from cases.letters.text_services import BadTexts, Sample
from microloan.accounts.perms import StaffRequest, administrator_required
from microloan.core import clock, danish
from microloan.core.errors import Refused

PER_PAGE = 25


def _kind(code: str) -> LetterKind:
    kind = kinds.get(code)
    if kind is None or not texts.sections_of(kind):
        raise Http404
    return kind


def _version(kind: LetterKind, number: int) -> LetterText | None:
    """None for 0, the product's own words."""
    return get_object_or_404(LetterText, kind=kind.code, number=number) if number else None


def _newest(kind: LetterKind) -> int:
    newest = LetterText.objects.filter(kind=kind.code).order_by("-number").first()
    return newest.number if newest else 0


@administrator_required
@require_safe
def text_kinds(request: StaffRequest) -> HttpResponse:
    """Every kind of letter, and which version of its text is used."""
    return render(request, "letters/texts/kinds.html", {"rows": text_queries.kind_rows(clock.today())})


@administrator_required
@require_safe
def text_kind(request: StaffRequest, kind: str) -> HttpResponse:
    """One kind: the text that is used, and all versions."""
    found, today = _kind(kind), clock.today()
    current = text_on(found.code, today)
    sample = text_services.sample_of(found, current.sections if current else {}, text_services.invented_envelope())
    context = {
        "kind": found,
        "current": current,
        "planned": text_queries.next_start(found, today),
        "page": Paginator(text_queries.versions_of(found), PER_PAGE).get_page(request.GET.get("page")),
        "preview": _on_page(sample),
        "sample": sample,
    }
    return render(request, "letters/texts/kind.html", context)


@administrator_required
def text_edit(request: StaffRequest, kind: str) -> HttpResponse:
    """The editor. The same form shows the preview, and saves."""
    found = _kind(kind)
    if request.method != "POST":
        base = _newest(found)
        text = _version(found, base)
        initial = {f"{PREFIX}{name}": words for name, words in text_queries.sections_of_version(found, text).items()}
        form = TextForm(initial={**initial, "base": base}, kind=found)
        words = text_queries.sections_of_version(found, text)
        return _editor(request, found, form, text_services.sample_of(found, words, text_services.invented_envelope()))
    form = TextForm(request.POST, kind=found)
    sample = None
    if form.is_valid():
        try:
            if "save" in request.POST:
                return _save(request, found, form)
            if "pdf" in request.POST:
                return _pdf(found, form.sections)
            sample = text_services.sample_of(found, form.sections, text_services.invented_envelope())
        except BadTexts as bad:
            form.refuse_texts(bad)
        except Refused as refusal:
            form.add_error(refusal.field, list(refusal.messages))
    return _editor(request, found, form, sample)


def _save(request: StaffRequest, kind: LetterKind, form: TextForm) -> HttpResponse:
    text = text_services.write_text(
        kind=kind.code,
        sections=form.sections,
        note=form.cleaned_data["note"],
        base=form.cleaned_data["base"],
        by=request.user,
    )
    words = _("Version %(number)s has been saved. It is not used before you put it into force.")
    messages.success(request, words % {"number": text.number})
    for warning in texts.warnings(text.sections):
        messages.warning(request, warning)
    return redirect("letters:text_kind", kind=kind.code)


def _editor(request: StaffRequest, kind: LetterKind, form: TextForm, sample: Sample | None = None) -> HttpResponse:
    context = {
        "kind": kind,
        "form": form,
        "fields": fields_of(kind),
        "must": sorted(texts.must_mention(kind)),
        **_preview_context(form, sample),
    }
    return render(request, "letters/texts/edit.html", context)


def _preview_context(form: TextForm, sample: Sample | None) -> dict[str, Any]:
    if sample is None:
        return {}
    written = form.sections if form.is_bound else {}
    return {"sample": sample, "preview": _on_page(sample), "warnings": texts.warnings(written)}


@administrator_required
@require_POST
def text_preview(request: StaffRequest, kind: str) -> HttpResponse:
    """The preview alone, while somebody types."""
    found = _kind(kind)
    form = TextForm(request.POST, kind=found)
    context: dict[str, Any] = {"kind": found}
    if form.is_valid():
        try:
            sample = text_services.sample_of(found, form.sections, text_services.invented_envelope())
            context |= _preview_context(form, sample)
        except BadTexts as bad:
            labels = {section.name: section.label for section in texts.sections_of(found)}
            context["problems"] = [
                (labels.get(name, ""), message) for name, found_here in bad.by_section.items() for message in found_here
            ]
    return render(request, "letters/texts/_preview.html", context)


@administrator_required
@require_safe
def text_sample(request: StaffRequest, kind: str, number: int) -> HttpResponse:
    """The sample letter of a version as a PDF; 0 is the product's own words."""
    found = _kind(kind)
    text = _version(found, number)
    return _pdf(found, text.sections if text else {})


def _pdf(kind: LetterKind, sections: dict[str, str]) -> HttpResponse:
    made = text_services.sample_pdf(kind, sections, text_services.invented_envelope())
    response = HttpResponse(made.pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="eksempel-{kind.code}.pdf"'
    return response


@administrator_required
@require_safe
def text_compare(request: StaffRequest, kind: str) -> HttpResponse:
    """Two versions, word by word."""
    found = _kind(kind)
    numbers = [*LetterText.objects.filter(kind=found.code).order_by("-number").values_list("number", flat=True), 0]
    start = {"before": numbers[min(1, len(numbers) - 1)], "after": numbers[0]}
    form = CompareForm(request.GET if "before" in request.GET else start, numbers=numbers)
    context: dict[str, Any] = {"kind": found, "form": form}
    if form.is_valid():
        before, after = form.cleaned_data["before"], form.cleaned_data["after"]
        diffs = text_queries.compare(found, _version(found, before), _version(found, after))
        changed = sum(diff.is_changed for diff in diffs)
        context |= {"diffs": diffs, "before": before, "after": after, "changed": changed}
    return render(request, "letters/texts/compare.html", context)


@administrator_required
def text_confirm(request: StaffRequest, kind: str, number: int) -> HttpResponse:
    """Write down that a jurist confirmed the words of this version."""
    found, text = _with_version(kind, number)
    today = clock.today()
    form = ConfirmationForm(
        request.POST if request.method == "POST" else None, initial={"confirmed_on": danish.input_date(today)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            text_services.confirm_text(text=text, **form.cleaned_data, by=request.user, today=today)
        except Refused as refusal:
            form.add_error(refusal.field, list(refusal.messages))
        else:
            messages.success(request, _("The jurist's confirmation has been written down."))
            return redirect("letters:text_kind", kind=found.code)
    return render(
        request, "letters/texts/confirm.html", {"kind": found, "text": text, "form": form, "rows": _facts(text)}
    )


@administrator_required
def text_start(request: StaffRequest, kind: str, number: int) -> HttpResponse:
    """Check page: from which day letters are made with this version, and how hard it is to read."""
    found, text = _with_version(kind, number)
    today = clock.today()
    form = StartForm(
        request.POST if request.method == "POST" else None, initial={"valid_from": danish.input_date(today)}
    )
    if request.method == "POST" and form.is_valid():
        try:
            start = text_services.start_text(text=text, **form.cleaned_data, by=request.user, today=today)
        except Refused as refusal:
            form.add_error(refusal.field, list(refusal.messages))
        else:
            words = _("Version %(number)s is used from %(date)s.")
            messages.success(request, words % {"number": text.number, "date": danish.long_date(start.valid_from)})
            return redirect("letters:text_kind", kind=found.code)
    waits = text.needs_jurist and not hasattr(text, "confirmation")
    context = {
        "kind": found,
        "text": text,
        "form": form,
        "rows": _facts(text),
        "waits": waits,
        "warnings": texts.warnings(text.sections),
    }
    return render(request, "letters/texts/start.html", context)


@administrator_required
def text_restore(request: StaffRequest, kind: str, number: int) -> HttpResponse:
    """Check page, then an earlier version once more as the newest."""
    found, base = _kind(kind), _newest(_kind(kind))
    text = _version(found, number)
    if request.method == "POST":
        try:
            made = text_services.restore_text(kind=found.code, number=number, base=base, by=request.user)
        except Refused as refusal:
            for message in refusal.messages:
                messages.error(request, message)
        else:
            words = _("Version %(number)s has been saved. It is not used before you put it into force.")
            messages.success(request, words % {"number": made.number})
        return redirect("letters:text_kind", kind=found.code)
    rows = _facts(text) if text else [(_("Letter"), found.label), (_("Version"), _("The product's own words"))]
    context = {"kind": found, "text": text, "rows": rows, "next_number": base + 1}
    return render(request, "letters/texts/restore.html", context)


def _with_version(kind: str, number: int) -> tuple[LetterKind, LetterText]:
    found = _kind(kind)
    texts_of_kind = LetterText.objects.select_related("by", "confirmation")
    return found, get_object_or_404(texts_of_kind, kind=found.code, number=number)


def _facts(text: LetterText) -> list[tuple[str, Any]]:
    return [
        (_("Letter"), text.label),
        (_("Version"), str(text.number)),
        (_("Written"), f"{danish.long_date(danish.local_date(text.at))} · {text.by.full_name}"),
        (_("What is changed"), text.note),
        (_("Readability (LIX)"), danish.number(text.lix, 1)),
    ]


def _on_page(sample: Sample) -> SafeString:
    """The body of the sample letter, as a part of a page: all values in it were escaped when it was composed."""
    body = re.search(r"<main[^>]*>(.*)</main>", sample.html, re.DOTALL)
    html = body[1] if body else ""
    for level in (2, 1):
        html = re.sub(rf"(</?)h{level}\b", rf"\1h{level + 2}", html)
    return SafeString(html)  # nosec B308 B703
