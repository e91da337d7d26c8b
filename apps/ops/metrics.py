"""`/metrics` for Prometheus: what was asked and how long it took, and how the jobs stand.

Loaded only where FENGONG_METRICS is on. Several web processes put their counts together through
files in PROMETHEUS_MULTIPROC_DIR; jobs are read from the database whenever somebody asks.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address

from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotFound
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from apps.ops.selectors import oldest_waiting_seconds, runs_by_kind_and_state, sweep_ages

_PATH = "/metrics"
# Anybody can send any word as a method; a label for each would never end.
_METHODS = frozenset({"GET", "HEAD", "POST", "OPTIONS"})
_BUCKETS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

_registry = CollectorRegistry()
REQUESTS = Counter(
    "fengong_requests",
    "Requests answered, by view, method and status.",
    ["view", "method", "status"],
    registry=_registry,
)
SECONDS = Histogram(
    "fengong_request_seconds",
    "How long requests took, by view.",
    ["view"],
    registry=_registry,
    buckets=_BUCKETS,
)


class JobsCollector(Collector):
    """Gauges that every web process would answer alike, so they are no process's own."""

    def collect(self) -> Iterable[Metric]:
        up = GaugeMetricFamily("fengong_database_up", "1 when the database answers.")
        try:
            gauges = list(_job_gauges())
        except (DatabaseError, InterfaceError):
            up.add_metric([], 0)
            return [up]
        up.add_metric([], 1)
        return [up, *gauges]


def _job_gauges() -> Iterable[Metric]:
    jobs = GaugeMetricFamily(
        "fengong_jobs", "Runs of jobs, by kind and state.", labels=["kind", "state"]
    )
    for kind, state, count in runs_by_kind_and_state():
        jobs.add_metric([kind, state], count)
    yield jobs
    yield GaugeMetricFamily(
        "fengong_oldest_waiting_job_seconds",
        "How long the oldest job has been waiting for a worker; 0 when none waits.",
        value=oldest_waiting_seconds(),
    )
    ages = GaugeMetricFamily(
        "fengong_sweep_age_seconds", "Since a sweep last came to its end.", labels=["kind"]
    )
    for kind, seconds in sweep_ages().items():
        ages.add_metric([kind], seconds)
    yield ages


def exposition() -> bytes:
    """The text that Prometheus reads."""
    requests = _registry
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        requests = CollectorRegistry()
        MultiProcessCollector(requests)  # type: ignore[no-untyped-call]  # the library's own gap
    return generate_latest(requests) + generate_latest(JobsCollector())


class MetricsMiddleware:
    """Counts and times requests, and answers `/metrics` to the addresses it is for."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info == _PATH:
            return _answer(request)
        began = time.perf_counter()
        response = self.get_response(request)
        view = request.resolver_match.view_name if request.resolver_match else "none"
        method = request.method if request.method in _METHODS else "other"
        REQUESTS.labels(view, method, str(response.status_code)).inc()
        SECONDS.labels(view).observe(time.perf_counter() - began)
        return response


def _answer(request: HttpRequest) -> HttpResponse:
    if not _may_read(request):
        return HttpResponseNotFound()
    return HttpResponse(exposition(), content_type=CONTENT_TYPE_LATEST)


def _may_read(request: HttpRequest) -> bool:
    """Only who asks this server directly: behind a proxy everybody has the proxy's address."""
    if "HTTP_X_FORWARDED_FOR" in request.META:
        return False
    try:
        asking = ip_address(request.META.get("REMOTE_ADDR", ""))
    except ValueError:
        return False
    # a server that listens on IPv6 has IPv4 addresses in this form
    plain = getattr(asking, "ipv4_mapped", None) or asking
    return any(plain in network for network in settings.METRICS_ALLOWED)
