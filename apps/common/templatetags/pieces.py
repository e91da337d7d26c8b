"""The small pieces every page is put together from; loaded everywhere (builtins in settings).

In templates                                    from Python (table columns)
  {% light code reason %}                         light(code, reason)
  {% report_mark code text %}                     report_mark(code, text)
  {% shape code %}  the svg of a light alone      shape(code)
  {{ names|units }}                               units(names)
  {{ day|cn_date }}  {{ day|cn_date_weekday }}  {{ day|iso }}  {{ ratio|percent1 }}
  {% breadcrumb label url label url … last_label %}   begins with 工作台 by itself
  {% steps now first second … %}                  now counts from 1
  {% hidden_params "page" "per_page" %}           all GET parameters but these, as hidden fields
  {% kept_params "sort" "per_page" %}             only these
Only for templates/tables/table.html: table_rows, page_numbers, page_sizes.

The pieces that stand in every row of a list are written here rather than as included templates:
a page of a hundred rows draws two hundred of them, and an include costs ten times as much.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from django import template
from django.core.paginator import Page
from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import is_aware, localtime
from django.utils.translation import gettext_lazy

register = template.Library()

_TRIANGLE = mark_safe('<path d="M6 .8 11.6 11H.4z"/>')
_DIAMOND = mark_safe('<path d="M6 .2 11.8 6 6 11.8.2 6z"/>')
_DISC = mark_safe('<circle cx="6" cy="6" r="5.2"/>')
_RING = mark_safe('<circle cx="6" cy="6" r="4.6"/>')
_TICK = mark_safe('<path d="M1.2 6.4l3.2 3.2 6.4-7"/>')
# code: (css class, shape, word). The two rings differ by their word alone, as the rule has it.
_LIGHTS = {
    "red": ("red", _TRIANGLE, gettext_lazy("红")),
    "amber": ("amber", _DIAMOND, gettext_lazy("黄")),
    "green": ("green", _DISC, gettext_lazy("绿")),
    "pending": ("none", _RING, gettext_lazy("待认定")),
    "nodata": ("none", _RING, gettext_lazy("无数据")),
    "closed": ("none", _TICK, gettext_lazy("已办结")),
    "ended": ("none", _RING, gettext_lazy("终止")),
}
_MARKS = frozenset({"in", "due", "late", "miss"})
_HIDDEN = gettext_lazy("进展只对本单位、汇总单位和督查部门可见")
_WEEKDAYS = "一二三四五六日"
_PAGE_SIZES = (30, 50, 100)


@register.simple_tag
def light(code: str, reason: str = "") -> SafeString:
    """Shape, word and reason; code "" is a light this reader may not see, drawn as a dash.

    Raises KeyError for any other code: a code must never be shown to a person.
    """
    if not code:
        return format_html(
            '<span class="quiet" title="{0}">—<span class="visually-hidden">{0}</span></span>',
            _HIDDEN,
        )
    return _light(code, f"{reason}")


@lru_cache(maxsize=2048)
def _light(code: str, reason: str) -> SafeString:
    """Few different ones stand on many pages."""
    css, path, word = _LIGHTS[code]
    return format_html(
        '<span class="light light-{}"><svg viewBox="0 0 12 12" aria-hidden="true">{}</svg>'
        "<b>{}</b>{}</span>",
        css,
        path,
        word,
        format_html("<span>{}</span>", reason) if reason else "",
    )


@register.simple_tag
def shape(code: str) -> SafeString:
    """The svg of a light without its word, for tiles and legends that name it themselves."""
    return format_html(
        '<svg class="shape" viewBox="0 0 12 12" aria-hidden="true">{}</svg>', _LIGHTS[code][1]
    )


@register.simple_tag
def report_mark(code: str, text: str = "") -> SafeString:
    """报送标: a framed tag in its own column, never beside the light's word."""
    if not code:
        return SafeString("")
    if code not in _MARKS:
        raise KeyError(code)
    return format_html('<span class="rep rep-{}">{}</span>', code, text)


@register.filter
def units(names: Iterable[object]) -> SafeString:
    """Names joined by 、, which may break between two names and never inside one."""
    return _units(tuple(f"{name}" for name in names))


@lru_cache(maxsize=2048)
def _units(listed: tuple[str, ...]) -> SafeString:
    return format_html_join(
        mark_safe("<wbr>"),
        '<span class="u">{}{}</span>',
        ((name, "、" if place < len(listed) else "") for place, name in enumerate(listed, 1)),
    )


def _day(value: date | datetime) -> date:
    return localtime(value).date() if isinstance(value, datetime) and is_aware(value) else value


@register.filter
def cn_date(value: date | datetime | None) -> str:
    """2020年10月12日: for prose."""
    if value is None or value == "":
        return ""
    day = _day(value)
    return f"{day.year}年{day.month}月{day.day}日"


@register.filter
def cn_date_weekday(value: date | datetime | None) -> str:
    """10月20日（星期二）: for a day that is near, so without its year."""
    if value is None or value == "":
        return ""
    day = _day(value)
    return f"{day.month}月{day.day}日（星期{_WEEKDAYS[day.weekday()]}）"


@register.filter
def iso(value: date | datetime | None) -> str:
    """2020-10-12: for tables."""
    if value is None or value == "":
        return ""
    return _day(value).strftime("%Y-%m-%d")


@register.filter
def percent1(ratio: Decimal | float | None) -> str:
    """0.775 as 77.5%: half rounds up, as in statistical tables."""
    if ratio is None or ratio == "":
        return ""
    share = Decimal(str(ratio)) * 100
    return f"{share.quantize(Decimal('0.1'), ROUND_HALF_UP)}%"


@register.inclusion_tag("pieces/breadcrumb.html")
def breadcrumb(*parts: str) -> dict[str, Any]:
    """Label and address in turn, and the label of the page itself last."""
    assert len(parts) % 2 == 1, "the last label has no address"
    return {"above": list(zip(parts[:-1:2], parts[1::2], strict=True)), "here": parts[-1]}


@register.inclusion_tag("pieces/steps.html")
def steps(now: int, *labels: str) -> dict[str, Any]:
    return {"now": now, "labels": labels}


def _hidden_fields(pairs: Iterable[tuple[str, str]]) -> SafeString:
    return format_html_join("", '<input type="hidden" name="{}" value="{}">', pairs)


def _params(context: template.Context) -> list[tuple[str, str]]:
    given = context["request"].GET
    return [(name, value) for name, values in given.lists() for value in values]


@register.simple_tag(takes_context=True)
def hidden_params(context: template.Context, *without: str) -> SafeString:
    """What a small GET form carries along so that filters and order survive it."""
    return _hidden_fields(pair for pair in _params(context) if pair[0] not in without)


@register.simple_tag(takes_context=True)
def kept_params(context: template.Context, *names: str) -> SafeString:
    """What a filter bar carries along: order and page size, never the page."""
    return _hidden_fields(pair for pair in _params(context) if pair[0] in names)


def _is_fixed(attrs: dict[str, Any]) -> bool:
    return not any(callable(value) for value in attrs.values())


@register.filter
def table_rows(table: Any) -> Iterator[SafeString]:
    """Each row of a django-tables2 table as its tr; the loops of a template take longer.

    Works out a column's attributes once per page unless they depend on the row: asking for them
    cell by cell takes longer than everything else on the page. A table that `draws_records` has a
    method render_<column>(record) for every column; they are called without being looked into.
    """
    cells_of = _drawn_cells(table) if getattr(table, "draws_records", False) else _asked_cells()
    for row in table.paginated_rows:
        own = f" {row.attrs.as_html()}" if table.row_attrs else ""
        yield SafeString(f"<tr{own}>{''.join(cells_of(row))}</tr>")


def _drawn_cells(table: Any) -> Callable[[Any], Iterator[str]]:
    columns = [
        (column.attrs["td"].as_html(), getattr(table, f"render_{column.name}"))
        for column in table.columns
    ]

    def cells(row: Any) -> Iterator[str]:
        return (
            f"<td {attrs}>{conditional_escape(draw(row.record))}</td>" for attrs, draw in columns
        )

    return cells


def _asked_cells() -> Callable[[Any], Iterator[str]]:
    ready: dict[str, SafeString] = {}

    def cells(row: Any) -> Iterator[str]:
        for column, cell in row.items():
            attrs = ready.get(column.name)
            if attrs is None:
                attrs = column.attrs["td"].as_html()
                own = column.column.attrs
                if _is_fixed(own.get("td", own.get("cell", {}))):
                    ready[column.name] = attrs
            yield f"<td {attrs}>{conditional_escape(cell)}</td>"

    return cells


@register.filter
def page_numbers(page: Page[Any]) -> list[int | str]:
    """1 … 4 5 6 … 90: never so many that a telephone cannot show them in a line or two."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.filter
def page_sizes(page: Page[Any]) -> list[int]:
    """The sizes on offer, with the one in use among them."""
    return sorted({*_PAGE_SIZES, page.paginator.per_page})
