"""完成值 of an indicator for a period: typed by a supervisor, revised with a reason (D19)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.db import transaction

from apps.audit.services import Act, Changes, record
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.common.periods import PeriodCode
from apps.plans.models import Period
from apps.targets.models import Indicator, Measurement
from apps.targets.units import converted
from apps.targets.wording import value_text
from apps.tasks.access import Scope

SOURCE_LIMIT = 200
REVISION_LIMIT = 300
# as the columns hold it
_LIMIT = Decimal(10) ** 14
_STEP = Decimal("0.00000001")
_WHOLE = Decimal(100)


@dataclass(frozen=True, slots=True)
class Figure:
    """What is typed: the value in `unit`, 口径, 快报 or 正式, where it comes from.

    `seen_revision`: what the person had before them, 0 for nothing; `reason` is asked for once
    there is a value to be revised.
    """

    period: PeriodCode
    value: Decimal
    unit: str
    basis: str
    release: str
    source: str
    year_ago: Decimal | None = None
    reason: str = ""
    seen_revision: int = 0


@transaction.atomic
def measurement_record(
    *,
    actor: Actor,
    scope: Scope,
    indicator_id: int,
    figure: Figure,
    today: date,
) -> Measurement:
    """Enter the value of a period, or revise it: the old one stays beside it.

    Raises NotAllowed, Refused with a sentence for each thing wrong, Conflict.
    """
    # the indicator's row orders its chain in the log
    indicator = Indicator.objects.select_for_update(of=("self",)).get(pk=indicator_id)
    check_supervised(scope, indicator)
    figure, period = _in_unit_of(indicator, figure), figure.period
    current = Measurement.objects.filter(
        indicator=indicator, period__code=period.code, current=True
    ).first()
    reasons = _reasons(indicator, figure, today, is_revision=current is not None)
    if reasons:
        raise Refused(*reasons)
    if (current.revision if current else 0) != figure.seen_revision:
        raise Conflict("您打开后别人已录入或改过这一期的完成值，您写的没有保存。请对照再填。")
    if current and _shown(current, indicator.unit) == _wanted(figure, indicator.unit):
        raise Refused("与现在的完成值一样，没有要改的。")
    if current:
        current.current = False
        current.save(update_fields=["current"])
    entered, _ = Period.objects.get_or_create(
        code=period.code, defaults={"ends_on": period.ends_on}
    )
    made = Measurement.objects.create(
        indicator=indicator,
        period=entered,
        revision=current.revision + 1 if current else 1,
        value=figure.value,
        year_ago=figure.year_ago,
        basis=figure.basis,
        release=figure.release,
        source=figure.source,
        reason=figure.reason if current else "",
        recorded_by=actor.actor_name,
        recorded_on=today,
    )
    act = Act(
        f"{'修订' if current else '录入'}完成值（{period.name}）",
        indicator,
        _changes(current, figure, indicator.unit),
        made.reason,
    )
    record(actor=actor, today=today, act=act)
    return made


def check_supervised(scope: Scope, indicator: Indicator) -> None:
    """Raises NotAllowed: plans above and below ours are held to look at (D0)."""
    if indicator.plan_id not in scope.supervised:
        raise NotAllowed("只有本任务来源的督查员可以录入完成值和认定。")
    if not indicator.plan.is_own:
        raise NotAllowed("上级、下级文件只作对照、备案，不录完成值，也不认定。")


def _in_unit_of(indicator: Indicator, figure: Figure) -> Figure:
    if indicator.kind == Indicator.Kind.QUALITATIVE:
        raise Refused("这是定性指标，没有完成值，请作认定。")
    ago = figure.year_ago
    return replace(
        figure,
        value=converted(figure.value, figure.unit, indicator.unit),
        year_ago=None if ago is None else converted(ago, figure.unit, indicator.unit),
        unit=indicator.unit,
        source=figure.source.strip(),
        reason=figure.reason.strip(),
    )


def _reasons(indicator: Indicator, figure: Figure, today: date, *, is_revision: bool) -> list[str]:
    reasons = []
    if figure.period.ends_on > today:
        reasons.append(f"{figure.period.name}还没有结束，不能录入完成值。")
    for name, value in (("完成值", figure.value), ("去年同期", figure.year_ago)):
        if value is not None:
            reasons += _impossible(name, value, indicator)
    if not figure.source:
        reasons.append("请写明来源，如统计快报的名称和日期。")
    if is_revision and not figure.reason:
        reasons.append("这一期已有完成值，修订要写明修订说明。")
    for name, text, most in (
        ("来源", figure.source, SOURCE_LIMIT),
        ("修订说明", figure.reason, REVISION_LIMIT),
    ):
        if len(text) > most:
            reasons.append(f"{name}最多 {most} 字，现在 {len(text)} 字。")
    return reasons


def _impossible(name: str, value: Decimal, indicator: Indicator) -> list[str]:
    if not value.is_finite():
        return [f"{name}须是数字。"]
    if value < 0 and indicator.kind != Indicator.Kind.GROWTH:
        return [f"{name}不能小于零。"]
    if value > _WHOLE and indicator.kind == Indicator.Kind.SHARE and indicator.unit == "%":
        return [f"{name}是比重，不会超过 100%，请核对。"]
    if abs(value) >= _LIMIT:
        return [f"{name}的位数太多，请核对单位。"]
    if value != value.quantize(_STEP):
        return [f"{name}换算成“{indicator.unit}”后最多八位小数，请少写几位。"]
    return []


def _wanted(figure: Figure, unit: str) -> dict[str, str]:
    return {
        "完成值": value_text(figure.value, unit),
        "去年同期": "" if figure.year_ago is None else value_text(figure.year_ago, unit),
        "口径": str(Measurement.Basis(figure.basis).label),
        "发布": str(Measurement.Release(figure.release).label),
        "来源": figure.source,
    }


def _shown(measurement: Measurement, unit: str) -> dict[str, str]:
    ago = measurement.year_ago
    return {
        "完成值": value_text(measurement.value, unit),
        "去年同期": "" if ago is None else value_text(ago, unit),
        "口径": measurement.get_basis_display(),
        "发布": measurement.get_release_display(),
        "来源": measurement.source,
    }


def _changes(before: Measurement | None, figure: Figure, unit: str) -> Changes:
    old = _shown(before, unit) if before else {}
    new = _wanted(figure, unit)
    return {
        name: (old.get(name) or None, value)
        for name, value in new.items()
        if value != old.get(name, "")
    }
