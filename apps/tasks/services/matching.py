"""对应单位: saying of names that were imported before which unit they mean."""

from __future__ import annotations

from datetime import date

from django.db import transaction

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.tasks.access import Scope
from apps.tasks.models import Assignment, Task
from apps.tasks.selectors.matching import matches_of
from apps.tasks.services.marks import marks_refresh


@transaction.atomic
def names_match(*, actor: Actor, scope: Scope, agency: Agency, seen: str, today: date) -> int:
    """Link every place of the preview `seen` to the unit; returns how many tasks changed.

    A row without anybody who puts its report together gets its first lead, as in an import.
    """
    if not scope.supervised:
        raise NotAllowed("已有名称由任务来源的督查员对应。")
    ids = sorted({a.task_id for a in matches_of(agency, scope).assignments})
    tasks = {t.pk: t for t in _locked(ids)}
    # read again behind the lock: an import may have settled some of them
    matches = matches_of(agency, scope)
    if matches.digest != seen or not {a.task_id for a in matches.assignments} <= tasks.keys():
        raise Conflict("预览以后任务或单位有了变动，没有对应。下面是新的预览，请核对后再确认。")
    if not matches.assignments:
        raise Refused(f"没有要对应到“{agency}”的名称。")
    for assignment in matches.assignments:
        assignment.agency = agency
    Assignment.objects.bulk_update(matches.assignments, ["agency"], batch_size=1000)
    acts = _settle(tasks, matches.assignments, agency)
    Task.objects.bulk_update(list(tasks.values()), ["consolidator", "version"], batch_size=1000)
    record_all(actor=actor, today=today, acts=acts)
    marks_refresh(task_ids=tasks, today=today)
    return len(tasks)


def _locked(ids: list[int]) -> list[Task]:
    rows = Task.objects.select_for_update(of=("self",)).select_related("plan", "consolidator")
    return list(rows.filter(pk__in=ids).order_by("pk"))


def _settle(tasks: dict[int, Task], linked: list[Assignment], agency: Agency) -> list[Act]:
    """What the log says of each row; whoever puts a row together by order follows the order."""
    firsts = _first_leads(tasks)
    acts = []
    for task in tasks.values():
        names = [a.name for a in linked if a.task_id == task.pk]
        changes: dict[str, tuple[object, object]] = {
            f"“{name}”对应单位": (None, agency.name) for name in names
        }
        first = firsts.get(task.pk)
        if not task.consolidator_basis and first is not None and first != task.consolidator:
            changes["汇总单位"] = (task.consolidator, first)
            task.consolidator = first
        task.version += 1
        acts.append(Act("对应单位", task, changes, about_agency=agency))
    return acts


def _first_leads(tasks: dict[int, Task]) -> dict[int, Agency]:
    leads = Assignment.objects.filter(task__in=tasks, role=Role.LEAD, agency__isnull=False)
    found: dict[int, Agency] = {}
    for lead in leads.select_related("agency").order_by("task_id", "position"):
        if lead.agency is not None:
            found.setdefault(lead.task_id, lead.agency)
    return found
