"""Lock-out after repeated failures at the log-in (django-axes): how names are counted, and the page that explains."""

from typing import Any

from axes.helpers import get_cool_off
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from microloan.core import clock

TOO_MANY_REQUESTS = 429


def username(request: HttpRequest | None, credentials: dict[str, Any] | None = None) -> str:
    """The name as it is counted: `COACH` and `coach` are one person at the log-in, so they are one here."""
    given = (credentials or {}).get("username") or (request.POST.get("username") if request else "")
    return counted_name(given or "")


def counted_name(given: str) -> str:
    return str(given).strip().casefold()[:255]


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None = None, credentials: dict[str, Any] | None = None
) -> HttpResponse:
    """Say when one can try again and who helps; the same words whether the user exists or not."""
    pause = get_cool_off(request)
    context = {"try_again_at": clock.now() + pause, "minutes": int(pause.total_seconds() // 60)}
    return render(request, "accounts/locked_out.html", context, status=TOO_MANY_REQUESTS)
