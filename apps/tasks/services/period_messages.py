"""What units are told when a period opens or its cut-off moves: one message per unit and act."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import chain

from apps.accounts.models import Membership
from apps.audit.selectors import last_numbers
from apps.common.periods import PeriodCode
from apps.notices.models import Message
from apps.notices.services import tell
from apps.plans.models import PlanPeriod
from apps.tasks.selectors.duties import Pair
from apps.tasks.selectors.periods import missing_duties

_ByPeriod = Mapping[PlanPeriod, Sequence[Pair]]


def day_text(day: date) -> str:
    """2020年10月20日, as in prose."""
    return f"{day.year}年{day.month}月{day.day}日"


def tell_opened(*, code: PeriodCode, owed: _ByPeriod, new: _ByPeriod, today: date) -> None:
    """Tell the units that owe something new what they owe now over all plans of this act."""
    by_unit = {period: _per_unit(pairs) for period, pairs in owed.items()}
    added: dict[int, list[int]] = defaultdict(list)
    for task, unit in chain.from_iterable(new.values()):
        added[unit].append(task)
    tell(
        messages=[
            _opened(code, unit, {p: n[unit] for p, n in by_unit.items() if n[unit]}, fresh, today)
            for unit, fresh in added.items()
        ]
    )


def _opened(
    code: PeriodCode,
    unit: int,
    mine: Mapping[PlanPeriod, int],
    fresh: Sequence[int],
    today: date,
) -> Message:
    total = sum(mine.values())
    cut_off = min(period.cut_off for period in mine)
    until = f"{cut_off.month}月{cut_off.day}日截止"
    if len({period.cut_off for period in mine}) > 1:
        until = f"最早{until}"
    if len(fresh) == total:
        subject = f"{code.name}填报已开始：应报 {total} 项，{until}"
    else:
        subject = f"{code.name}新增应报 {len(fresh)} 项，共 {total} 项，{until}"
    lines = [
        f"{period.plan.short_title}：应报 {many} 项，{day_text(period.cut_off)}截止，"
        f"数据截至{day_text(period.data_as_of)}。"
        for period, many in mine.items()
    ]
    return Message(
        # a unit comes to owe a row once: no other act can name the same one
        key=f"opened:{code.code}:{unit}:{min(fresh)}",
        agency_id=unit,
        role=Membership.Role.REPORTER,
        subject=subject,
        body="\n".join(lines),
        path=f"/progress/{code.code}/",
        business_date=today,
    )


def tell_moved(*, plan_period: PlanPeriod, before: date, reason: str, today: date) -> None:
    """Tell the units whose report is still missing; the others have nothing to do.

    Comes after the log's entry: its number tells this move from an earlier one to the same day.
    """
    period, day = plan_period.period, plan_period.cut_off
    entry = last_numbers(PlanPeriod, [plan_period.pk])[plan_period.pk]
    missing = Counter(missing_duties(plan_period).values_list("agency_id", flat=True))
    tell(
        messages=[
            Message(
                key=f"moved:{plan_period.pk}:{entry}:{unit}",
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
