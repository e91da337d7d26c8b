"""汇总单位: who puts a row's report together, designated by a person (product.md D3)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.agencies.models import Agency
from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import Task
from apps.tasks.services.marks import marks_refresh

# As wide as its column; a bulk update would cut a longer one without a word.
BASIS_LIMIT = 200


@dataclass(frozen=True, slots=True)
class Designation:
    """Who is to put rows together, and on what basis: 领导批示, 会议, 文号."""

    agency: Agency
    basis: str


@transaction.atomic
def consolidators_set(
    *,
    actor: Actor,
    scope: Scope,
    plan: Plan,
    task_ids: Collection[int],
    wanted: Designation,
    today: date,
) -> int:
    """Let one unit put these rows together, all or none; returns how many changed.

    It is not 牵头 and changes nothing in the printed table. Periods that are open already ask the
    unit for nothing new until they are opened once more (补开). Raises NotAllowed, and Refused.
    """
    if plan.pk not in scope.supervised or not plan.is_own:
        raise NotAllowed("只有本级督办文件的督查员可以指定汇总单位。")
    agency, basis = wanted.agency, wanted.basis.strip()
    _check(agency, basis, task_ids)
    tasks = list(
        Task.objects.select_for_update(of=("self",))
        .filter(pk__in=set(task_ids), plan=plan)
        .select_related("plan", "consolidator")
        .order_by("pk")
    )
    _check_rows(tasks, task_ids)
    changed = [t for t in tasks if (t.consolidator_id, t.consolidator_basis) != (agency.pk, basis)]
    acts = []
    for task in changed:
        before = task.consolidator.name if task.consolidator else None
        changes = {"汇总单位": (before, agency.name)}
        acts.append(Act("指定汇总单位", task, changes, basis))
        task.consolidator = agency
        task.consolidator_basis = basis
        task.version += 1
    Task.objects.bulk_update(changed, ["consolidator", "consolidator_basis", "version"])
    record_all(actor=actor, today=today, acts=acts)
    # the row's value and text are the 汇总单位's
    marks_refresh(task_ids=[task.pk for task in changed], today=today)
    return len(changed)


def _check(agency: Agency, basis: str, task_ids: Collection[int]) -> None:
    reasons = []
    if not task_ids:
        reasons.append("没有选中任何一项，请先打勾。")
    if agency.collective:
        reasons.append(f"“{agency.name}”是集合名称，不能汇总，请写明是哪一个单位。")
    if not basis:
        reasons.append("请写明依据：领导批示、会议或文号。")
    if len(basis) > BASIS_LIMIT:
        reasons.append(f"依据最多 {BASIS_LIMIT} 字，现在 {len(basis)} 字。")
    if reasons:
        raise Refused(*reasons)


def _check_rows(tasks: list[Task], task_ids: Collection[int]) -> None:
    if len(tasks) != len(set(task_ids)):
        raise Refused("选中的项有的不在这个文件里，请刷新页面后再选。")
    if settled := [task.number for task in tasks if task.is_settled]:
        raise Refused(f"第{'、'.join(settled)}项已结束，不再指定汇总单位，请去掉打勾。")
