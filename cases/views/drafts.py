"""Where forms keep what is typed: a small answer for htmx, and the page itself for a browser without scripts."""

from typing import cast

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from cases import registry, services
from microloan.accounts.models import User
from microloan.core import clock, danish


def _kind_of(request: HttpRequest, kind: str, key: str) -> registry.DraftKind:
    """The kind, if this person may write such a draft; else there is no such address."""
    found = registry.draft_kinds.get(kind)
    if found is None or not found.may_write(cast(User, request.user), key):
        raise Http404
    return found


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def draft(request: HttpRequest, kind: str, key: str = "") -> HttpResponse:
    """Keep what is typed in a form. By GET, and without scripts, the page that the draft belongs to."""
    found = _kind_of(request, kind, key)
    if request.method != "POST":
        return redirect(found.page(key))
    saved = services.save_draft(
        owner=cast(User, request.user),
        kind=kind,
        key=key,
        content=services.draft_content(kind, request.POST),
        page=services.draft_page(request.POST),
        now=clock.now(),
    )
    if not request.headers.get("HX-Request"):
        return redirect(found.page(key))
    return render(request, "cases/_draft_saved.html", {"time": danish.clock_time(saved.saved_at) if saved else ""})


def _logged_out(request: HttpRequest) -> HttpResponseBase:
    """The page stays as it is, so that nothing typed is lost."""
    return render(request, "cases/_draft_logged_out.html")


draft.answer_when_logged_out = _logged_out


@require_http_methods(["GET", "HEAD", "POST"])
def draft_delete(request: HttpRequest, kind: str, key: str = "") -> HttpResponse:
    """Throw a draft away and begin anew."""
    found = _kind_of(request, kind, key)
    if request.method == "POST":
        services.finish_draft(
            owner=cast(User, request.user),
            kind=kind,
            key=key,
            page=services.draft_page(request.POST),
            now=clock.now(),
        )
    return redirect(found.page(key))
