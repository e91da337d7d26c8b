"""操作日志 as a sheet of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date

from django.utils import timezone

from apps.audit.models import Entry
from apps.common.spreadsheets import OutSheet
from apps.common.spreadsheets.model import OutValue
from apps.reports.log_words import log_line

_HEADERS = (
    "时间", "业务日期", "操作人", "单位", "操作", "对象类别", "对象", "变动", "理由", "结果",
    "链上序号", "校验值",
)  # fmt: skip
_WIDTHS = (20, 12, 14, 20, 34, 12, 34, 60, 40, 8, 10, 66)


def log_sheet(entries: Iterable[Entry], *, body: str, conditions: str, today: date) -> OutSheet:
    """The rows as they come; with the hash by which each can be compared with the log."""
    return OutSheet(
        name="操作日志",
        title_rows=[[f"{body}操作日志（{today.isoformat()}导出，条件：{conditions}）"]],
        headers=_HEADERS,
        rows=_cells(entries),
        merges=[(0, 0, 0, len(_HEADERS) - 1)],
        widths=_WIDTHS,
    )


def _cells(entries: Iterable[Entry]) -> Iterator[list[OutValue]]:
    for entry in entries:
        line = log_line(entry)
        yield [
            timezone.localtime(entry.at).strftime("%Y-%m-%d %H:%M:%S"),
            entry.business_date,
            entry.actor_name,
            entry.agency_name,
            entry.action,
            line.kind,
            entry.object_label,
            "；".join(line.changes),
            entry.reason,
            str(entry.get_result_display()),
            entry.chain_no,
            entry.hash,
        ]
