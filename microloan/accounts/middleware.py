from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

# What somebody may do before the new password is chosen.
BEFORE_NEW_PASSWORD = frozenset({"accounts:password_change", "accounts:logout", "accounts:extend_session"})


class LoginRequired(LoginRequiredMiddleware):
    """Closed by default. After the log-in one is back where one was, also when a form or a region of a page was asked for."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponseBase:
        if request.method in ("GET", "HEAD") and not request.headers.get("HX-Request"):
            return super().handle_no_permission(request, view_func)
        # A form that keeps what is typed says so on the page, which stays.
        stays = getattr(view_func, "answer_when_logged_out", None)
        if stays and request.headers.get("HX-Request"):
            return stays(request)
        page = _page_of(request)
        if request.method == "POST":
            messages.warning(request, _("You had been logged out, so nothing was saved. Log in and try again."))
        response = redirect_to_login(page, self.get_login_url(view_func), self.get_redirect_field_name(view_func))
        if request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Redirect": response["Location"]})
        return response


def _page_of(request: HttpRequest) -> str:
    """The page that the form or region stands on; only our own addresses count."""
    address = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure()):
        return "/"
    parts = urlsplit(address)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path or "/"


class NewPasswordRequired:
    """Whoever got a password from an administrator chooses an own one before anything else."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view_func: Callable[..., Any], view_args: Any, view_kwargs: Any
    ) -> HttpResponseBase | None:
        user = request.user
        if not user.is_authenticated or not user.must_change_password or not getattr(view_func, "login_required", True):
            return None
        match = request.resolver_match
        if match is not None and match.view_name in BEFORE_NEW_PASSWORD:
            return None
        return redirect("accounts:password_change")
