"""统稿: what people write into a draft. Figures are names in braces, which nobody can type over."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.db import transaction

from apps.common.actor import Actor
from apps.common.errors import Conflict, Refused
from apps.reports.figures.kinds import Figures
from apps.reports.figures.tokens import text_reasons
from apps.reports.models import QuarterlyReport, ReportPart, ReportText
from apps.reports.selectors.reports import figures_of
from apps.reports.services.heads import Head
from apps.reports.services.held import State, check_text, hold, save, tell
from apps.tasks.access import Scope

TEXT_LIMIT = 20_000
_LIMITS = {"title": 200, "addressee": 500, "signatory": 80}
_NAMES = {"title": "标题", "addressee": "主送", "signatory": "落款"}


@dataclass(frozen=True, slots=True)
class PartEdit:
    """A part's new text; an empty one is not printed."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class RowEdit:
    """What the report says of a row; empty: the units' own words."""

    task_id: int
    text: str
    left_out: bool = False


@transaction.atomic
def part_edit(
    *, actor: Actor, scope: Scope, report_id: int, seen_version: int, edit: PartEdit, today: date
) -> ReportPart:
    """`seen_version` is the part's own: two people may write two parts at once."""
    report, figures = _drafted(scope, report_id)
    part = ReportPart.objects.filter(report=report, key=edit.key).first()
    if part is None:
        raise Refused("这份报告没有这一部分，请刷新后再看。")
    _check_seen(part.version, seen_version)
    text = edit.text.strip().replace("\r\n", "\n")
    check_text(part.heading, text, TEXT_LIMIT)
    reasons = text_reasons(text, figures)
    if reasons:
        raise Refused(*reasons)
    if text == part.text:
        return part
    before, part.text = part.text, text
    part.changed_by = actor.actor_name
    part.version += 1
    part.save(update_fields=["text", "changed_by", "version"])
    save(report, stale=True)
    tell(report, actor, today, f"修改报告文字：{part.heading}", {"正文": (before, text)})
    return part


@transaction.atomic
def row_text_edit(
    *, actor: Actor, scope: Scope, report_id: int, seen_version: int, edit: RowEdit, today: date
) -> ReportText:
    """For the report alone: the unit's own words stay as they are. `seen_version`: 0 for none."""
    report, figures = _drafted(scope, report_id)
    row = next((row for row in figures.rows if row.fact.task_id == edit.task_id), None)
    if row is None:
        raise Refused("这份报告里没有这一项，请刷新后再看。")
    known = ReportText.objects.filter(report=report, task_id=edit.task_id).first()
    written = known or ReportText(report=report, task_id=edit.task_id, version=0)
    _check_seen(written.version, seen_version)
    text = edit.text.strip().replace("\r\n", "\n")
    check_text(f"第{row.fact.number}项", text, TEXT_LIMIT)
    # the units' own words need no second copy, which would hide their next ones
    text = "" if text == row.text else text
    before = (written.text, written.left_out)
    if before == (text, edit.left_out):
        return written
    written.text, written.left_out = text, edit.left_out
    written.changed_by = actor.actor_name
    written.version += 1
    written.save()
    save(report, stale=True)
    changes: dict[str, tuple[object, object]] = {}
    if before[0] != text:
        changes["报告用文字"] = (before[0] or "沿用单位报送", text or "沿用单位报送")
    if before[1] != edit.left_out:
        changes["写入正文"] = (_yes(not before[1]), _yes(not edit.left_out))
    about = f"统稿：第{row.fact.number}项"
    tell(report, actor, today, about, changes)
    return written


@transaction.atomic
def head_edit(
    *, actor: Actor, scope: Scope, report_id: int, seen_version: int, head: Head, today: date
) -> QuarterlyReport:
    """标题, 主送, 落款."""
    report = hold(scope=scope, report_id=report_id, states=[State.DRAFT], seen_version=seen_version)
    changes: dict[str, tuple[object, object]] = {}
    for field, limit in _LIMITS.items():
        text = " ".join(getattr(head, field).split())
        check_text(_NAMES[field], text, limit)
        if text != getattr(report, field):
            changes[_NAMES[field]] = (getattr(report, field), text)
            setattr(report, field, text)
    if not report.title:
        raise Refused("请填写标题。")
    if changes:
        save(report, *_LIMITS, stale=True)
        tell(report, actor, today, "修改报告标题和主送", changes)
    return report


@transaction.atomic
def units_name(
    *,
    actor: Actor,
    scope: Scope,
    report_id: int,
    seen_version: int,
    codes: Collection[str],
    today: date,
) -> QuarterlyReport:
    """Tick who is named as 未按时报送: nobody before the cut-off, and never who is not ours."""
    report, figures = _drafted(scope, report_id, seen_version)
    names = {unit.code: unit.name for unit in figures.facts.units}
    wrong = sorted(set(codes) - set(figures.nameable))
    if wrong and not figures.nameable and figures.missing:
        raise Refused("截止日未到，或未报的单位都不在督办范围内，不能点名。")
    if wrong:
        said = "、".join(names.get(code, code) for code in wrong)
        raise Refused(f"{said}不能列为未按时报送：已经报送，或不在督办范围内。")
    ticked = [code for code in figures.nameable if code in set(codes)]
    if ticked != report.named_units:
        before = "、".join(names[code] for code in report.named_units) or "无"
        report.named_units = ticked
        save(report, "named_units", stale=True)
        after = "、".join(names[code] for code in ticked) or "无"
        tell(report, actor, today, "勾选未按时报送单位", {"点名": (before, after)})
    return report


def _drafted(
    scope: Scope, report_id: int, seen_version: int | None = None
) -> tuple[QuarterlyReport, Figures]:
    report = hold(scope=scope, report_id=report_id, states=[State.DRAFT], seen_version=seen_version)
    figures = figures_of(report)
    if figures is None:
        raise Refused("这份报告还没有取数，请先生成草稿。")
    return report, figures


def _check_seen(version: int, seen: int) -> None:
    if version != seen:
        raise Conflict("您打开后别人改过这一处，您写的没有保存。请对照最新内容再改。")


def _yes(said: bool) -> str:  # noqa: FBT001  # a word for it
    return "是" if said else "否"
