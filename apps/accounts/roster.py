"""The workbook of people: where its columns are, and what its rows say, as text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from apps.common.errors import Unreadable
from apps.common.spreadsheets import OutSheet, Sheet, cell_name
from apps.common.text import fold, fold_tight

MOST_ROWS = 1000
_HEAD_ROWS = 10
# the field, its header in the template, and what else people call it
COLUMNS = {
    "username": ("用户名", "登录名", "账号"),
    "name": ("姓名",),
    "agency": ("单位", "所在单位"),
    "role": ("身份", "角色"),
    "lines": ("条线",),
    "step": ("审签环节", "环节"),
    "ends_on": ("截止日期", "到期日期"),
    "email": ("邮箱", "电子邮箱"),
}
_NEEDED = ("username", "name")


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One row; `row` counts as Excel does, `columns` says where each field stands."""

    row: int
    texts: dict[str, str]
    columns: dict[str, int] = field(repr=False, default_factory=dict)

    def __getitem__(self, name: str) -> str:
        if name not in COLUMNS:
            # a template that asks for `row.row` tries this first
            raise KeyError(name)
        return self.texts.get(name, "")

    def cell(self, name: str) -> str:
        """C12; "" where the sheet has no such column."""
        column = self.columns.get(name)
        return "" if column is None else cell_name(self.row - 1, column)


def roster_rows(sheets: Sequence[Sheet], name: str) -> list[RosterRow]:
    """The rows of the first visible sheet that has the columns; Unreadable says what is missing."""
    for sheet in sheets:
        if sheet.hidden:
            continue
        for index, texts in enumerate(sheet.rows[:_HEAD_ROWS]):
            columns = _columns(texts)
            if all(needed in columns for needed in _NEEDED):
                return _rows(sheet, index + 1, columns, name)
    raise Unreadable(
        f"文件“{name}”的前 {_HEAD_ROWS} 行里没有同时写着“用户名”和“姓名”的表头，"
        "请用模板填写后重新上传。"
    )


def _columns(texts: Sequence[str]) -> dict[str, int]:
    heads = [fold_tight(text) for text in texts]
    found: dict[str, int] = {}
    for name, words in COLUMNS.items():
        place = next((heads.index(word) for word in words if word in heads), None)
        if place is not None:
            found[name] = place
    return found


def _rows(sheet: Sheet, first: int, columns: dict[str, int], name: str) -> list[RosterRow]:
    rows = []
    for index, texts in enumerate(sheet.rows[first:], start=first + 1):
        read = {field: fold(texts[column]) for field, column in columns.items()}
        if any(read.values()):
            rows.append(RosterRow(index, read, columns))
    if not rows:
        raise Unreadable(f"文件“{name}”的表头下面没有内容，请填写后重新上传。")
    if len(rows) > MOST_ROWS:
        raise Unreadable(
            f"文件“{name}”有 {len(rows)} 行，超过 {MOST_ROWS} 行的上限，请拆分后分别上传。"
        )
    return rows


def roster_template() -> OutSheet:
    """An empty workbook with the columns, and how to fill them above."""
    heads = [words[0] for words in COLUMNS.values()]
    last = len(heads) - 1
    notes = [
        "用户和身份导入表",
        "一行一项身份，同一个人有几项写几行；条线之间用顿号；审签人写第几个审签环节或岗位，"
        "不填为第 1 个；截止日期不填为长期。",
    ]
    return OutSheet(
        name="用户和身份",
        headers=heads,
        rows=[],
        title_rows=[[note, *[""] * last] for note in notes],
        merges=[(place, 0, place, last) for place in range(len(notes))],
        widths=[16, 14, 24, 12, 24, 12, 14, 28],
    )
