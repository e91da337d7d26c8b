"""Reports held for an act on them: the order of locks, what was seen, what is written of it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.urls import reverse

from apps.accounts.models import Membership
from apps.audit.services import Act, Changes, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, Refused
from apps.notices.models import Message
from apps.notices.services import tell
from apps.ops.selectors import workdays
from apps.plans.models import Plan, PlanPeriod, PlanPolicy
from apps.tasks.counted import counted_day
from apps.tasks.models import Progress, Task
from apps.tasks.services.marks import marks_refresh
from apps.tasks.wording import rows_in_words

# As wide as the columns; a bulk update would cut a longer reason without a word.
REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class Doing:
    """Who acts, on which day, and what the log and the unit are to read of it."""

    actor: Actor
    today: date
    action: str
    reason: str = ""
    # the actor's own units, where reviewing their reports is to be named as 本单位自督 (D13)
    own: frozenset[int] = frozenset()


def lock_tasks(ids: Iterable[int]) -> dict[int, Task]:
    """Everybody locks tasks before reports, both by pk, or two would wait for each other.

    The task's row also orders its chain in the log.
    """
    tasks = Task.objects.select_for_update(of=("self",)).select_related("plan")
    return {task.pk: task for task in tasks.filter(pk__in=set(ids)).order_by("pk")}


def lock_reports(ids: Iterable[int], states: Collection[str]) -> list[Progress]:
    """These reports, held, with all that is said of them; Conflict where one is elsewhere now."""
    wanted = set(ids)
    if not wanted:
        raise Refused("没有选中任何一项。")
    lock_tasks(Progress.objects.filter(pk__in=wanted).values_list("duty__task_id", flat=True))
    found = list(
        Progress.objects.select_for_update(of=("self",))
        .filter(pk__in=wanted, state__in=states)
        .select_related("duty__task__plan__policy", "duty__agency", "duty__plan_period__period")
        .order_by("pk")
    )
    if len(found) != len(wanted):
        raise Conflict("有的项已经被别人处理过，请刷新后再看。")
    return found


def check_seen(waiting: Iterable[Progress], seen: Mapping[int, int], act: str) -> None:
    """Nobody answers for a text they have not read."""
    newer = [p.duty.task.number for p in waiting if p.version != seen[p.pk]]
    if newer:
        raise Conflict(f"第{'、'.join(newer)}项在您打开后又改过，没有处理。请看最新内容再{act}。")


def check_open(waiting: Iterable[Progress]) -> None:
    """A closed period stays as it was closed."""
    closed = {p.duty.plan_period for p in waiting if p.duty.plan_period.state != _OPEN}
    if closed:
        raise Refused(*(f"{plan_period}已关闭，不能再改。" for plan_period in closed))


_OPEN = PlanPeriod.State.OPEN


def check_reason(name: str, reason: str) -> None:
    """Too long for its column, or not to be stored."""
    if len(reason) > REASON_LIMIT:
        raise Refused(f"{name}最多 {REASON_LIMIT} 字，现在 {len(reason)} 字。")
    if "\0" in reason:
        raise Refused(f"{name}里有无法保存的字符，请删去后再填。")


def policy_of(plan: Plan) -> PlanPolicy:
    """The plan's policy, or the usual one."""
    policy: PlanPolicy | None = getattr(plan, "policy", None)
    return policy or PlanPolicy(plan=plan)


def counts_signature(progress: Progress) -> bool:
    """Whether the day of the last signature is held against the cut-off."""
    policy = policy_of(progress.duty.task.plan)
    return policy.on_time_by == PlanPolicy.OnTime.SIGN_OFF


def count(progress: Progress, came: date) -> None:
    """The day is taken into account, and the window of a return is over."""
    progress.counted_on = counted_day(
        progress.counted_on,
        came,
        cut_off=progress.duty.plan_period.cut_off,
        resubmit_by=progress.resubmit_by,
    )
    progress.resubmit_by = None


def count_submitted(progress: Progress) -> None:
    """The day is that of the submission, once it is the newest; a second time changes nothing."""
    progress.counted_on = progress.counted_on or progress.first_submitted_on
    count(progress, progress.submitted_on)


def deliver(progress: Progress, *, today: date, signed_on: date | None = None) -> None:
    """It leaves the unit: from now on others read the row itself.

    `signed_on`: the day of its last signature, None where nobody signs.
    """
    progress.state = Progress.State.SUBMITTED
    progress.delivered_on = progress.delivered_on or today
    progress.delivered = {}
    if signed_on and counts_signature(progress):
        count(progress, signed_on)
    else:
        # the plan may have gone over from signatures to submissions since it was handed in
        count_submitted(progress)


def act_on(
    progress: Progress, doing: Doing, state_before: str, changes: Changes | None = None
) -> Act:
    """What was done to a report, with its state from and to; `progress` has the new one."""
    duty = progress.duty
    states = (state_before, progress.get_state_display())
    told = {"状态": states} if states[0] != states[1] else {}
    action = f"{doing.action}（本单位自督）" if duty.agency_id in doing.own else doing.action
    return Act(
        f"{action}：{duty.plan_period.period.name}进展（{duty.agency.name}）",
        duty.task,
        {**told, **(changes or {})},
        doing.reason,
        about_agency=duty.agency,
    )


def send_back(doing: Doing, found: Sequence[Progress]) -> None:
    """Written anew it has a window in which it is still on time; its units are told."""
    calendar = workdays()
    acts = []
    for progress in found:
        before, judged = progress.get_state_display(), progress.get_judgement_display()
        days = policy_of(progress.duty.task.plan).resubmission_days
        progress.state = Progress.State.RETURNED
        progress.return_reason = doing.reason
        if not _has_window(progress):
            progress.resubmit_by = calendar.add(doing.today, days)
        # a judgement is of the text that was judged
        progress.judgement = progress.judgement_reason = progress.judged_by = ""
        progress.judged_on = None
        progress.version += 1
        changes: Changes = {
            "重报期限": (None, progress.resubmit_by),
            **({"认定": (judged, "未核")} if judged else {}),
        }
        acts.append(act_on(progress, doing, before, changes))
    fields = ["state", "return_reason", "resubmit_by", "version"]
    fields += ["judgement", "judgement_reason", "judged_by", "judged_on"]
    Progress.objects.bulk_update(found, fields)
    finish(doing, found, acts)
    said = f"{doing.action}，理由：{doing.reason.rstrip('。')}。"
    tell_units(doing, found, said + _again(found, doing.today))


def _again(found: Iterable[Progress], today: date) -> str:
    """Until when they may come again as if they had not been sent back; "" where that is over."""
    day = min(max(p.duty.plan_period.cut_off, p.resubmit_by or today) for p in found)
    return f"请最晚于{day.month}月{day.day}日重报" if day >= today else ""


def _has_window(progress: Progress) -> bool:
    """The supervisor's is still running: the unit's own approver cannot make it longer."""
    return progress.resubmit_by is not None and progress.counted_on is not None


def finish(doing: Doing, found: Iterable[Progress], acts: Sequence[Act]) -> None:
    """The log, and the marks of the rows."""
    record_all(actor=doing.actor, today=doing.today, acts=acts)
    marks_refresh(task_ids={p.duty.task_id for p in found}, today=doing.today)


def tell_units(doing: Doing, found: Sequence[Progress], said: str) -> None:
    """One message for each unit's reporters; `said` stands above the rows."""
    by_unit: dict[int, list[Progress]] = {}
    for progress in found:
        by_unit.setdefault(progress.duty.agency_id, []).append(progress)
    tell(messages=[_message(doing, rows, said) for rows in by_unit.values()])


def _named(rows: Sequence[Progress]) -> list[str]:
    """The rows period by period: 2020年前三季度：《A》第3、5项."""
    by_period: dict[str, list[tuple[str, str]]] = {}
    for progress in rows:
        task = progress.duty.task
        named = by_period.setdefault(progress.duty.plan_period.period.name, [])
        named.append((task.plan.short_title, task.number))
    return [f"{period}：{rows_in_words(named)}" for period, named in by_period.items()]


def _judged_otherwise(rows: Sequence[Progress]) -> list[str]:
    """What the unit would not expect: another word than its own, and why."""
    return [
        f"第{p.duty.task.number}项自评“{p.get_self_assessment_display()}”，"
        f"认定“{p.get_judgement_display()}”：{p.judgement_reason}"
        for p in rows
        if p.judgement and p.judgement != p.self_assessment
    ]


def _message(doing: Doing, rows: Sequence[Progress], said: str) -> Message:
    # the same act on the same texts is the same message
    seen = ",".join(f"{p.pk}:{p.version}" for p in sorted(rows, key=lambda p: p.pk))
    newest = max((p.duty for p in rows), key=lambda duty: duty.plan_period.period.ends_on)
    period = newest.plan_period.period
    path = reverse("progress:sheet", args=[period.code])
    if len(rows) == 1:
        returned = rows[0].state == Progress.State.RETURNED
        # to where it is written anew; else to where one reads about it
        path = f"{path}#d{newest.pk}" if returned else newest.task.get_absolute_url()
    return Message(
        key=f"progress:{hashlib.sha256(seen.encode()).hexdigest()[:40]}",
        agency=newest.agency,
        role=Membership.Role.REPORTER,
        subject=f"{period.name}进展{doing.action} {len(rows)} 项",
        body="\n".join([f"{said.rstrip('。')}。", *_named(rows), *_judged_otherwise(rows)]),
        path=path,
        business_date=doing.today,
    )
