"""What a person decided about reading a table is kept as data and followed."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from apps.common.errors import Refused
from apps.common.spreadsheets import Sheet
from apps.tasks.decisions import Decisions
from apps.tasks.layout import SheetSeen, TableReading, read_table

HEAD = ("编码", "干什么", "要求", "谁来干", "何日")


def sheet(*rows: tuple[str, ...], name: str = "表") -> Sheet:
    width = max(map(len, rows))
    return Sheet(name, False, tuple((*row, *[""] * (width - len(row))) for row in rows))


def read(*rows: tuple[str, ...], decisions: Decisions) -> TableReading:
    return read_table([sheet(*rows)], decisions=decisions)


COLUMNS = ((0, "number"), (1, "title"), (2, "content"), (3, "lead"), (4, "deadline"))


def test_decisions_survive_being_stored_as_json() -> None:
    for decisions in (
        Decisions(),
        Decisions("表", (2, 3), COLUMNS, ("first_is_lead",)),
        Decisions(rules=()),
    ):
        stored = json.loads(json.dumps(decisions.as_dict()))
        assert Decisions.from_dict(stored) == decisions


@pytest.mark.parametrize(
    ("stored", "words"),
    [
        ({"columns": [[0, "boss"]]}, "A列的用途“boss”不在可选项内"),
        ({"columns": [[0, "lead"], [0, "note"]]}, "A列选了两种用途"),
        ({"columns": [["0", "lead"]]}, "列的用途"),
        ({"columns": "lead"}, "列的用途"),
        ({"columns": [[-1, "lead"]]}, "列的用途"),
        ({"header_rows": [0]}, "从 1 起"),
        ({"header_rows": [True]}, "从 1 起"),
        ({"header_rows": [2, 5]}, "相连"),
        ({"header_rows": list(range(1, 40))}, "最多 10 行"),
        ({"rules": ["anybody_leads"]}, "anybody_leads"),
        ({"sheet": 3}, "工作表"),
    ],
)
def test_what_is_no_decision_is_refused_in_one_sentence(stored: dict[str, Any], words: str) -> None:
    with pytest.raises(Refused) as caught:
        Decisions.from_dict(stored)
    [sentence] = caught.value.reasons
    assert words in sentence


def test_the_named_header_row_and_columns_count() -> None:
    rows = (("某表",), HEAD, ("7", "专项", "推进", "甲局", "年底前"))
    with pytest.raises(Refused, match="没有找到任务分工表"):
        read(*rows, decisions=Decisions())
    reading = read(*rows, decisions=Decisions(header_rows=(2,), columns=COLUMNS))
    [row] = reading.rows
    assert (row.number, row.title, row.content) == ("7", "专项", "推进")
    assert (row.responsibility, row.deadline_text) == ((("lead", "甲局"),), "年底前")
    assert [column.field for column in reading.layout.columns] == [name for _, name in COLUMNS]


def test_a_decision_counts_before_what_the_header_says() -> None:
    rows = (("序号", "重点任务", "责任单位", "备注"), ("1", "推进", "甲局", "乙局"))
    decisions = Decisions(columns=((2, "ignored"), (3, "support")))
    reading = read(*rows, decisions=decisions)
    assert reading.rows[0].responsibility == (("support", "乙局"),)
    found = read(*rows, decisions=Decisions())
    again = read_table([sheet(*rows)], layout=reading.layout)
    assert again.rows[0].responsibility == (("support", "乙局"),)
    corrected = Decisions(columns=tuple((c.index, c.field) for c in found.layout.columns))
    assert read_table([sheet(*rows)], layout=reading.layout, decisions=corrected) == found


def test_two_columns_of_content_are_read_together() -> None:
    rows = (("序号", "重点任务", "具体措施"), ("1", "专项", "推进"), ("2", "", "提升"))
    decisions = Decisions(columns=((1, "content"), (2, "content")))
    assert [row.content for row in read(*rows, decisions=decisions).rows] == ["专项\n推进", "提升"]


def test_header_rows_that_cannot_be_are_refused() -> None:
    rows = (HEAD, ("7", "专项", "推进", "甲局", "年底前"))
    with pytest.raises(Refused, match="只有 2 行"):
        read(*rows, decisions=Decisions(header_rows=(9,)))
    with pytest.raises(Refused, match="没有认出重点工作"):
        read(*rows, decisions=Decisions(header_rows=(1,)))


def test_named_header_rows_are_those_of_the_sheet_with_the_table() -> None:
    table = sheet(("分工表",), (), ("序号", "重点任务", "责任单位"), ("1", "推进", "甲局"))
    notes = sheet(("说明",), name="说明")
    reading = read_table([notes, table], decisions=Decisions(header_rows=(3,)))
    assert (reading.layout.sheet, reading.layout.header_rows) == ("表", (3,))
    columns = ((0, "content"), (1, "note"))
    odd = sheet(("甲", "乙"), ("推进", "略"), name="一")
    decided = Decisions(header_rows=(1,), columns=columns)
    assert read_table([odd, notes], decisions=decided).rows[0].content == "推进"


def test_the_named_sheet_is_read_and_all_are_shown() -> None:
    table = sheet(("序号", "重点任务", "责任单位"), ("1", "推进", "甲局"), name="一科")
    hidden = replace(table, name="旧", hidden=True)
    notes = sheet(("说明",), (), name="说明")
    reading = read_table(
        [notes, table, replace(table, name="二科"), hidden], decisions=Decisions(sheet="二科")
    )
    assert reading.layout.sheet == "二科"
    assert reading.sheets == (
        SheetSeen("说明", False, 1, is_table=False),
        SheetSeen("一科", False, 2, is_table=True),
        SheetSeen("二科", False, 2, is_table=True),
        SheetSeen("旧", True, 2, is_table=True),
    )


@pytest.mark.parametrize(
    "rows",
    [
        (("责任单位列第一位者为牵头单位，下同。",), ("序号", "重点任务", "责任单位")),
        (("序号", "重点任务", "责任单位（列第一位者为牵头单位）"),),
    ],
)
def test_rules_stated_around_the_table_are_proposed(rows: tuple[tuple[str, ...], ...]) -> None:
    reading = read(*rows, ("1", "推进", "甲局、乙局"), decisions=Decisions())
    assert reading.rules == ("first_is_lead",)
    below = read(
        ("序号", "重点任务", "责任单位"),
        ("1", "推进", "甲局、乙局"),
        ("注：无牵头单位的，责任单位即为牵头单位。",),
        decisions=Decisions(),
    )
    assert below.rules == ("responsible_is_lead",)


def test_a_running_ledger_tells_how_each_row_stands() -> None:
    head = ("序号", "重点任务", "责任单位", "完成情况", "完成比例", "进展情况（7月）", "延期至")
    reading = read(
        head,
        ("1", "推进", "甲局", "已完成", "100%", "已验收。", ""),
        ("2", "提升", "乙局", "推进中", "50%", "正在施工。", "2022年6月"),
        decisions=Decisions(),
    )
    assert [row.standing for row in reading.rows] == [
        (("state", "已完成"), ("percent", "100%")),
        (("state", "推进中"), ("percent", "50%"), ("extended_to", "2022年6月")),
    ]
    assert reading.rows[0].progress == (("进展情况(7月)", "已验收。"),)
