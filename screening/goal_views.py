"""The goals of the action plan, and their follow-up at evaluation meetings (domain.md §4)."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from cases.models import Contact
from cases.views.base import get_case, posted
from microloan.accounts.perms import StaffRequest, team_required
from microloan.core import clock
from microloan.core.errors import Refused
from microloan.core.once import sent_once
from screening import services
from screening.forms import refuse
from screening.paper_forms import ReviewForm
from screening.paper_views import page


@team_required
@require_http_methods(["GET", "HEAD", "POST"])
@sent_once
def goals(request: StaffRequest, number: str) -> HttpResponse:
    """How it stands with each goal, what was said of it, and the form of a new follow-up."""
    case = get_case(request, number)
    today = clock.today()
    standings = services.standings(case, today)
    meetings = services.evaluation_meetings(case)
    queryset = Contact.objects.filter(pk__in=[meeting.pk for meeting in meetings]).order_by("-at", "-pk")
    form = ReviewForm(posted(request), meetings=queryset, standings=standings)
    if request.method == "POST" and form.is_valid():
        try:
            services.review_goals(
                case=case,
                contact=form.cleaned_data["contact"],
                results=form.results(),
                by=request.user,
                today=today,
            )
        except Refused as refusal:
            refuse(form, refusal)
        else:
            messages.success(request, _("The follow-up is saved."))
            return redirect("screening:goals", number=case.number)
    return page(
        request,
        "goals",
        case,
        standings=standings,
        reviews=list(services.reviews_of(case)[:100]),
        form=form if form.goals and meetings and case.is_open else None,
        meetings=meetings,
    )
