"""A letter in own words to the citizens of the ticked tasks, or to one: written, checked, sent."""

from typing import Any
from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cases.forms import add_refusal
from cases.letters import bulk as letters
from cases.letters import kinds, services
from cases.letters.forms import MessageForm
from cases.models import CaseFile
from cases.views.base import posted
from cases.views.bulk import own_address, ticked
from microloan.accounts.enums import AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused


def _cases(request: StaffRequest) -> list[CaseFile]:
    """The cases of the tasks in the address, and the cases named there, that this person may see: each once."""
    visible = CaseFile.objects.visible_to(request.user).select_related("citizen", "coach")
    tasks = ticked(request.GET.getlist("task"))[: letters.MOST_AT_ONCE]
    named = ticked(request.GET.getlist("case"))[: letters.MOST_AT_ONCE]
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
                return _send(request, cases, values, back)
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


def _send(request: StaffRequest, cases: list[CaseFile], values: dict[str, Any], back: str) -> HttpResponse:
    letter = letters.write_to_many(
        cases=cases, subject=values["subject"], text=values["text"], by=request.user, key=_key(request)
    )
    logged(request, AccessAction.CHANGE, *[case for case in cases if case.pk in letter.case_ids])
    number = len(letter.case_ids)
    words = ngettext(
        "The letter is being sent to %(number)s citizen.", "The letter is being sent to %(number)s citizens.", number
    )
    messages.success(request, words % {"number": number})
    return redirect(back)
