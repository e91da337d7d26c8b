"""自评 and 认定: the words for how a task stands (product.md D7)."""

from __future__ import annotations

from enum import StrEnum


class Assessment(StrEnum):
    """The same words for the unit's own view and the supervisor's judgement."""

    NOT_STARTED = "not_started"
    NORMAL = "normal"
    AHEAD = "ahead"
    BEHIND = "behind"
    DIFFICULT = "difficult"
    DONE = "done"
    DONE_EARLY = "done_early"
    IMPOSSIBLE = "impossible"
    OTHER = "other"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def needs_explanation(self) -> bool:
        """Problems and next step are asked only here (D10)."""
        return self in {Assessment.BEHIND, Assessment.DIFFICULT}

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(member.value, member.label) for member in cls]


_LABELS = {
    Assessment.NOT_STARTED: "未启动",
    Assessment.NORMAL: "正常推进",
    Assessment.AHEAD: "超序时进度",
    Assessment.BEHIND: "滞后",
    Assessment.DIFFICULT: "有困难",
    Assessment.DONE: "已完成",
    Assessment.DONE_EARLY: "提前完成",
    Assessment.IMPOSSIBLE: "不能完成",
    Assessment.OTHER: "其他",
}
