"""What the frame around every page shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext as _

from apps.accounts.access import Rights, rights_of
from apps.ops.selectors import installation


@dataclass(frozen=True, slots=True)
class Link:
    """An entry of the main navigation."""

    label: str
    url: str
    current: bool


@dataclass(frozen=True, slots=True)
class Frame:
    """Header, navigation and footer."""

    product: str
    body_name: str
    business_date: date
    is_sample: bool
    nav: tuple[Link, ...]
    agency: str
    role: str


def frame(request: HttpRequest) -> dict[str, Any]:
    """Lazy: an error page that never looks at it costs no query."""
    return {"frame": SimpleLazyObject(lambda: _frame(request))}


def _frame(request: HttpRequest) -> Frame:
    where = installation()
    today = where.business_date or timezone.localdate()
    rights = rights_of(request.user, today)
    return Frame(
        product=_("任务分工督办系统"),
        body_name=where.body_name,
        business_date=today,
        is_sample=bool(settings.SAMPLE and where.sample),
        nav=_nav(request, rights),
        agency=rights.agency_name,
        role=rights.role_label,
    )


def _nav(request: HttpRequest, rights: Rights) -> tuple[Link, ...]:
    if not request.user.is_authenticated:
        return ()
    entries = [("reports:home", _("工作台"))]
    if rights.agency_ids:
        entries.append(("tasks:list", _("任务台账")))
        if rights.is_supervisor or rights.is_leader:
            entries.append(("reports:overdue", _("督办看板")))
        entries += [("plans:list", _("任务来源")), ("agencies:list", _("单位"))]
    here = request.path
    links = []
    for name, label in entries:
        url = reverse(name)
        current = here == url or (url != "/" and here.startswith(url))
        links.append(Link(label, url, current))
    return tuple(links)
