"""What this thread is doing: the request it answers, or the job it runs and who asked for it.

A request has a number. It stands in every line of the log that the request leaves, in its answer's
header, on the pages for what went wrong, and in the lines of the jobs it has asked for.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponseBase

HEADER = "X-Request-ID"
_META = "HTTP_X_REQUEST_ID"
# What may stand in a log and in a header without harm; anything else gets a number of ours.
_SANE = re.compile(r"[A-Za-z0-9-]{1,64}", re.ASCII)

access_log = logging.getLogger("apps.access")


@dataclass(frozen=True, slots=True)
class AtWork:
    """`request_id` is that of the request itself, or of the one that asked for the job."""

    request_id: str = ""
    request: HttpRequest | None = None
    job: str = ""
    job_run: int | None = None

    @property
    def user_id(self) -> int | None:
        """Of who is logged in, if somebody has asked already; never worth a query."""
        known = self.request.__dict__.get("_cached_user") if self.request else None
        return getattr(known, "pk", None)


_NOTHING = AtWork()
_current: ContextVar[AtWork] = ContextVar("at_work", default=_NOTHING)


def current() -> AtWork:
    return _current.get()


@contextmanager
def doing(work: AtWork) -> Iterator[None]:
    """Whatever is logged meanwhile belongs to it."""
    token = _current.set(work)
    try:
        yield
    finally:
        _current.reset(token)


def sane_id(offered: str) -> str:
    """The number that a proxy in front has given, if it can be one; "" if not."""
    return offered if _SANE.fullmatch(offered) else ""


class RequestIdMiddleware:
    """Numbers the request and writes its line: who, what, how it ended, how long it took.

    The path is logged without its query, which may hold what people look for.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        began = time.perf_counter()
        request_id = sane_id(request.META.get(_META, "")) or uuid.uuid4().hex
        work = AtWork(request_id=request_id, request=request)
        # Django's own line about a bad answer comes after this middleware; it carries the request.
        request.META[_META] = request_id
        with doing(work):
            response = self.get_response(request)
            response[HEADER] = request_id
            access_log.info(
                "%s %s %d",
                request.method,
                request.path,
                response.status_code,
                extra={
                    "status": response.status_code,
                    "duration_ms": round((time.perf_counter() - began) * 1000, 1),
                },
            )
        return response
