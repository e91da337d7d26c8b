"""`/healthz` and `/readyz`, for load balancers and supervisors.

Answered before anything else looks at the request: a probe has no account, no session, often no
right host name, and no interest in https. Nothing of it stands in the log of requests.
"""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase, JsonResponse

from apps.ops.health import health


def alive() -> JsonResponse:
    """The process answers; it needs nobody else for that."""
    return JsonResponse({"status": "alive"})


def ready() -> JsonResponse:
    """200 when people can be sent here, 503 when not, and why in a word for each part."""
    found = health()
    return JsonResponse(
        {
            "status": found.status,
            "checks": found.checks,
            "last_sweep_seconds": found.last_sweep_seconds,
        },
        status=HTTPStatus.OK if found.ready else HTTPStatus.SERVICE_UNAVAILABLE,
    )


_PROBES: dict[str, Callable[[], JsonResponse]] = {"/healthz": alive, "/readyz": ready}


class ProbeMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        probe = _PROBES.get(request.path_info)
        if probe is None or request.method not in {"GET", "HEAD"}:
            return self.get_response(request)
        response = probe()
        response["Cache-Control"] = "no-store"
        response["Content-Length"] = str(len(response.content))
        return response
