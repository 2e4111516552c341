"""Referral specialists and the centres that lack a trained one, for the project lead and the administrator."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_safe

from microloan.accounts import specialists as services
from microloan.accounts.models import StartMeeting, User
from microloan.accounts.perms import role_required
from microloan.accounts.views.administration import refuse
from microloan.core import clock, danish
from microloan.core.errors import Refused
from microloan.core.forms import BaseForm, DateField

PER_PAGE = 25
MEETINGS_PER_PAGE = 25
keeper_required = role_required(*services.KEEPERS)


class TrainingForm(BaseForm):
    trained_on = DateField(
        label=gettext_lazy("Trained on"), required=False, help_text=gettext_lazy("dd-mm-yyyy. Empty: not trained yet.")
    )


class MeetingForm(BaseForm):
    held_on = DateField(label=gettext_lazy("Sat in on a start meeting on"))


@keeper_required
@require_safe
def specialists(request: HttpRequest) -> HttpResponse:
    """Each centre with its specialists; a centre without a trained one stands first and says so."""
    page = Paginator(services.centres_with_specialists(), PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "accounts/specialists.html", {"page": page})


@keeper_required
@require_http_methods(["GET", "HEAD", "POST"])
def specialist(request: HttpRequest, pk: int) -> HttpResponse:
    """When the specialist was trained, and the start meetings; both are written here."""
    person = get_object_or_404(services.specialists().select_related("centre"), pk=pk)
    what = request.POST.get("what", "")
    training = TrainingForm(
        request.POST if what == "training" else None, initial={"trained_on": person.specialist_trained_on}
    )
    meeting = MeetingForm(request.POST if what == "meeting" else None)
    if request.method == "POST" and _write(request, person, training, meeting):
        return redirect("accounts:specialist", pk=pk)
    page = Paginator(person.start_meetings.select_related("noted_by"), MEETINGS_PER_PAGE).get_page(
        request.GET.get("page")
    )
    context = {"person": person, "training": training, "meeting": meeting, "page": page}
    context["has_errors"] = bool(training.errors or meeting.errors)
    return render(request, "accounts/specialist.html", context)


def _write(request: HttpRequest, person: User, training: TrainingForm, meeting: MeetingForm) -> bool:
    form = training if training.is_bound else meeting
    if not form.is_bound or not form.is_valid():
        return False
    now = {"specialist": person, "by": request.user, "today": clock.today()}
    try:
        if form is training:
            services.record_training(trained_on=form.cleaned_data["trained_on"], **now)
        else:
            services.record_start_meeting(held_on=form.cleaned_data["held_on"], **now)
    except Refused as refusal:
        refuse(form, refusal)
        return False
    messages.success(request, _("The changes have been saved."))
    return True


@keeper_required
@require_http_methods(["GET", "HEAD", "POST"])
def meeting_remove(request: HttpRequest, pk: int, meeting_pk: int) -> HttpResponse:
    """Take away a meeting noted by mistake. By GET: the specialist."""
    meeting = get_object_or_404(StartMeeting, pk=meeting_pk, specialist=pk)
    if request.method == "POST":
        day = danish.long_date(meeting.held_on)
        services.remove_start_meeting(meeting=meeting, by=request.user)
        messages.success(request, _("The start meeting on %(date)s has been removed.") % {"date": day})
    return redirect("accounts:specialist", pk=pk)
