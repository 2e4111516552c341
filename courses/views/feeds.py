"""The secret addresses from which calendar programs read a run or what a teacher teaches (docs/decisions/153)."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases import services as cases
from cases.models import CalendarFeed
from courses.models import CourseRun, Teacher
from microloan.accounts.perms import team_required


@team_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def run_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(CourseRun.objects.select_related("module"), pk=pk)
    return _address(request, f"run-{run.pk}", run.module.title, reverse("courses:run", kwargs={"pk": pk}))


@team_required
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def teacher_calendar(request: HttpRequest, pk: int) -> HttpResponse:
    teacher = get_object_or_404(Teacher, pk=pk, is_active=True)
    return _address(request, f"teacher-{teacher.pk}", teacher.name, reverse("courses:teachers"))


def _address(request: HttpRequest, subject: str, name: str, back: str) -> HttpResponse:
    """Made, renewed or closed. It is shown once, on the answer that made it."""
    address = ""
    if request.method == "POST":
        if request.POST.get("action") == "close":
            cases.close_feed_of(subject=subject, by=request.user)
            return redirect(request.path)
        token = cases.renew_feed_of(subject=subject, by=request.user)
        address = request.build_absolute_uri(reverse("cases:calendar_feed", kwargs={"token": token}))
    feed = CalendarFeed.objects.filter(subject=subject).first()
    context = {"feed": feed, "address": address, "name": name, "back": back}
    return render(request, "courses/calendar_address.html", context)
