"""Reports to print, made by hand from the facts of the figures' own tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from apps.reports.body import Body, BodyRow, FinalPart
from apps.reports.figures.computing import compute
from apps.reports.figures.kinds import Facts
from apps.reports.figures.sentences import parts_of
from apps.reports.figures.tokens import fill
from tests.reports.figures import made

OTHER = "yue-2018-talent"


def body(facts: Facts, **changes: Any) -> Body:
    """A 送审稿 with its generated text."""
    figures = compute(facts)
    parts = [
        FinalPart(part.key, part.heading, fill(part.text, figures))
        for part in parts_of(figures, "report")
    ]
    given: dict[str, Any] = {
        "title": "关于2020年前三季度任务进展情况的报告",
        "genre": "report",
        "addressee": "省人民政府",
        "signatory": "广东省发展和改革委员会",
        "number": "",
        "issued_on": None,
        "state_label": "送审稿",
        "corrects": "",
        "figures": figures,
        "parts": parts,
        "rows": [BodyRow(row, row.text, left_out=False) for row in figures.rows],
        "named_units": [],
    }
    return Body(**{**given, **changes})


def issued(facts: Facts, **changes: Any) -> Body:
    about: dict[str, Any] = {
        "number": "粤发改创新〔2020〕12号",
        "issued_on": date(2020, 11, 5),
        "state_label": "已印发",
    }
    return body(facts, **{**about, **changes})


def two_plans(**changes: Any) -> Facts:
    """Rows of many classes in two plans: ahead, behind, twice measured, overdue, closed, silent."""
    rows = [
        made.row(
            made.part(judgement="normal"),
            task_id=1,
            number="1",
            category=("一、创新能力",),
            measures=(made.measure(share=Decimal("100.0")),),
        ),
        made.row(
            made.part(judgement="behind", problems="资金未到位", next_step="年底前拨付"),
            made.part("省教育厅", delivered=False, text=""),
            task_id=2,
            number="2.1",
            category=("一、创新能力",),
            measures=(
                made.measure(),
                made.measure(agency="省教育厅", share=Decimal("31.4"), expected=None, span=""),
            ),
        ),
        made.row(
            made.part(judgement="difficult"),
            task_id=3,
            number="3",
            category=("二、产业集聚",),
            overdue_days=12,
            light="red",
            light_label="红",
            light_reason="逾期12天",
        ),
        made.row(
            task_id=4,
            number="1",
            plan_code=OTHER,
            state="closed",
            state_label="已办结",
            closed_on=date(2020, 3, 1),
        ),
        made.row(made.absent(), task_id=5, number="2", plan_code=OTHER, self_supervised=True),
        made.row(made.part("省商务厅"), task_id=6, number="3", plan_code=OTHER),
    ]
    given: dict[str, Any] = {
        "plans": (
            made.plan(),
            made.plan(code=OTHER, title="引进人才办法", short_title="人才办法", document_number=""),
        ),
        "targets": (
            made.target(),
            made.target(indicator="人才数", share=None, expected=None, year_ago="", value=""),
        ),
        "units": (made.unit(owed=4, delivered=2, late=1), made.unit("省教育厅")),
        "previous": made.earlier(),
    }
    return made.facts(*rows, **{**given, **changes})
