"""The fields in which a person says how a table is to be read: sheet, header, columns, rules."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.common.errors import Refused
from apps.common.text import fold_tight
from apps.tasks.decisions import Decisions
from apps.tasks.import_preview import FIELD_NAMES
from apps.tasks.layout_types import FIELDS

_HEADER = re.compile(r"第?(\d{1,7})(?:[-至到](\d{1,7}))?行?")
_MOST_HEADER = 10


@dataclass(frozen=True, slots=True)
class ColumnField:
    """One column of the sheet, and what it holds."""

    index: int
    letter: str
    header: str
    field: str

    @property
    def name(self) -> str:
        return f"column-{self.index}"

    @property
    def is_read(self) -> bool:
        return self.field != "ignored"


class ReadingForm:
    """`decided` is what was decided before; a field counts only where it differs from the page."""

    def __init__(
        self, preview: Mapping[str, Any], decided: Mapping[str, Any], data: QueryDict | None = None
    ) -> None:
        self._preview = preview
        self._decided = dict(decided)
        self._data = data if data is not None and "header" in data else None
        self.errors: dict[str, str] = {}
        self.sheet = self._typed("sheet", preview.get("sheet", ""))
        self.header = self._typed("header", header_text(preview.get("header_rows", [])))
        self._decisions = self._decided
        if self._data is not None:
            self._read(self._data)

    def _typed(self, name: str, shown: str) -> str:
        return shown if self._data is None else self._data.get(name, shown)

    @property
    def decisions(self) -> dict[str, Any]:
        """As stored with the import; only where there are no errors."""
        return self._decisions

    @property
    def sheets(self) -> list[dict[str, Any]]:
        return [
            {"name": name, "hidden": hidden, "rows": rows, "is_table": is_table}
            for name, hidden, rows, is_table in self._preview.get("sheets", [])
        ]

    @property
    def columns(self) -> list[ColumnField]:
        return [
            ColumnField(index, letter, header, self._typed(f"column-{index}", held))
            for index, letter, header, held in self._preview.get("columns", [])
        ]

    @property
    def fields(self) -> list[tuple[str, str]]:
        return [(name, FIELD_NAMES[name]) for name in FIELDS]

    @property
    def rules(self) -> list[dict[str, Any]]:
        """Rules that the file states; those in force on the plan cannot be taken back here."""
        stated: list[dict[str, Any]] = self._preview.get("rules", [])
        if self._data is None:
            return stated
        ticked = self._data.getlist("rule")
        return [{**rule, "ticked": rule["code"] in ticked} for rule in stated]

    def _read(self, data: QueryDict) -> None:
        wanted: dict[str, Any] = dict(self._decided)
        shown_sheet = self._preview.get("sheet", "")
        shown_header = header_text(self._preview.get("header_rows", []))
        moved = self.sheet != shown_sheet
        if moved:
            wanted["sheet"] = self.sheet
            wanted.pop("header_rows", None)
        if fold_tight(self.header) != shown_header:
            moved = True
            rows = self._header_rows()
            # another sheet's own header is looked for, unless a row is named as well
            wanted["header_rows"] = rows
        if moved:
            wanted.pop("columns", None)
        changed = {
            column.index: column.field
            for column, (_index, _letter, _header, held) in zip(
                self.columns, self._preview.get("columns", []), strict=True
            )
            if column.field != held
        }
        if changed and not moved:
            columns = dict(map(tuple, wanted.get("columns", ())))
            wanted["columns"] = sorted(map(list, {**columns, **changed}.items()))
        self._read_rules(data, wanted)
        self._checked(wanted)

    def _header_rows(self) -> list[int]:
        found = _HEADER.fullmatch(fold_tight(self.header))
        if found is None:
            self.errors["header"] = _("表头行写成“3”或“3-4”。")
            return []
        first, last = int(found[1]), int(found[2] or found[1])
        if not first or last < first or last - first >= _MOST_HEADER:
            self.errors["header"] = _("表头从第 1 行起，最多 %(most)d 行，请核对。") % {
                "most": _MOST_HEADER
            }
            return []
        return list(range(first, last + 1))

    def _read_rules(self, data: QueryDict, wanted: dict[str, Any]) -> None:
        stated = {rule["code"]: rule for rule in self._preview.get("rules", [])}
        free = [code for code, rule in stated.items() if not rule["in_force"]]
        ticked = [code for code in free if code in data.getlist("rule")]
        before = [code for code in free if stated[code]["ticked"]]
        if ticked != before:
            wanted["rules"] = ticked

    def _checked(self, wanted: Mapping[str, Any]) -> None:
        try:
            Decisions.from_dict(wanted)
        except Refused as refused:
            self.errors.setdefault("columns", refused.reasons[0])
        else:
            if not self.errors:
                self._decisions = dict(wanted)


def header_text(rows: list[int]) -> str:
    """[3, 4] as 3-4."""
    if not rows:
        return ""
    return f"{rows[0]}" if len(rows) == 1 else f"{rows[0]}-{rows[-1]}"
