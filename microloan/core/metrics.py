"""Figures for monitoring (`/metrics`, Prometheus): how many requests, how slow, and how the daily jobs stand.

No label holds an address, a name or a number of a citizen: pages are counted by the name of their route.
"""

import ipaddress
import os
import time
from collections.abc import Callable
from datetime import date

from django.conf import settings
from django.db.models import Max, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import constant_time_compare
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector

from microloan.core import clock, watch
from microloan.core.models import Heartbeat, JobRun

REQUESTS = Counter("mikrolaan_requests", "Requests answered", ["route", "method", "status"])
SECONDS = Histogram(
    "mikrolaan_request_seconds", "Time to answer", ["route"], buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
)
EPOCH = date(1970, 1, 1)
METHODS = {"GET", "HEAD", "POST", "OPTIONS", "PUT", "PATCH", "DELETE"}


class MetricsMiddleware:
    """Counts and times every request."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self.get_response(request)
        route = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in METHODS else "other"
        REQUESTS.labels(route, method, response.status_code).inc()
        SECONDS.labels(route).observe(time.perf_counter() - started)
        return response


def may_read(request: HttpRequest) -> bool:
    """This machine itself, unless the request was passed on for somebody else; or the bearer of METRICS_TOKEN."""
    if settings.METRICS_TOKEN:
        return constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {settings.METRICS_TOKEN}")
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    return not forwarded and _is_loopback(request.META.get("REMOTE_ADDR", ""))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address or "127.0.0.1").is_loopback  # no address: a Unix socket
    except ValueError:
        return False


def exposition() -> bytes:
    """Our counters (of all web processes, if PROMETHEUS_MULTIPROC_DIR is set) and the state of the jobs."""
    jobs = CollectorRegistry()
    finished = Gauge("mikrolaan_job_last_date", "Last date a daily job finished, Unix time", ["job"], registry=jobs)
    rows = JobRun.objects.filter(finished_at__isnull=False).order_by("job").values("job").annotate(last=Max("date"))
    for row in rows:
        finished.labels(row["job"]).set(_unix(row["last"]))
    left = Gauge("mikrolaan_job_cases_left", "Cases that a daily job left behind", ["job"], registry=jobs)
    for found in JobRun.objects.filter(failed__gt=0).order_by("job").values("job").annotate(cases=Sum("failed")):
        left.labels(found["job"]).set(found["cases"])
    seen = Gauge("mikrolaan_heartbeat_time", "Last sign of life of a part, Unix time", ["part"], registry=jobs)
    for part, at in Heartbeat.objects.order_by("part").values_list("part", "at"):
        seen.labels(part).set(at.timestamp())
    _gauge_alarms(jobs)
    return _requests() + generate_latest(jobs)


def _gauge_alarms(into: CollectorRegistry) -> None:
    """One line for each alarm of the operations page, so that a job that did not run is seen here too."""
    alarm = Gauge("mikrolaan_alarm", "1 for each thing that needs an operator", ["key"], registry=into)
    for one in watch.alarms(clock.now()):
        alarm.labels(one.key).set(1)
    waiting = watch.queue_length()
    if waiting is not None:
        Gauge("mikrolaan_queue_length", "Tasks that wait in the queue", registry=into).set(waiting)


def _unix(day: date) -> int:
    return (day - EPOCH).days * 24 * 3600


def _requests() -> bytes:
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        together = CollectorRegistry()
        MultiProcessCollector(together)
        return generate_latest(together)
    return generate_latest()
