"""`open_period`: a reporting period for one plan; each duty once (architecture.md §6)."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.db import transaction

from apps.common.commands import argument
from apps.common.days import parse_day
from apps.tasks.management.periods import Asked, PeriodCommand
from apps.tasks.selectors.openings import opening_preview
from apps.tasks.services.period_messages import day_text
from apps.tasks.services.periods import periods_open


class Command(PeriodCommand):
    """A second run adds only what is owed newly; `--dry-run` tells and takes it all back."""

    help = "为一个任务来源开启报告期并产生应报；重复运行不重复产生"
    action = "开启报告期"

    def add_arguments(self, parser: ArgumentParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--cut-off", metavar="DATE", help="报送截止日，不写按填报规则算")
        parser.add_argument("--dry-run", action="store_true", help="只看会产生什么，不写入")

    def act(self, asked: Asked, options: dict[str, Any]) -> None:
        plan, code, dry_run = asked.plan, asked.code, options["dry_run"]
        chosen = options["cut_off"]
        cut_offs = {} if chosen is None else {plan.pk: argument(parse_day, chosen)}
        with transaction.atomic():
            preview = opening_preview([plan], code, asked.today)
            opened = periods_open(
                actor=asked.actor,
                scope=asked.scope,
                plans=[plan],
                code=code,
                today=asked.today,
                cut_offs=cut_offs,
            )
            transaction.set_rollback(dry_run)
        [entered] = opened.plan_periods
        done = "将产生" if dry_run else "产生"
        said = [
            f"{plan.short_title}{code.name}：{done} {opened.created} 份应报"
            f"（共 {preview.duties} 份，{preview.tasks} 项任务、{preview.units} 个单位），"
            f"{day_text(entered.cut_off)}截止，数据截至{day_text(entered.data_as_of)}。"
        ]
        if preview.without_lead:
            said.append(f"没有牵头单位、也没有指定汇总单位的 {preview.without_lead} 项不产生应报。")
        if preview.unpublished:
            years = "、".join(map(str, preview.unpublished))
            said.append(f"{years} 年的放假安排国家还没有公布，截止日暂按周一至周五为工作日推算。")
        self.answer(
            {
                "period": code.code,
                "name": code.name,
                "plan": plan.code,
                "cut_off": entered.cut_off.isoformat(),
                "data_as_of": entered.data_as_of.isoformat(),
                "created": opened.created,
                "duties": preview.duties,
                "tasks": preview.tasks,
                "units": preview.units,
                "without_lead": preview.without_lead,
                "dry_run": dry_run,
            },
            "\n".join(said),
        )
