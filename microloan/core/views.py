"""Signs of life for operators, and the pages for when something is wrong."""

from typing import Any

import structlog
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.db import Error as DatabaseError
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseServerError, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import requires_csrf_token
from django.views.decorators.http import require_safe
from kombu.exceptions import OperationalError as BrokerError
from prometheus_client import CONTENT_TYPE_LATEST

from microloan.celery import app as celery_app
from microloan.core import metrics as figures

log = structlog.get_logger(__name__)


@login_not_required
@transaction.non_atomic_requests
@never_cache
@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """The process is up and answers; nothing else is asked."""
    return JsonResponse({"status": "ok"})


@login_not_required
@transaction.non_atomic_requests
@never_cache
@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether the database, the broker and the migrations are there: 200 when all are, else 503 with what is not."""
    state = {"database": _database_answers()}
    state["migrations"] = state["database"] and _migrations_are_done()
    state["broker"] = _broker_answers()
    words = {name: "ok" if good else "failing" for name, good in state.items()}
    return JsonResponse(words, status=200 if all(state.values()) else 503)


def _database_answers() -> bool:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError as error:
        log.warning("database_does_not_answer", error=str(error))
        return False
    return True


def _migrations_are_done() -> bool:
    executor = MigrationExecutor(connection)
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())


def _broker_answers() -> bool:
    try:
        with celery_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0, timeout=2)
    except (BrokerError, OSError) as error:
        log.warning("broker_does_not_answer", error=str(error))
        return False
    return True


@login_not_required
@transaction.non_atomic_requests
@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus figures, for this machine or the bearer of METRICS_TOKEN; for others there is no such page."""
    if not figures.may_read(request):
        raise Http404
    return HttpResponse(figures.exposition(), content_type=CONTENT_TYPE_LATEST)


# --- When something is wrong -----------------------------------------------------------------------------------------


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    too_much = isinstance(exception, RequestDataTooBig | TooManyFieldsSent)
    return render(request, "errors/400.html", {"too_much": too_much}, status=413 if too_much else 400)


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """`exception` may say, in the user's language, who can give access."""
    reason = str(exception) if exception.args else ""
    return render(request, "errors/403.html", {"reason": reason}, status=403)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Rendered without request, user or database: any of them may be what failed."""
    return HttpResponseServerError(render_to_string("errors/500.html"))


@requires_csrf_token
def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form that was open for too long, or that came from elsewhere. Nothing was saved."""
    context: dict[str, Any] = {"back": request.path}
    return render(request, "errors/csrf.html", context, status=403)


@requires_csrf_token
def only_by_form(request: HttpRequest) -> HttpResponse:
    """An address that only takes a form was opened as a page. `back` is the case it belongs to, if any."""
    match = request.resolver_match
    number = match.kwargs.get("number") if match else None
    return render(request, "errors/405.html", {"number": number}, status=405)
