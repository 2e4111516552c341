"""What every page knows: navigation, who runs the installation, today, and how long the session lasts."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from microloan.core import clock, navigation

MunicipalityName = Callable[[], str]
_municipality: list[MunicipalityName] = []


def register_municipality(provider: MunicipalityName) -> None:
    """The room that keeps the municipality's name says how to read it (asked once per page)."""
    _municipality[:] = [provider]


def shell(request: HttpRequest) -> dict[str, Any]:
    """The variable `shell` of base.html. Everything is read on first use, so a fragment costs no query."""
    return {"shell": Shell(request), "demo": settings.DEMO}


class Shell:
    def __init__(self, request: HttpRequest) -> None:
        self._request = request
        self._cache: dict[str, Any] = {}

    def _once(self, key: str, make: Callable[[], Any]) -> Any:
        if key not in self._cache:
            self._cache[key] = make()
        return self._cache[key]

    @property
    def user(self) -> Any:
        """The user, or nothing on pages for people who are not logged in (also where no session was set up)."""
        user = getattr(self._request, "user", None)
        return user if user is not None and user.is_authenticated else None

    @property
    def today(self) -> date:
        return self._once("today", clock.today)

    @property
    def clock_moved(self) -> bool:
        return bool(clock.demo_days())

    @property
    def municipality(self) -> str:
        return self._once("municipality", lambda: _municipality[0]() if _municipality else "")

    @property
    def navigation(self) -> list[navigation.Link]:
        match = self._request.resolver_match
        view_name = match.view_name if match else ""
        return self._once("navigation", lambda: navigation.links(self.user, view_name, self.today) if self.user else [])

    @property
    def search_url(self) -> str:
        return navigation.search_url(self.user) if self.user else ""

    @property
    def session_seconds(self) -> int:
        return settings.SESSION_COOKIE_AGE

    @property
    def home_url(self) -> str:
        return _url("home")

    @property
    def help_url(self) -> str:
        return _url("help")

    @property
    def accessibility_url(self) -> str:
        return _url("accessibility")

    @property
    def profile_url(self) -> str:
        return _url("accounts:profile")

    @property
    def password_url(self) -> str:
        return _url("accounts:password_change")

    @property
    def login_url(self) -> str:
        return _url("accounts:login")

    @property
    def logout_url(self) -> str:
        return _url("accounts:logout")

    @property
    def extend_url(self) -> str:
        return _url("accounts:extend_session")

    @property
    def theme_url(self) -> str:
        return _url("policy:theme")

    @property
    def demo_clock_url(self) -> str:
        return _url("demo_clock") if navigation.is_linked_for(self.user, "demo_clock") else ""


def _url(name: str) -> str:
    """A page that this installation does not have (yet) is not linked."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
