from typing import Any, cast
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _

from cases.forms import add_refusal
from cases.letters import channels, queries, services
from cases.letters.enums import Channel
from cases.letters.forms import DropForm, SentByHandForm
from cases.letters.models import Letter, LetterFileChanged
from cases.views.base import case_context, get_case, posted
from microloan.accounts.enums import REFERRERS, TEAM, AccessAction
from microloan.accounts.logging import logged
from microloan.accounts.models import User
from microloan.accounts.perms import role_required, team_required
from microloan.core import clock, danish
from microloan.core.errors import Refused

PER_PAGE = 25


@team_required
def case_letters(request: HttpRequest, number: str) -> HttpResponse:
    """The letters of a case, newest first."""
    case = get_case(request, number)
    page = Paginator(queries.letters_of_case(case, _staff(request)), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "letters/case_letters.html", {**case_context(request, case, tab="letters"), "page": page})


@team_required
def unsent(request: HttpRequest) -> HttpResponse:
    """What did not leave by itself: failed, held back, or taken for sending and never confirmed."""
    page = Paginator(queries.letters_for_a_person(_staff(request)), PER_PAGE).get_page(request.GET.get("page"))
    logged(request, AccessAction.LIST, *[letter.case for letter in page])
    return render(request, "letters/unsent.html", {"page": page})


@role_required(*TEAM, *REFERRERS)
def download(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """The frozen file, under a name that says nothing about the person."""
    letter = _letter(request, letter_id, AccessAction.DOWNLOAD)
    try:
        pdf = letter.read_pdf()
    except LetterFileChanged as refusal:
        return render(request, "letters/file_changed.html", {"refusal": refusal.messages[0]}, status=409)
    response = HttpResponse(pdf, content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{letter.file_name}"'
    response["Cache-Control"] = "private, no-store"
    return response


@team_required
def release(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """Check page, then a held, failed or stuck letter goes (again)."""
    letter = _letter(request, letter_id, _reads_or_changes(request))
    if request.method == "POST":
        return _answer(request, letter, services.release_letter, _("The letter is being sent."))
    return render(request, "letters/release.html", {"letter": letter, "case": letter.case, "rows": _facts(letter)})


@team_required
def resend(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """Check page, then the same file once more."""
    letter = _letter(request, letter_id, _reads_or_changes(request))
    if request.method == "POST":
        return _answer(request, letter, services.resend_letter, _("The letter is being sent once more."))
    return render(request, "letters/resend.html", {"letter": letter, "case": letter.case, "rows": _facts(letter)})


@team_required
def sent_by_hand(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """A person states how a stuck or failed letter reached the citizen."""
    letter = _letter(request, letter_id, _reads_or_changes(request))
    went = letter.claimed_at if letter.was_in_hand and letter.claimed_at else clock.now()
    form = SentByHandForm(posted(request), initial={"on": danish.local_date(went)})
    if request.method == "POST" and form.is_valid():
        values = {"channel": Channel(form.cleaned_data["channel"]), "on": form.cleaned_data["on"]}
        if _done(request, form, services.confirm_sent, letter, _("The letter is marked as sent."), **values):
            return redirect("letters:case_letters", number=letter.case.number)
    context = {"letter": letter, "case": letter.case, "rows": _facts(letter), "form": form}
    return render(request, "letters/sent_by_hand.html", context)


@team_required
def drop(request: HttpRequest, letter_id: UUID) -> HttpResponse:
    """A person decides that a letter that has not gone is not to be sent, and says why."""
    letter = _letter(request, letter_id, _reads_or_changes(request))
    form = DropForm(posted(request))
    if request.method == "POST" and form.is_valid():
        values = {"why": form.cleaned_data["why"]}
        if _done(request, form, services.drop_letter, letter, _("The letter is not sent."), **values):
            return redirect("letters:case_letters", number=letter.case.number)
    context = {"letter": letter, "case": letter.case, "rows": _facts(letter), "form": form}
    return render(request, "letters/drop.html", context)


def _done(request: HttpRequest, form: Any, service: Any, letter: Letter, done: str, **values: Any) -> bool:
    """Whether the service went through; a refusal stands at its field."""
    try:
        service(letter=letter, by=_staff(request), **values)
    except Refused as refusal:
        add_refusal(form, refusal)
        return False
    messages.success(request, done)
    return True


def _staff(request: HttpRequest) -> User:
    """Every page but the log-in needs one (LoginRequiredMiddleware)."""
    return cast(User, request.user)


def _reads_or_changes(request: HttpRequest) -> AccessAction:
    return AccessAction.CHANGE if request.method == "POST" else AccessAction.VIEW


def _letter(request: HttpRequest, letter_id: UUID, action: AccessAction) -> Letter:
    letters = Letter.objects.visible_to(_staff(request)).select_related("case__citizen", "case__coach", "created_by")
    letter: Letter = get_object_or_404(letters, pk=letter_id)
    logged(request, action, letter.case)
    return letter


def _answer(request: HttpRequest, letter: Letter, service: Any, done: str) -> HttpResponse:
    try:
        service(letter=letter, by=_staff(request))
    except Refused as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, done)
    return redirect("letters:case_letters", number=letter.case.number)


def _facts(letter: Letter) -> list[tuple[str, Any]]:
    rows = [
        (_("Letter"), letter.subject),
        (_("To"), letter.recipient_name),
        (_("Date in the letter"), danish.long_date(letter.dated)),
        (_("Case"), letter.case.number),
        (_("Status"), letter.get_status_display()),
    ]
    if letter.error:
        rows.append((_("Why"), letter.error))
    if letter.was_in_hand and letter.claimed_at:
        rows.append((_("Taken for sending"), danish.date_and_time(letter.claimed_at)))
        rows.append((_("In the outbox folder"), _("Yes") if channels.lies_in_outbox(letter) else _("No")))
    return rows
