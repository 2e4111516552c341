"""Pages that belong to no room: help and shortcuts, the accessibility statement, and the developers' style guide."""

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from microloan.core import clock, styleguide

STYLEGUIDE_PAGES = ("parts", "forms", "case", "my_work", "disbursement", "dashboard")


@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Where to get help, and the keyboard shortcuts."""
    return render(request, "core/help.html")


@login_not_required
@require_safe
def accessibility(request: HttpRequest) -> HttpResponse:
    """The accessibility statement; public, as the law on accessible websites asks."""
    return render(request, "core/accessibility.html")


@require_safe
def style_guide(request: HttpRequest, page: str = "parts") -> HttpResponse:
    """Every include with invented data, in demo mode only."""
    if not settings.DEMO or page not in STYLEGUIDE_PAGES:
        raise Http404
    context = {**styleguide.sample_context(clock.today()), "page": page, "pages": STYLEGUIDE_PAGES}
    if page == "forms":
        context["form"] = styleguide.SampleForm()
        context["wrong_form"] = styleguide.SampleForm({"voucher": "17"}, prefix="wrong")
    return render(request, f"styleguide/{page}.html", context)
