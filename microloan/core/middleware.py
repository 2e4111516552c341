from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.utils.cache import patch_cache_control

from microloan.core import views

SIGNS_OF_LIFE = {"/healthz": views.healthz, "/readyz": views.readyz, "/metrics": views.metrics}


class SignsOfLife:
    """Answers the operators' probes before all else: they call by address, not by a name in ALLOWED_HOSTS, and
    without TLS, session or log line."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        view = SIGNS_OF_LIFE.get(request.path_info)
        return view(request) if view else self.get_response(request)


class KnownMethods:
    """Pages are read and forms are sent; nothing here is put, patched or deleted by that name."""

    METHODS = ("GET", "HEAD", "POST")

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request) if request.method in self.METHODS else HttpResponseNotAllowed(self.METHODS)


class NoNulCharacters:
    """No address of ours holds the character NUL, and PostgreSQL takes none: such a request is a bad one, not our fault."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if "\0" in request.path_info or any("\0" in value for _name, values in request.GET.lists() for value in values):
            raise BadRequest("NUL in the address")
        return self.get_response(request)


class KeptInNoCache:
    """What somebody who is logged in has seen stays in no cache: after the log-out "back" shows no citizen, and no page
    of a case lies on the disk of a shared machine. A view may say otherwise."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        failed = response.status_code >= 500  # the user may be what could not be read
        if not failed and not response.has_header("Cache-Control") and request.user.is_authenticated:
            patch_cache_control(response, private=True, no_store=True)
        return response


class NoBlankPages:
    """Somebody opens by GET what only a form sends to: after a log-in that had run out, or from the browser's history.
    Django answers with an empty page; ours says that nothing was changed and where to go on."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if response.status_code != 405 or request.method != "GET" or request.headers.get("HX-Request"):
            return response
        page = views.only_by_form(request)
        page["Allow"] = response["Allow"]
        return page
