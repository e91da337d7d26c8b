"""审核 and 认定: what is asked for, and what is answered."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.tasks.assessments import Assessment
from apps.tasks.forms import SeenField
from apps.tasks.selectors.reviews import ReviewChoices, ReviewFilter
from apps.tasks.services.reports_locked import REASON_LIMIT

WARNED, CLEAR = "yes", "no"


class ReviewFilterForm(forms.Form):
    """Plan, period, unit, and whether something is to be noticed. What is not offered is all."""

    use_required_attribute = False

    plan = forms.TypedChoiceField(label=_("任务来源"), required=False, coerce=int, empty_value=None)
    period = forms.TypedChoiceField(label=_("报告期"), required=False, coerce=int, empty_value=None)
    unit = forms.TypedChoiceField(label=_("单位"), required=False, coerce=int, empty_value=None)
    warned = forms.ChoiceField(
        label=_("提示"),
        required=False,
        choices=[("", _("全部")), (WARNED, _("有提示的")), (CLEAR, _("没有提示的"))],
    )

    def __init__(self, data: Any, *, choices: ReviewChoices) -> None:
        super().__init__(data)
        every: list[tuple[Any, Any]] = [("", _("全部"))]
        offered = {
            "plan": [(plan.pk, plan.short_title) for plan in choices.plans],
            "period": [(period.pk, period.name) for period in choices.periods],
            "unit": [(agency.pk, agency.name) for agency in choices.agencies],
        }
        for name, options in offered.items():
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [*every, *options]

    def asked(self, tab: str) -> ReviewFilter:
        """A condition that nobody offers is left out: the last such report may be reviewed."""
        self.is_valid()
        found = self.cleaned_data
        return ReviewFilter(tab, found.get("plan"), found.get("period"), found.get("unit"))

    @property
    def warned_only(self) -> str:
        return str(self.cleaned_data.get("warned", ""))

    @property
    def is_asked(self) -> bool:
        return any(self.cleaned_data.values())


class AnswerForm(forms.Form):
    """The answer to one report."""

    use_required_attribute = False
    APPROVE, RETURN, JUDGE = "approve", "return", "judge"

    progress = SeenField(error_messages={"required": _("没有选中任何一项。")})
    action = forms.ChoiceField(
        choices=[(APPROVE, _("审核通过")), (RETURN, _("退回修改")), (JUDGE, _("认定"))],
        error_messages={
            "required": _("请按“审核通过”或“退回修改”。"),
            "invalid_choice": _("请按“审核通过”或“退回修改”。"),
        },
    )
    assessment = forms.TypedChoiceField(
        label=_("认定"),
        required=False,
        choices=[("", _("暂不认定（未核）")), *Assessment.choices()],
        coerce=Assessment,
        empty_value=None,
        error_messages={"invalid_choice": _("没有“%(value)s”这一项认定，请从列表里选。")},
    )
    reason = forms.CharField(label=_("认定理由"), required=False, max_length=REASON_LIMIT)
    why = forms.CharField(label=_("退回理由"), required=False, max_length=REASON_LIMIT)

    def clean(self) -> dict[str, Any]:
        """A reason that is written is never dropped without a word."""
        cleaned = self.cleaned_data
        if cleaned.get("action") == self.APPROVE and cleaned.get("why"):
            self.add_error("why", _("写了退回理由，请按“退回修改”；审核通过时请把它清空。"))
        return cleaned


class BatchForm(forms.Form):
    """Those ticked, approved as their units judge themselves."""

    use_required_attribute = False

    ticked = SeenField(error_messages={"required": _("没有选中任何一项，请先打勾。")})
