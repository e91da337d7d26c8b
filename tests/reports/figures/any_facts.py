"""Any facts a snapshot could hand over, for tests that must hold for all of them."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from apps.reports.figures.kinds import (
    Earlier,
    Facts,
    MeasureFact,
    PartFact,
    PlanFact,
    RowClass,
    RowFact,
    TargetFact,
    UnitFact,
)
from apps.reports.figures.wording import TARGET_STATES
from apps.tasks.assessments import Assessment

# words people type, braces, digits, quotation marks and line breaks among them; chosen from a list
# because texts made letter by letter take most of a test's time
WORDS = st.sampled_from(
    [
        *(
            "",
            " ",
            "省科技厅",
            "省商务厅",
            "建设孵化器",
            "12",
            "3.1",
            "25家",
            "占27.3%",
            "三十八项",
        ),
        *(
            "{任务总数}",
            "{",
            "}",
            "{{",
            "｛任务总数｝",
            "《规划》",
            "“十三五”规划",
            "（未核）",
            "第12项",
        ),
        *(
            "已建成25家。",
            "已建成；\n正在建设",
            "\n",
            "1.一是\u3000二是",
            "……",
            "，",
            "%",
            "9" * 30,
        ),
        "建设科技企业孵化器、加速器和众创空间，" * 5,
    ]
)
DAYS = st.integers(0, 5000).map(lambda days: date(2016, 1, 1) + timedelta(days=days))
SHARES = st.integers(0, 4_000_000).map(lambda number: Decimal(number).scaleb(-4))
COUNTS = st.integers(0, 60)
JUDGEMENTS = st.sampled_from(["", *(each.value for each in Assessment)])
CODES = ("one", "two", "three")


@st.composite
def units(draw: st.DrawFn) -> UnitFact:
    owed = draw(COUNTS)
    delivered = draw(st.integers(0, owed))
    return UnitFact(
        code=draw(WORDS),
        name=draw(WORDS),
        owed=owed,
        delivered=delivered,
        late=draw(st.integers(0, delivered)),
        may_be_named=draw(st.booleans()),
        cut_off=draw(DAYS),
    )


def _rows(codes: st.SearchStrategy[str]) -> st.SearchStrategy[RowFact]:
    parts = st.builds(
        PartFact,
        delivered=st.booleans(),
        late=st.booleans(),
        approved=st.booleans(),
        agency_code=WORDS,
        agency=WORDS,
        judgement=JUDGEMENTS,
        self_assessment=JUDGEMENTS,
        text=WORDS,
        unchanged=st.sampled_from(["", "本期无节点"]),
        repeated=st.booleans(),
        problems=WORDS,
        next_step=WORDS,
        whole_text=st.just("") | WORDS,
        whole_missing=st.lists(WORDS, max_size=2).map(tuple),
    )
    measures = st.builds(
        MeasureFact,
        agency=WORDS,
        indicator=WORDS,
        unit=WORDS,
        value=SHARES,
        target=SHARES,
        share=SHARES,
        expected=st.none() | SHARES,
        span=WORDS,
    )
    return st.builds(
        RowFact,
        task_id=st.integers(1, 10**6),
        plan_code=codes,
        due_text=WORDS,
        state_label=WORDS,
        self_supervised=st.booleans(),
        light=WORDS,
        light_label=WORDS,
        light_reason=WORDS,
        number=WORDS,
        content=WORDS,
        leads=st.lists(WORDS, max_size=2).map(tuple),
        supports=st.just(()),
        due_on=st.none() | DAYS,
        state=st.sampled_from(["active", "signed", "closing", "closed", "suspended", "ended"]),
        closed_on=st.none() | DAYS,
        overdue_days=st.just(0) | st.integers(1, 900),
        category=st.lists(WORDS, max_size=2).map(tuple),
        consolidator=WORDS,
        parts=st.lists(parts, max_size=2).map(tuple),
        measures=st.lists(measures, max_size=1).map(tuple),
    )


EARLIER = st.builds(
    Earlier,
    title=WORDS,
    period_name=WORDS,
    total=COUNTS,
    counts=st.dictionaries(st.sampled_from([each.value for each in RowClass]), COUNTS),
    overdue=COUNTS,
    owed=COUNTS,
    missing=COUNTS,
)


def _targets(codes: st.SearchStrategy[str]) -> st.SearchStrategy[TargetFact]:
    return st.builds(
        TargetFact,
        plan_code=codes,
        indicator=WORDS,
        unit=WORDS,
        year=st.integers(2017, 2025),
        target=WORDS,
        value=WORDS,
        basis=WORDS,
        source=WORDS,
        year_ago=WORDS,
        span=WORDS,
        state_label=WORDS,
        share=st.none() | SHARES,
        expected=st.none() | SHARES,
        state=st.sampled_from(sorted(TARGET_STATES)),
    )


@st.composite
def any_facts(draw: st.DrawFn) -> Facts:
    codes = draw(st.lists(st.sampled_from(CODES), unique=True, max_size=3))
    plans = [
        draw(
            st.builds(
                PlanFact,
                code=st.just(code),
                title=WORDS,
                short_title=WORDS,
                document_number=WORDS,
                supervisor=WORDS,
                cut_off=DAYS,
                data_as_of=DAYS,
            )
        )
        for code in codes
    ]
    rows: list[Any] = []
    targets: list[Any] = []
    if codes:
        rows = draw(st.lists(_rows(st.sampled_from(codes)), max_size=6))
        targets = draw(st.lists(_targets(st.sampled_from(codes)), max_size=3))
    return Facts(
        period_code="2020Q3",
        period_name="2020年前三季度",
        data_as_of=draw(DAYS),
        taken_on=draw(DAYS),
        body_name=draw(WORDS),
        plans=tuple(plans),
        rows=tuple(rows),
        units=tuple(draw(st.lists(units(), max_size=4))),
        targets=tuple(targets),
        is_sample=draw(st.booleans()),
        previous=draw(st.none() | EARLIER),
        year_ago=draw(st.none() | EARLIER),
    )
