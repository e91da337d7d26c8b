"""The fields of an import's questions: what was said before, or what somebody just typed. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from apps.tasks.answers import COLLECTIVE, KNOWN, NEW, NOBODY
from apps.tasks.deadlines import Kind

OTHER = "other"
SAME, NEW_ROW = "same", "new"
# the act that enters every name without an answer as a new unit: a plan of another place names many
ALL_NEW = "all_new"
# what a person may say of a deadline, beside leaving it as it was read
DUE_CHOICES = (
    (Kind.DATE.value, "指定最后一日"),
    (Kind.ONGOING.value, "按“持续推进”"),
    (Kind.NONE.value, "没有时限"),
    (Kind.UNRESOLVED.value, "留待以后判读"),
)


def name_key(name: str) -> str:
    """Stands for a name in the names of its fields."""
    return hashlib.sha256(name.encode()).hexdigest()[:12]


@dataclass(frozen=True, slots=True)
class NameField:
    """The question about one name. `theirs`: what somebody else has said of it meanwhile."""

    key: str
    item: Mapping[str, Any]
    choice: str = ""
    other: str = ""
    new: str = ""
    error: str = ""
    theirs: str = ""

    @property
    def is_answered(self) -> bool:
        return bool(self.choice) and not self.error

    @property
    def is_other(self) -> bool:
        """A unit that was not among the suggestions."""
        return self.choice == f"{KNOWN}:{OTHER}"


@dataclass(frozen=True, slots=True)
class RowField:
    """What may be said of one row, with the errors by field."""

    item: Mapping[str, Any]
    kind: str = ""
    day: str = ""
    soft: bool = False
    parties: str = ""
    match: str = ""
    skipped: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    theirs: str = ""

    @property
    def is_answered(self) -> bool:
        """Whether everything that is asked about the row has been said."""
        if self.skipped:
            return True
        open_ = (
            (self.item.get("asks_due") and not self.kind)
            or (self.item.get("asks_parties") and self.parties == self.item["parties"])
            or (self.item.get("asks_match") and not self.match)
        )
        return not open_ and not self.errors

    @property
    def is_touched(self) -> bool:
        return bool(self.kind or self.skipped or self.match or self.parties != self.item["parties"])

    @property
    def is_open(self) -> bool:
        """Whether its fields stand open on the page."""
        return bool(self.is_touched or self.errors or self.theirs)


def name_said(said: NameField) -> str:
    words = {
        "": _("先不定"),
        NEW: _("新单位“%(name)s”") % {"name": said.new},
        COLLECTIVE: _("统称"),
        NOBODY: _("不是单位"),
    }
    if said.choice in words:
        return words[said.choice]
    code = said.choice.partition(":")[2]
    named = {unit[0]: unit[1] for unit in said.item["suggested"]}
    return _("就是“%(name)s”") % {"name": named.get(code, said.other)}


def row_said(said: RowField) -> str:
    """In one line, to be laid beside another one."""
    words = []
    if said.skipped:
        words.append(_("本行不导入"))
    if said.kind:
        label = dict(DUE_CHOICES).get(said.kind, said.kind)
        words.append(f"{label} {said.day}{'（力争）' if said.soft else ''}".strip())
    if said.match:
        words.append(_("是同一项") if said.match == SAME else _("是新的一项"))
    if said.parties != said.item["parties"]:
        words.append(said.parties or _("没有单位"))
    return "；".join(words) or _("按原文读")
