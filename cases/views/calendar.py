"""The week of a worker, and the secret address from which a calendar program reads it (domain.md §3.5)."""

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import override
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from cases import calendars, services
from cases.models import CalendarFeed
from cases.services.calendar import hash_of, note_reading
from microloan.accounts.enums import PURPOSE_OF_ROLE, TEAM, AccessAction, Role
from microloan.accounts.logging import logged
from microloan.accounts.models import User
from microloan.accounts.perms import StaffRequest, team_required
from microloan.accounts.services import log_access
from microloan.core import clock

LANGUAGE = "da"  # nobody is logged in whose language could be asked


@team_required
@require_safe
def calendar(request: StaffRequest) -> HttpResponse:
    """A week: contacts, course sessions and due dates; one's own, or a colleague's."""
    today = clock.today()
    colleagues = list(User.objects.team())
    asked = request.GET.get("worker", "")
    if asked and asked not in {str(person.pk) for person in colleagues}:
        raise Http404
    worker = next((person for person in colleagues if str(person.pk) == asked), request.user)
    monday = calendars.read_week(request.GET.get("week", ""), today)
    week = calendars.week_of(worker, monday, today)
    logged(request, AccessAction.LIST, *week.cases)
    context = {
        "today": today,
        "week": week,
        "worker": worker,
        "is_own": worker.pk == request.user.pk,
        "colleagues": colleagues,
        "week_number": monday.isocalendar().week,
        "week_name": calendars.week_name(monday),
        "sunday": monday + 6 * calendars.DAY,
        "is_present": monday == calendars.monday_of(today),
        "previous": _address(monday - calendars.WEEK, asked),
        "following": _address(monday + calendars.WEEK, asked),
        "present": _address(None, asked),
        "next": request.get_full_path(),
    }
    return render(request, "cases/calendar.html", context)


def _address(monday: object, worker: str) -> str:
    query = {"week": calendars.week_name(monday)} if monday else {}  # type: ignore[arg-type]
    if worker:
        query["worker"] = worker
    address = reverse("cases:calendar")
    return f"{address}?{urlencode(query)}" if query else address


@team_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def calendar_address(request: StaffRequest) -> HttpResponse:
    """The secret address: made, renewed or closed by its owner. It is shown once, on the answer that made it."""
    address = ""
    if request.method == "POST":
        if request.POST.get("action") == "close":
            services.close_feed(user=request.user)
            return redirect("cases:calendar_address")
        token = services.renew_feed(user=request.user)
        address = request.build_absolute_uri(reverse("cases:calendar_feed", kwargs={"token": token}))
    feed = CalendarFeed.objects.filter(user=request.user).first()
    return render(request, "cases/calendar_address.html", {"feed": feed, "address": address})


@login_not_required
@never_cache
@require_safe
def calendar_feed(request: HttpRequest, token: str) -> HttpResponse:
    """The calendar behind the secret. Whoever has left the team has none; the log names the owner as its reader."""
    owned = Q(user__is_active=True, user__role__in=TEAM) | Q(subject__isnull=False)
    feed = get_object_or_404(CalendarFeed.objects.select_related("user").filter(owned), token_hash=hash_of(token))
    now = clock.now()
    with override(LANGUAGE):
        if feed.user is None:
            found = calendars.feed_of_subject(feed.subject or "", now)
        else:
            found = calendars.feed_of(feed.user, now, request.build_absolute_uri)
    if found is None:
        raise Http404
    is_news = note_reading(feed, found.digest, now)
    if is_news and feed.user is not None:
        log_access(
            user=feed.user,
            action=AccessAction.DOWNLOAD,
            what="cases:calendar_feed",
            purpose=PURPOSE_OF_ROLE[Role(feed.user.role)],
            citizen_ids=[case.citizen_id for case in found.cases],
            case_numbers=[case.number for case in found.cases],
        )
    response = HttpResponse(found.content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'inline; filename="mikrolaan.ics"'
    response["X-Robots-Tag"] = "noindex"
    return response
