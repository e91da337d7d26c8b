"""Rules that a document states once, in the responsibility note of one row, for all its rows."""

from __future__ import annotations

import enum
import re


class Rule(enum.StrEnum):
    """What a document may state once for all its rows."""

    FIRST_IS_LEAD = "first_is_lead"  # 列第一位者为牵头单位，下同
    RESPONSIBLE_IS_LEAD = "responsible_is_lead"  # 无牵头单位的，责任单位即为牵头单位
    ALSO_IMPLEMENT = "also_implement"  # 以下均需…落实，不再列出


# Repeats are bounded: the search must stay cheap in a long text without stops.
_C = "[^、，,。；;：:（）()〔〕\\[\\]【】\n]"
_S = "[^。；;]"
_DITTO = "(?:[，,]?(?:以?下同|后同|其[他余][^，,。；;）)〕\\]]{0,20}(?:单位|部门)))*"
_STATED = (
    (
        Rule.FIRST_IS_LEAD,
        re.compile(
            f"(?:各|所列|以上|上述)?(?:责任|负责)?(?:单位|部门)?[中内里]?(?:[列排居位署标名]{_C}{{0,10}}?)?"
            f"(?:第一(?=[位名个的者责单部为是])|首[位个名]|最前|前列)"
            f"{_C}{{0,20}}(?:牵头|主[办责]){_C}{{0,20}}{_DITTO}"
            f"|(?:牵头|主[办责])(?:责任)?(?:单位|部门)均?[列排居位署]{_C}{{0,4}}?"
            f"(?:第一位?|首位|最前|前列){_C}{{0,4}}{_DITTO}"
        ),
    ),
    (
        Rule.RESPONSIBLE_IS_LEAD,
        re.compile(
            f"(?:[无没未只仅凡不]{_C}{{0,20}}[，,]?)?{_C}{{0,15}}责任(?:单位|部门|科室){_C}{{0,4}}"
            f"[即为是作]{_C}{{0,3}}牵头(?:责任)?(?:单位|部门|科室){_C}{{0,10}}{_DITTO}"
        ),
    ),
    (
        Rule.ALSO_IMPLEMENT,
        re.compile(
            f"(?:以下|下列|下述|后续){_S}{{0,99}}[需由须应请]{_S}{{0,99}}(?:落实|实施|执行|负责){_S}*"
            f"|[^，,。；;（(〔\\[]{{0,20}}均[需由须应]{_S}{{0,99}}(?:落实|实施|执行|负责){_S}{{0,9}}不再{_S}*"
        ),
    ),
)
_OTHER_STATEMENT = re.compile(
    f"[排列位]{{0,2}}前[二两三四五]{_C}{{0,8}}牵头{_C}{{0,6}}[：:]?|以下{_C}{{0,40}}(?:[、，,]{_C}{{0,40}})?适用范围{_C}*|{_C}{{0,20}}不再{_C}{{0,9}}列出"
)
_EMPTY_BRACKET = re.compile("[（(〔\\[【][\\s，,。；;]*[）)〕\\]】]|[（(〔\\[【][\\s，,。；;]*$")


def take_out_rules(text: str) -> tuple[str, list[Rule]]:
    """`text` without the sentences about all rows, and the rules that they state."""
    found: list[tuple[int, Rule]] = []
    for rule, pattern in _STATED:
        match = pattern.search(text)
        if match:
            found.append((match.start(), rule))
            text = pattern.sub("", text)
    text = _EMPTY_BRACKET.sub("", _OTHER_STATEMENT.sub("", text))
    return text, [rule for _, rule in sorted(found)]
