"""Recording progress, and signing it off."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from apps.common.fields import NumberField
from apps.tasks.assessments import Assessment
from apps.tasks.content import (
    NOTE_LIMIT,
    TEXT_LIMIT,
    Content,
    RowFacts,
    content_reasons,
    fields_of,
)
from apps.tasks.models import Progress

_BEHIND = _("自评为滞后或有困难时必填。")


class ProgressForm(forms.Form):
    """What a unit writes; whether it will do is for the service to say."""

    use_required_attribute = False

    text = forms.CharField(
        label=_("本期进展"),
        required=False,
        widget=forms.Textarea(
            attrs={"rows": 6, "placeholder": _("写本期新做成的事和累计数"), "maxlength": TEXT_LIMIT}
        ),
    )
    unchanged = forms.ChoiceField(
        label=_("同上期，无新增进展"),
        required=False,
        choices=[("", _("有新增进展")), *Progress.Unchanged.choices],
        help_text=_("选了原因就沿用上期文字，上面不用再写，也不影响评价。"),
        error_messages={"invalid_choice": _("没有“%(value)s”这一项，请从列表里选。")},
    )
    value = NumberField(
        label=_("完成值"),
        required=False,
        max_digits=18,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": _("完成值只填数字，单位不用写。"),
            "max_decimal_places": _("完成值最多四位小数。"),
            "max_digits": _("完成值的位数太多，请核对单位。"),
            "max_whole_digits": _("完成值的位数太多，请核对单位。"),
        },
    )
    falling_confirmed = forms.BooleanField(label=_("数值确有减少"), required=False)
    self_assessment = forms.ChoiceField(
        label=_("自评"),
        choices=[("", _("请选择")), *Assessment.choices()],
        error_messages={
            "required": _("请选择自评。"),
            "invalid_choice": _("没有“%(value)s”这一项，请从列表里选。"),
        },
    )
    problems = forms.CharField(
        label=_("存在问题"),
        required=False,
        help_text=_BEHIND,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LIMIT}),
    )
    next_step = forms.CharField(
        label=_("下一步措施"),
        required=False,
        help_text=_("自评为滞后或有困难时必填，写明到哪一天。"),
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": NOTE_LIMIT}),
    )
    whole_text = forms.CharField(
        label=_("汇总进展"),
        required=False,
        help_text=_("由汇总单位填写，代表整项任务；可以不等没有报送的单位。"),
        widget=forms.Textarea(attrs={"rows": 4, "maxlength": TEXT_LIMIT}),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, facts: RowFacts, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.facts = facts
        measured_before = facts.previous is not None and facts.previous.value is not None
        asked = {
            "value": facts.figure is not None,
            "falling_confirmed": facts.figure is not None and measured_before,
            "unchanged": facts.previous is not None,
            "whole_text": facts.consolidates,
        }
        for name, is_asked in asked.items():
            if not is_asked:
                del self.fields[name]

    @property
    def content(self) -> Content:
        """Fields with errors are left empty, and a 自评 with one asks for no explanation."""
        cleaned = self.cleaned_data
        return Content(
            text=cleaned.get("text", ""),
            self_assessment=Assessment(cleaned.get("self_assessment", Assessment.NORMAL)),
            value=cleaned.get("value"),
            problems=cleaned.get("problems", ""),
            next_step=cleaned.get("next_step", ""),
            unchanged=cleaned.get("unchanged", ""),
            whole_text=cleaned.get("whole_text", ""),
            falling_confirmed=cleaned.get("falling_confirmed", False),
        )

    def clean(self) -> dict[str, Any]:
        """With an error of its own it never reaches the service: all is said in one round."""
        if self.errors:
            self.add_reasons(content_reasons(self.content, self.facts))
        return self.cleaned_data

    def focus_first_error(self) -> None:
        """The cursor starts where something is to be mended."""
        wrong = (name for name in self.fields if name in self.errors and name != "version")
        for name in list(wrong)[:1]:
            self.fields[name].widget.attrs["autofocus"] = True

    def add_reasons(self, reasons: Iterable[str]) -> None:
        """Each at the field it names, else above the form; errors there already stay."""
        said = frozenset(self.errors)
        for reason in reasons:
            named = (name for name in _NAMED if name in self.fields)
            at = next((name for name in named if str(self.fields[name].label) in reason), None)
            if at is None or at not in said:
                self.add_error(at, reason)


# not 自评: it stands in the reasons that name another field
_NAMED = ("text", "value", "problems", "next_step", "whole_text")


def initial_of(progress: Progress | None) -> dict[str, Any]:
    """What the form starts with; version 0 stands for nothing reported yet."""
    if progress is None:
        return {"version": 0}
    return {**fields_of(progress), "version": progress.version}


class SeenField(forms.Field):
    """Several reports under one name, each "id:version": as the person had it before them."""

    widget = forms.MultipleHiddenInput

    def to_python(self, value: Any) -> dict[int, int]:
        try:
            pairs = [str(one).split(":") for one in value or []]
            return {int(pk): int(version) for pk, version in pairs}
        except ValueError as error:
            raise ValidationError(_("选中的项无法识别，请刷新页面后再试。")) from error


# In the session what an approver sent that was turned down; in an address that it is wanted there.
UNSIGNED = "unsigned"


class SignForm(forms.Form):
    """The approver's answer to what waits: the same for all that are ticked."""

    use_required_attribute = False
    SIGN, RETURN = "sign", "return"

    progress = SeenField(error_messages={"required": _("没有选中任何一项。")})
    action = forms.ChoiceField(
        choices=[(SIGN, _("同意报送")), (RETURN, _("退回修改"))],
        error_messages={
            "required": _("请按“同意报送”或“退回修改”。"),
            "invalid_choice": _("请按“同意报送”或“退回修改”。"),
        },
    )
    reason = forms.CharField(
        label=_("退回理由"),
        required=False,
        max_length=500,
        help_text=_("退回修改时必填。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """A reason that is written is never dropped without a word."""
        cleaned = self.cleaned_data
        if cleaned.get("action") == self.SIGN and cleaned.get("reason"):
            self.add_error("reason", _("写了退回理由，请按“退回修改”；同意时请把理由清空。"))
        return cleaned
