"""What an import brings with it beside the rows: duties of open periods, days that were decided."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.models import Assignment, Deadline, Duty, Task
from apps.tasks.selectors.duties import units_owing
from apps.tasks.selectors.table_types import Action, Renamed, RowDiff

_ANSWERS = (Role.LEAD.value, Role.SHARED.value)
# of units not entered yet: they owe nothing so far, but hold their place in the order
_UNKNOWN = 0
# of one party: its name, role, unit, and whether it is a collective
Stored = tuple[str, str, int | None, bool]


@dataclass(slots=True)
class Follows:
    """Sentences for the preview, and the duties that go."""

    said: list[str] = field(default_factory=list)
    withdrawn: list[Duty] = field(default_factory=list)


def stored_parties(tasks: Collection[int]) -> dict[int, list[Stored]]:
    """Who stands in these rows now, in order."""
    found: dict[int, list[Stored]] = {}
    rows = Assignment.objects.filter(task__in=tasks).order_by("task_id", "position")
    stored = rows.values_list("task_id", "name", "role", "agency_id", "collective")
    for pk, name, role, agency, collective in stored:
        found.setdefault(pk, []).append((name, role, agency, collective))
    return found


def may_end(task: Task) -> bool:
    """A row that runs or is suspended; one that asks to be closed is decided first."""
    return not task.is_settled and task.state != Task.State.CLOSING


def follows(
    plan: Plan,
    rows: Sequence[RowDiff],
    stored: Mapping[int, list[Stored]],
    gone: tuple[Sequence[Task], Sequence[Renamed]],
) -> Follows:
    """`gone`: rows that end, and rows that stay under another number."""
    cancelled, renamed = gone
    found = Follows()
    found.said += [
        f"第{each.task.number}项保留不动，序号在表里已是另一项的，改记为“{each.number}”。"
        for each in renamed
    ]
    found.said += _decided(rows)
    periods = list(
        PlanPeriod.objects.filter(plan=plan, state=PlanPeriod.State.OPEN).select_related("period")
    )
    if plan.is_own and periods:
        _duties(plan, periods, _Answering(plan, rows, stored, cancelled), found)
    return found


def _decided(rows: Iterable[RowDiff]) -> list[str]:
    """A day that was decided since stands; the table's new wording goes into the history."""
    tasks = {row.task.pk: row for row in rows if row.task and row.action is Action.UPDATE}
    decided = Deadline.objects.filter(task__in=tasks, current=True, from_table=False)
    texts = newest_in_table(decided.values_list("task_id", flat=True))
    said = []
    for deadline in decided.order_by("task__position"):
        row = tasks[deadline.task_id]
        if row.redated or texts.get(deadline.task_id, "") != row.source.deadline_text:
            day = deadline.due_on.isoformat() if deadline.due_on else "另定的时限"
            said.append(
                f"第{row.number}项的完成时限已另行决定为 {day}（{deadline.basis}），导入不改这个"
                f"日期；表里的“{row.source.deadline_text}”只记入时限的历次写法，请核对是否仍然有效。"
            )
    return said


def newest_in_table(tasks: Iterable[int]) -> dict[int, str]:
    """Deadlines as the table last said them; an extension since then is no cell of the table."""
    found = Deadline.objects.filter(task__in=list(tasks), from_table=True)
    newest = found.order_by("task_id", "-sequence").distinct("task_id")
    return dict(newest.values_list("task_id", "text"))


class _Answering:
    """Who owes a report for the rows that change, before and after."""

    def __init__(
        self,
        plan: Plan,
        rows: Sequence[RowDiff],
        stored: Mapping[int, list[Stored]],
        cancelled: Sequence[Task],
    ) -> None:
        policy = PlanPolicy.objects.filter(plan=plan).first() or PlanPolicy()
        self._owes = policy.owes
        self.created = sum(row.action is Action.CREATE for row in rows)
        self.after: dict[int, list[int]] = {task.pk: [] for task in cancelled}
        self.before: dict[int, list[int]] = {}
        self.numbers = {task.pk: task.number for task in cancelled}
        self.ended = frozenset(self.after)
        for row in rows:
            task = row.task
            if task is None or task.is_settled or not (row.reassigned or row.links):
                continue
            now = stored.get(task.pk, [])
            parts = _parts(row) if row.reassigned else _linked(now, row)
            self.numbers[task.pk] = row.number
            self.before[task.pk] = self._units(task, [(role, a or 0, c) for _, role, a, c in now])
            self.after[task.pk] = self._units(task, parts)

    def _units(self, task: Task, parts: Iterable[tuple[str, int, bool]]) -> list[int]:
        answering = [
            (role, agency)
            for role, agency, collective in parts
            if role in _ANSWERS and agency != _UNKNOWN and not collective
        ]
        return units_owing(
            self._owes,
            answering,
            consolidator=task.consolidator_id,
            designated=bool(task.consolidator_basis),
        )


def _parts(row: RowDiff) -> list[tuple[str, int, bool]]:
    pairs = zip(row.responsibility.parties, row.agencies, strict=True)
    return [
        (party.role.value, (agency.pk if agency else None) or _UNKNOWN, party.collective)
        for party, agency in pairs
    ]


def _linked(stored: Sequence[Stored], row: RowDiff) -> list[tuple[str, int, bool]]:
    links = {link.name: link for link in row.links}
    parts = []
    for name, role, agency, collective in stored:
        link = links.get(name) if agency is None and not collective else None
        unit = link.agency.pk if link and link.agency and link.agency.pk else agency
        parts.append((role, unit or _UNKNOWN, collective or bool(link and link.collective)))
    return parts


def _duties(
    plan: Plan, periods: Sequence[PlanPeriod], answering: _Answering, found: Follows
) -> None:
    open_duties = (
        Duty.objects.filter(plan_period__in=periods, task__in=answering.after)
        .select_related("agency", "plan_period__period", "task", "progress")
        .prefetch_related("drafts", "evidence")
        .order_by("task__position", "agency__rank", "pk")
    )
    owed: dict[int, set[int]] = {}
    for duty in open_duties:
        owed.setdefault(duty.task_id, set()).add(duty.agency_id)
        if duty.agency_id not in answering.after[duty.task_id]:
            duty.task.plan = plan
            found.said.append(_said_of(duty, answering))
            if is_silent(duty):
                found.withdrawn.append(duty)
    names = "、".join(period.period.name for period in periods)
    found.said += _asked_later(answering, owed, names)


def _said_of(duty: Duty, answering: _Answering) -> str:
    number, unit = answering.numbers[duty.task_id], duty.agency.name
    ended = duty.task_id in answering.ended
    why = f"终止，{unit}的" if ended else f"不再由{unit}报送，它的"
    about = f"第{number}项{why}{duty.plan_period.period.name}应报"
    return f"{about}还没有填，随导入撤回。" if is_silent(duty) else f"{about}已有填写，保留不动。"


def is_silent(duty: Duty) -> bool:
    """Nothing was entered: no report, no draft, no evidence."""
    if getattr(duty, "progress", None) is not None:
        return False
    return not duty.drafts.all() and not duty.evidence.all()


def _asked_later(answering: _Answering, owed: Mapping[int, set[int]], names: str) -> list[str]:
    """Opening once more is a person's act, and shows first what it asks for (D8)."""
    said = []
    fresh = {
        pk: [unit for unit in units if unit not in owed.get(pk, ())]
        for pk, units in answering.after.items()
        if set(units) - set(answering.before.get(pk, ()))
    }
    units = Agency.objects.in_bulk({unit for each in fresh.values() for unit in each})
    for pk, keys in fresh.items():
        if keys:
            called = "、".join(units[key].name for key in keys)
            said.append(
                f"第{answering.numbers[pk]}项改由{called}报送：{names}已经开启，"
                "需要它本期就报的，请在导入后再开启一次，补上应报。"
            )
    if answering.created:
        said.append(
            f"{names}已经开启：新增的 {answering.created} 行不会自动产生应报，"
            "需要本期就报的，请在导入后再开启一次。"
        )
    return said
