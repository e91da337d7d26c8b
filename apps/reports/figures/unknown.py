"""Names in braces that mean nothing, and braces that hold none. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from difflib import get_close_matches

_NAME = re.compile(r"\{([^{}]*)\}")
_LONGEST = 30
_SHOWN = 3


def brace_reasons(text: str, known: Mapping[str, str]) -> list[str]:
    """One sentence for each unknown name, one for braces that are not in pairs."""
    names = dict.fromkeys(found[1].strip() for found in _NAME.finditer(text))
    reasons = [_unknown(name, known) for name in names if name not in known]
    rest = _NAME.sub("", text)
    if "{" in rest or "}" in rest:
        reasons.append("花括号没有成对：名称请写成 {任务总数} 这样，前后各一个半角花括号。")
    if "｛" in rest or "｝" in rest:
        reasons.append("名称请用半角花括号，写成 {任务总数} 这样；全角花括号不会换成数字。")
    return reasons


def _unknown(name: str, known: Mapping[str, str]) -> str:
    if not name:
        return "花括号里没有名称，请写成 {任务总数} 这样，或删去花括号。"
    said = f"没有“{_cut(name)}”这个数据名称"
    for word, report in (("上期", "上期"), ("去年同期", "去年同期")):
        if word in name:
            return f"{said}，或者没有可比的{report}报告；请改用别的名称或删去。"
    near = get_close_matches(name[:_LONGEST], known, n=_SHOWN, cutoff=0.4)
    if not near:
        return f"{said}，请从可用名称中选取，如 {{任务总数}}。"
    return f"{said}，是不是 {'、'.join(f'{{{each}}}' for each in near)}？"


def _cut(name: str) -> str:
    return f"{name[:_LONGEST]}……" if len(name) > _LONGEST else name
