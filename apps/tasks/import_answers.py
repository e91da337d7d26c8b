"""The fields in which a person answers what an import asks, and what they add up to.

Fields carry the sheet row or a digest of the name, so that they mean the same on every page of a
preview. What was typed stands in its field until it is saved, right or wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Any, TypeVar

from django.http import QueryDict
from django.utils.translation import gettext as _

from apps.agencies.models import Agency
from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.common.text import fold
from apps.tasks.answers import (
    COLLECTIVE,
    KNOWN,
    NEW,
    NOBODY,
    AgencyAnswer,
    Answers,
    DeadlineAnswer,
    RowAnswer,
)
from apps.tasks.deadlines import Kind
from apps.tasks.import_fields import (
    ALL_NEW,
    DUE_CHOICES,
    NEW_ROW,
    OTHER,
    SAME,
    NameField,
    RowField,
    name_key,
    name_said,
    row_said,
)
from apps.tasks.party_text import parties_text, read_parties_text

_UNIT_CHARS = 60
_ROW = re.compile(r"[0-9]{1,7}")
Find = Callable[[str], Agency | None]
_T = TypeVar("_T")


class AnswerForm:
    """All questions of a preview; `data` is what came in, None where nothing did."""

    def __init__(
        self,
        preview: Mapping[str, Any],
        stored: Answers,
        find: Find,
        data: QueryDict | None = None,
        *,
        in_conflict: bool = False,
    ) -> None:
        self._stored = stored
        self._find = find
        self._data = data
        self._in_conflict = in_conflict
        self._names = {name_key(item["name"]): item for item in preview.get("names", [])}
        lists = (preview.get(name, []) for name in ("changed", "new", "asks"))
        # a row in error can only be left out
        self._rows = {
            row: {"row": row, "parties": ""} for row, *_rest in preview.get("errors", []) if row
        }
        # of a row that is asked about, the question has more to say
        self._rows |= {item["row"]: item for items in lists for item in items}
        self._missing = {item["number"] for item in preview.get("missing", [])}
        self._codes = {
            item["name"]: [unit[0] for unit in item["suggested"]]
            for item in preview.get("names", [])
        }
        self.errors: list[str] = []
        self._answers = stored
        self._name_fields: dict[str, NameField] = {}
        self._row_fields: dict[int, RowField] = {}
        if data is not None:
            self._read(data)

    @property
    def answers(self) -> Answers:
        """What was settled before, with what this page says; only where there are no errors."""
        return self._answers

    def names(self) -> list[NameField]:
        return [self.name(item) for item in self._names.values()]

    def name(self, item: Mapping[str, Any]) -> NameField:
        """As typed; else as settled."""
        key = name_key(item["name"])
        return self._name_fields.get(key) or self._settled_name(key, item)

    def row(self, item: Mapping[str, Any]) -> RowField:
        """As typed; else as settled."""
        return self._row_fields.get(item["row"]) or self._settled_row(item)

    def ends(self, number: str) -> bool:
        """Whether a row that the file has not is ticked to end."""
        if self._data is not None and number in self._data.getlist("missing"):
            return number in self._data.getlist("end")
        return number in self._stored.cancelled

    # as settled

    @cached_property
    def _called(self) -> dict[str, str]:
        """Names of the units that were chosen, by code."""
        codes = {said.value for said in self._stored.agencies.values() if said.choice == KNOWN}
        return dict(Agency.objects.filter(code__in=codes).values_list("code", "name"))

    def _settled_name(self, key: str, item: Mapping[str, Any]) -> NameField:
        said = self._stored.agencies.get(item["name"])
        if said is None:
            return NameField(key, item, new=item["name"])
        if said.choice == KNOWN:
            if said.value in self._codes[item["name"]]:
                return NameField(key, item, f"{KNOWN}:{said.value}", new=item["name"])
            called = self._called.get(said.value, "")
            return NameField(key, item, f"{KNOWN}:{OTHER}", other=called, new=item["name"])
        new = said.value if said.choice == NEW else item["name"]
        return NameField(key, item, said.choice, new=new)

    def _settled_row(self, item: Mapping[str, Any]) -> RowField:
        said = self._stored.rows.get(item["row"]) or RowAnswer()
        due = said.deadline
        return RowField(
            item,
            kind=due.kind.value if due else "",
            day=due.due_on.isoformat() if due and due.due_on else "",
            soft=due.soft if due else False,
            parties=item["parties"] if said.parties is None else parties_text(said.parties),
            match=_match_field(said.match),
            skipped=said.skipped,
        )

    # as typed

    def _read(self, data: QueryDict) -> None:
        agencies, rows = dict(self._stored.agencies), dict(self._stored.rows)
        for key, item in self._names.items():
            if f"n-{key}" in data:
                self._read_name(key, item, data, agencies)
        if data.get("action") == ALL_NEW:
            for name in self._codes:
                if len(name) <= _UNIT_CHARS:
                    agencies.setdefault(name, AgencyAnswer(NEW, name))
        for number in _numbers(data.getlist("row")):
            if number in self._rows:
                self._read_row(self._rows[number], data, rows)
        asked = set(data.getlist("missing")) & self._missing
        ended = set(data.getlist("end")) & asked
        kept = [number for number in self._stored.cancelled if number not in asked]
        self._answers = Answers(agencies, rows, (*kept, *sorted(ended)))

    def _read_name(
        self,
        key: str,
        item: Mapping[str, Any],
        data: QueryDict,
        agencies: dict[str, AgencyAnswer],
    ) -> None:
        typed = NameField(
            key,
            item,
            choice=data.get(f"n-{key}", ""),
            other=fold(data.get(f"other-{key}", "")),
            new=fold(data.get(f"new-{key}", "")) or item["name"],
        )
        name = item["name"]
        try:
            said = self._said_of(typed)
        except Refused as refused:
            typed = replace(typed, error=refused.reasons[0])
            self.errors.append(f"“{name}”：{refused.reasons[0]}")
        else:
            agencies.pop(name, None)
            if said is not None:
                agencies[name] = said
        before = self._settled_name(key, item)
        if self._in_conflict and (before.choice, before.other) != (typed.choice, typed.other):
            typed = replace(typed, theirs=name_said(before))
        self._name_fields[key] = typed

    def _said_of(self, typed: NameField) -> AgencyAnswer | None:
        choice, _sep, code = typed.choice.partition(":")
        if not choice:
            return None
        if choice in {COLLECTIVE, NOBODY}:
            return AgencyAnswer(choice)
        if choice == NEW:
            if len(typed.new) > _UNIT_CHARS:
                raise Refused(_("新单位的名称不超过 %(most)d 字。") % {"most": _UNIT_CHARS})
            return AgencyAnswer(NEW, typed.new)
        if choice == KNOWN:
            suggested = code in self._codes[typed.item["name"]]
            return AgencyAnswer(KNOWN, code if suggested else self._code_of(typed.other))
        raise Refused(_("请从列出的几项里选一项。"))

    def _code_of(self, name: str) -> str:
        if not name:
            raise Refused(_("请写出是单位库里的哪个单位。"))
        unit = self._find(name)
        if unit is None:
            said = {"name": name[:_UNIT_CHARS]}
            raise Refused(_("单位库里没有“%(name)s”，请写全称、简称或别名，或选“新单位”。") % said)
        return unit.code

    def _read_row(
        self, item: Mapping[str, Any], data: QueryDict, rows: dict[int, RowAnswer]
    ) -> None:
        row = item["row"]
        errors: dict[str, str] = {}
        typed = RowField(
            item,
            kind=data.get(f"kind-{row}", ""),
            day=data.get(f"day-{row}", "").strip(),
            soft=f"soft-{row}" in data,
            parties=data.get(f"parties-{row}", item["parties"]).strip(),
            match=data.get(f"match-{row}", ""),
            skipped=f"skip-{row}" in data,
            errors=errors,
        )
        before = self._settled_row(item)
        said = RowAnswer(
            deadline=_tried(errors, "day", lambda: _deadline(typed)),
            parties=_tried(errors, "parties", lambda: _parties(typed)),
            match=_match_answer(typed.match, item.get("match")),
            skipped=typed.skipped,
        )
        self.errors += [f"第{row}行：{sentence}" for sentence in errors.values()]
        if not errors:
            rows.pop(row, None)
            if said != RowAnswer():
                rows[row] = said
        if self._in_conflict and row_said(before) != row_said(typed):
            typed = replace(typed, theirs=row_said(before))
        self._row_fields[row] = typed


def _tried(errors: dict[str, str], name: str, read: Callable[[], _T | None]) -> _T | None:
    try:
        return read()
    except Refused as refused:
        errors[name] = refused.reasons[0]
        return None


def _deadline(typed: RowField) -> DeadlineAnswer | None:
    if not typed.kind:
        if typed.day:
            raise Refused(_("写了日期，请在前面选“指定最后一日”。"))
        return None
    kind = next((Kind(value) for value, _label in DUE_CHOICES if value == typed.kind), None)
    if kind is None:
        raise Refused(_("完成时限请从列出的几项里选一项。"))
    if kind is not Kind.DATE:
        return DeadlineAnswer(kind)
    if not typed.day:
        raise Refused(_("请填写最后一日，写成 2020-12-31 这样的年-月-日。"))
    day: date = parse_day(typed.day)
    return DeadlineAnswer(kind, day, typed.soft)


def _parties(typed: RowField) -> tuple[tuple[str, Any], ...] | None:
    """None where the line still says what was read."""
    if typed.parties == typed.item["parties"]:
        return None
    return read_parties_text(typed.parties)


def _match_field(said: str | None) -> str:
    if said is None:
        return ""
    return SAME if said else NEW_ROW


def _match_answer(field_value: str, match: Mapping[str, Any] | None) -> str | None:
    if match is None:
        return None
    return {SAME: str(match["number"]), NEW_ROW: ""}.get(field_value)


def _numbers(texts: Iterable[str]) -> list[int]:
    return [int(text) for text in texts if _ROW.fullmatch(text)]
