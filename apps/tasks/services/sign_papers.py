"""签批单: what a unit reports, on paper for whoever signs with a pen (product.md D10)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import IO

from apps.common.errors import Refused
from apps.common.made_files import made_file
from apps.common.papers import TEXT_WIDTH, Grid, Paper, Place, TextLine, write_paper
from apps.tasks.models import Progress
from apps.tasks.selectors.filling import ONLY_STEP, sign_steps
from apps.tasks.selectors.unit_sheets import Line, UnitSheet
from apps.tasks.wording import plain_number

_HEADERS = ("序号", "重点工作", "本期进展、存在问题和下一步措施", "完成值", "自评")
_WIDTHS = (12, 44, TEXT_WIDTH - 12 - 44 - 20 - 18, 20, 18)
_SECRECY = "本系统为非涉密系统，本单不得填写涉密和工作秘密信息。"


def paper_lines(sheet: UnitSheet) -> list[Line]:
    """What is to be signed: what waits for the unit's sign-off, else all it has reported."""
    written = [line for line in sheet.lines if line.readable is not None]
    waiting = [line for line in written if _state(line) == Progress.State.SIGNING]
    return waiting or written


def sign_paper(sheet: UnitSheet, today: date) -> IO[bytes]:
    """The .docx, open at its beginning; it vanishes when it is closed. Refused with nothing in it.

    Every version of a report has its own paper: registering the signature asks for the same ones.
    """
    lines = paper_lines(sheet)
    if not lines:
        raise Refused(f"{sheet.agency.name}在{sheet.period.name}还没有填报的内容，没有可签批的。")
    steps = sign_steps([sheet.agency.pk], today)[sheet.agency.pk]
    posts = [step.post for step in steps] or [ONLY_STEP.post]
    paper = Paper(
        title=f"{sheet.period.name}进展报送签批单",
        parts=list(_parts(sheet, lines, posts)),
    )
    return made_file(".docx", lambda path: write_paper(path, paper))


def _parts(
    sheet: UnitSheet, lines: Sequence[Line], posts: Sequence[str]
) -> Iterator[TextLine | Grid]:
    left = len(sheet.lines) - len(lines)
    said = f"本单 {len(lines)} 项" + (f"，应报 {len(sheet.lines)} 项" if left else "")
    yield TextLine(f"填报单位：{sheet.agency.name}")
    yield TextLine(f"报告期：{sheet.period.name}（数据截至{_day(sheet.data_as_of)}）")
    yield TextLine(said)
    yield Grid(_HEADERS, [_row(line) for line in lines], _WIDTHS)
    yield TextLine("")
    for post in posts:
        yield TextLine(f"{post}意见：")
        yield TextLine("签字：　　　　　　　　　　　年　　月　　日", Place.RIGHT)
    yield TextLine(_SECRECY, small=True)


def _row(line: Line) -> tuple[str, ...]:
    progress = line.readable
    assert progress is not None, "only reported rows stand on the paper"
    reason = f"无新增进展（{progress.get_unchanged_display()}）" if progress.unchanged else ""
    told = (
        ("同上期", reason),
        ("", progress.text),
        ("汇总进展", progress.whole_text),
        ("存在问题", progress.problems),
        ("下一步措施", progress.next_step),
    )
    return (
        line.task.number,
        f"{line.task.content}\n（{line.task.plan.short_title}）",
        "\n".join(f"{name}：{text}" if name else text for name, text in told if text),
        _value(line, progress),
        progress.get_self_assessment_display(),
    )


def _value(line: Line, progress: Progress) -> str:
    if progress.value is None or line.facts.figure is None:
        return "—"
    unit = line.facts.figure.indicator.unit
    return f"{plain_number(progress.value)} {unit}\n目标 {line.target}"


def _state(line: Line) -> str:
    return line.newest.state if line.newest else ""


def _day(day: date) -> str:
    return f"{day.year}年{day.month}月{day.day}日"
