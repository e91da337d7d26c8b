"""The ledger as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from functools import cached_property

# Django's own takes several times as long, hundreds of times on a page.
from html import escape
from typing import TYPE_CHECKING, Any

import django_tables2 as tables
from django.core.paginator import Paginator
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.agencies.parties import Role
from apps.common.periods import PeriodCode
from apps.common.templatetags.pieces import light, report_mark, units
from apps.tasks.access import Scope
from apps.tasks.models import Progress, Task
from apps.tasks.selectors.rows import COUNT_LIMIT, HIDDEN
from apps.tasks.standing_words import OPENING
from apps.tasks.wording import due_shown, plain_number

PAGE_SIZES = (30, 50, 100)
_NO_LEAD = _("没有写明牵头")
_EMPTY = SafeString("")


if TYPE_CHECKING:
    _Paginator = Paginator[Any]
else:
    # generic in the stubs alone
    _Paginator = Paginator


class BoundedPaginator(_Paginator):
    """Pages over as many rows as were counted; beyond COUNT_LIMIT one has to narrow the list."""

    def __init__(self, rows: Any, per_page: int, *, total: int) -> None:
        # django-tables2 takes any number from the address
        super().__init__(rows, per_page if per_page in PAGE_SIZES else PAGE_SIZES[0])
        self.total = total

    @cached_property
    def count(self) -> int:
        return min(self.total, COUNT_LIMIT)

    @property
    def count_text(self) -> str:
        """What the foot of the list prints in place of `count` when that is not all."""
        return f"超过 {COUNT_LIMIT:,}" if self.total > COUNT_LIMIT else str(self.total)


def _column(label: str | Promise, width: str = "", *, cell: str, **extra: Any) -> tables.Column:
    attrs: dict[str, dict[str, str]] = {"td": {"class": cell}}
    if width:
        attrs["col"] = {"class": width}
    if cell == "no":
        attrs["th"] = {"class": "no"}
    return tables.Column(label, accessor="pk", attrs=attrs, **extra)


class TaskTable(tables.Table):
    """Rows of `with_last(listed(…))`. Marks and progress only where they may be seen (D17)."""

    # see table_rows: each column has its render_ method, which asks for nothing but the record
    draws_records = True

    number = _column(_("序号"), "w-no", cell="no")
    content = _column(_("重点工作"), cell="c-task", orderable=False)
    leads = _column(_("牵头单位"), "w-unit", cell="c-unit", orderable=False)
    due = _column(
        _("完成时限"), "w-due", cell="due c-due", order_by=("due_on", "plan_id", "position")
    )
    light = _column(
        _("进度灯"), "w-light", cell="c-light", order_by=("light_seen", "plan_id", "position")
    )
    mark = _column(_("报送标"), "w-mark", cell="c-mark", orderable=False)
    last = _column(_("最近进展"), "w-last", cell="c-last", orderable=False)

    class Meta:
        attrs = {"class": "table list ledger cards"}
        template_name = "tables/table.html"
        order_by = "number"

    def __init__(
        self, rows: Any, *, scope: Scope, today: date, plan_titles: Mapping[int, str]
    ) -> None:
        """`plan_titles` names each row's plan; empty when the list is of one plan only."""
        super().__init__(rows)
        self.scope = scope
        self.today = today
        self.plan_titles = plan_titles
        # addresses are looked up once, not for each row
        self._address = reverse("tasks:detail", args=[0]).removesuffix("0/")
        self.foot_note = _("报送标“已报 1/3”表示三个牵头单位中有一个已报。")

    def order_number(self, rows: Any, is_descending: bool) -> tuple[Any, bool]:  # noqa: FBT001  # django-tables2 calls it so
        """The order of the plans and of their tables."""
        mixed = ("foreign",) if "foreign" in rows.query.annotations else ()
        sign = "-" if is_descending else ""
        return rows.order_by(*(f"{sign}{key}" for key in (*mixed, "plan_id", "position"))), True

    def render_number(self, record: Task) -> str:
        return record.number

    def render_content(self, record: Task) -> SafeString:
        above = " · ".join(filter(None, (self.plan_titles.get(record.plan_id), record.title)))
        said = escape(record.content)
        return SafeString(
            f'<a class="task clamp2" href="{self._address}{record.pk}/">{said}</a>{_sub(above)}'
        )

    def render_leads(self, record: Any) -> SafeString:
        leads = [p["name"] for p in record.parties if p["role"] == Role.LEAD]
        if leads:
            return units(leads)
        shared = [p["name"] for p in record.parties]
        return format_html("{}{}", units(shared), _sub(_NO_LEAD))

    def render_due(self, record: Any) -> SafeString:
        text, note = due_shown(record)
        return SafeString(f"{escape(text)}{_sub(note)}")

    def render_light(self, record: Any) -> SafeString:
        seen = record.light_seen != HIDDEN
        return light(record.light, record.light_text(self.today)) if seen else light("")

    def render_mark(self, record: Any) -> SafeString:
        if record.light_seen == HIDDEN:
            return light("")
        return report_mark(record.report_mark, record.report_label)

    def render_last(self, record: Any) -> SafeString:
        last = record.last
        if record.light_seen == HIDDEN or (
            last and not self.scope.sees_reports_of(record, last["agency_id"])
        ):
            return light("")
        if not last:
            if record.last_progress_id:
                return light("")
            if record.told_before:
                return _opening(record.told_before)
            started = record.report_mark or record.is_settled
            return (
                format_html('<span class="quiet">{}</span>', _("尚无进展")) if started else _EMPTY
            )
        several = sum(p["role"] == Role.LEAD for p in record.parties) > 1
        return format_html(
            '<div class="clamp2">{}<span class="quiet">{}：</span>{}{}{}{}</div>',
            "" if _is_judged(last) else _tag(_("未核")),
            self._period(last["period"]),
            _tag(_("同上期")) if last["unchanged"] else "",
            f"{last['agency']}{_('汇总') if last['whole'] else ''}：" if several else "",
            last["text"],
            _missing(last["missing"]),
        )

    def _period(self, code: str) -> str:
        quarter = PeriodCode.parse(code)
        return quarter.short_name if quarter.year == self.today.year else quarter.name


def _opening(said: Mapping[str, Any]) -> SafeString:
    """期初: nobody's report, and so without a period."""
    share = "" if said["percent"] is None else f"{plain_number(Decimal(str(said['percent'])))}% "
    closing = f"{_('办结依据')}：{said['closing']}" if said["closing"] else ""
    told = " ".join(filter(None, (said["text"], closing)))
    return format_html('<div class="clamp2">{}{}{}</div>', _tag(OPENING), share, told)


def _is_judged(last: dict[str, str]) -> bool:
    return last["state"] == Progress.State.APPROVED and bool(last["judgement"])


def _tag(text: object) -> SafeString:
    return format_html('<span class="tag">{}</span> ', text)


def _missing(units: Sequence[str] | None) -> SafeString:
    """The leads without whose part the whole was put together."""
    return (
        format_html('<span class="quiet">（缺：{}）</span>', "、".join(units)) if units else _EMPTY
    )


def _sub(text: object) -> SafeString:
    return SafeString(f'<span class="sub">{escape(str(text))}</span>') if text else _EMPTY
