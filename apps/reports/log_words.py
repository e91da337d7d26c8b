"""How entries of the log are said on its page and in its file."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.audit.models import Entry

# the models' names as the log keeps them; a log-in that failed has the name that was typed
KINDS = {
    "task": gettext_lazy("任务"),
    "plan": gettext_lazy("任务来源"),
    "period": gettext_lazy("报告期"),
    "planperiod": gettext_lazy("任务来源的报告期"),
    "tableimport": gettext_lazy("导入"),
    "quarterlyreport": gettext_lazy("进展报告"),
    "indicator": gettext_lazy("指标"),
    "annualgoal": gettext_lazy("年度目标"),
    "progress": gettext_lazy("进展"),
    "duty": gettext_lazy("应报"),
    "sheetreturn": gettext_lazy("回收的填报表"),
    "agency": gettext_lazy("单位"),
    "user": gettext_lazy("用户"),
    "line": gettext_lazy("条线"),
    "login": gettext_lazy("登录"),
    "workdayoverride": gettext_lazy("工作日历"),
    "jobrun": gettext_lazy("后台作业"),
    "installation": gettext_lazy("系统"),
}
_VALUE_CHARS = 80
# what units report is logged with these, and then it is about a unit
_REPORTED = frozenset({"task", "duty", "progress", "annualgoal", "sheetreturn"})


@dataclass(frozen=True, slots=True)
class LogLine:
    """An entry with its words. `changes` holds one sentence for each field."""

    entry: Entry
    kind: str
    changes: tuple[str, ...]

    @property
    def is_refused(self) -> bool:
        return self.entry.result == Entry.Result.REFUSED


def log_line(entry: Entry) -> LogLine:
    """What a unit reported is no business of whoever keeps the log (product.md D17): of that only

    which fields were changed.
    """
    is_report = bool(entry.about_agency_id) and entry.object_type in _REPORTED
    said = (
        str(name) if is_report else _change(str(name), pair) for name, pair in entry.changes.items()
    )
    kind = KINDS.get(entry.object_type)
    return LogLine(entry, str(kind) if kind else _("其他"), tuple(said))


def _change(name: str, pair: object) -> str:
    # as `audit.services.record` writes it
    assert isinstance(pair, list), "a change has two sides"
    before, after = pair
    new = _short(after) or _("（空）")
    if before in {None, ""}:
        return f"{name}：{new}"
    return f"{name}：{_short(before)} → {new}"


def _short(value: object) -> str:
    text = "" if value is None else str(value)
    return text if len(text) <= _VALUE_CHARS else f"{text[:_VALUE_CHARS]}…"
