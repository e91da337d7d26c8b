"""What the ledger can be filtered by; the conditions stand in the URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import django_filters as filters
from django import forms
from django.db.models import Q, QuerySet
from django.forms.renderers import BaseRenderer
from django.forms.utils import flatatt
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from apps.common.fields import DayField
from apps.tasks.access import Scope
from apps.tasks.lights import Light, ReportMark
from apps.tasks.models import Task
from apps.tasks.selectors.rows import (
    FLAGGED,
    HIDDEN,
    PlanChoice,
    UnitGroup,
    of_own_plans,
    of_unit,
    own_first,
    plan_choices,
    unit_choices,
    with_words,
)

ALL_PLANS = "all"
OPEN = "open"
LATE = "overdue"
MOST_WORDS = 60
_TOO_LONG = {"max_length": _("最多 %(limit_value)d 个字，请写短一些。")}
_NOT_IN_LIST = {"invalid_choice": _("没有“%(value)s”这一项，请从列表里选。")}


class QuickSelect(forms.Select):
    """A select drawn in one go; the shared template takes 30 ms for the plans of a province."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: dict[str, Any] | None = None,
        renderer: BaseRenderer | None = None,  # noqa: ARG002  # part of the signature
    ) -> SafeString:
        chosen = set(self.format_value(value))
        own = self.build_attrs(self.attrs, attrs)
        look = f"form-select {own.pop('class', '')}".strip()
        parts = [
            format_html('<optgroup label="{}">{}</optgroup>', key, _options(label, chosen))
            if isinstance(label, (list, tuple))
            else _options([(key, label)], chosen)
            for key, label in self.choices
        ]
        body = SafeString("".join(parts))
        return format_html(
            '<select name="{}" class="{}"{}>{}</select>', name, look, flatatt(own), body
        )


def _options(choices: Iterable[tuple[Any, Any]], chosen: set[str]) -> SafeString:
    listed = tuple((str(key), str(label)) for key, label in choices)
    return _drawn(listed, frozenset(chosen))


@lru_cache(maxsize=64)
def _drawn(choices: tuple[tuple[str, str], ...], chosen: frozenset[str]) -> SafeString:
    """The plans and units of a province are the same for page after page."""
    return format_html_join(
        "",
        '<option value="{}"{}>{}</option>',
        ((key, SafeString(" selected" if key in chosen else ""), label) for key, label in choices),
    )


class DayFilter(filters.Filter):
    field_class = DayField


class TaskFilterForm(forms.Form):
    """The conditions together."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("due_from"), cleaned.get("due_to")
        if first and last and first > last:
            self.add_error("due_to", _("完成时限的止早于起，请核对。"))
        return cleaned


class _Choice(filters.ChoiceFilter):
    def __init__(self, *, label: str | Promise, choices: Any = (), **extra: Any) -> None:
        super().__init__(
            label=label,
            choices=choices,
            error_messages=_NOT_IN_LIST,
            null_label=None,
            widget=QuickSelect,
            **extra,
        )


class TaskFilter(filters.FilterSet):
    """Narrows `tasks_visible`. Without a plan it shows our own ones (本级督办).

    Conditions on lights and marks match only rows whose marks may be seen: else a filter would
    tell what the row does not show. `but_light` is the result before the condition on the light,
    for the counts beside the list.
    """

    plan = _Choice(label=_("任务来源"), empty_label=_("全部本级督办"), method="by_plan")
    unit = _Choice(label=_("单位"), empty_label=_("全部单位"), method="by_unit")
    role = _Choice(
        label=_("单位角色"),
        empty_label=_("任一"),
        choices=[("lead", _("牵头")), ("support", _("参加"))],
        method="by_role",
    )
    state = _Choice(
        label=_("状态"),
        empty_label=_("全部"),
        choices=[(OPEN, _("未办结")), (LATE, _("逾期未办结")), *Task.State.choices],
        method="by_state",
    )
    light = _Choice(
        label=_("进度灯"), empty_label=_("全部"), choices=Light.choices(), method="by_light"
    )
    mark = _Choice(
        label=_("报送标"), empty_label=_("全部"), choices=ReportMark.choices(), method="by_mark"
    )
    due_from = DayFilter(field_name="due_on", lookup_expr="gte", label=_("完成时限起"))
    due_to = DayFilter(field_name="due_on", lookup_expr="lte", label=_("完成时限止"))
    category = _Choice(label=_("类别"), empty_label=_("全部"), method="by_category")
    q = filters.CharFilter(
        label=_("文字"), max_length=MOST_WORDS, error_messages=_TOO_LONG, method="by_words"
    )

    class Meta:
        model = Task
        fields: Sequence[str] = ()
        form = TaskFilterForm

    def __init__(self, data: Mapping[str, Any], queryset: QuerySet[Task], *, scope: Scope) -> None:
        super().__init__(data, queryset)
        self.scope = scope
        self.plans = plan_choices(scope, data.get("plan", ""))
        self.own = [plan for plan in self.plans if plan.is_own]
        regions = list(dict.fromkeys(plan.region for plan in self.plans))
        self.units = unit_choices(regions, data.get("unit", ""))
        self._offer("plan", _plan_options(self.plans, self.own))
        self._offer("unit", _unit_options(self.units))
        self.categories = self._category_options(data)
        self._offer("category", self.categories)
        self.but_light = queryset.none()

    @property
    def form(self) -> forms.Form:
        form: forms.Form = super().form
        hints = {
            "due_from": _("起 年-月-日"),
            "due_to": _("止 年-月-日"),
            "q": _("任务、单位、进展中的词"),
        }
        for name, hint in hints.items():
            form.fields[name].widget.attrs["placeholder"] = hint
        form.fields["role"].widget.attrs["class"] = "narrow"
        for name in ("role", "due_to"):
            form.fields[name].widget.attrs["aria-label"] = form.fields[name].label
        return form

    @property
    def shown_plans(self) -> list[PlanChoice]:
        """The plans whose rows are listed, to know whether a row must name its own."""
        wanted = self.form.cleaned_data.get("plan") if self.form.is_valid() else ""
        if wanted and wanted != ALL_PLANS:
            return [plan for plan in self.plans if str(plan.pk) == wanted]
        return self.plans if wanted or not self.own else self.own

    def filter_queryset(self, queryset: QuerySet[Task]) -> QuerySet[Task]:
        wanted = self.form.cleaned_data
        if self.form.errors:
            return queryset.none()
        if not wanted["plan"] and self.own:
            queryset = of_own_plans([plan.pk for plan in self.own], self.scope)
        # the plan comes first: it begins anew, with the rows of our own plans
        for name in self.filters:
            if name != "light":
                queryset = self.filters[name].filter(queryset, wanted[name])
        self.but_light = queryset
        filtered: QuerySet[Task] = self.filters["light"].filter(queryset, wanted["light"])
        return filtered

    def by_plan(self, rows: QuerySet[Task], _name: str, value: str) -> QuerySet[Task]:
        if value == ALL_PLANS:
            return own_first(rows, self.plans)
        if any(str(plan.pk) == value for plan in self.own):
            return of_own_plans([int(value)], self.scope)
        return rows.filter(plan_id=int(value))

    def by_unit(self, rows: QuerySet[Task], _name: str, value: str) -> QuerySet[Task]:
        return of_unit(rows, int(value), self.form.cleaned_data.get("role") or "")

    def by_role(self, rows: QuerySet[Task], _name: str, _value: str) -> QuerySet[Task]:
        """Says which part the unit has; means nothing without one."""
        return rows

    def by_state(self, rows: QuerySet[Task], _name: str, value: str) -> QuerySet[Task]:
        if value == LATE:
            return rows.filter(Q(light_seen__lt=HIDDEN), FLAGGED)
        return rows.exclude(state__in=Task.SETTLED) if value == OPEN else rows.filter(state=value)

    def by_light(self, rows: QuerySet[Task], _name: str, value: str) -> QuerySet[Task]:
        # the stored column as well: it has an index
        order = Light(value).order
        return rows.filter(Q(light_seen=order), light_order=order)

    def by_mark(self, rows: QuerySet[Task], _name: str, value: str) -> QuerySet[Task]:
        return rows.filter(Q(light_seen__lt=HIDDEN), report_mark=value)

    def by_category(self, rows: QuerySet[Task], _name: str, value: str) -> QuerySet[Task]:
        return rows.filter(category__contains=[value])

    def by_words(self, rows: QuerySet[Task], _name: str, value: str) -> QuerySet[Task]:
        return with_words(rows, self.scope, value)

    def _offer(self, name: str, choices: list[Any]) -> None:
        # behind a function: a form copies what it is given, each plan and unit of a province
        self.filters[name].extra["choices"] = lambda: choices

    def _category_options(self, data: Mapping[str, Any]) -> list[tuple[str, str]]:
        """Those of the plan that is chosen: over all plans there would be too many to read.

        One that the URL names stays possible; where it does not occur, nothing matches.
        """
        names = [name for plan in self.plans for name in plan.categories]
        given = data.get("category", "")
        if given and given not in names:
            names.append(given)
        return [(name, name) for name in names]


def _plan_options(plans: list[PlanChoice], own: list[PlanChoice]) -> list[tuple[str, str]]:
    options = [(str(plan.pk), plan.label) for plan in plans]
    everything = [(ALL_PLANS, str(_("全部（含对照、备案）")))] if len(own) < len(plans) else []
    return [*everything, *options]


def _unit_options(groups: list[UnitGroup]) -> list[Any]:
    options = [(group.region, [(str(pk), name) for pk, name in group.units]) for group in groups]
    return options[0][1] if len(options) == 1 else options
