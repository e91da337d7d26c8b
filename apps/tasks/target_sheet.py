"""The list of 指标目标 as a sheet of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from apps.common.spreadsheets import OutSheet
from apps.common.spreadsheets.model import OutValue
from apps.tasks.selectors.targets import TargetRow

_HEADERS = (
    "指标", "任务来源", "范围", "基期", "目标年", "目标", "完成值", "单位", "报告期", "口径",
    "来源", "完成比例（%）", "序时进度（%）", "差距", "状态", "状态说明", "原文", "出处",
)  # fmt: skip
_WIDTHS = (30, 20, 12, 14, 8, 14, 12, 8, 16, 14, 26, 12, 12, 20, 14, 44, 60, 30)


def target_sheet(rows: Iterable[TargetRow], *, body: str, today: date) -> OutSheet:
    """Values and states only where the reader may see them; amounts stay numbers."""
    return OutSheet(
        name="指标目标",
        title_rows=[[f"{body}指标目标（{today.isoformat()}）"]],
        headers=_HEADERS,
        rows=_cells(rows),
        merges=[(0, 0, 0, len(_HEADERS) - 1)],
        widths=_WIDTHS,
    )


def _cells(rows: Iterable[TargetRow]) -> Iterator[list[OutValue]]:
    for row in rows:
        indicator, period_value, standing = row.indicator, row.period_value, row.standing
        yield [
            indicator.name,
            row.plan.title,
            indicator.scope,
            row.baseline_text,
            row.target.year,
            row.goal_text,
            period_value.value.normalize() if period_value else None,
            indicator.unit,
            period_value.period.name if period_value else "",
            period_value.basis_label if period_value else "",
            period_value.source if period_value else "",
            standing.share if standing else None,
            standing.expected if standing else None,
            standing.gap_text if standing else "",
            str(standing.state.label) if standing else "不可见",
            standing.reason if standing else "",
            row.target.quote,
            row.target.section,
        ]
