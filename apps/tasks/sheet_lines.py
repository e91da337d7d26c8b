"""The rows of 一表填报 as they stand on the page: what is typed, what is missing, whose words."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from django.utils.translation import gettext as _

from apps.tasks import sheet_fields
from apps.tasks.assessments import Assessment
from apps.tasks.models import Progress
from apps.tasks.selectors.sheet import PlanGroup, Sheet, SheetRow
from apps.tasks.sheet_fields import Fields, Reading

_State = Progress.State
_LABELS = {
    "text": "本期进展",
    "unchanged": "无新增进展的理由",
    "value": "完成值",
    "self_assessment": "自评",
    "problems": "存在问题",
    "next_step": "下一步措施",
    "whole_text": "汇总进展",
}
# how many of the rows that are not done are named in one sentence
_NAMED_AT_MOST = 6
_MANY = {2: "两", 3: "三", 4: "四", 5: "五", 6: "六", 7: "七", 8: "八", 9: "九", 10: "十"}


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that is still to be filled in; `field` is the id of the element on the page."""

    row: str
    label: str
    field: str


@dataclass
class SheetLine:
    """One row. `refused`: what the service said against it when it was sent."""

    row: SheetRow
    refused: Sequence[str] = ()
    # the line whose text this one takes over (同报), where it is on the same sheet
    source: SheetLine | None = None
    # rows of several plans stand on the sheet, so that a number alone may mean two of them
    several: bool = False
    # what was typed for a row that takes nothing any more: shown, so that it is not lost
    leftover: Fields | None = None

    @property
    def prefix(self) -> str:
        return f"d{self.row.duty.pk}"

    @cached_property
    def base(self) -> Fields:
        return sheet_fields.of_progress(self.row.progress)

    @cached_property
    def fields(self) -> Fields:
        draft = self.row.draft
        return sheet_fields.of_draft(draft.fields) if draft else self.base

    @cached_property
    def changed(self) -> bool:
        """Something is typed that is not reported."""
        return self.row.editable and sheet_fields.differs(self.fields, self.base)

    @property
    def conflict(self) -> bool:
        """The report is another now than the one this was written on."""
        draft = self.row.draft
        return self.changed and draft is not None and draft.seen_version != self.row.version

    @cached_property
    def reading(self) -> Reading:
        return sheet_fields.read(self.fields, self.row.facts)

    @cached_property
    def wrong(self) -> dict[str, str]:
        """By field; nothing is said against a row that nobody has begun."""
        if not self.changed:
            return {}
        said = dict(self.reading.wrong)
        if self.source is not None:
            said = {name: sentence for name, sentence in said.items() if name == "value"}
        for name, sentence in sheet_fields.placed(self.refused):
            said.setdefault(name, sentence)
        return said

    @property
    def ready(self) -> bool:
        """Would be submitted now; a line that goes along with another is not sent by itself."""
        return self.changed and not self.wrong and self.source is None

    @property
    def state(self) -> str:
        """blank, ready, lacking, or that of the report; closed takes nothing any more."""
        progress = self.row.progress
        if self.changed and (self.wrong or self.source is None):
            return "lacking" if self.wrong else "ready"
        if progress is not None:
            return progress.state
        return "blank" if self.row.editable else "closed"

    @property
    def done(self) -> bool:
        """Handed in and not sent back."""
        return self.state in {_State.SIGNING, _State.SUBMITTED, _State.APPROVED}

    @property
    def to_do(self) -> bool:
        if self.source is not None:
            return bool(self.wrong)
        return self.row.editable and not self.done and not self.ready

    @property
    def said(self) -> str:
        """The state in words."""
        progress = self.row.progress
        if self.state == "lacking":
            return _("缺 %(many)d 处") % {"many": len(self.wrong)}
        if self.state == "ready":
            return _("已改") if progress else _("已填")
        if progress is not None:
            return _SAID[progress.state]
        if self.source is not None:
            return _("随第 %s 项") % self.source.row.task.number
        return _("未填") if self.row.editable else _("未报")

    @property
    def reason(self) -> str:
        """Why it was sent back, as long as it is not handed in again."""
        progress = self.row.progress
        return progress.return_reason if progress and progress.state == _State.RETURNED else ""

    @property
    def closed_because(self) -> str:
        """Why a row takes nothing any more."""
        if self.row.task.is_settled:
            return _("任务%s") % self.row.task.get_state_display()
        return _SAID[_State.APPROVED] if self.state == _State.APPROVED else _("本期已关闭")

    @property
    def explains(self) -> bool:
        """Problems and next step are shown: asked for, or filled in."""
        asked = self.fields["self_assessment"] in _EXPLAINED
        return asked or bool(self.fields["problems"] or self.fields["next_step"])

    @property
    def explained(self) -> str:
        """存在问题（自评为滞后时必填）."""
        known = self.fields["self_assessment"]
        said = Assessment(known).label if known in _EXPLAINED else _("滞后或有困难")
        return _("自评为%s时必填") % said

    @property
    def asks_falling(self) -> bool:
        ticked = self.fields["falling_confirmed"] == sheet_fields.ON
        return self.changed and (ticked or "数值确有减少" in self.wrong.get("value", ""))

    @property
    def repeats(self) -> bool:
        return self.row.editable and sheet_fields.repeats(self.fields, self.row.previous)

    @property
    def name(self) -> str:
        """第 12 项, after its plan where there are several."""
        task = self.row.task
        said = _("第 %s 项") % task.number
        return f"《{task.plan.short_title}》{said}" if self.several else said

    @property
    def lacks(self) -> list[Lack]:
        """What stands in 还差: the row itself where nothing is begun, else its fields."""
        if not self.to_do:
            return []
        if not self.wrong:
            return [Lack(self.name, "", f"{self.prefix}-text")]
        return [
            Lack(self.name, _LABELS[name], f"{self.prefix}-{name}")
            for name in _LABELS
            if name in self.wrong
        ]

    @property
    def share(self) -> str:
        """Who fills in what where several units lead, or one puts it together."""
        leads = self.row.leads
        several = len(leads) > 1
        by = self.row.task.consolidator
        if by is None or (not several and not self.row.facts.consolidates):
            return ""
        figure = self.row.figure
        mine = figure.indicator.name if figure else _("自己负责的部分")
        many = _MANY.get(len(leads), str(len(leads)))
        said = _("%(many)s家牵头，本单位只填：%(mine)s。") % {"many": many, "mine": mine}
        if by.pk == self.row.duty.agency_id:
            return (said if several else "") + _("本单位为汇总单位")
        return said + _("汇总单位：%s") % by.name if several else ""

    @property
    def share_missing(self) -> str:
        """已报 2/3，缺 省经信委: of all units that owe a part of the row."""
        if not self.row.facts.consolidates:
            return ""
        sent = self.row.parts_in + (self.row.progress is not None and self.done)
        said = _("已报 %(sent)d/%(all)d") % {"sent": sent, "all": len(self.row.parts) + 1}
        missing = self.row.parts_missing
        return f"{said}，" + _("缺 %s") % "、".join(missing) if missing else said

    @property
    def parts_text(self) -> str:
        """What the other units have sent, for 引入各单位文字."""
        return "\n".join(
            f"{part.agency}：{part.report.text}" for part in self.row.parts if part.report
        )

    @property
    def base_json(self) -> str:
        return json.dumps(self.base, ensure_ascii=False)

    @property
    def was(self) -> str:
        return sheet_fields.digest(self.base)

    @property
    def stamp(self) -> str:
        """Another one whenever the server holds another text for this person."""
        draft = self.row.draft
        return f"{self.row.version}/{draft.saved_at.isoformat() if draft else ''}"


_EXPLAINED = {a.value for a in Assessment if a.needs_explanation}
_SAID = {
    _State.SIGNING.value: "待审签",
    _State.SUBMITTED.value: "待审核",
    _State.APPROVED.value: "审核通过",
    _State.RETURNED.value: "退回修改",
}


@dataclass(frozen=True, slots=True)
class Section:
    """The rows of one plan."""

    group: PlanGroup
    lines: tuple[SheetLine, ...]


@dataclass
class SheetPage:
    """The sheet with all that was typed on it."""

    sheet: Sheet
    refused: Mapping[int, Sequence[str]] = field(default_factory=dict)
    # by duty what was just sent
    sent: Mapping[int, Fields] = field(default_factory=dict)

    @cached_property
    def sections(self) -> list[Section]:
        found = [
            Section(group, tuple(self._line(row) for row in group.rows))
            for group in self.sheet.groups
        ]
        by_task = {line.row.task.pk: line for section in found for line in section.lines}
        for line in by_task.values():
            if line.row.same_as is not None and line.row.editable:
                line.source = by_task.get(line.row.same_as.pk)
        return found

    def _line(self, row: SheetRow) -> SheetLine:
        line = SheetLine(row, self.refused.get(row.duty.pk, ()), several=self.sheet.several)
        typed = self.sent.get(row.duty.pk, line.fields)
        if not row.editable and sheet_fields.differs(typed, line.base):
            line.leftover = typed
        return line

    @cached_property
    def lines(self) -> list[SheetLine]:
        return [line for section in self.sections for line in section.lines]

    @property
    def owed(self) -> int:
        return len(self.lines)

    @property
    def done(self) -> int:
        return sum(line.done for line in self.lines)

    @property
    def ready(self) -> int:
        return len(self.to_send)

    @property
    def to_do(self) -> int:
        return sum(line.to_do for line in self.lines)

    @property
    def signing(self) -> int:
        """Wait in the unit, whoever's turn it is."""
        reports = [line.row.progress for line in self.lines]
        return sum(bool(each and each.state == _State.SIGNING) for each in reports)

    @property
    def to_send(self) -> list[SheetLine]:
        """Complete and not reported so, or the source of a line whose own value is new; not while

        such a value is wrong: sent without it, the row would be reported with an older one.
        """
        along = [line for line in self.lines if line.source is not None]
        moved = {id(line.source) for line in along if line.changed}
        held_back = {id(line.source) for line in along if line.wrong}
        return [
            line
            for line in self.lines
            if id(line) not in held_back
            and (line.ready or (id(line) in moved and line.row.editable and not line.reading.wrong))
        ]

    @property
    def conflicts(self) -> list[SheetLine]:
        return [line for line in self.lines if line.conflict]

    @property
    def editable(self) -> bool:
        return any(line.row.editable for line in self.lines)

    @property
    def lacks(self) -> list[Lack]:
        """The first ones: the sentence at the foot is read, not searched."""
        return self._lacks[:_NAMED_AT_MOST]

    @property
    def lacks_more(self) -> int:
        return max(len(self._lacks) - _NAMED_AT_MOST, 0)

    @cached_property
    def _lacks(self) -> list[Lack]:
        begun = [lack for line in self.lines if line.wrong for lack in line.lacks]
        return begun + [lack for line in self.lines if not line.wrong for lack in line.lacks]

    @property
    def submits(self) -> str:
        """The words of the one button, before its counts."""
        return _("提交本单位审签") if self.sheet.steps else _("提交")
