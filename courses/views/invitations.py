"""Invitations to a run: a check page that says who gets what, and then they are sent."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from cases.letters.services import preview_letter
from courses import letters, services
from courses.forms import InvitationForm
from courses.models import CourseRun, Invitation
from courses.services import Round
from courses.views.base import log_people, show_refusal, visible_enrolments
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.pdf import PdfError


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
def invitations(request: StaffRequest, pk: int) -> HttpResponse:
    """Who gets the invitation, who a letter about changed days, who neither and why; what to bring; then send."""
    run = get_object_or_404(CourseRun.objects.select_related("module", "teacher", "place", "meeting"), pk=pk)
    seats = visible_enrolments(run, request, letters.TOLD)
    found = services.plan_invitations(run, clock.today(), seats)
    form = InvitationForm(request.POST if request.method == "POST" else None, initial={"bring": _usual(run)})
    if request.method == "POST" and form.is_valid():
        try:
            if "preview" in request.POST and found.due:
                return _preview(request, found, form.cleaned_data["bring"])
            if "confirm" in request.POST:
                return _send(request, run, form.cleaned_data["bring"])
        except (Refused, PdfError) as refusal:
            show_refusal(form, refusal if isinstance(refusal, Refused) else Refused(str(refusal)))
    log_people(request, AccessAction.LIST, *seats)
    return render(request, "courses/invitations.html", {"run": run, "round": found, "form": form})


def _usual(run: CourseRun) -> str:
    """What was asked for last: on this run, else on another of the module."""
    of_module = Invitation.objects.filter(enrolment__run__module=run.module_id)
    texts = of_module.order_by("-pk").values_list("bring", flat=True)
    return texts.filter(enrolment__run=run).first() or texts.first() or _("Pen and paper")


def _preview(request: StaffRequest, found: Round, bring: str) -> HttpResponse:
    """The first letter as it will look, stored nowhere."""
    one = found.due[0]
    assert one.enrolment.case is not None
    context = letters.context_of(found.programme, bring, is_change=bool(one.sent))
    made = preview_letter(kind=one.kind, case=one.enrolment.case, context=context, by=request.user, today=clock.today())
    log_people(request, AccessAction.VIEW, one.enrolment)
    response = HttpResponse(made.pdf, content_type="application/pdf")
    response["Content-Disposition"] = 'inline; filename="brev.pdf"'
    response["Cache-Control"] = "private, no-store"
    return response


def _send(request: StaffRequest, run: CourseRun, bring: str) -> HttpResponse:
    made = services.invite(run=run, bring=bring, by=request.user, today=clock.today())
    log_people(request, AccessAction.CHANGE, *[one.enrolment for one in made])
    number = len(made)
    words = ngettext("%(number)s letter is being sent.", "%(number)s letters are being sent.", number)
    messages.success(request, words % {"number": number} if made else _("Everybody has been told already."))
    return redirect("courses:run", pk=run.pk)
