"""A letter in own words to the citizens of the ticked tasks, or to one: written, checked, sent."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cases.forms import add_refusal
from cases.letters import bulk as letters
from cases.letters import kinds, services
from cases.letters.forms import MessageForm
from cases.letters.models import BulkLetter
from cases.models import CaseFile
from cases.views.base import posted
from cases.views.bulk import own_address, ticked
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.export import CSV_TYPE, csv_lines

PER_PAGE = 25


def _cases(request: StaffRequest) -> list[CaseFile]:
    """The cases of the tasks in the address, and the cases named there, that this person may see: each once."""
    visible = CaseFile.objects.visible_to(request.user).select_related("citizen", "coach")
    tasks = ticked(request.GET.getlist("task"))[: letters.MOST_AT_ONCE]
    named = ticked(request.GET.getlist("case"))[: letters.MOST_AT_ONCE]
    if group := letters.groups.get(request.GET.get("group", "")):
        return list(group.cases(request.user, clock.today()).filter(pk__in=visible)[: letters.MOST_AT_ONCE])
    found = visible.filter(pk__in=[*CaseFile.objects.filter(tasks__in=tasks).values_list("pk", flat=True), *named])
    return list(found.order_by("citizen__name", "pk"))


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def bulk(request: StaffRequest) -> HttpResponse:
    """The form; then who gets the letter and how; then it is sent, and that cannot be undone."""
    cases, back = _cases(request), own_address(request, request.GET.get("next", ""))
    form = MessageForm(posted(request))
    found = letters.addressees(cases)
    able = [one for one in found if not one.why_not]
    checked = False
    if request.method == "POST" and "edit" not in request.POST and form.is_valid():
        checked = True
        values = form.cleaned_data
        try:
            letters.check_subject(values["subject"])
            if "preview" in request.POST and able:
                return _preview(request, able[0].case, values["subject"], values["text"])
            if "confirm" in request.POST:
                return _send(request, cases, values)
        except Refused as refusal:
            add_refusal(form, refusal)
            checked = False
    logged(request, AccessAction.LIST, *cases)
    context = {
        "form": form,
        "able": able,
        "unable": [one for one in found if one.why_not],
        "checked": checked,
        "paragraphs": letters.paragraphs_of(form.cleaned_data["text"]) if checked else (),
        "hidden": {**{name: form.data.get(name, "") for name in form.fields}, "key": _key(request)} if checked else {},
        "back": back,
    }
    return render(request, "letters/bulk.html", context)


def _preview(request: StaffRequest, case: CaseFile, subject: str, text: str) -> HttpResponse:
    """The first letter as it will look, stored nowhere."""
    made = services.preview_letter(
        kind=kinds.MESSAGE.code,
        case=case,
        context=letters.context_of(subject, text),
        by=request.user,
        today=clock.today(),
    )
    logged(request, AccessAction.VIEW, case)
    response = HttpResponse(made.pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="brev.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def _key(request: StaffRequest) -> UUID:
    """Of the check page that was sent, or of a new one."""
    try:
        return UUID(request.POST.get("key", ""))
    except ValueError:
        return uuid4()


def _send(request: StaffRequest, cases: list[CaseFile], values: dict[str, Any]) -> HttpResponse:
    letter = letters.write_to_many(
        cases=cases, subject=values["subject"], text=values["text"], by=request.user, key=_key(request)
    )
    logged(request, AccessAction.CHANGE, *[case for case in cases if case.pk in letter.case_ids])
    number = len(letter.case_ids)
    words = ngettext(
        "The letter is being sent to %(number)s citizen.", "The letter is being sent to %(number)s citizens.", number
    )
    messages.success(request, words % {"number": number})
    return redirect("letters:bulk_report", letter.pk)


@team_required
def bulk_list(request: StaffRequest) -> HttpResponse:
    """The letters to many, newest first, and the groups one can write to now."""
    page = Paginator(BulkLetter.objects.select_related("by"), PER_PAGE).get_page(request.GET.get("page"))
    found = [
        {"key": name, "label": group.label, "number": group.cases(request.user, clock.today()).count()}
        for name, group in ((name, letters.groups[name]) for name in letters.groups.names())
    ]
    return render(request, "letters/bulk_list.html", {"page": page, "groups": found})


@team_required
def bulk_report(request: StaffRequest, pk: int) -> HttpResponse:
    """How far a letter to many has come, and who did not get it and why."""
    bulk = get_object_or_404(BulkLetter.objects.select_related("by"), pk=pk)
    rows, counts = letters.report_of(bulk)
    logged(request, AccessAction.LIST, *[row.case for row in rows])
    context = {
        "bulk": bulk,
        "rows": rows,
        "counts": {name: counts[name] for name in ("sent", "made", "waiting", "not")},
        "unable": counts["not"],
        "is_at_work": bool(counts["waiting"]) and bulk.prepared_at is None,
    }
    template = "letters/_bulk_progress.html" if request.htmx else "letters/bulk_report.html"
    return render(request, template, context)


@team_required
@require_http_methods(["GET", "HEAD"])
def bulk_report_file(request: StaffRequest, pk: int) -> HttpResponse:
    """The same as a file: case numbers and why, no names."""
    bulk = get_object_or_404(BulkLetter, pk=pk)
    rows, _counts = letters.report_of(bulk)
    logged(request, AccessAction.EXPORT, *[row.case for row in rows])
    words = {"sent": _("Sent"), "made": _("On its way"), "waiting": _("Is being made"), "not": _("Not sent")}
    lines = [(row.case.number, words[row.state], row.reason) for row in rows]
    report = "".join(csv_lines([_("Case"), _("Status"), _("Why")], lines))
    response = HttpResponse(report, content_type=CSV_TYPE)
    response["Content-Disposition"] = f'attachment; filename="brev-til-flere-{bulk.pk}.csv"'
    response["Cache-Control"] = "private, no-store"
    return response
