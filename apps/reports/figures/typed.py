"""Figures typed by hand into a report's text (product.md D15: figures are not typed). Pure.

A number in digits is a figure, with a counting word or without, unless it is known to be something
else: a day, year or span of time, 文号, 第N项, numbering, a telephone, 5G. A number in Chinese is a
figure with a unit, from eleven on with any counting word, and where it ends a clause. Smaller ones
are ordinary words, 一个平台, unless they count what the report counts: 一项未报, 三个单位.
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
_ONES = "一二两三四五六七八九"
_SMALL = f"{_ONES}十〇零壹贰叁肆伍陆柒捌玖拾廿卅"
_ANY = f"{_SMALL}百千万亿佰仟"
_CHINESE = f"(?<![{_ANY}第])[{_SMALL}百千佰仟][{_ANY}]*(?:点[{_SMALL}]+)?"
# from eleven on; 百 and 千 are as large by themselves
_LARGE = f"(?<![{_ANY}第])(?:[{_SMALL}百千佰仟][{_ANY}]+|[百千佰仟])(?:点[{_SMALL}]+)?"
_UP_TO_TEN = f"(?<![{_ANY}第])[{_ONES}十壹贰叁肆伍陆柒捌玖拾]"
_DIGITS = r"(?<!\d)(?<!\d[.,])\d++(?:[.,]\d++)*+"
_ABOUT = "[余多来几]?"
_TIMES = "(?:月|工作日|自然日|季度|年度|年头|小时|星期|交易日)"
_WITHIN = "(?:之?内|以内|前|之前)"
# 千亿级 is a kind, not a count
_UNITS = f"(?:个百分点|百分点|天(?!{_WITHIN})|[倍元%‰]|[万萬亿億](?!元?级))"
_COUNTING = f"(?:个(?!百分点|{_TIMES})|项(?!目)|[項個家份件名户])"
# with a number in digits it is quoted together
_AFTER_DIGITS = (
    f"(?:{_UNITS}|公里|千米|平方|立方|千瓦|人次|[项項个個家份件名户条人次所座台套艘辆米亩吨处批起宗"
    "篇例笔成])"
)
# what the report counts, and what it says of it
_KINDS = (
    "(?:责任|牵头|参加|督办|汇总|报送|有关|相关|省直|省级|市级|成员|重点|主要|重大|量化|约束性|"
    "预期性|滞后|逾期|未报|迟报|应报|监测|其他|其余)*+"
    "(?:单位|部门|任务|事项|指标|进展|工作(?![组队站室日专机平小]))"
)
_SAID_OF_THEM = (
    "(?:未(?!来)|均(?!衡)|需(?!求)|超(?=序时|过|前)|已|没|尚|仍|全部|滞后|逾期|迟报|完成|达到|正常|提前|"
    "终止|挂起|有困难|不能|存在)"
)
_ENDS = rf"(?:\Z|[\s,.;:!?，。；：！？、)\]】”’」』…{_HOLE}])"
_FIGURES = re.compile(
    "|".join(
        (
            # a digit before a name would become part of its figure
            rf"{_DIGITS}[.,]?{_GAP}{_HOLE}",
            rf"百分之{_GAP}[\d{_SMALL}百]++(?:[.点][\d{_SMALL}]++)?+",
            rf"(?<![\d{_SMALL}百千])[\d{_SMALL}百千]+分之[\d{_SMALL}百千]++",
            f"{_DIGITS}(?:{_GAP}[百千万亿]++)?+(?:{_ABOUT}{_GAP}{_AFTER_DIGITS})?",
            f"{_CHINESE}{_ABOUT}{_GAP}{_UNITS}",
            f"{_CHINESE}[余多来几]{_GAP}{_COUNTING}",
            f"{_LARGE}{_GAP}{_COUNTING}",
            f"{_UP_TO_TEN}{_GAP}{_COUNTING}(?={_GAP}(?:{_ENDS}|{_KINDS}|{_SAID_OF_THEM}))",
            # 四十五 at the end of a clause
            rf"(?<![{_ANY}第(])(?:[{_ONES}]百零?)?+(?:[{_ONES}]?十[{_ONES}]|[{_ONES}]十)(?={_ENDS})",
            # 九成; 一成不变, 建成 and 成立 count nothing
            f"(?<![{_SMALL}])[二两三四五六七八九]成(?![立为果员本功熟长])",
        )
    )
)
_NUMBER = rf"(?:\d++(?:\.\d++)*+|[{_SMALL}百千]+)"
_TO = "(?:[—–~～至-]+)"
_NO_FIGURES = re.compile(
    "|".join(
        (
            # 第12项, 第3、5项, 序号12: ordinals
            f"第{_GAP}{_NUMBER}(?:[、和及至—–~-]第?{_NUMBER})*",
            rf"序号[为是:]?{_GAP}\d++(?:[、和及至—–~-]\d++)*+(?!{_GAP}[项项個个份%])",
            # days, years, spans of time
            r"\d{4}([-./])\d{1,2}\1\d{1,2}(?!\d)",
            rf"(?<![\d.])\d{{1,4}}{_GAP}年?(?:{_TO}{_GAP}\d{{1,4}}{_GAP})?年",
            rf"(?<![\d.])\d{{1,2}}{_GAP}月?(?:{_TO}{_GAP}\d{{1,2}}{_GAP})?月",
            rf"(?<![\d.])\d{{1,2}}{_GAP}日?(?:{_TO}{_GAP}\d{{1,2}}{_GAP})?日",
            r"(?<![\d.])\d{1,2}(?:时(?!候)|[:：]\d{2}(?!\d))(?:\d{1,2}分)?",
            rf"(?<![\d.])\d++{_GAP}(?:个{_GAP}{_TIMES}|季度|小时|分钟|周|工作日|天{_WITHIN})",
            # 〔2020〕12号
            r"[\[(〔【]\d{4}[\])〕】]",
            rf"(?<![\d.])\d++{_GAP}号",
            # numbering at the beginning of a line or clause
            r"^[ \t]*(?:\d{1,3}[.、)](?!\d)|\(\d{1,3}\))",
            r"(?<=[:：;；,，。、])\(\d{1,2}\)",
            f"^[ \\t]*[{_SMALL}百]+[、.]",
            rf"(?:附件|附表|附录|专栏|图|表|注)\d{{1,2}}(?!\d|[.,]\d|{_GAP}{_AFTER_DIGITS})",
            # 5G, PM2.5, COVID-19, 1+1+9, 7×24, 12345热线, what people are reached by
            r"(?<![A-Za-z\d.])\d[GKDBC](?![A-Za-z])",
            r"[A-Za-z]-?\d++(?:\.\d++)?+",
            rf"(?<![\d.])\d++(?:[+×][\dN]++)++(?!{_GAP}{_AFTER_DIGITS})",
            r"(?<!\d)1\d{4}(?=热线|政务|便民|平台)",
            rf"(?:电话|手机|传真|邮编|邮政编码){_GAP}:?{_GAP}\d[\d()\-—]*+(?:[、/][\d()\-—]++)*+"
            f"(?!{_GAP}{_AFTER_DIGITS})",
            r"(?<![\w.+-])[A-Za-z\d][A-Za-z\d._+-]*+@[A-Za-z\d.-]++",
            # the title of a document
            r"《[^《》\n]*》",
            r"不(?:一定)?等于100%",
            # one of a kind, not a count
            "[统唯同单逐之专划归每某哪这任另]一{1,2}(?=[个项家份件名户])",
            "一(?=[个项家份件名户][不都也])",
            r"一([个项家份件])一\2",
            *("千家万户", "百家争鸣", "百千万工程", "千万(?=[不别要莫])"),
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
