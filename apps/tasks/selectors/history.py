"""经过: what happened to one row, in words, as far as its reader may know it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from apps.audit.models import Entry
from apps.audit.selectors import history
from apps.tasks.access import Scope
from apps.tasks.models import Progress, Task

HISTORY_SHORT = 20
HISTORY_WHOLE = 500
_VALUE_CHARS = 80
# jsonb forgets the order in which the fields of a report were written
_ORDER = {
    name: place
    for place, name in enumerate(
        ("无新增进展", "完成值", "数值减少", "自评", "存在问题", "下一步措施", "汇总进展",
         "缺报单位", "状态"),
        start=1,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Event:
    """A line of the 经过."""

    day: date
    text: str
    note: str


@dataclass(frozen=True, slots=True)
class Log:
    """The newest lines, and how many there are in all."""

    events: tuple[Event, ...]
    total: int


def task_log(task: Task, *, scope: Scope, limit: int, marks_seen: bool, reports_seen: bool) -> Log:
    """By business date, newest first. `reports_seen`: this reader may know all units' reports."""
    entries = _without_undelivered(history(task), task, scope)
    if not reports_seen:
        entries = _of_own_units(entries, scope.rights.agency_ids, marks_seen=marks_seen)
    newest = list(entries.order_by("-business_date", "-chain_no")[: limit + 1])
    total = len(newest) if len(newest) <= limit else entries.count()
    return Log(tuple(event_of(entry) for entry in newest[:limit]), total)


def _of_own_units(
    entries: QuerySet[Entry], own_ids: Iterable[int], *, marks_seen: bool
) -> QuerySet[Entry]:
    """The log without what other units reported.

    By the unit's id: two units may bear one short name. What tells of a report and names no unit
    is nobody's.
    """
    own = Q(about_agency_id__in=[str(pk) for pk in own_ids])
    told = ~Q(about_agency_id="") | Q(action__contains="进展（")
    readable = entries.filter(~told | own)
    return readable if marks_seen else readable.exclude(action="标记逾期")


def _without_undelivered(entries: QuerySet[Entry], task: Task, scope: Scope) -> QuerySet[Entry]:
    """The log without what other units have written, or written anew, but not handed in yet."""
    kept_back = (
        Progress.objects.filter(duty__task=task)
        .filter(Q(delivered_on__isnull=True) | ~Q(delivered={}))
        .exclude(duty__agency_id__in=scope.rights.agency_ids)
        .select_related("duty__plan_period__period")
    )
    for progress in kept_back:
        duty = progress.duty
        entries = entries.exclude(
            about_agency_id__in=[str(duty.agency_id), ""],
            action__contains=f"{duty.plan_period.period.name}进展（",
            chain_no__gt=progress.delivered.get("log_no", 0),
        )
    return entries


def event_of(entry: Entry) -> Event:
    """An entry in words: who, what changed, why."""
    who = " ".join(filter(None, (entry.agency_name, entry.actor_name)))
    fields = sorted(entry.changes, key=lambda name: _ORDER.get(name, 0))
    changes = [_change(name, *entry.changes[name]) for name in fields]
    label = "文件" if entry.action.startswith(("导入", "期初：登记")) else "理由"
    why = [f"{label}：{entry.reason}"] if entry.reason else []
    said = [part.rstrip("。") for part in (who, *changes, *why)]
    return Event(entry.business_date, entry.action, "；".join(said))


def _change(name: str, old: str | None, new: str | None) -> str:
    """自评 正常推进 → 滞后; a long text is cut, for the log is not the place to read it."""
    return f"{name} {_cut(old)} → {_cut(new)}" if old else f"{name} {_cut(new)}"


def _cut(value: str | None) -> str:
    text = value or "（空）"
    return text if len(text) <= _VALUE_CHARS else f"{text[:_VALUE_CHARS]}…"
