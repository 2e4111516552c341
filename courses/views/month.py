"""The month calendar of all course runs (domain.md §5)."""

from datetime import date

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from courses import months
from microloan.accounts.perms import team_required
from microloan.core import clock


@team_required
def month(request: HttpRequest) -> HttpResponse:
    """A month of sessions, each with its run, place and seats; weeks as rows, on a phone a list of the days."""
    today = clock.today()
    first = months.read_month(request.GET.get("month", ""), today)
    weeks = months.month_of(first)
    context = {
        "month": weeks,
        "has_sessions": any(day.sessions for week in weeks for day in week if day.in_month),
        "first": first,
        "today": today,
        "previous": months.name(months.shift(first, -1)),
        "following": months.name(months.shift(first, 1)),
        "is_present": first == date(today.year, today.month, 1),
    }
    return render(request, "courses/month.html", context)
