"""A revised table of the sample's plan, as the government publishes it three years on."""

from __future__ import annotations

from pathlib import Path

from openpyxl import load_workbook

TABLE = Path(__file__).parents[1] / "data/tables/guangdong_2017_45.xlsx"
PLAN = "加快我省战略性新兴产业"
UNKNOWN, ANOTHER = "省自然资源厅", "省大数据管理局"
UNREAD = "下一轮申报启动前"
RENUMBERED = "省发展改革委牵头每年组织对战略性新兴产业发展情况进行评估总结。"
NEW = "组织第二批省新兴产业双创示范基地申报。"
_NUMBER, _CONTENT, _LEAD, _DUE = range(1, 5)
_HEAD = 2


def revised(path: Path) -> Path:
    """Two units that nobody knows, one deadline nobody can read, one row under a new number,

    one row more and one less.
    """
    book = load_workbook(TABLE)
    sheet = book.active
    assert sheet is not None
    sheet.cell(_HEAD + 3, _LEAD).value = f"省发展改革委、{UNKNOWN}"
    sheet.cell(_HEAD + 41, _LEAD).value = f"{ANOTHER}、{UNKNOWN}"
    sheet.cell(_HEAD + 5, _DUE).value = UNREAD
    sheet.cell(_HEAD + 6, _DUE).value = "2020年12月底前"
    sheet.cell(_HEAD + 45, _NUMBER).value = 46
    sheet.cell(_HEAD + 45, _CONTENT).value = RENUMBERED
    last = _HEAD + 46
    for column, value in (
        (_NUMBER, 45),
        (_CONTENT, NEW),
        (_LEAD, "省发展改革委"),
        (_DUE, "2021年"),
    ):
        sheet.cell(last, column).value = value
    sheet.delete_rows(_HEAD + 12)
    book.save(path)
    return path
