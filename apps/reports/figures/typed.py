"""Figures typed by hand into a report's text (product.md D15: figures are not typed). Pure.

A number next to a counting word is a figure. Years, days and periods, 文号, 第N项, numbering and
set phrases are none.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

# stands for a name in braces while the text is looked at
_HOLE = "\N{OBJECT REPLACEMENT CHARACTER}"
# stands for what looks like a figure and is none
_NOTHING = "\N{WHITE SQUARE}"
_GAP = "[ \t]*+"
_SMALL = "一二两三四五六七八九十〇零壹贰叁肆伍陆柒捌玖拾廿卅"
_CHINESE = (
    f"(?<![{_SMALL}百千万亿佰仟第])[{_SMALL}百千佰仟][{_SMALL}百千万亿佰仟]*(?:点[{_SMALL}]+)?"
)
_ARABIC = r"(?<!\d)(?<!\d[.,])\d++(?:[.,]\d++)*+"
_ABOUT = "[余多来几]?"
# 12个月 and 3个工作日 are spans of time
_TIMES = "(?:月|工作日|自然日|季度|年度|年头|小时|星期|交易日)"
_WITHIN = "(?:之?内|以内|前|之前)"
_PIECES = f"个百分点|百分点|个(?!{_TIMES})|天(?!{_WITHIN})"
_AFTER_CHINESE = f"(?:{_PIECES}|項|项(?!目)|個|[家份件名户倍元万萬亿億%‰])"
_AFTER_ARABIC = (
    f"(?:{_PIECES}|公里|千米|平方|立方|千瓦|人次|[項项個家份件名户倍元万萬亿億%‰"
    "条人次所座台套艘辆米亩吨处批起宗篇例笔家成])"
)
_FIGURES = re.compile(
    "|".join(
        (
            f"{_ARABIC}{_GAP}[百千万亿]*+{_ABOUT}{_GAP}{_AFTER_ARABIC}",
            f"{_ARABIC}{_GAP}[百千万亿]++{_ABOUT}{_GAP}{_AFTER_ARABIC}?",
            f"{_CHINESE}{_ABOUT}{_GAP}{_AFTER_CHINESE}",
            rf"百分之{_GAP}[\d{_SMALL}百]++(?:[.点][\d{_SMALL}]++)?+",
            rf"(?<![\d{_SMALL}百千])[\d{_SMALL}百千]+分之[\d{_SMALL}百千]++",
            # 九成; 一成不变, 建成 and 成立 count nothing
            f"(?<![{_SMALL}])[二两三四五六七八九]成(?![立为果员本功熟长])",
            # a digit before a name would become part of its figure
            rf"{_ARABIC}[.,]?{_GAP}{_HOLE}",
        )
    )
)
_NUMBER = rf"(?:\d++(?:\.\d++)*+|[{_SMALL}百千]+)"
_NO_FIGURES = re.compile(
    "|".join(
        (
            # 第12项, 第3、5项: ordinals
            f"第{_GAP}{_NUMBER}(?:[、和及至—–~-]第?{_NUMBER})*",
            # numbering at the beginning of a line
            r"^[ \t]*(?:\d{1,3}[.、)](?!\d)|\(\d{1,3}\))",
            # the title of a document
            r"《[^《》\n]*》",
            r"不(?:一定)?等于100%",
            # 十三五 as in 十三五项目
            "(?<![一二三四五六七八九])(?:十?[一二三四五六七八九]五)(?=时期|规划|期间|以来|项目)",
            # one of a kind, not a count
            "[统唯同单逐之专划归每某哪这任另]一(?=[个项家份件名户])",
            *("一家一策", "一户一策", "一企一策", "一项一策", "一件事", "一个个", "千家万户"),
            *("百家争鸣", "百千万工程", "千万(?=[不别要莫])", "一次性"),
            *("[二两]个维护", "[四两]个(?:意识|自信|全面|最严|确立)", "两个一百年", "三个代表"),
            *("两个毫不动摇", "四个走在全国前列"),
        )
    ),
    re.MULTILINE,
)
# ① numbers a clause
_NUMBERED = re.compile("[\N{CIRCLED DIGIT ONE}-\N{CIRCLED NUMBER TWENTY}]")
_SAID = 20
_NAME = re.compile(r"\{[^{}]*\}")


def typed_reasons(text: str, known: Mapping[str, str]) -> list[str]:
    """One sentence for each figure that was typed, with the name that prints it where one does."""
    seen = _NO_FIGURES.sub(_NOTHING, _even(_NAME.sub(_HOLE, text)))
    found = dict.fromkeys(match[0] for match in _FIGURES.finditer(seen))
    return [_reason(figure, known) for figure in found]


def _even(text: str) -> str:
    """Full-width digits as half-width ones, without what cannot be seen."""
    evened = unicodedata.normalize("NFKC", _NUMBERED.sub(_NOTHING, text))
    return "".join(each for each in evened if unicodedata.category(each) != "Cf")


def _reason(figure: str, known: Mapping[str, str]) -> str:
    said = figure.replace(_HOLE, "")
    if said != figure:
        return f"“{said}”紧接着名称，会和它的数字连在一起，请删去。"
    same = [name for name, value in known.items() if value == "".join(figure.split())]
    shown = f"“{figure[:_SAID]}”是手工填写的数字，报告中的数字只能由系统填入"
    if same:
        return f"{shown}，请改用 {{{same[0]}}}。"
    return f"{shown}，请改用名称（如 {{任务总数}}），或改写为不带数字的说法。"
