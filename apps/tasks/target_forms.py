"""指标目标: the conditions of the list, a value of a period, a judgement."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.fields import NumberField
from apps.common.periods import PeriodCode
from apps.targets.models import Indicator, Measurement, TargetJudgement
from apps.targets.units import same_quantity
from apps.targets.wording import number_text
from apps.tasks.selectors.target_page import (
    TargetPage,
    ValueLine,
    judgements_seen,
    revisions_seen,
)
from apps.tasks.selectors.targets import TargetRow
from apps.tasks.services.measurements import REVISION_LIMIT, SOURCE_LIMIT, Figure
from apps.tasks.services.target_judgements import REASON_LIMIT, TargetVerdict

MOST_WORDS = 60
_NOT_IN_LIST = {"invalid_choice": _("没有“%(value)s”这一项，请从列表里选。")}
_TOO_LONG = _("最多 %(limit_value)d 字，现在 %(show_value)d 字。")
# places of a value as it is typed; conversion may add some
_DIGITS, _PLACES = 22, 8


class TargetFilterForm(forms.Form):
    """Narrows the rows that were read: the list of a body's indicators is read as a whole."""

    plan = forms.ChoiceField(label=_("任务来源"), required=False, error_messages=_NOT_IN_LIST)
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[("", _("全部")), *TargetJudgement.State.choices],
        error_messages=_NOT_IN_LIST,
    )
    q = forms.CharField(
        label=_("文字"),
        required=False,
        max_length=MOST_WORDS,
        widget=forms.TextInput(attrs={"placeholder": _("指标、范围、原文中的词")}),
        error_messages={"max_length": _TOO_LONG},
    )

    def __init__(self, data: Mapping[str, Any], *, rows: Iterable[TargetRow]) -> None:
        super().__init__(data)
        plans = {str(row.plan.pk): row.plan.short_title for row in rows}
        field = self.fields["plan"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", _("全部")), *plans.items()]

    @property
    def is_asked(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def but_state(self, rows: Iterable[TargetRow]) -> list[TargetRow]:
        """What the other conditions leave, for the counts beside the list."""
        if not self.is_valid():
            return []
        plan, words = self.cleaned_data["plan"], self.cleaned_data["q"].strip()
        return [
            row
            for row in rows
            if plan in {"", str(row.plan.pk)} and any(words in text for text in _texts(row))
        ]

    def of_state(self, rows: Iterable[TargetRow]) -> list[TargetRow]:
        """A state that the reader may not see matches nothing."""
        wanted = self.cleaned_data.get("state", "") if self.is_valid() else ""
        if not wanted:
            return list(rows)
        return [row for row in rows if row.standing and row.standing.state == wanted]


def _texts(row: TargetRow) -> tuple[str, ...]:
    return row.indicator.name, row.indicator.scope, row.target.quote, row.target.section


def _seen_codes(codes: Sequence[PeriodCode]) -> list[tuple[str, str]]:
    return [(code.code, code.name) for code in codes]


class _SeenForm(forms.Form):
    """What stood on the page when it was opened, by period: so one form does for every period."""

    use_required_attribute = False

    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def _seen(self) -> dict[str, Any]:
        """Whatever does not read as such is as if nothing had been seen."""
        try:
            found = json.loads(self.cleaned_data["seen"] or "{}")
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}

    def use_newer(self, seen: Mapping[str, Any]) -> None:
        """With the other's entry beside it, sending once more is a decision."""
        self.data = {**dict(self.data.items()), "seen": json.dumps(seen)}

    def add_reasons(self, reasons: Iterable[str], named: Mapping[str, str]) -> None:
        """Each at the field whose label it begins with, else above the form."""
        for reason in reasons:
            at = next((name for name, label in named.items() if reason.startswith(label)), None)
            self.add_error(at, reason)


class MeasurementForm(_SeenForm):
    """A value; whether it will do is for the service to say."""

    NAMED = {
        "value": "完成值",
        "year_ago": "去年同期",
        "source": "请写明来源",
        "reason": "这一期已有",
    }

    period = forms.ChoiceField(label=_("报告期"), error_messages=_NOT_IN_LIST)
    value = NumberField(
        label=_("完成值"),
        max_digits=_DIGITS,
        decimal_places=_PLACES,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "required": _("请填写完成值。"),
            "invalid": _("完成值只填数字，单位在右边选。"),
            "max_decimal_places": _("完成值最多八位小数。"),
            "max_digits": _("完成值的位数太多，请核对单位。"),
            "max_whole_digits": _("完成值的位数太多，请核对单位。"),
        },
    )
    unit = forms.ChoiceField(label=_("单位"), error_messages=_NOT_IN_LIST)
    year_ago = NumberField(
        label=_("去年同期"),
        required=False,
        max_digits=_DIGITS,
        decimal_places=_PLACES,
        help_text=_("台账里已有去年同期数的不用填；单位与完成值相同。"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": _("去年同期只填数字。"),
            "max_decimal_places": _("去年同期最多八位小数。"),
            "max_digits": _("去年同期的位数太多，请核对单位。"),
            "max_whole_digits": _("去年同期的位数太多，请核对单位。"),
        },
    )
    basis = forms.ChoiceField(
        label=_("口径"),
        choices=Measurement.Basis.choices,
        help_text=_("累计：自规划期初；当期：本报告期内，自年初；时点：期末那一天。"),
        error_messages=_NOT_IN_LIST,
    )
    release = forms.ChoiceField(
        label=_("快报或正式"), choices=Measurement.Release.choices, error_messages=_NOT_IN_LIST
    )
    source = forms.CharField(
        label=_("来源"),
        max_length=SOURCE_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("请写明来源，如统计快报的名称和日期。"),
            "max_length": _TOO_LONG,
        },
    )
    reason = forms.CharField(
        label=_("修订说明"),
        required=False,
        max_length=REVISION_LIMIT,
        help_text=_("这一期已有完成值的必填；原来的数留着，列在下面。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"max_length": _TOO_LONG},
    )

    def __init__(
        self, data: Any = None, *, page: TargetPage, periods: Sequence[PeriodCode], chosen: str = ""
    ) -> None:
        super().__init__(data, initial=_initial(page, periods, chosen), auto_id="value_%s")
        period, unit = self.fields["period"], self.fields["unit"]
        assert isinstance(period, forms.ChoiceField)
        assert isinstance(unit, forms.ChoiceField)
        period.choices = _seen_codes(periods)
        unit.choices = [(each, each) for each in same_quantity(page.indicator.unit)]

    @property
    def figure(self) -> Figure:
        """Only of a valid form."""
        data = self.cleaned_data
        revision = self._seen().get(data["period"], 0)
        return Figure(
            period=PeriodCode.parse(data["period"]),
            value=data["value"],
            unit=data["unit"],
            basis=data["basis"],
            release=data["release"],
            source=data["source"],
            year_ago=data["year_ago"],
            reason=data["reason"],
            seen_revision=revision if isinstance(revision, int) else 0,
        )


class JudgementForm(_SeenForm):
    """A person's word on what is said in words."""

    NAMED = {"reason": "请写明", "state": "请从列表"}

    year = forms.ChoiceField(label=_("目标"), error_messages=_NOT_IN_LIST)
    period = forms.ChoiceField(label=_("报告期"), error_messages=_NOT_IN_LIST)
    state = forms.ChoiceField(
        label=_("认定"),
        choices=[("", _("请选择")), *TargetJudgement.State.choices],
        error_messages={**_NOT_IN_LIST, "required": _("请选择认定的状态。")},
    )
    reason = forms.CharField(
        label=_("理由"),
        max_length=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": _("请写明认定的理由。"), "max_length": _TOO_LONG},
    )

    def __init__(
        self, data: Any = None, *, page: TargetPage, periods: Sequence[PeriodCode]
    ) -> None:
        seen = json.dumps(judgements_seen(page))
        super().__init__(data, initial={"seen": seen}, auto_id="judge_%s")
        self.targets = {
            str(each.target.year): each.target.pk
            for each in page.targets
            if each.target.value is None
        }
        year, period = self.fields["year"], self.fields["period"]
        assert isinstance(year, forms.ChoiceField)
        assert isinstance(period, forms.ChoiceField)
        year.choices = [(each, _("%(year)s年") % {"year": each}) for each in self.targets]
        period.choices = _seen_codes(periods)

    @property
    def target_id(self) -> int:
        """Only of a valid form."""
        return self.targets[self.cleaned_data["year"]]

    @property
    def verdict(self) -> TargetVerdict:
        """Only of a valid form."""
        data = self.cleaned_data
        before = self._seen().get(f"{data['year']}:{data['period']}", "")
        return TargetVerdict(
            PeriodCode.parse(data["period"]), data["state"], data["reason"], str(before)
        )


def _initial(page: TargetPage, periods: Sequence[PeriodCode], chosen: str) -> dict[str, Any]:
    """The period that was chosen with what stands there, else the newest that is over."""
    seen = json.dumps(revisions_seen(page))
    known = {line.period_value.period.code: line for line in page.values if line.period_value.typed}
    code = chosen if chosen in {each.code for each in periods} else ""
    code = code or (periods[0].code if periods else "")
    start = {"seen": seen, "period": code, "unit": page.indicator.unit}
    line = known.get(code) if chosen else None
    if line:
        return start | _typed(line)
    newest = page.values[0].period_value if page.values else None
    return start | {"basis": newest.basis if newest else _usual_basis(page.indicator)}


def _typed(line: ValueLine) -> dict[str, Any]:
    measurement = line.period_value.typed
    assert measurement, "only what was typed is revised"
    ago = measurement.year_ago
    return {
        "value": number_text(measurement.value),
        "year_ago": None if ago is None else number_text(ago),
        "basis": measurement.basis,
        "release": measurement.release,
        "source": measurement.source,
    }


def _usual_basis(indicator: Indicator) -> str:
    is_amount = indicator.kind == Indicator.Kind.AMOUNT
    return Measurement.Basis.CUMULATIVE if is_amount else Measurement.Basis.POINT
