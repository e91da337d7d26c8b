"""What the report prints of one row: the 汇总 text, or its parts one by one. Pure."""

from __future__ import annotations

from apps.reports.figures.kinds import PartFact, RowClass, RowFact
from apps.reports.figures.wording import closed_off, day

UNCHECKED = "（未核）"
_UNCHANGED = "与上期相同，无新增进展"


def text_of(row: RowFact, row_class: RowClass) -> tuple[str, str]:
    """The text, and who it comes from; parts stand on a line each.

    Words nobody has judged say 未核, and words of an earlier period are never printed again. Of
    parts that never came only the number is told, unless the row was settled and nothing is waited
    for: who is named as 未报 is ticked unit by unit (D12, D15).
    """
    arrived = [part for part in row.parts if part.delivered]
    if not arrived:
        return _without_text(row, row_class), ""
    whole = _whole(row, arrived)
    if whole is not None:
        return _consolidated(row, whole), f"{whole.agency}汇总"
    lines = [_line(part, alone=len(row.parts) == 1) for part in arrived]
    absent = 0 if is_settled(row) else len(row.parts) - len(arrived)
    if absent:
        lines.append(f"尚有{absent}个单位未报送。")
    return "\n".join(lines), f"{'、'.join(part.agency for part in arrived)}报"


def _whole(row: RowFact, arrived: list[PartFact]) -> PartFact | None:
    """The part with the text for the whole row, the present 汇总单位's before another's."""
    with_text = [part for part in arrived if part.whole_text.strip()]
    with_text.sort(key=lambda part: part.agency != row.consolidator)
    return with_text[0] if with_text else None


def _consolidated(row: RowFact, whole: PartFact) -> str:
    """The whole text, then what came since from units it did without, and how many it lacks."""
    lines = [_marked(closed_off(whole.whole_text.strip()), whole)]
    since = [part for part in row.parts if part.delivered and part.agency in whole.whole_missing]
    lines += [_line(part, alone=False) for part in since if part is not whole]
    absent = {part.agency for part in row.parts if not part.delivered and not is_settled(row)}
    owing = {part.agency for part in row.parts}
    lacking = absent | (set(whole.whole_missing) - owing)
    if lacking:
        lines.append(f"尚缺{len(lacking)}个单位的情况。")
    return "\n".join(lines)


def is_settled(row: RowFact) -> bool:
    """Values of Task.State."""
    return row.state in {"closed", "ended"}


def _line(part: PartFact, *, alone: bool) -> str:
    said = _marked(_own_words(part), part)
    return said if alone else f"{part.agency}：{said}"


def _own_words(part: PartFact) -> str:
    if part.unchanged:
        return f"{_UNCHANGED}（{part.unchanged}）。"
    if part.repeated:
        return f"{_UNCHANGED}。"
    text = part.text.strip()
    return closed_off(text) if text else "已报送，未填写进展情况。"


def _marked(text: str, part: PartFact) -> str:
    return text if part.judgement else f"{text}{UNCHECKED}"


def _without_text(row: RowFact, row_class: RowClass) -> str:
    if row.state == "closed":
        return f"已于{day(row.closed_on)}办结。" if row.closed_on else "已办结。"
    if row_class in {RowClass.ENDED, RowClass.SUSPENDED}:
        return f"任务{row.state_label}。"
    if row_class is RowClass.NOT_ASKED:
        return "未列入本期报送。"
    return "尚未报送进展。"
