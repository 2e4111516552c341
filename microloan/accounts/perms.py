"""Who may open a view, by role (domain.md §2). Which rows they see there is `visible_to(user)`."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django_htmx.middleware import HtmxDetails

from microloan.accounts.enums import REFERRERS, TEAM, Role
from microloan.accounts.models import User

View = Callable[..., HttpResponse]


class StaffRequest(HttpRequest):
    """The request of a view behind `role_required`, for type checkers: somebody is logged in, and htmx may have asked."""

    user: User
    htmx: HtmxDetails


CASE_READERS = frozenset({*TEAM, *REFERRERS, Role.BENEFITS_OFFICER})


def role_required(*roles: str) -> Callable[[View], View]:
    """Let only these roles in; others get 403 with a page that says who can give access."""
    allowed = frozenset(roles)

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.role not in allowed:
                raise PermissionDenied
            return view(request, *args, **kwargs)

        guarded.allowed_roles = allowed  # type: ignore[attr-defined]
        return guarded

    return decorate


def lead_decides(page: str) -> Callable[[View], View]:
    """For the project lead alone. The tasks that lead here are seen by the whole team: a coach is shown `page` instead."""

    def decorate(view: View) -> View:
        guarded = lead_required(view)

        @wraps(guarded)
        def shown(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.role == Role.COACH and request.method in ("GET", "HEAD"):
                messages.info(request, _("The project lead decides this. You can read what it builds on."))
                return redirect(page, *args, **kwargs)
            return guarded(request, *args, **kwargs)

        return shown

    return decorate


team_required = role_required(*TEAM)
lead_required = role_required(Role.PROJECT_LEAD)
referrer_required = role_required(*REFERRERS)
benefits_officer_required = role_required(Role.BENEFITS_OFFICER)
administrator_required = role_required(Role.ADMINISTRATOR)
auditor_required = role_required(Role.AUDITOR)
