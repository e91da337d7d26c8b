"""How a running ledger says where a row stands: state, per cent, days (product.md D9). Pure."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.common.text import fold_tight
from apps.tasks.deadlines import Kind, read_deadline

ACTIVE, CLOSED, SUSPENDED, ENDED = "active", "closed", "suspended", "ended"
# before what such a ledger said, wherever it is shown
OPENING = "期初"
_CLOSING = "办结依据："
_WHOLE, _HUNDREDTH = Decimal(100), Decimal("0.01")
_NOTHING = re.compile(r"[-/\\|_—]*|暂?无")
_DOING = "(?:推进|进行|实施|开展|落实|办理|建设)"
# The first that matches the whole wording counts: 未完成 holds 完成. What is not plain is asked.
_STATES = (
    (SUSPENDED, r"(?:已|拟)?(?:挂起|暂缓|暂停|缓办|中止|搁置)(?:推进|实施|办理|执行)?"),
    (ENDED, r"(?:已|拟)?(?:终止|取消|撤销|废止)(?:推进|实施|办理|执行)?|不再(?:推进|实施|执行)"),
    (ACTIVE, r".*(?:未|没|不|尚|基本|部分|即将|预计|接近|拟|待|申请)\S*(?:完成|办结|达标|销号)"),
    (
        ACTIVE,
        rf"(?:正在|持续|正常|加快|稳步|有序|抓紧|全力|长期|按计划)*{_DOING}中?|在[建办]|[否×]",
    ),
    (
        ACTIVE,
        r"(?:已|未|尚未|刚)?(?:启动|开工|开始|开展)|.*序时(?:进度|推进)?|(?:进度)?滞后|有困难",
    ),
    (
        CLOSED,
        r"(?:任务|工作|目标)?(?:已经?|全部|全面|如期|按[期时]|提前|逾期|均|顺利)*"
        r"(?:完成|办结|销号|达标|竣工|结束|通过验收|验收)(?:任务|目标|销号|办结|验收|100%)?|[是√✓]",
    ),
)
_PERCENT = re.compile(r"(?:约|完成|达|至)*(\d{1,3}(?:\.\d+)?)(%?)")


def read_state(text: str) -> str | None:
    """The state of the row; "" where nothing is said, None where it is not plain."""
    folded = fold_tight(text)
    if _NOTHING.fullmatch(folded):
        return ""
    return next((state for state, words in _STATES if re.fullmatch(words, folded)), None)


def read_percent(text: str) -> Decimal | None:
    """From 0 to 100; None where it is not plain: 0.8 without a sign may be either."""
    found = _PERCENT.fullmatch(fold_tight(text))
    if found is None:
        return None
    # as exact as it is kept, so that the same cell gives the same
    percent = Decimal(found[1]).quantize(_HUNDREDTH)
    if percent > _WHOLE or (not found[2] and 0 < percent <= 1):
        return None
    return percent


def opening_text(text: str, closing: str) -> str:
    """What is shown of 期初 where reports stand, marked as such."""
    told = "\n".join(filter(None, (text, closing and f"{_CLOSING}{closing}")))
    return told and f"（{OPENING}）{told}"


def told_opening(text: str) -> tuple[str, str]:
    """Progress and 办结依据 out of what `opening_text` made of them; any other text as it is."""
    told = text.removeprefix(f"（{OPENING}）")
    if told == text:
        return text, ""
    progress, _, closing = f"\n{told}".partition(f"\n{_CLOSING}")
    return progress.removeprefix("\n"), closing


def says_nothing(text: str) -> bool:
    """An empty cell, a dash, 无."""
    return bool(_NOTHING.fullmatch(fold_tight(text)))


def read_day(text: str, issued_on: date | None) -> date | None:
    """A day, or the last day of a wording that has one (2020年9月); None where it has none."""
    try:
        return parse_day(fold_tight(text))
    except Refused:
        read = read_deadline(text, issued_on)
        return read.due_on if read.kind is Kind.DATE else None
