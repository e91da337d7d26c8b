"""What units are told when a period opens or its cut-off moves: one message per unit and act."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date

from apps.accounts.models import Membership
from apps.common.periods import PeriodCode
from apps.notices.models import Message
from apps.notices.services import tell
from apps.plans.models import PlanPeriod
from apps.tasks.selectors.duties import Pair
from apps.tasks.selectors.periods import missing_duties

_KEY_CHARS = 60
_ByPeriod = Mapping[PlanPeriod, Sequence[Pair]]


def day_text(day: date) -> str:
    """2020年10月20日, as in prose."""
    return f"{day.year}年{day.month}月{day.day}日"


def tell_opened(*, code: PeriodCode, owed: _ByPeriod, new: _ByPeriod, today: date) -> None:
    """Tell the units that owe something new what they owe now over all plans of this act."""
    by_unit = {period: _per_unit(pairs) for period, pairs in owed.items()}
    added = Counter(unit for pairs in new.values() for _, unit in pairs)
    act = _joined([period.pk for period in owed])
    tell(
        messages=[
            _opened(
                code, act, unit, {p: n[unit] for p, n in by_unit.items() if n[unit]}, fresh, today
            )
            for unit, fresh in added.items()
        ]
    )


def _opened(
    code: PeriodCode,
    act: str,
    unit: int,
    mine: Mapping[PlanPeriod, int],
    fresh: int,
    today: date,
) -> Message:
    total = sum(mine.values())
    cut_off = min(period.cut_off for period in mine)
    until = f"{cut_off.month}月{cut_off.day}日截止"
    if len({period.cut_off for period in mine}) > 1:
        until = f"最早{until}"
    if fresh == total:
        subject = f"{code.name}填报已开始：应报 {total} 项，{until}"
    else:
        subject = f"{code.name}新增应报 {fresh} 项，共 {total} 项，{until}"
    lines = [
        f"{period.plan.short_title}：应报 {many} 项，{day_text(period.cut_off)}截止，"
        f"数据截至{day_text(period.data_as_of)}。"
        for period, many in mine.items()
    ]
    return Message(
        # with the number, so that what is added later is told as well
        key=f"opened:{code.code}:{act}:{unit}:{total}",
        agency_id=unit,
        role=Membership.Role.REPORTER,
        subject=subject,
        body="\n".join(lines),
        path=f"/progress/{code.code}/",
        business_date=today,
    )


def tell_moved(*, plan_period: PlanPeriod, before: date, reason: str, today: date) -> None:
    """Tell the units whose report is still missing; the others have nothing to do."""
    period, day = plan_period.period, plan_period.cut_off
    missing = Counter(missing_duties(plan_period).values_list("agency_id", flat=True))
    tell(
        messages=[
            Message(
                key=f"moved:{plan_period.pk}:{before}:{day}:{today}:{unit}",
                agency_id=unit,
                role=Membership.Role.REPORTER,
                subject=f"{period.name}截止日改为{day.month}月{day.day}日：还有 {many} 项未报",
                body=(
                    f"{plan_period.plan.short_title}：原定{day_text(before)}截止，"
                    f"现改为{day_text(day)}。理由：{reason}"
                ),
                path=f"/progress/{period.code}/",
                business_date=today,
            )
            for unit, many in missing.items()
        ]
    )


def _per_unit(pairs: Sequence[Pair]) -> Counter[int]:
    return Counter(unit for _, unit in pairs)


def _joined(ids: Sequence[int]) -> str:
    """The plan periods of one act in a key that has room for only so many characters."""
    written = "+".join(str(pk) for pk in sorted(ids))
    return (
        written if len(written) <= _KEY_CHARS else hashlib.sha256(written.encode()).hexdigest()[:32]
    )
