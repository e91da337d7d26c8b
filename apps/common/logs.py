"""How a line of the log looks: one JSON object for machines, or one line for people.

Neither ever holds what was sent in a form, a cookie or a header; people are numbers, not names.
"""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest

from apps.common.at_work import AtWork, current

# What a record may add of its own, by logging's `extra`.
_EXTRA = ("status", "duration_ms")


def _work_of(record: logging.LogRecord) -> AtWork:
    """Django logs a bad answer when the request is already over, but names it."""
    work = current()
    request = getattr(record, "request", None)
    if work.request_id or not isinstance(request, HttpRequest):
        return work
    return AtWork(request_id=request.META.get("HTTP_X_REQUEST_ID", ""), request=request)


def _about(work: AtWork) -> dict[str, Any]:
    said: dict[str, Any] = {"request_id": work.request_id, "user_id": work.user_id}
    if work.request is not None:
        said |= {"method": work.request.method, "path": work.request.path}
    if work.job:
        said |= {"job": work.job, "job_run": work.job_run}
    return {name: value for name, value in said.items() if value not in (None, "")}


class JsonFormatter(logging.Formatter):
    """One JSON object per record, whatever the message holds."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
            **_about(_work_of(record)),
        }
        line |= {name: record.__dict__[name] for name in _EXTRA if name in record.__dict__}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        said = json.dumps(line, ensure_ascii=False, default=str)
        # half a character cannot be written to any stream; escaped it still is JSON
        return said.encode("utf-8", "backslashreplace").decode("utf-8")


class LineFormatter(logging.Formatter):
    """For people; with the number that stands on the page for what went wrong."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802  # logging's name
        message = super().formatMessage(record)
        request_id = _work_of(record).request_id
        return f"{message} [{request_id}]" if request_id else message
