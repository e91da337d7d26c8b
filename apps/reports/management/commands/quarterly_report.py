"""`quarterly_report`: a period's draft as .docx, .xlsx and .json (architecture.md §6)."""

from __future__ import annotations

import shutil
from argparse import ArgumentParser
from dataclasses import dataclass
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from apps.audit.services import record_refusal
from apps.common.actor import COMMAND_LINE, Actor
from apps.common.commands import FengongCommand, argument, user_named
from apps.common.errors import NotAllowed, Refused, Unreadable
from apps.common.periods import PeriodCode
from apps.ops.models import JobRun
from apps.ops.selectors import business_date
from apps.ops.services import job_claim
from apps.plans.models import Period, Plan
from apps.reports.figures.kinds import Figures
from apps.reports.figures.tokens import cut_offs
from apps.reports.figures.wording import day
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import figures_of
from apps.reports.selectors.snapshot import scope_text
from apps.reports.services.asking import Wish, report_ask, report_refresh
from apps.reports.services.files import KINDS, report_file
from apps.tasks.access import Scope, everything, scope_of
from apps.tasks.jobs import run_claimed

_NAME_LIMIT = 80


@dataclass(frozen=True, slots=True)
class _Asked:
    wish: Wish
    actor: Actor
    scope: Scope
    today: date


class Command(FengongCommand):
    """Makes the draft or takes its figures anew; what is closed or issued is written as it is.

    Issuing is for a person, on the page.
    """

    help = "生成一期进展报告或通报的草稿，写出 .docx、.xlsx 和 .json；不会印发"

    def add_arguments(self, parser: ArgumentParser) -> None:
        self.add_output_arguments(parser)
        self.add_actor_argument(parser)
        parser.add_argument("period", metavar="2020Q2", help="报告期：2020Q2（季度）或 2020M08")
        parser.add_argument(
            "--plan",
            metavar="CODE",
            action="append",
            help="任务来源的代码，可写多次；不写取有这一期的全部本级任务来源",
        )
        parser.add_argument(
            "--genre", choices=QuarterlyReport.Genre.values, default="report", help="文种"
        )
        parser.add_argument("--output", metavar="DIR", required=True, help="写到哪个目录")

    def handle(self, **options: Any) -> None:
        today = business_date()
        user = user_named(options["as_user"]) if options["as_user"] is not None else None
        scope = scope_of(user, today) if user else everything()
        wish = _wish(options, scope)
        folder = _folder(options["output"])
        try:
            report = _made(_Asked(wish, user or COMMAND_LINE, scope, today))
        except NotAllowed as refused:
            if user is not None:
                record_refusal(
                    actor=user,
                    today=today,
                    action="生成报告",
                    about=("quarterlyreport", f"{wish.period.code}:{scope_text(wish.plans)}"),
                    reason="；".join(refused.reasons),
                )
            raise
        figures = figures_of(report)
        assert figures is not None, "no report comes out of its job without figures"
        files = _written(report, folder)
        naming = _naming(figures)
        self.answer(_data(report, figures, files, naming), _text(report, figures, files, naming))


def _wish(options: dict[str, Any], scope: Scope) -> Wish:
    code = argument(PeriodCode.parse, options["period"])
    seen = Plan.objects.filter(pk__in=scope.visible).order_by("pk")
    if options["plan"]:
        wanted = dict.fromkeys(options["plan"])
        known = {plan.code: plan for plan in seen.filter(code__in=wanted)}
        for name in wanted:
            if name not in known:
                raise Unreadable(f"没有代码为“{name}”的任务来源，请核对 --plan。")
        plans = [known[name] for name in wanted]
    else:
        own = seen.filter(relation=Plan.Relation.OWN, plan_periods__period__code=code.code)
        # those of others are not asked for; whoever supervises none is told so by the service
        plans = list(own.filter(pk__in=scope.supervised) or own)
    period = Period.objects.filter(code=code.code).first()
    if period is None or not plans:
        raise Refused(f"没有任务来源开启过{code.name}，没有可报告的数据。")
    return Wish(period, plans, options["genre"])


def _folder(text: str) -> Path:
    folder = Path(text)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unreadable(f"目录“{text}”建不了，请核对 --output。") from error
    return folder


def _made(asked: _Asked) -> QuarterlyReport:
    """An issued report is never made again here: a correction has to be asked for by a person."""
    wish = asked.wish
    same = QuarterlyReport.objects.filter(
        period=wish.period, scope=scope_text(wish.plans), genre=wish.genre
    )
    is_open = same.filter(state__in=QuarterlyReport.OPEN).exists()
    issued = same.filter(state=QuarterlyReport.State.ISSUED).order_by("-pk").first()
    if issued is not None and not is_open and _all_supervised(asked):
        return issued
    report, run = report_ask(actor=asked.actor, scope=asked.scope, wish=wish, today=asked.today)
    if run.is_open:
        _run(run, asked.today)
    elif report.state == QuarterlyReport.State.DRAFT:
        refresh = report_refresh(
            actor=asked.actor,
            scope=asked.scope,
            report_id=report.pk,
            seen_version=report.version,
            today=asked.today,
        )
        _run(refresh, asked.today)
    return QuarterlyReport.objects.get(pk=report.pk)


def _all_supervised(asked: _Asked) -> bool:
    return {plan.pk for plan in asked.wish.plans} <= asked.scope.supervised


def _run(run: JobRun, today: date) -> None:
    """In this process, by the same machinery as a worker's."""
    claimed = job_claim(run.pk)
    if claimed is None:
        raise Refused("这份报告正在后台生成，请稍后再试。")
    run_claimed(claimed, today)
    run.refresh_from_db()
    if run.state != JobRun.State.DONE:
        raise Refused(run.error or "生成被中断，没有做完，请重试。")


def _written(report: QuarterlyReport, folder: Path) -> dict[str, Path]:
    """By kind; named by period, plans and 文种, so that no report overwrites another."""
    plans = report.scope.replace(",", "+")
    if len(plans) > _NAME_LIMIT:
        plans = sha256(plans.encode()).hexdigest()[:16]
    made = {}
    for kind, (ending, _, _) in KINDS.items():
        path = folder / f"{report.period.code}_{plans}_{report.genre}{ending}"
        try:
            with report_file(report, kind).content as source, path.open("wb") as target:
                shutil.copyfileobj(source, target)
        except OSError as error:
            raise Unreadable(f"写不进文件“{path}”，请核对目录是否可写。") from error
        made[kind] = path
    return made


def _naming(figures: Figures) -> str:
    """Which units cannot be named yet: before its cut-off nobody is late."""
    days = cut_offs(figures.facts)
    if figures.facts.taken_on > days[-1]:
        return ""
    if figures.facts.taken_on > days[0]:
        return f"部分任务来源截止日未到（最晚{day(days[-1])}），相应单位不列入未按时报送单位。"
    return f"截止日未到（{day(days[-1])}），不列未按时报送单位。"


def _nameable(figures: Figures) -> list[str]:
    return [unit.name for unit in figures.facts.units if unit.code in set(figures.nameable)]


def _data(
    report: QuarterlyReport, figures: Figures, files: dict[str, Path], naming: str
) -> dict[str, Any]:
    facts = figures.facts
    return {
        "report": report.pk,
        "period": facts.period_code,
        "name": facts.period_name,
        "plans": [plan.code for plan in facts.plans],
        "genre": report.genre,
        "state": report.state,
        "title": report.title,
        "number": report.number,
        "data_as_of": facts.data_as_of.isoformat(),
        "taken_on": facts.taken_on.isoformat(),
        "total": figures.total,
        "classes": {each.key: each.count for each in figures.classes},
        "overdue": figures.overdue,
        "owed": figures.owed,
        "delivered": figures.delivered,
        "late": figures.late,
        "missing": figures.missing,
        "unreported_units": _nameable(figures),
        "naming": naming,
        "files": {kind: str(path) for kind, path in files.items()},
    }


def _text(report: QuarterlyReport, figures: Figures, files: dict[str, Path], naming: str) -> str:
    facts = figures.facts
    counted = "，".join(f"{each.label} {each.count}" for each in figures.classes if each.count)
    said = [
        f"{report.title}（{report.get_state_display()}，数据截至{day(facts.data_as_of)}）",
        f"任务 {figures.total} 项：{counted}。逾期 {figures.overdue} 项。",
        f"应报 {figures.owed} 份，已报 {figures.delivered} 份（其中迟报 {figures.late} 份），"
        f"未报 {figures.missing} 份。",
    ]
    if naming:
        said.append(naming)
    if units := _nameable(figures):
        said.append(f"未按时报送、可以点名的单位：{'、'.join(units)}（由督查员勾选）。")
    return "\n".join([*said, *map(str, files.values())])
