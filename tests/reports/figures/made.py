"""Facts of a report, made by hand: a plan of 2017 with its table, seen in October 2020."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.reports.figures.kinds import (
    Earlier,
    Facts,
    MeasureFact,
    PartFact,
    PlanFact,
    RowFact,
    TargetFact,
    UnitFact,
)

CUT_OFF = date(2020, 10, 20)
AFTER = date(2020, 10, 21)
SPAN = "2017年9月—2020年12月"


def plan(**changes: Any) -> PlanFact:
    given: dict[str, Any] = {
        "code": "yue-2017-impl",
        "title": "广东省战略性新兴产业发展“十三五”规划实施方案",
        "short_title": "实施方案（2017年）",
        "document_number": "粤发改产业〔2017〕38号",
        "supervisor": "省发展改革委",
        "cut_off": CUT_OFF,
        "data_as_of": date(2020, 9, 30),
    }
    return PlanFact(**{**given, **changes})


def part(agency: str = "省科技厅", **changes: Any) -> PartFact:
    given: dict[str, Any] = {
        "agency_code": agency,
        "agency": agency,
        "delivered": True,
        "late": False,
        "text": "已建成孵化器25家",
        "self_assessment": "normal",
    }
    return PartFact(**{**given, **changes})


def absent(agency: str = "省商务厅") -> PartFact:
    return part(agency, delivered=False, text="", self_assessment="")


def measure(**changes: Any) -> MeasureFact:
    given: dict[str, Any] = {
        "agency": "省科技厅",
        "indicator": "孵化器",
        "unit": "家",
        "value": Decimal("25.0000"),
        "target": Decimal("40.0000"),
        "share": Decimal("62.5"),
        "expected": Decimal("93.8"),
        "span": SPAN,
    }
    return MeasureFact(**{**given, **changes})


def row(*parts: PartFact, **changes: Any) -> RowFact:
    given: dict[str, Any] = {
        "task_id": 12,
        "plan_code": "yue-2017-impl",
        "number": "12",
        "content": "建设科技企业孵化器",
        "leads": ("省科技厅",),
        "supports": (),
        "due_text": "2020年底前",
        "due_on": date(2020, 12, 31),
        "state": "active",
        "state_label": "推进中",
        "closed_on": None,
        "overdue_days": 0,
        "self_supervised": False,
        "light": "green",
        "light_label": "绿",
        "light_reason": "正常推进",
        "parts": parts,
    }
    return RowFact(**{**given, **changes})


def unit(code: str = "省商务厅", **changes: Any) -> UnitFact:
    given: dict[str, Any] = {
        "code": code,
        "name": code,
        "owed": 3,
        "delivered": 1,
        "late": 0,
        "may_be_named": True,
        "cut_off": CUT_OFF,
    }
    return UnitFact(**{**given, **changes})


def target(**changes: Any) -> TargetFact:
    given: dict[str, Any] = {
        "plan_code": "yue-2017-impl",
        "indicator": "孵化器数量",
        "unit": "家",
        "year": 2020,
        "target": "不低于40家",
        "value": "38家",
        "basis": "累计，快报",
        "source": "省科技厅",
        "year_ago": "31家",
        "share": Decimal("95.0"),
        "expected": Decimal("75.0"),
        "span": "年度目标×9/12",
        "state": "on_track",
        "state_label": "达到预期进度",
    }
    return TargetFact(**{**given, **changes})


def earlier(**changes: Any) -> Earlier:
    given: dict[str, Any] = {
        "title": "2020年上半年进展情况报告",
        "period_name": "2020年上半年",
        "total": 3,
        "counts": {"normal": 2, "behind": 1},
        "overdue": 1,
        "owed": 6,
        "missing": 2,
    }
    return Earlier(**{**given, **changes})


def facts(*rows: RowFact, **changes: Any) -> Facts:
    given: dict[str, Any] = {
        "period_code": "2020Q3",
        "period_name": "2020年前三季度",
        "data_as_of": date(2020, 9, 30),
        "taken_on": date(2020, 10, 12),
        "body_name": "广东省人民政府",
        "plans": (plan(),),
        "rows": rows,
        "units": (),
        "targets": (),
        "is_sample": False,
    }
    return Facts(**{**given, **changes})
