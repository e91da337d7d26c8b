"""撤销导入: everything that an import did is taken back, while nothing was built on it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Any

from django.db import transaction
from django.db.models import PROTECT, F, Q, QuerySet
from django.utils import timezone

from apps.audit.models import Entry
from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import (
    Assignment,
    Deadline,
    Duty,
    ImportedRow,
    OpeningStanding,
    SourceTable,
    TableImport,
    Task,
)
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.table_history import ASSIGNMENT, give_back
from apps.tasks.services.table_undo_duties import duties_back, duties_withdrawn, written_since
from apps.tasks.services.table_writing import BATCH, batches, tasks_store
from apps.tasks.services.tables import plan_held

_MOST_NAMED = 10
_REASON_CHARS = 200
# what the calendar does by itself to rows: nobody built on them with it
_BY_ITSELF = ("标记逾期", "撤销逾期标记")
# what an import and its undoing do to duties
_OF_DUTIES = ("撤回应报", "恢复应报")


def undo_hindrances(kept: TableImport) -> list[str]:
    """What stands in the way of undoing, one sentence each; empty where it may be done."""
    if kept.state == TableImport.State.UNDONE:
        return [f"这次导入已由{kept.undone_by}撤销。"]
    if kept.state != TableImport.State.DONE or kept.finished_at is None:
        return ["这次导入还没有完成，没有什么可以撤销。"]
    if later := _later(kept):
        return [
            f"之后还导入过“{later.file_name}”（{later.by_name}，"
            f"{timezone.localtime(later.finished_at):%Y-%m-%d %H:%M}），请先撤销那一次。"
        ]
    rows = ImportedRow.objects.filter(table_import=kept)
    touched = kept.created + kept.updated + kept.cancelled
    if touched and not rows.exists():
        return ["这次导入没有留下导入前的内容，不能撤销。"]
    created = Task.objects.filter(
        imported_rows__table_import=kept, imported_rows__action=ImportedRow.Action.CREATED
    )
    found = _entered(created) + _acted(kept, rows) + written_since(kept)
    return found or _otherwise_changed(rows)


def _later(kept: TableImport) -> TableImport | None:
    done = TableImport.objects.filter(plan=kept.plan_id, state=TableImport.State.DONE)
    newer = Q(finished_at__gt=kept.finished_at) | Q(finished_at=kept.finished_at, pk__gt=kept.pk)
    return done.filter(newer).exclude(pk=kept.pk).order_by("-finished_at", "-pk").first()


def _entered(created: QuerySet[Task]) -> list[str]:
    """What was entered for rows that would vanish."""
    tasks = Task.objects.filter(pk__in=created)
    duties = Duty.objects.filter(task__in=created)
    kinds = [
        (Q(pk__in=duties.filter(progress__isnull=False).values("task")), "已有填报的进展"),
        (Q(pk__in=duties.filter(drafts__isnull=False).values("task")), "有单位正在填写"),
        (Q(pk__in=duties.filter(evidence__isnull=False).values("task")), "已有佐证材料"),
        (Q(annual_goals__isnull=False), "已报备年度目标"),
        (Q(task_indicators__isnull=False), "已挂接指标"),
        (Q(same_reports__isnull=False), "已设为同报"),
    ]
    kinds += [(condition, "已写进进展报告") for condition in _held_above(created)]
    return [
        f"导入新增的{_named(tasks.filter(condition).distinct())}{what}。"
        for condition, what in kinds
        if tasks.filter(condition).exists()
    ]


def _held_above(created: QuerySet[Task]) -> list[Q]:
    """Rows that papers of the apps above keep: found by their keys, for this app knows no paper."""
    held = [
        relation
        for relation in Task._meta.related_objects  # noqa: SLF001  # Django's documented name for it
        if relation.on_delete is PROTECT and relation.related_model is not Duty
    ]
    rows = [(r.related_model._default_manager, r.field.name) for r in held]  # noqa: SLF001  # as above
    return [
        Q(pk__in=manager.filter(**{f"{name}__in": created}).values(name)) for manager, name in rows
    ]


def _named(tasks: QuerySet[Task]) -> str:
    numbers = list(tasks.order_by("position").values_list("number", flat=True))
    few = "、".join(numbers[:_MOST_NAMED])
    return f"第{few}项" if len(numbers) <= _MOST_NAMED else f"第{few}等 {len(numbers)} 项"


def _acted(kept: TableImport, rows: QuerySet[ImportedRow]) -> list[str]:
    """What the log has of these rows since, whatever it is; the newest few acts."""
    numbers = dict(rows.values_list("task_id", "task__number"))
    entries = Entry.objects.filter(
        object_type="task",
        object_id__in=[str(pk) for pk in numbers],
        at__gt=kept.finished_at,
        result=Entry.Result.DONE,
    ).exclude(action__in=_BY_ITSELF)
    # what a later import did and its undoing took back has not happened
    undone = TableImport.objects.filter(plan=kept.plan_id, state=TableImport.State.UNDONE)
    names = set(undone.values_list("file_name", flat=True))
    found = [e for e in entries.order_by("-at", "-pk") if not _taken_back(e, names)]
    said = [
        f"第{numbers[int(entry.object_id)]}项之后有“{entry.action}”"
        f"（{entry.actor_name}，{entry.business_date.isoformat()}）。"
        for entry in found[:_MOST_NAMED]
    ]
    if len(found) > _MOST_NAMED:
        said.append(f"这样的记录共 {len(found)} 条。")
    return said


def _taken_back(entry: Entry, undone: set[str]) -> bool:
    if entry.action.startswith("撤销导入："):
        return True
    ours = entry.action.startswith(("导入：", "期初：")) or entry.action in _OF_DUTIES
    return ours and any(name in entry.reason for name in undone)


def _otherwise_changed(rows: QuerySet[ImportedRow]) -> list[str]:
    """The row is not what the import left, though nothing in the log says why."""
    swept = Entry.objects.filter(action__in=_BY_ITSELF, object_type="task")
    moved = dict(
        rows.exclude(task__version=F("version")).values_list(
            "task_id", F("task__version") - F("version")
        )
    )
    if not moved:
        return []
    by_itself: dict[int, int] = {}
    for object_id in swept.filter(object_id__in=[str(pk) for pk in moved]).values_list(
        "object_id", flat=True
    ):
        by_itself[int(object_id)] = by_itself.get(int(object_id), 0) + 1
    changed = [pk for pk, many in moved.items() if not 0 <= many <= by_itself.get(pk, 0)]
    return [f"{_named(Task.objects.filter(pk__in=changed))}导入以后又改过。"] if changed else []


@transaction.atomic
def import_undo(
    *, actor: Actor, scope: Scope, kept_id: int, today: date, reason: str
) -> TableImport:
    """Take back all that an import did, or nothing; once.

    Units and other names that it entered stay: other rows may use them by now. Raises NotAllowed,
    Conflict when it was undone at the same moment, and Refused with what stands in the way.
    """
    kept = TableImport.objects.select_related("plan").get(pk=kept_id)
    if not scope.may_import(kept.plan):
        raise NotAllowed("只有本任务来源的督查员可以撤销导入。")
    _check_reason(reason)
    plan = plan_held(kept.plan)
    kept = TableImport.objects.select_for_update(of=("self",)).get(pk=kept_id)
    kept.plan = plan
    hindrances = undo_hindrances(kept)
    if kept.state == TableImport.State.UNDONE:
        raise Conflict(*hindrances)
    if hindrances:
        raise Refused("这次导入不能撤销：", *hindrances)
    about = f"{reason.strip()}（撤销导入 {kept.file_name}）"
    # the numbers of what was created are free by the time others get theirs back
    for acts in chain(_delete_created(kept, about), _give_back(kept, plan, about)):
        record_all(actor=actor, today=today, acts=acts)
    if kept.kind == TableImport.Kind.TABLE:
        _give_layout_back(kept)
    record_all(actor=actor, today=today, acts=[Act("撤销导入", plan, _counts(kept), about)])
    touched = ImportedRow.objects.filter(table_import=kept).values_list("task_id", flat=True)
    marks_refresh(task_ids=list(touched), today=today)
    kept.state = TableImport.State.UNDONE
    kept.undone_at, kept.undone_by = timezone.now(), actor.actor_name
    kept.undone_reason = reason.strip()
    kept.version += 1
    kept.save(update_fields=["state", "undone_at", "undone_by", "undone_reason", "version"])
    return kept


def _check_reason(reason: str) -> None:
    if not reason.strip():
        raise Refused("请写明撤销的原因。")
    if len(reason.strip()) > _REASON_CHARS:
        raise Refused(f"撤销的原因最多 {_REASON_CHARS} 字，现在 {len(reason.strip())} 字。")


def _counts(kept: TableImport) -> dict[str, tuple[object, object]]:
    counts = {"新增": kept.created, "改动": kept.updated, "终止": kept.cancelled}
    return {name: (many, 0) for name, many in counts.items() if many}


def _delete_created(kept: TableImport, reason: str) -> Iterator[list[Act]]:
    """New rows go, with duties that were opened for them and in which nothing stands."""
    rows = kept.rows.filter(action=ImportedRow.Action.CREATED)
    keys = list(rows.order_by("task_id").values_list("task_id", flat=True))
    for batch in batches(keys):
        tasks = Task.objects.filter(pk__in=batch).select_related("plan")
        acts = [
            Act("撤销导入：删除", task, {"重点工作": (task.content, None)}, reason)
            for task in tasks.only("number", "content", "plan__short_title").order_by("pk")
        ]
        Duty.objects.filter(task__in=batch).delete()
        Task.objects.filter(pk__in=batch).delete()
        yield acts


def _give_back(kept: TableImport, plan: Plan, reason: str) -> Iterator[list[Act]]:
    # asked of the rows as the import left them
    yield duties_withdrawn(kept, reason)
    touched = kept.rows.exclude(action=ImportedRow.Action.CREATED).order_by("task")
    numbers = touched.values_list("task_id", "task__number", "before__task__number")
    moved = {pk: now for pk, now, was in numbers if now != was}
    tasks_store([], list(moved))
    for keys in batches(list(touched.values_list("pk", flat=True))):
        rows = list(touched.filter(pk__in=keys).select_related("task"))
        for row in rows:
            row.task.number = moved.get(row.task_id, row.task.number)
        yield _rows_back(rows, plan, reason)


def _rows_back(rows: Sequence[ImportedRow], plan: Plan, reason: str) -> list[Act]:
    acts = []
    for row in rows:
        task, was = row.task, row.before["task"]
        task.plan = plan
        acts.append(Act("撤销导入：恢复", task, _changes(task, was), reason))
        give_back(task, was)
    tasks_store([row.task for row in rows], [])
    _deadlines_back(rows)
    _assignments_back(rows)
    _openings_back(rows)
    acts += duties_back(rows, reason)
    return acts


_NAMES = {
    "number": "序号", "category": "类别", "title": "标题", "content": "重点工作", "note": "备注",
    "due_on": "最后一日", "overdue_since": "逾期起", "state": "状态", "closed_on": "办结日期",
}  # fmt: skip
_STATES = dict(Task.State.choices)


def _changes(task: Task, was: dict[str, Any]) -> dict[str, tuple[object, object]]:
    found = {}
    for name, called in _NAMES.items():
        now, before = getattr(task, name), was[name]
        pair = (_shown(name, now), _shown(name, before))
        if pair[0] != pair[1]:
            found[called] = pair
    return found


def _shown(name: str, value: Any) -> object:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return " / ".join(value)
    return _STATES.get(value, value) if name == "state" else value


def _deadlines_back(rows: Iterable[ImportedRow]) -> None:
    """The added readings go, and the former one counts again."""
    kept = {row.task_id: row.before["deadlines"] for row in rows if "deadlines" in row.before}
    deadlines = list(Deadline.objects.filter(task__in=kept).order_by("pk"))
    added = [d.pk for d in deadlines if d.sequence > kept[d.task_id]["last"]]
    current = [
        d.pk
        for d in deadlines
        if d.sequence == kept[d.task_id]["current"] and d.pk not in set(added)
    ]
    Deadline.objects.filter(pk__in=added).delete()
    Deadline.objects.filter(task__in=kept, current=True).exclude(pk__in=current).update(
        current=False
    )
    Deadline.objects.filter(pk__in=current).update(current=True)


def _assignments_back(rows: Sequence[ImportedRow]) -> None:
    """With the keys they had: whoever refers to one finds it again."""
    kept = {row.task_id: row.before["assignments"] for row in rows if "assignments" in row.before}
    Assignment.objects.filter(task__in=kept).delete()
    Assignment.objects.bulk_create(
        [
            Assignment(**dict(zip(ASSIGNMENT, values, strict=True)))
            for each in kept.values()
            for values in each
        ],
        batch_size=BATCH,
    )


def _openings_back(rows: Sequence[ImportedRow]) -> None:
    """What a ledger before this one had said."""
    kept = {row.task_id: row.before["opening"] for row in rows if "opening" in row.before}
    OpeningStanding.objects.filter(task__in=kept).delete()
    OpeningStanding.objects.bulk_create(
        [OpeningStanding(**each) for each in kept.values() if each], batch_size=BATCH
    )


def _give_layout_back(kept: TableImport) -> None:
    source = SourceTable.objects.filter(plan=kept.plan_id)
    if kept.layout_before is None:
        source.delete()
    else:
        source.update(layout=kept.layout_before)
