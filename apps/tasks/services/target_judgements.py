"""认定 of a target that is said in words, for one period, with its reason (product.md D19)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, Refused
from apps.common.periods import PeriodCode
from apps.plans.models import Period
from apps.targets.models import Indicator, Target, TargetJudgement
from apps.tasks.access import Scope
from apps.tasks.services.measurements import check_supervised

REASON_LIMIT = 500


@dataclass(frozen=True, slots=True)
class TargetVerdict:
    """What a person finds for a period, and why.

    `seen_state`: the judgement they had before them, empty for none.
    """

    period: PeriodCode
    state: str
    reason: str
    seen_state: str = ""


@transaction.atomic
def target_judge(
    *,
    actor: Actor,
    scope: Scope,
    target_id: int,
    verdict: TargetVerdict,
    today: date,
) -> TargetJudgement:
    """Judge for a period, for the first time or anew; the log keeps what was said before.

    Raises NotAllowed, Refused, Conflict.
    """
    target = Target.objects.select_related("indicator__plan").get(pk=target_id)
    indicator = Indicator.objects.select_for_update(of=("self",)).get(pk=target.indicator_id)
    check_supervised(scope, indicator)
    period, reason = verdict.period, verdict.reason.strip()
    reasons = _reasons(target, verdict, reason, today)
    if reasons:
        raise Refused(*reasons)
    known = TargetJudgement.objects.filter(target=target, period__code=period.code).first()
    before = known.state if known else ""
    if before != verdict.seen_state:
        raise Conflict("您打开后别人已作了认定，您写的没有保存。请对照再填。")
    if known and (known.state, known.reason) == (verdict.state, reason):
        raise Refused("与现在的认定一样，没有要改的。")
    entered, _ = Period.objects.get_or_create(
        code=period.code, defaults={"ends_on": period.ends_on}
    )
    made, _ = TargetJudgement.objects.update_or_create(
        target=target,
        period=entered,
        defaults={
            "state": verdict.state,
            "reason": reason,
            "judged_by": actor.actor_name,
            "judged_on": today,
        },
    )
    changes = {"状态": (known.get_state_display() if known else None, made.get_state_display())}
    label = f"认定{target.year}年目标（{period.name}）"
    record(actor=actor, today=today, act=Act(label, indicator, changes, reason))
    return made


def _reasons(target: Target, verdict: TargetVerdict, reason: str, today: date) -> list[str]:
    reasons = []
    if target.operator != Target.Operator.QUALITATIVE:
        reasons.append("有数字的目标按完成值计算，不用认定。")
    if verdict.state not in {each.value for each in TargetJudgement.State}:
        reasons.append("请从列表里选认定的状态。")
    if verdict.period.ends_on > today:
        reasons.append(f"{verdict.period.name}还没有结束，不能认定。")
    if not reason:
        reasons.append("请写明认定的理由。")
    if len(reason) > REASON_LIMIT:
        reasons.append(f"理由最多 {REASON_LIMIT} 字，现在 {len(reason)} 字。")
    return reasons
