"""总体情况 in sentences: classes with their shares, who judged, the calendar, comparisons. Pure."""

from __future__ import annotations

from apps.reports.figures.kinds import Earlier, Figures, RowClass
from apps.reports.figures.lines import partly_judged_rows
from apps.reports.figures.tokens import share_change


def overall(figures: Figures, _genre: str) -> list[str]:
    if not figures.total:
        return ["本期没有纳入督办的任务。"]
    return [
        _classes(figures),
        _who_judged(figures),
        *_calendar(figures),
        *_compared(figures),
    ]


# class counts in words that a sentence can carry; others read as their label
_SAID_AS = {
    RowClass.UNJUDGED.value: "已报送、尚未认定（未核）的",
    RowClass.MISSING.value: "尚未报送进展的",
    RowClass.NOT_ASKED.value: "未列入本期报送的",
}


def _classes(figures: Figures) -> str:
    counted = "；".join(
        f"{_SAID_AS.get(each.key, each.label)}{{{each.label}项数}}，占{{{each.label}占比}}"
        for each in figures.classes
        if each.count
    )
    closed = any(row.fact.state == "closed" for row in figures.rows)
    done = "“已完成”中已办结{已办结项数}。" if closed else ""
    return (
        f"截至{{数据截至}}，纳入督办的任务共{{任务总数}}，应报送进展的单位{{应报单位数}}。"
        f"按认定情况分类：{counted}。{done}"
        "占比按项数计算，因四舍五入合计可能不等于100%。"
    )


# states that decide a row's class, in the order in which they are told
_STATES = {"closed": "已办结", "suspended": "挂起", "ended": "终止"}


def _who_judged(figures: Figures) -> str:
    found = {row.fact.state for row in figures.rows}
    states = "、".join(label for state, label in _STATES.items() if state in found)
    said = ["以上分类以督办单位的认定为准"]
    if states:
        said.append(f"，{states}的任务按其状态归类")
    if any(len(row.fact.parts) > 1 for row in figures.rows):
        said.append("；由多个单位分别报送的任务，以最差的认定归类")
    if partly_judged_rows(figures):
        said.append("；已归类的任务中{认定不全项数}尚有单位的进展未核或未报")
    said.append("。")
    if figures.self_supervised:
        said.append("督办单位自身牵头的任务（本单位自督）{自督项数}，其中认定由督办单位自行作出。")
    return "".join(said)


def _calendar(figures: Figures) -> list[str]:
    overdue = "超过完成时限尚未办结（逾期）的任务{逾期项数}，逾期最长{最长逾期}。"
    return [f"{_measured(figures)}{overdue if figures.overdue else '没有逾期未办结的任务。'}"]


def _measured(figures: Figures) -> str:
    measured = figures.met + figures.unmet
    if not measured:
        return ""
    said = "有量化指标、可按序时进度衡量的任务{可比序时项数}"
    if not figures.unmet:
        return f"{said}，均达到序时进度。"
    if not figures.met:
        return f"{said}，均未达到序时进度，最大差距{{最大差距}}。"
    return (
        f"{said}，其中达到序时进度{{达到序时项数}}，占{{达到序时占比}}；"
        "未达到序时进度{未达到序时项数}，最大差距{最大差距}。"
    )


def _compared(figures: Figures) -> list[str]:
    facts = figures.facts
    said = []
    if facts.previous is None:
        said.append("同一范围此前没有已印发的报告，本期不作与上期的比较。")
    else:
        moved = _moved(figures, facts.previous, "比上期")
        said.append(f"与{{上期报告期}}报告（任务{{上期任务总数}}）相比，{moved}。")
    if facts.year_ago is not None:
        moved = _moved(figures, facts.year_ago, "比去年同期")
        said.append(f"与去年同期（{{去年同期报告期}}，任务{{去年同期任务总数}}）相比，{moved}。")
    return said


def _moved(figures: Figures, report: Earlier, suffix: str) -> str:
    said = []
    if figures.total != report.total:
        said.append(f"任务总数{{任务总数{suffix}}}")
    said += [
        f"“{each.label}”{{{each.label}{suffix}}}，占比{{{each.label}占比{suffix}}}"
        for each in figures.classes
        if each.count != report.counts.get(each.key, 0) or share_change(each, report)
    ]
    if figures.overdue != report.overdue:
        said.append(f"逾期{{逾期{suffix}}}")
    return "；".join(said) or "各类项数、占比和逾期项数均持平"
