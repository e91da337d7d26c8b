"""Rows on their way in: held, checked, written, sent on; who may is for the caller to say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from django.db.models import Q

from apps.audit.selectors import last_numbers
from apps.audit.services import Act, Changes
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import StoredFile
from apps.plans.models import PlanPeriod
from apps.tasks.content import (
    Content,
    RowFacts,
    as_sent,
    content_reasons,
    is_falling,
    same_words,
)
from apps.tasks.models import Duty, Progress, Task
from apps.tasks.selectors.filling import Step, row_facts
from apps.tasks.services.reports_locked import (
    Doing,
    count_submitted,
    counts_signature,
    deliver,
    finish,
    lock_tasks,
)
from apps.tasks.wording import plain_number

_CONFLICT = "您打开后别人已改过这一项，您写的没有保存。请对照最新内容再填。"


@dataclass(frozen=True, slots=True)
class Entry:
    """One row as somebody wrote it. `seen_version`: what was before them, 0 for nothing."""

    duty_id: int
    content: Content
    seen_version: int


@dataclass(frozen=True, slots=True)
class Source:
    """The file that rows were typed from (代录)."""

    file: StoredFile
    name: str


class RowsRefused(Refused):
    """Nothing was saved: `by_duty` says why, `conflicts` where somebody else was faster."""

    def __init__(
        self,
        by_duty: Mapping[int, tuple[str, ...]],
        conflicts: frozenset[int],
        names: Mapping[int, str],
    ) -> None:
        # of a single row it is plain which one is meant
        alone = len(names) == 1
        super().__init__(
            *(
                reason if alone else f"{names[duty_id]}：{reason}"
                for duty_id, reasons in by_duty.items()
                for reason in reasons
            )
        )
        self.by_duty = dict(by_duty)
        self.conflicts = conflicts


def closed_reasons(duty: Duty, progress: Progress | None) -> list[str]:
    """Why the row takes no report now; `duty` with its task and the plan's period."""
    if duty.task.is_settled:
        return [f"任务{duty.task.get_state_display()}，不再填报。"]
    if duty.plan_period.state != PlanPeriod.State.OPEN:
        return [f"{duty.plan_period.period.name}已关闭，不能再填报。"]
    if progress is not None and progress.state == Progress.State.APPROVED:
        return ["本期进展已审核通过，如需修改请先联系督查员退回。"]
    return []


@dataclass(frozen=True, slots=True)
class Rows:
    """All that is held for the act, by duty."""

    duties: dict[int, Duty]
    reports: dict[int, Progress]
    facts: dict[int, RowFacts]

    def closed(self, duty_id: int) -> list[str]:
        return closed_reasons(self.duties[duty_id], self.reports.get(duty_id))

    def goes_along(self, duty_id: int, source_id: int) -> bool:
        """A linked row, open, unless somebody has reported it in words of its own since."""
        if duty_id not in self.duties or self.closed(duty_id):
            return False
        own, source = self.reports.get(duty_id), self.reports.get(source_id)
        return own is None or (source is not None and same_words(own.text, source.text))


@dataclass(frozen=True, slots=True)
class Way:
    """How rows go on from here, and why, by duty, where it is not said for all."""

    doing: Doing
    steps: Mapping[int, Sequence[Step]]
    source: Source | None = None
    reasons: dict[int, str] = field(default_factory=dict)


def held(entries: Sequence[Entry], linked: Mapping[int, int]) -> Rows:
    """The rows and their reports, locked and read after it."""
    own = [entry.duty_id for entry in entries]
    if not own:
        raise Refused("没有要报送的内容。")
    if len(set(own)) != len(own):
        raise Refused("同一项填了两次，请刷新页面后再试。")
    wanted = {*own, *linked}
    lock_tasks(Duty.objects.filter(pk__in=wanted).values_list("task_id", flat=True))
    duties = Duty.objects.filter(pk__in=wanted).select_related(
        "task__plan__policy", "agency", "plan_period__period"
    )
    found = {duty.pk: duty for duty in duties}
    if not found.keys() >= set(own):
        raise NotAllowed("有的项不是本单位应报的，没有报送。请刷新页面后再试。")
    reports = Progress.objects.select_for_update(of=("self",)).filter(duty_id__in=found)
    held = {progress.duty_id: progress for progress in reports.order_by("pk")}
    for duty_id, progress in held.items():
        progress.duty = found[duty_id]
    return Rows(found, held, row_facts(found.values()))


def checked(entries: Sequence[Entry], rows: Rows) -> dict[int, Content]:
    """By duty what is to be kept; raises RowsRefused."""
    refused: dict[int, tuple[str, ...]] = {}
    conflicts = set()
    for entry in entries:
        progress = rows.reports.get(entry.duty_id)
        reasons = rows.closed(entry.duty_id)
        if not reasons and (progress.version if progress else 0) != entry.seen_version:
            conflicts.add(entry.duty_id)
            reasons = [_CONFLICT]
        reasons = reasons or content_reasons(entry.content, rows.facts[entry.duty_id])
        if reasons:
            refused[entry.duty_id] = tuple(reasons)
    if refused:
        names = {entry.duty_id: str(rows.duties[entry.duty_id].task) for entry in entries}
        raise RowsRefused(refused, frozenset(conflicts), names)
    return {entry.duty_id: as_sent(entry.content, rows.facts[entry.duty_id]) for entry in entries}


def hand_in(way: Way, rows: Rows, contents: Mapping[int, Content]) -> list[Progress]:
    log_numbers = last_numbers(Task, {duty.task_id for duty in rows.duties.values()})
    new, known, acts = [], [], []
    found: dict[int, tuple[Progress, dict[str, str]]] = {}
    for duty_id, content in contents.items():
        duty, progress = rows.duties[duty_id], rows.reports.get(duty_id)
        before = _shown(progress)
        if progress is None:
            progress = Progress(duty=duty, first_submitted_on=way.doing.today, version=0)
            new.append(progress)
        else:
            known.append(progress)
        if way.steps.get(duty.agency_id) and progress.delivered_on and not progress.delivered:
            progress.keep_delivered(log_no=log_numbers.get(duty.task_id, 0))
        _write(progress, content, way)
        _send_on(progress, way)
        found[duty_id] = progress, before
    _name_missing([progress for progress, _ in found.values()])
    for duty_id, (progress, before) in found.items():
        changes = _differences(before, _shown(progress))
        if contents[duty_id].falling_confirmed and is_falling(progress.value, rows.facts[duty_id]):
            changes = {**changes, "数值减少": (None, "填报员已确认")}
        acts.append(_act(way, progress, changes))
    Progress.objects.bulk_create(new)
    Progress.objects.bulk_update(known, _WRITTEN)
    reports = [progress for progress, _ in found.values()]
    finish(way.doing, reports, acts)
    return reports


_WRITTEN = [
    "text", "unchanged", "whole_text", "whole_missing", "value", "self_assessment", "problems",
    "next_step", "state", "counted_on", "resubmit_by", "submitted_on", "delivered_on", "delivered",
    "submitted_by", "entered_by", "source_file", "source_name", "sign_step", "signed_by", "version",
]  # fmt: skip


def _write(progress: Progress, content: Content, way: Way) -> None:
    progress.text = content.text
    progress.unchanged = content.unchanged
    progress.whole_text = content.whole_text.strip()
    progress.whole_missing = []
    progress.value = content.value
    progress.self_assessment = content.self_assessment
    progress.problems = content.problems
    progress.next_step = content.next_step
    progress.submitted_on = way.doing.today
    progress.submitted_by = way.doing.actor.actor_name
    progress.entered_by = way.doing.actor.actor_name if way.source else ""
    progress.source_file = way.source.file if way.source else None
    progress.source_name = way.source.name if way.source else ""
    progress.signed_by = ""
    progress.version += 1


def _send_on(progress: Progress, way: Way) -> None:
    """To the first step of the unit's sign-off, or straight to the supervisor."""
    steps = way.steps.get(progress.duty.agency_id)
    if not steps:
        deliver(progress, today=way.doing.today)
        return
    if not counts_signature(progress):
        count_submitted(progress)
    progress.state = Progress.State.SIGNING
    progress.sign_step = steps[0].position


def _name_missing(reports: Iterable[Progress]) -> None:
    """A 汇总 says whose part it did without."""
    wholes = [progress for progress in reports if progress.whole_text]
    if not wholes:
        return
    here = [progress.duty_id for progress in reports if progress.delivered_on]
    absent = (
        Duty.objects.filter(
            Q(progress__isnull=True) | Q(progress__delivered_on__isnull=True),
            task__in={progress.duty.task_id for progress in wholes},
            plan_period__in={progress.duty.plan_period_id for progress in wholes},
        )
        .exclude(pk__in=here)
        .select_related("agency")
        .order_by("pk")
    )
    for progress in wholes:
        duty = progress.duty
        progress.whole_missing = [
            each.agency.name
            for each in absent
            if each.task_id == duty.task_id
            and each.plan_period_id == duty.plan_period_id
            and each.agency_id != duty.agency_id
        ]


def _act(way: Way, progress: Progress, changes: Changes) -> Act:
    duty = progress.duty
    return Act(
        f"{way.doing.action}{duty.plan_period.period.name}进展（{duty.agency.name}）",
        duty.task,
        changes,
        way.reasons.get(duty.pk, way.doing.reason),
        about_agency=duty.agency,
    )


def _shown(progress: Progress | None) -> dict[str, str]:
    if progress is None:
        return {}
    return {
        "本期进展": progress.text,
        "无新增进展": progress.get_unchanged_display(),
        "汇总进展": progress.whole_text,
        "缺报单位": "、".join(progress.whole_missing),
        "完成值": "" if progress.value is None else plain_number(progress.value),
        "自评": progress.get_self_assessment_display(),
        "存在问题": progress.problems,
        "下一步措施": progress.next_step,
        "状态": progress.get_state_display(),
    }


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Changes:
    return {
        name: (before.get(name) or None, value)
        for name, value in after.items()
        if value != (before.get(name) or "")
    }
