"""placeholder until the pages land"""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse


def home(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("")


def overdue(_request: HttpRequest) -> HttpResponse:
    return HttpResponse("")
