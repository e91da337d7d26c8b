"""What a person decided about reading a table: kept with the import, read again with it.

Everything empty means: as found. What is named here is followed and not judged anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from apps.agencies.parties import Rule
from apps.common.errors import Refused
from apps.common.spreadsheets import column_letter
from apps.common.spreadsheets.model import MAX_ROW
from apps.tasks.layout_types import FIELDS

_MAX_HEADER_ROWS = 10
_MAX_COLUMNS = 16_384
_QUOTED_CHARS = 20


@dataclass(frozen=True, slots=True)
class Decisions:
    """`header_rows` are sheet rows from 1; `columns` are (index from 0, field of the layout).

    `rules` are the document rules in force, codes of `Rule`; None: nobody has decided, () : none.
    """

    sheet: str = ""
    header_rows: tuple[int, ...] = ()
    columns: tuple[tuple[int, str], ...] = ()
    rules: tuple[str, ...] | None = None

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON values; `from_dict` reads them back to equal decisions."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Decisions:
        """Raises Refused, in one sentence, for what is no decision about a table."""
        rules = stored.get("rules")
        sheet = stored.get("sheet", "")
        if not isinstance(sheet, str):
            raise Refused("工作表的名称应是文字，请重新选择工作表")
        return cls(
            sheet=sheet,
            header_rows=_header_rows(stored.get("header_rows", ())),
            columns=_columns(stored.get("columns", ())),
            rules=None if rules is None else _rules(rules),
        )


def _header_rows(stored: Any) -> tuple[int, ...]:
    rows = list(stored) if isinstance(stored, list | tuple) else [stored]
    if not all(_is_count(row) and 1 <= row <= MAX_ROW for row in rows):
        raise Refused("表头所在的行应是从 1 起的整数，请重新填写")
    rows = sorted(set(rows))
    if rows and rows != list(range(rows[0], rows[-1] + 1)):
        raise Refused("表头所在的行应当相连，请重新填写")
    if len(rows) > _MAX_HEADER_ROWS:
        raise Refused(f"表头最多 {_MAX_HEADER_ROWS} 行，请重新填写")
    return tuple(rows)


def _columns(stored: Any) -> tuple[tuple[int, str], ...]:
    fields: dict[int, str] = {}
    for item in stored if isinstance(stored, list | tuple) else [stored]:
        pair = item if isinstance(item, list | tuple) else ()
        index, field = pair if len(pair) == len(("index", "field")) else (None, None)
        if not _is_count(index) or not 0 <= index < _MAX_COLUMNS:
            raise Refused("列的用途应写成列的次序和用途，请重新选择")
        if field not in FIELDS:
            shown = str(field)[:_QUOTED_CHARS]
            raise Refused(f"{column_letter(index)}列的用途“{shown}”不在可选项内，请重新选择")
        if fields.setdefault(index, field) != field:
            raise Refused(f"{column_letter(index)}列选了两种用途，请只留一种")
    return tuple(sorted(fields.items()))


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _rules(stored: Any) -> tuple[str, ...]:
    known = {rule.value for rule in Rule}
    codes = list(stored) if isinstance(stored, list | tuple) else [stored]
    for code in codes:
        if code not in known:
            raise Refused(f"不认识全文规则“{str(code)[:_QUOTED_CHARS]}”，请重新选择")
    return tuple(dict.fromkeys(str(code) for code in codes))
