"""Every address × every role, and logged out (domain.md §2). How to add a row: tests/support/routing.py."""

import logging
from collections import Counter
from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from microloan import urls
from microloan.accounts.models import AccessLog, User
from microloan.core import views
from tests.support.routes import all_rows
from tests.support.routing import SLOW_TO_MAKE, Route, values
from tests.support.strict import StrictClient
from tests.support.world import World

ROWS = all_rows()

pytestmark = pytest.mark.django_db


def routes_of(resolver: URLResolver, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from routes_of(pattern, inner)
        else:
            yield f"{namespace}{pattern.name}", pattern


ROUTES = dict(routes_of(get_resolver()))


class Played(World):
    """The world of all rows, made once, with everybody logged in. What a row makes of it is gone after the row."""

    def __init__(self) -> None:
        super().__init__()
        self.case  # noqa: B018 (made here, not in the first row)
        for route in ROWS:
            if route.name.startswith(SLOW_TO_MAKE):
                values(route.kwargs, self)
                values(route.data, self)
        self.sessions = {user.pk: session_of(user) for user in (*self.users.values(), *self.strangers.values())}


@pytest.fixture(scope="module")
def played(kept_rows: None) -> Played:
    return Played()


@pytest.fixture
def world(db: None, played: Played) -> Played:
    return played.fresh()


@pytest.fixture(autouse=True)
def _quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A thousand refusals, each with a page and a traceback in the log, take longer than the refusals (their pages:
    tests/core/test_views.py)."""
    monkeypatch.setattr(urls, "handler403", lambda request, exception: HttpResponse(status=403))
    monkeypatch.setattr(urls, "handler404", lambda request, exception: HttpResponse(status=404))
    monkeypatch.setattr(views, "only_by_form", lambda request: HttpResponse(status=405))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def session_of(user: User) -> str:
    client = StrictClient()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


def visit(session: str | None, method: str, address: str, data: dict) -> tuple[int, list[AccessLog]]:
    client = StrictClient()
    if session:
        client.cookies[settings.SESSION_COOKIE_NAME] = session
    with transaction.atomic():
        last = AccessLog.objects.order_by("pk").values_list("pk", flat=True).last() or 0
        response = getattr(client, method)(address, data)
        if response.streaming:
            b"".join(response.streaming_content)
        lines = list(AccessLog.objects.filter(pk__gt=last))
        transaction.set_rollback(True)
    return response.status_code, lines


def test_every_route_has_a_row() -> None:
    assert sorted(set(ROUTES) - {route.name for route in ROWS}) == [], "add a row: tests/support/routing.py says how"


def test_every_row_has_a_route() -> None:
    assert sorted({route.name for route in ROWS} - set(ROUTES)) == []


def test_no_row_stands_twice() -> None:
    assert [key for key, count in Counter(str(route) for route in ROWS).items() if count > 1] == []


def test_no_route_escapes_the_check_against_forged_requests() -> None:
    assert [name for name, route in ROUTES.items() if getattr(route.callback, "csrf_exempt", False)] == []


def test_an_address_with_a_case_number_leaves_a_line_in_the_access_log() -> None:
    """… or its row says why it need not (danish-rules.md §7)."""
    of_a_case = {name for name, route in ROUTES.items() if "number" in route.pattern.converters}
    silent = [str(route) for route in ROWS if route.name in of_a_case and not (route.logs or route.no_log)]
    assert silent == []


@pytest.mark.parametrize("route", ROWS, ids=str)
def test_who_may(route: Route, world: Played) -> None:
    if route.prepare:
        route.prepare(world)
    address = reverse(route.name, kwargs=values(route.kwargs, world))
    data = values(route.data, world)
    wrong: list[str] = []

    def check(who: str, user: User | None, expected: int | None, method: str = route.method) -> list[AccessLog]:
        sent = data if method == route.method else {}
        code, lines = visit(world.sessions[user.pk] if user else None, method, address, sent)
        # A page for reading answers 405 to a POST, whoever asks.
        if expected is not None and code != expected and not (method != route.method and code == 405):
            wrong.append(f"{who}: {method.upper()} gave {code}, expected {expected}")
        return lines

    for role, user in world.users.items():
        lines = check(role, user, route.code_for(role))
        if route.code_for(role) != route.ok:
            other = "post" if route.method == "get" else "get"
            check(role, user, route.code_for(role, other), other)
        elif route.method == "post":
            check(role, user, route.get, "get")
        if route.logs and role in route.allow and not any(line.user_id == user.pk for line in lines):
            wrong.append(f"{role}: no line in the access log")
    for role, user in world.strangers.items():
        check(f"stranger {role}", user, route.code_for_stranger(role))
    check("nobody logged in", None, route.code_for_nobody())
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("route", [route for route in ROWS if route.method == "post"], ids=str)
def test_a_forged_request_is_refused(route: Route, world: Played) -> None:
    client = StrictClient(enforce_csrf_checks=True)
    role = next((role for role in world.users if role in route.allow), None)
    if role is not None:
        client.force_login(world.users[role])
    address = reverse(route.name, kwargs=values(route.kwargs, world))
    assert client.post(address, values(route.data, world)).status_code == 403
