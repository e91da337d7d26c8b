"""Forms of reporting periods, of a plan's policy and of the working calendar."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.fields import DayField
from apps.common.periods import PeriodCode
from apps.plans.calendar import policy_reasons
from apps.plans.models import Plan, PlanPolicy
from apps.plans.services import NOTE_LIMIT
from apps.tasks.selectors.openings import OpeningPreview
from apps.tasks.services.policies import POLICY_FIELDS
from apps.tasks.services.reports_locked import REASON_LIMIT

if TYPE_CHECKING:
    _PolicyModelForm = forms.ModelForm[PlanPolicy]
    _PlansField = forms.ModelMultipleChoiceField[Plan]
else:
    # Django's classes take no type argument at run time
    _PolicyModelForm = forms.ModelForm
    _PlansField = forms.ModelMultipleChoiceField


class OpeningForm(forms.Form):
    """Which period, for which plans."""

    use_required_attribute = False

    period = forms.ChoiceField(
        label=_("报告期"), error_messages={"invalid_choice": _("请从列表里选一个报告期。")}
    )
    plan = _PlansField(
        queryset=Plan.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("没有选中任何任务来源。"),
            "invalid_choice": _("选中的任务来源不能由您开启，请刷新页面后再选。"),
            "invalid_pk_value": _("选中的任务来源无法识别，请刷新页面后再选。"),
        },
    )

    def __init__(
        self, data: Any = None, *, codes: Iterable[PeriodCode], plans: Sequence[Plan], **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        period, plan = self.fields["period"], self.fields["plan"]
        assert isinstance(period, forms.ChoiceField)
        assert isinstance(plan, forms.ModelMultipleChoiceField)
        period.choices = [(code.code, code.name) for code in codes]
        plan.queryset = Plan.objects.filter(pk__in=[each.pk for each in plans]).order_by("pk")


class ConfirmForm(forms.Form):
    """The cut-off of each plan that is opened newly, and how many duties the person saw."""

    use_required_attribute = False

    seen = forms.IntegerField(widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, preview: OpeningPreview, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        self.initial.setdefault("seen", preview.new)
        self._days = {f"cut_off_{e.plan.pk}": e for e in preview.plans if e.entered is None}
        for name, each in self._days.items():
            self.fields[name] = DayField(
                label=_("报送截止"),
                initial=each.cut_off,
                widget=forms.DateInput(
                    format="%Y-%m-%d",
                    attrs={"aria-label": _("%(plan)s的报送截止") % {"plan": each.plan.short_title}},
                ),
                error_messages={"required": _("请填写报送截止。")},
            )

    @property
    def chosen(self) -> dict[int, date]:
        """By plan id the days that are not those of the plan's rule."""
        return {
            each.plan.pk: self.cleaned_data[name]
            for name, each in self._days.items()
            if self.cleaned_data[name] != each.cut_off
        }


class MoveForm(forms.Form):
    """Another cut-off for everybody, and why."""

    use_required_attribute = False

    cut_off = DayField(
        label=_("新的截止日"),
        widget=forms.DateInput,
        error_messages={"required": _("请填写新的截止日。")},
    )
    reason = forms.CharField(
        label=_("理由"),
        max_length=REASON_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("请写明改截止日的理由。"),
            "max_length": _("理由最多 %(limit_value)d 字，现在 %(show_value)d 字。"),
        },
    )


class ReopenForm(forms.Form):
    """Why a closed period takes reports again."""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("理由"),
        max_length=REASON_LIMIT,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("请写明重新开启的理由。"),
            "max_length": _("理由最多 %(limit_value)d 字，现在 %(show_value)d 字。"),
        },
    )


class PolicyForm(_PolicyModelForm):
    """A plan's policy; what is wrong stands at its field."""

    use_required_attribute = False

    seen = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = PlanPolicy
        fields = POLICY_FIELDS
        labels = {"cut_off_day": _("N（第几日、倒数第几个）")}
        help_texts = {
            "cut_off_day": _("当月没有这一日的，为当月最后一日。"),
            "year_end_month": _(
                "全年这一期在次年另定截止日的填写，如 1 月 3 日；不填与其他期一样。"
            ),
            "weekend": _("按国家放假安排和调休判断，本地另有安排的见工作日历。"),
            "owes": _("参加、指导单位和“各有关单位”等统称不产生应报。"),
            "resubmission_days": _("在期限内重报的，按首次报送的时间计。"),
            "opens_by_itself": _("到截止当月 1 日（至少提前十天）由系统开启，不再逐期确认。"),
            "closes_after": _("不填由督查员关闭。"),
            "near_days": _("本期是到期前最后一次报送的，也亮黄灯。"),
            "goals_due_month": _("各牵头单位每年报备工作方案的截止日；没有要求的不填。"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["seen"] = self.instance.version
        for field in self.fields.values():
            said = {"label": field.label}
            field.error_messages["required"] = _("请填写“%(label)s”。") % said
            field.error_messages["invalid"] = _("“%(label)s”只填数字。") % said
            field.error_messages["invalid_choice"] = _("“%(label)s”请从列表里选。") % said

    def clean(self) -> dict[str, Any]:
        """Not Django's own, which would say the names of constraints beside our sentences."""
        cleaned = self.cleaned_data
        if not self.errors:
            wanted = PlanPolicy(**{name: cleaned[name] for name in POLICY_FIELDS})
            for name, reason in policy_reasons(wanted).items():
                self.add_error(name, reason)
        return cleaned

    @property
    def values(self) -> dict[str, Any]:
        """Only of a valid form."""
        return {name: self.cleaned_data[name] for name in POLICY_FIELDS}


class WorkdayForm(forms.Form):
    """A day on which this body works, or not, against the national calendar."""

    use_required_attribute = False
    WORKS, RESTS = "1", "0"

    day = DayField(
        label=_("日期"), widget=forms.DateInput, error_messages={"required": _("请填写日期。")}
    )
    is_workday = forms.TypedChoiceField(
        label=_("安排"),
        choices=[(RESTS, _("放假")), (WORKS, _("上班"))],
        coerce=lambda value: value == WorkdayForm.WORKS,
        error_messages={"required": _("请选择安排。"), "invalid_choice": _("请从列表里选安排。")},
    )
    note = forms.CharField(
        label=_("说明"),
        max_length=NOTE_LIMIT,
        help_text=_("写明依据，如放假通知的文号。"),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("请写明说明，如放假通知的文号。"),
            "max_length": _("说明最多 %(limit_value)d 字，现在 %(show_value)d 字。"),
        },
    )
