"""How classes, figures and days are written in a report. Pure."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

from apps.reports.figures.kinds import RowClass
from apps.tasks.assessments import Assessment

_TENTH = Decimal("0.1")
_OWN_LABELS = {
    RowClass.UNJUDGED: "未核",
    RowClass.MISSING: "未报",
    RowClass.SUSPENDED: "挂起",
    RowClass.ENDED: "终止",
    RowClass.NOT_ASKED: "未列入本期报送",
}
# in the order in which every report lists them
CLASS_LABELS: dict[RowClass, str] = {
    row_class: _OWN_LABELS[row_class]
    if row_class in _OWN_LABELS
    else Assessment(row_class.value).label
    for row_class in RowClass
}
# values of TargetJudgement.State
TARGET_STATES = {
    "done": "已完成",
    "on_track": "达到预期进度",
    "behind": "进度滞后",
    "missed": "未完成",
    "no_data": "暂无数据",
}
# a plan's document is quoted by this much of a row: enough to find it
_QUOTED = 60


def tenth(value: Decimal) -> Decimal:
    """Rounded half up to one place, as every share and gap is printed; never −0.0."""
    rounded = value.quantize(_TENTH, rounding=ROUND_HALF_UP)
    return rounded if rounded else abs(rounded)


def share_of(count: int, total: int) -> Decimal:
    """Per cent with one place; 0.0 of nothing."""
    return tenth(Decimal(count * 100) / Decimal(total)) if total else Decimal("0.0")


def percent(share: Decimal) -> str:
    return f"{tenth(share):f}%"


def points(gap: Decimal) -> str:
    """A difference of two percentages, without its sign: the words around it say which way."""
    return f"{abs(tenth(gap)):f}个百分点"


def amount(value: Decimal) -> str:
    """40.0000 as 40: without the zeros of its column."""
    return f"{value:f}".rstrip("0").rstrip(".") if "." in f"{value:f}" else f"{value:f}"


def day(value: date) -> str:
    """2020年9月30日: no leading zeros in official papers (GB/T 9704)."""
    return f"{value.year}年{value.month}月{value.day}日"


def titled(title: str) -> str:
    """In 《》, with 〈〉 for what stands in them inside, and so on in turn (GB/T 15834)."""
    depth, written = 0, []
    for letter in title[1:-1] if _is_titled(title) else title:
        if letter in "《〈":
            written.append("〈《"[depth % 2])
            depth += 1
        elif letter in "》〉":
            depth = max(depth - 1, 0)
            written.append("〉》"[depth % 2])
        else:
            written.append(letter)
    return f"《{''.join(written)}》"


def _is_titled(title: str) -> bool:
    """Whether the 》 that belongs to its first 《 is its last character."""
    depth = 0
    for place, letter in enumerate(title, start=1):
        depth += (letter == "《") - (letter == "》")
        if depth <= 0:
            return letter == "》" and place == len(title)
    return False


def on_one_line(text: str) -> str:
    return " ".join(text.split())


def quoted(text: str) -> str:
    """The beginning of a row in quotation marks; those inside become single ones."""
    line = on_one_line(text).replace("“", "‘").replace("”", "’")
    return f"“{line[:_QUOTED]}……”" if len(line) > _QUOTED else f"“{line}”"


def closed_off(text: str) -> str:
    """With a full stop where the writer left it out; one within quotation marks is enough."""
    last = text.rstrip("”’」』)）】")[-1:]
    return text if last in {*"。！？；…!?;."} else f"{text}。"
