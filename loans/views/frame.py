"""The yearly frame, what it was used for, and what the plans will bring in (domain.md §7)."""

from datetime import date
from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from loans import frame as frames
from loans import services
from loans.forms import FrameForm
from loans.frame_words import figure_rows, finding_of, forecast_chart, forecast_finding, month_labels
from loans.models import YearlyFrame
from loans.views.base import add_refusal
from microloan.accounts.enums import Role
from microloan.accounts.perms import StaffRequest, role_required
from microloan.core import clock
from microloan.core.errors import Conflict, Refused
from microloan.core.money import ZERO

YEARS_SHOWN = 8


@role_required(Role.PROJECT_LEAD, Role.BENEFITS_OFFICER)
@require_http_methods(["GET", "HEAD", "POST"])
def frame(request: StaffRequest) -> HttpResponse:
    """A year's frame and figures, the form that sets it (project lead), and twelve months of expected instalments."""
    today = clock.today()
    years = frames.years_with_money(today)[:YEARS_SHOWN]
    asked = request.GET.get("year", "")
    year = next((one for one in years if str(one) == asked), today.year)
    found = frames.frame_of(year)
    form = _form(request, found, year, today)
    if form is not None and request.method == "POST" and form.is_valid():
        try:
            services.set_frame(year=year, **form.cleaned_data, by=request.user, today=today)
        except Conflict as conflict:
            for message in conflict.messages:
                messages.warning(request, message)
            return redirect(_address(year))
        except Refused as refusal:
            add_refusal(form, refusal)
        else:
            messages.success(request, _("The frame of %(year)s is set.") % {"year": year})
            return redirect(_address(year))
    return render(request, "loans/frame.html", _context(year, years, found, form, today))


def _address(year: int) -> str:
    return f"{reverse('loans:frame')}?year={year}"


def _form(request: StaffRequest, found: YearlyFrame | None, year: int, today: date) -> FrameForm | None:
    """The form, for the one who may set the frame, in the years that may still be set."""
    if request.user.role != Role.PROJECT_LEAD or year < today.year:
        return None
    initial: dict[str, Any] = {"seen": found.pk if found else 0}
    if found is not None:
        initial["amount"] = found.amount
    return FrameForm(request.POST or None, initial=initial)


def _context(
    year: int, years: list[int], found: YearlyFrame | None, form: FrameForm | None, today: date
) -> dict[str, Any]:
    figures = frames.figures_of(year, today)
    amounts: list[Decimal] = frames.expected(today)
    return {
        "year": year,
        "frame": found,
        "earlier": frames.earlier_frames(year),
        "finding": finding_of(figures),
        "is_over": figures.left is not None and figures.left < 0,
        "rows": figure_rows(figures),
        "form": form,
        "views": [{"label": str(one), "url": _address(one), "current": one == year, "count": None} for one in years],
        "forecast_finding": forecast_finding(amounts),
        "chart": forecast_chart(amounts, today) if any(amounts) else "",
        "months": list(zip(month_labels(today), amounts, strict=True)),
        "total": sum(amounts, ZERO),
    }
