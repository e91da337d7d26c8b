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
from apps.accounts.models import User
from apps.ops.selectors import installation

# Pages that stand under an entry of another address, as their breadcrumbs say.
_ABOVE = {
    "periods": "reports:periods",
    "jobs": "reports:periods",
    "exports": "tasks:list",
    "progress:returns": "reports:periods",
    "people:me": "reports:home",
}


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
    user = request.user
    if not isinstance(user, User) or user.must_change_password:
        return ()
    entries = [("reports:home", _("工作台"))]
    if rights.reporter_of or rights.approver_of:
        entries.append(("progress:current", _("一表填报")))
    if rights.agency_ids:
        entries.append(("tasks:list", _("任务台账")))
        if rights.is_supervisor:
            entries.append(("reviews:list", _("审核")))
        if rights.is_supervisor or rights.is_leader:
            entries.append(("reports:overdue", _("督办看板")))
            entries.append(("reports:list", _("进展报告与通报")))
        if rights.is_supervisor or rights.reporter_of:
            entries.append(("goals:current", _("年度目标")))
        entries.append(("targets:list", _("指标目标")))
        entries += [("plans:list", _("任务来源")), ("agencies:list", _("单位"))]
    entries += _of_administrators(user, rights)
    addressed = [(reverse(name), label) for name, label in entries]
    here = _nearest(_under(request), [url for url, _label in addressed])
    return tuple(Link(label, url, url == here) for url, label in addressed)


def _under(request: HttpRequest) -> str:
    """The address by which an entry is found: pages of a namespace without one go with another."""
    said: str = getattr(request, "nav_url", "")
    if said:
        return said
    match = request.resolver_match
    name = match.view_name if match else ""
    above = _ABOVE.get(name) or _ABOVE.get(name.partition(":")[0])
    return reverse(above) if above else request.path


def _of_administrators(user: User, rights: Rights) -> list[tuple[str, str]]:
    entries = []
    if rights.administers or user.duty in {User.Duty.SYSTEM, User.Duty.SECURITY}:
        entries.append(("people:list", _("用户")))
    if user.duty in {User.Duty.SYSTEM, User.Duty.SECURITY}:
        entries.append(("agencies:list", _("单位")))
    if user.duty == User.Duty.SYSTEM:
        entries.append(("calendar:list", _("工作日历")))
    if user.duty == User.Duty.SECURITY:
        entries.append(("people:lines", _("条线")))
    if user.duty == User.Duty.AUDIT:
        entries.append(("audit:list", _("操作日志")))
    return entries


def _nearest(path: str, urls: list[str]) -> str:
    """The entry under which a page stands: the longest address that it begins with."""
    above = [url for url in urls if path == url or (url != "/" and path.startswith(url))]
    return max(above, key=len, default="")
