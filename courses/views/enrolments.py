"""Seats: from the page of the case, and given up."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from cases.views.base import get_case
from courses import services
from courses.enums import EnrolmentState
from courses.forms import WithdrawForm
from courses.models import CourseRun
from courses.views.base import get_seat, log_people, show_refusal
from microloan.accounts.enums import AccessAction
from microloan.accounts.perms import team_required
from microloan.core import clock
from microloan.core.errors import Refused


@team_required
def withdraw(request: HttpRequest, pk: int) -> HttpResponse:
    """Give up a seat, with the reason."""
    enrolment = get_seat(request, pk)
    form = WithdrawForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.withdraw(enrolment=enrolment, **form.cleaned_data, by=request.user, today=clock.today())
        except Refused as refusal:
            show_refusal(form, refusal)
        else:
            log_people(request, AccessAction.CHANGE, enrolment)
            messages.success(request, _("The seat is given up."))
            return redirect("courses:run", pk=enrolment.run_id)
    log_people(request, AccessAction.VIEW, enrolment)
    waits = enrolment.state == EnrolmentState.WAITING
    return render(request, "courses/withdraw.html", {"enrolment": enrolment, "form": form, "waits": waits})


@require_POST
@team_required
def case_enrol(request: HttpRequest, number: str, pk: int) -> HttpResponse:
    """Give this case a seat on a run, from its own page."""
    case = get_case(request, number)
    course_run = get_object_or_404(CourseRun, pk=pk)
    try:
        services.enrol(run=course_run, case=case, by=request.user, today=clock.today())
    except Refused as refusal:
        for message in refusal.messages:
            messages.error(request, message)
    else:
        messages.success(request, _("The citizen has a seat."))
    return redirect("courses:case", number=case.number)
