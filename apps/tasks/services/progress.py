"""进展: recorded by the unit, signed off in the unit, reviewed and judged by the supervisor."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db import transaction

from apps.accounts.models import Membership
from apps.audit.selectors import last_number
from apps.audit.services import Act, Changes, record, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.assessments import Assessment
from apps.tasks.models import Duty, Progress, Task, TaskIndicator
from apps.tasks.services.marks import marks_refresh

TEXT_LIMIT = 2000
# As wide as the columns; a bulk update would cut a longer reason without a word.
REASON_LIMIT = 500
VALUE_DIGITS = 14
_VALUE_LIMIT = Decimal("99999999999999.9999")


@dataclass(frozen=True, slots=True)
class Content:
    """What a unit writes."""

    text: str
    self_assessment: Assessment
    value: Decimal | None = None
    problems: str = ""
    next_step: str = ""


@transaction.atomic
def duties_create(
    *, actor: Actor, today: date, plan_period: PlanPeriod, pairs: Iterable[tuple[int, int]]
) -> int:
    """Enter what is owed, as (task id, agency id); what exists stays. Returns how many are new."""
    # whoever else opens the same period waits, so that what is new is counted right
    plan_period = PlanPeriod.objects.select_for_update().get(pk=plan_period.pk)
    duties = [
        Duty(plan_period=plan_period, task_id=task_id, agency_id=agency_id)
        for task_id, agency_id in pairs
    ]
    before = plan_period.duties.count()
    Duty.objects.bulk_create(duties, ignore_conflicts=True)
    after = plan_period.duties.count()
    if after > before:
        changes = {"应报": (before or None, after)}
        act = Act(f"产生应报 {after - before} 份", plan_period, changes)
        record(actor=actor, today=today, act=act)
    return after - before


@transaction.atomic
def progress_submit(
    *, actor: Actor, scope: Scope, duty: Duty, content: Content, seen_version: int, today: date
) -> Progress:
    """Record what a unit reports, and hand it on: to its approver, or straight to the supervisor.

    `seen_version` is the version the person had before them, 0 for none: somebody else's newer
    text is never overwritten (Conflict). Raises NotAllowed, and Refused naming the field.
    """
    if not scope.may_report(duty):
        raise NotAllowed("只有本单位填报员可以填报。")
    [task] = _lock_tasks([duty.task_id])
    duty = Duty.objects.select_related("plan_period__period", "agency").get(pk=duty.pk)
    progress = Progress.objects.select_for_update().filter(duty=duty).first()
    _check_open(task, duty, progress)
    if (progress.version if progress else 0) != seen_version:
        raise Conflict("您打开后别人已改过这一项，您写的没有保存。请对照最新内容再填。")
    figure = TaskIndicator.objects.filter(task=task, agency=duty.agency).first()
    content_check(content, has_figure=figure is not None)
    before = _shown(progress)
    signs_first = _has_approver(duty.agency_id, today)
    if signs_first and progress is not None and progress.delivered_on and not progress.delivered:
        progress.keep_delivered(log_no=last_number(task))
    if progress is None:
        progress = Progress(duty=duty, first_submitted_on=today, version=0)
    progress.text = content.text
    progress.value = content.value
    progress.self_assessment = content.self_assessment
    progress.problems = content.problems
    progress.next_step = content.next_step
    progress.submitted_on = today
    progress.submitted_by = actor.actor_name
    progress.signed_by = ""
    progress.state = Progress.State.SIGNING if signs_first else Progress.State.SUBMITTED
    if not signs_first:
        _deliver(progress, today)
    progress.version += 1
    progress.save()
    changes = _differences(before, _shown(progress))
    label = f"填报{duty.plan_period.period.name}进展（{duty.agency.name}）"
    record(actor=actor, today=today, act=Act(label, task, changes, about_agency=duty.agency))
    marks_refresh(task_ids=[task.pk], today=today)
    return progress


@transaction.atomic
def progress_sign(*, actor: Actor, scope: Scope, seen: Mapping[int, int], today: date) -> int:
    """The unit agrees to these reports, all or none; they go on to the supervisor.

    `seen`: by id the version the approver had before them; Conflict where one is another now.
    """
    waiting = _lock(seen, Progress.State.SIGNING)
    if not all(scope.may_sign(progress) for progress in waiting):
        raise NotAllowed("只有本单位审签人可以审签。")
    _check_seen(waiting, seen)
    acts = []
    for progress in waiting:
        before = progress.get_state_display()
        progress.state = Progress.State.SUBMITTED
        progress.signed_by = actor.actor_name
        _deliver(progress, today)
        progress.version += 1
        acts.append(_act(progress, "同意报送", before))
    Progress.objects.bulk_update(
        waiting, ["state", "signed_by", "delivered_on", "counted_on", "delivered", "version"]
    )
    record_all(actor=actor, today=today, acts=acts)
    marks_refresh(task_ids={p.duty.task_id for p in waiting}, today=today)
    return len(waiting)


@transaction.atomic
def progress_return(
    *, actor: Actor, scope: Scope, seen: Mapping[int, int], reason: str, today: date
) -> int:
    """The unit's approver sends these back to be written anew, saying why; `seen` as to sign."""
    _check_reason(reason)
    waiting = _lock(seen, Progress.State.SIGNING)
    if not all(scope.may_sign(progress) for progress in waiting):
        raise NotAllowed("只有本单位审签人可以退回。")
    _check_seen(waiting, seen)
    _send_back(actor, today, waiting, reason)
    return len(waiting)


@dataclass(frozen=True, slots=True)
class Judgement:
    """The supervisor's view of a report: approved with a judgement, or sent back."""

    approve: bool
    assessment: Assessment | None = None
    reason: str = ""


@transaction.atomic
def progress_review(
    *, actor: Actor, scope: Scope, progress_id: int, verdict: Judgement, today: date
) -> Progress:
    """审核通过 with 认定, or 退回修改 with a reason."""
    [progress] = _lock([progress_id], Progress.State.SUBMITTED)
    task = progress.duty.task
    if task.plan_id not in scope.supervised:
        raise NotAllowed("只有本任务来源的督查员可以审核。")
    if not verdict.approve:
        _check_reason(verdict.reason)
        _send_back(actor, today, [progress], verdict.reason)
        return progress
    if len(verdict.reason) > REASON_LIMIT:
        raise Refused(_too_long("认定理由", verdict.reason))
    before = progress.get_state_display()
    judged_before = progress.get_judgement_display() or None
    progress.state = Progress.State.APPROVED
    progress.judgement = verdict.assessment or ""
    progress.judgement_reason = verdict.reason
    progress.judged_by = actor.actor_name if verdict.assessment else ""
    progress.judged_on = today if verdict.assessment else None
    progress.version += 1
    progress.save()
    said = verdict.assessment.label if verdict.assessment else "未核"
    act = _act(progress, "审核通过", before, verdict.reason, {"认定": (judged_before, said)})
    record(actor=actor, today=today, act=act)
    marks_refresh(task_ids=[task.pk], today=today)
    return progress


def _lock_tasks(ids: Iterable[int]) -> list[Task]:
    """Everybody locks tasks before reports, both by pk, or two would wait for each other.

    The task's row also orders its chain in the log.
    """
    tasks = Task.objects.select_for_update(of=("self",)).select_related("plan")
    return list(tasks.filter(pk__in=set(ids)).order_by("pk"))


def _lock(ids: Iterable[int], state: str) -> list[Progress]:
    wanted = set(ids)
    if not wanted:
        raise Refused("没有选中任何一项。")
    _lock_tasks(Progress.objects.filter(pk__in=wanted).values_list("duty__task_id", flat=True))
    found = list(
        Progress.objects.select_for_update(of=("self",))
        .filter(pk__in=wanted, state=state)
        .select_related("duty__task__plan", "duty__agency", "duty__plan_period__period")
        .order_by("pk")
    )
    if len(found) != len(wanted):
        raise Conflict("有的项已经被别人处理过，请刷新后再看。")
    return found


def _check_seen(waiting: Iterable[Progress], seen: Mapping[int, int]) -> None:
    """Nobody answers for a text they have not read."""
    newer = [p.duty.task.number for p in waiting if p.version != seen[p.pk]]
    if newer:
        raise Conflict(f"第{'、'.join(newer)}项在您打开后又改过，没有处理。请看最新内容再审签。")


def _deliver(progress: Progress, today: date) -> None:
    """It leaves the unit: from now on others read the row itself."""
    progress.delivered_on = progress.delivered_on or today
    progress.counted_on = progress.counted_on or progress.first_submitted_on
    progress.delivered = {}


def _send_back(actor: Actor, today: date, found: list[Progress], reason: str) -> None:
    acts = []
    for progress in found:
        before = progress.get_state_display()
        progress.state = Progress.State.RETURNED
        progress.return_reason = reason
        progress.version += 1
        acts.append(_act(progress, "退回修改", before, reason))
    Progress.objects.bulk_update(found, ["state", "return_reason", "version"])
    record_all(actor=actor, today=today, acts=acts)
    marks_refresh(task_ids={p.duty.task_id for p in found}, today=today)


def _act(
    progress: Progress,
    action: str,
    state_before: str,
    reason: str = "",
    changes: Changes | None = None,
) -> Act:
    """What was done to a report, with its state from and to; `progress` has the new one."""
    duty = progress.duty
    states = (state_before, progress.get_state_display())
    return Act(
        f"{action}：{duty.plan_period.period.name}进展（{duty.agency.name}）",
        duty.task,
        {"状态": states, **(changes or {})},
        reason,
        about_agency=duty.agency,
    )


def _check_open(task: Task, duty: Duty, progress: Progress | None) -> None:
    if task.is_settled:
        raise Refused(f"任务{task.get_state_display()}，不再填报。")
    if duty.plan_period.state != PlanPeriod.State.OPEN:
        raise Refused(f"{duty.plan_period.period.name}已关闭，不能再填报。")
    if progress is not None and progress.state == Progress.State.APPROVED:
        raise Refused("本期进展已审核通过，如需修改请先联系督查员退回。")


def content_check(content: Content, *, has_figure: bool) -> None:
    """Raises Refused with all that is wrong with what somebody wrote."""
    reasons = []
    if not content.text.strip():
        reasons.append("请填写本期进展。")
    if len(content.text) > TEXT_LIMIT:
        reasons.append(f"本期进展最多 {TEXT_LIMIT} 字，现在 {len(content.text)} 字。")
    reasons += _impossible_value(content.value, has_figure=has_figure)
    reasons += _unexplained(content)
    if reasons:
        raise Refused(*reasons)


def _impossible_value(value: Decimal | None, *, has_figure: bool) -> list[str]:
    if value is None:
        return []
    if not value.is_finite():
        return ["完成值只填数字，单位不用写。"]
    reasons = []
    if not has_figure:
        reasons.append("这一项没有可填的完成值。")
    if value < 0:
        reasons.append("完成值不能小于零。")
    if value > _VALUE_LIMIT:
        reasons.append(f"完成值小数点前最多 {VALUE_DIGITS} 位，请核对单位。")
    return reasons


def _check_reason(reason: str) -> None:
    """A return without a reason helps nobody."""
    if not reason.strip():
        raise Refused("退回修改要写明理由。")
    if len(reason) > REASON_LIMIT:
        raise Refused(_too_long("退回理由", reason))


def _too_long(name: str, text: str) -> str:
    return f"{name}最多 {REASON_LIMIT} 字，现在 {len(text)} 字。"


def _unexplained(content: Content) -> list[str]:
    if not content.self_assessment.needs_explanation:
        return []
    said = content.self_assessment.label
    asked = {"存在问题": content.problems, "下一步措施": content.next_step}
    return [f"自评为“{said}”时请填写{name}。" for name, text in asked.items() if not text.strip()]


def _has_approver(agency_id: int, today: date) -> bool:
    approvers = Membership.objects.in_force(today).filter(
        agency_id=agency_id, role=Membership.Role.APPROVER, user__is_active=True
    )
    return approvers.exists()


def _shown(progress: Progress | None) -> dict[str, str]:
    if progress is None:
        return {}
    return {
        "本期进展": progress.text,
        "完成值": "" if progress.value is None else f"{progress.value.normalize():f}",
        "自评": progress.get_self_assessment_display(),
        "存在问题": progress.problems,
        "下一步措施": progress.next_step,
        "状态": progress.get_state_display(),
    }


def _differences(before: dict[str, str], after: dict[str, str]) -> Changes:
    return {
        name: (before.get(name) or None, value)
        for name, value in after.items()
        if value != (before.get(name) or "")
    }
