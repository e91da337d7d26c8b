"""An indicator and its targets as they are typed from a document."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.fields import NumberField
from apps.plans.models import Plan
from apps.targets.models import Indicator, Target
from apps.targets.wording import number_text
from apps.tasks.indicator_rules import (
    NAME_LIMIT,
    QUOTE_LIMIT,
    SCOPE_LIMIT,
    SECTION_LIMIT,
    UNIT_LIMIT,
    IndicatorFacts,
    TargetFacts,
    target_reasons,
)
from apps.tasks.services.indicators import REASON_LIMIT, Correction, digest

_NOT_IN_LIST = {"invalid_choice": _("没有“%(value)s”这一项，请从列表里选。")}
_TOO_LONG = _("最多 %(limit_value)d 字，现在 %(show_value)d 字。")


def _text(label: Any, most: int, *, required: bool = False, **more: Any) -> forms.CharField:
    widget = more.pop("widget", None) or forms.TextInput(attrs={"autocomplete": "off"})
    said = {"required": more.pop("missing", _("请填写。")), "max_length": _TOO_LONG}
    return forms.CharField(
        label=label, max_length=most, required=required, widget=widget, error_messages=said, **more
    )


def _number(label: Any, **more: Any) -> NumberField:
    attrs = {"inputmode": "decimal", "autocomplete": "off"}
    return NumberField(
        label=label,
        required=False,
        widget=forms.TextInput(attrs=attrs),
        error_messages={"invalid": _("只填数字。")},
        **more,
    )


def _year(label: Any, *, required: bool) -> forms.IntegerField:
    attrs = {"inputmode": "numeric", "autocomplete": "off", "maxlength": 4}
    return forms.IntegerField(
        label=label,
        required=required,
        widget=forms.TextInput(attrs=attrs),
        error_messages={"required": _("请填写年份，如 2020。"), "invalid": _("年份只填四位数字。")},
    )


def _choice(label: Any, choices: Sequence[Any], **more: Any) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, error_messages=_NOT_IN_LIST, **more)


class IndicatorForm(forms.Form):
    """What is counted; whether it will do is for the service to say."""

    use_required_attribute = False
    NAMED = {
        "name": "指标",
        "unit": "单位",
        "scope": "范围",
        "baseline_quote": "基期原文",
        "baseline_year": "基期",
        "reason": "修改说明",
    }

    plan = _choice(_("任务来源"), [])
    name = _text(_("指标"), NAME_LIMIT, required=True)
    kind = _choice(
        _("类型"),
        Indicator.Kind.choices,
        help_text=_("数量与序时进度比；比重、增速直接与目标比；定性由督查员认定。"),
    )
    unit = _text(_("单位"), UNIT_LIMIT, help_text=_("如 家、亿元、%；定性的留空。"))
    direction = _choice(_("方向"), Indicator.Direction.choices)
    scope = _text(_("范围（口径）"), SCOPE_LIMIT, help_text=_("文件写明的统计范围，如 全省。"))
    nature = _choice(_("性质"), [("", _("文中未写")), *Indicator.Nature.choices], required=False)
    baseline_year = _year(_("基期年份"), required=False)
    baseline_value = _number(_("基期值"))
    baseline_quote = _text(_("基期原文"), QUOTE_LIMIT, widget=forms.Textarea(attrs={"rows": 2}))
    reason = _text(
        _("修改说明"), REASON_LIMIT, required=True, missing=_("修改说明要写明，如 原文核对有误。")
    )
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(
        self,
        data: Any = None,
        *,
        plans: Iterable[Plan] = (),
        indicator: Indicator | None = None,
        chosen: str = "",
    ) -> None:
        initial: dict[str, Any] = {"plan": chosen}
        if indicator:
            initial = {name: getattr(indicator, name) for name in IndicatorFacts.__slots__}
            value = indicator.baseline_value
            initial["baseline_value"] = None if value is None else number_text(value)
            initial["seen"] = digest(indicator)
        super().__init__(data, initial=initial)
        if indicator:
            # an indicator belongs to the document that names it
            del self.fields["plan"]
        else:
            del self.fields["reason"]
            plan = self.fields["plan"]
            assert isinstance(plan, forms.ChoiceField)
            plan.choices = [(str(each.pk), each.short_title) for each in plans]

    @property
    def facts(self) -> IndicatorFacts:
        """Only of a valid form."""
        return IndicatorFacts(
            **{name: self.cleaned_data[name] for name in IndicatorFacts.__slots__}
        )

    @property
    def correction(self) -> Correction:
        """Only of a valid form for an indicator that is there."""
        return Correction(self.cleaned_data["reason"], self.cleaned_data["seen"])

    def use_newer(self, indicator: Indicator) -> None:
        """With the other's text known, sending once more is a decision."""
        self.data = {**dict(self.data.items()), "seen": digest(indicator)}

    def add_reasons(self, reasons: Iterable[str]) -> None:
        """Each at the field whose label it begins with, else above the form."""
        for reason in reasons:
            at = next((name for name, label in self.NAMED.items() if reason.startswith(label)), "")
            self.add_error(at if at in self.fields else None, reason)


class TargetForm(forms.Form):
    """The target of one year with its sentence."""

    use_required_attribute = False
    NAMED = {
        "year": "目标年",
        "operator": "关系",
        "value_max": "上限",
        "value": "目标值",
        "quote": "原文",
        "section": "出处",
    }

    year = _year(_("目标年"), required=True)
    operator = _choice(_("关系"), Target.Operator.choices)
    value = _number(_("目标值"))
    value_max = _number(_("上限"), help_text=_("只有区间才填。"))
    quote = _text(
        _("原文"),
        QUOTE_LIMIT,
        required=True,
        missing=_("原文请照录文件里的那句话。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("照录文件里写这个目标的那句话。"),
    )
    section = _text(
        _("出处"), SECTION_LIMIT, help_text=_("在文件的哪一部分，如 二、（三）发展目标。")
    )

    def __init__(self, data: Any = None, *, target: Target | None = None, kind: str = "") -> None:
        self.target, self.kind = target, kind
        initial: dict[str, Any] = {}
        if target:
            initial = {name: getattr(target, name) for name in TargetFacts.__slots__}
            for name in ("value", "value_max"):
                initial[name] = None if initial[name] is None else number_text(initial[name])
        super().__init__(data, initial=initial, prefix=f"t{target.pk}" if target else "new")

    @property
    def is_blank(self) -> bool:
        """A new one that nobody has filled in; the list of relations always has a choice."""
        typed = (name for name in self.fields if name != "operator")
        return not self.target and not any(self.data.get(self.add_prefix(n)) for n in typed)

    @property
    def facts(self) -> TargetFacts:
        """Only of a valid form."""
        return TargetFacts(**{name: self.cleaned_data[name] for name in TargetFacts.__slots__})

    def clean(self) -> dict[str, Any]:
        if not self.errors:
            for reason in target_reasons(self.kind, self.facts):
                named = self.NAMED.items()
                self.add_error(
                    next((name for name, label in named if reason.startswith(label)), None), reason
                )
        return self.cleaned_data
