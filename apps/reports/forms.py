"""Forms of 进展报告与通报; whether what they ask is allowed is for the services to say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from apps.common.fields import DayField
from apps.plans.models import Plan
from apps.reports.models import QuarterlyReport
from apps.reports.services.copies import DIFFERENCES_LIMIT
from apps.reports.services.editing import TEXT_LIMIT
from apps.reports.services.held import REASON_LIMIT
from apps.tasks.services.evidence import MAX_MEBIBYTES, Offered

if TYPE_CHECKING:
    _PlansField = forms.ModelMultipleChoiceField[Plan]
else:
    # Django's class takes no type argument at run time
    _PlansField = forms.ModelMultipleChoiceField

_PLAIN = {"autocomplete": "off"}
_TOO_LONG = _("最多 %(limit_value)d 字，现在 %(show_value)d 字。")


def line_field(label: Any, limit: int, missing: Any, **more: Any) -> forms.CharField:
    """A line that must be filled in; `missing` says so."""
    return forms.CharField(
        label=label,
        max_length=limit,
        widget=forms.TextInput(attrs=_PLAIN),
        error_messages={"required": missing, "max_length": _TOO_LONG},
        **more,
    )


class SeenForm(forms.Form):
    """What somebody does to a report as they had it before them."""

    use_required_attribute = False

    seen = forms.IntegerField(
        min_value=0,
        widget=forms.HiddenInput,
        error_messages={
            "required": _("没有认出您看到的是哪一版，请刷新页面后再试。"),
            "invalid": _("没有认出您看到的是哪一版，请刷新页面后再试。"),
            "min_value": _("没有认出您看到的是哪一版，请刷新页面后再试。"),
        },
    )


class NewForm(forms.Form):
    """For which plans of a period, and which 文种."""

    use_required_attribute = False

    plan = _PlansField(
        label=_("任务来源"),
        queryset=Plan.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": _("没有选中任何任务来源。"),
            "invalid_choice": _("选中的任务来源不能由您生成报告，请刷新页面后再选。"),
            "invalid_pk_value": _("选中的任务来源无法识别，请刷新页面后再选。"),
        },
    )
    genre = forms.ChoiceField(
        label=_("文种"),
        choices=QuarterlyReport.Genre.choices,
        widget=forms.RadioSelect,
        initial=QuarterlyReport.Genre.REPORT,
        error_messages={
            "required": _("请选择文种。"),
            "invalid_choice": _("没有这个文种，请从列表里选。"),
        },
    )

    def __init__(self, data: Any = None, *, plans: Sequence[Plan], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        field = self.fields["plan"]
        assert isinstance(field, forms.ModelMultipleChoiceField)
        field.queryset = Plan.objects.filter(pk__in=[plan.pk for plan in plans]).order_by("pk")


class HeadForm(SeenForm):
    """Title, whom it goes to, whose name stands under it."""

    title = line_field(_("标题"), 200, _("请填写标题。"))
    addressee = forms.CharField(
        label=_("主送"),
        max_length=500,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
        error_messages={"max_length": _TOO_LONG},
    )
    signatory = forms.CharField(
        label=_("落款"),
        max_length=80,
        required=False,
        widget=forms.TextInput(attrs=_PLAIN),
        error_messages={"max_length": _TOO_LONG},
    )


class ManyField(forms.Field):
    """Codes as they were ticked; which of them may be is for the service to say."""

    widget = forms.CheckboxSelectMultiple

    def to_python(self, value: Any) -> list[str]:
        return [str(each) for each in value or []]


class UnitsForm(SeenForm):
    """The units that are to be named as 未按时报送."""

    unit = ManyField(required=False)


class PartForm(SeenForm):
    """One part of the text, figures as names in braces."""

    key = forms.CharField(max_length=12, widget=forms.HiddenInput)
    text = forms.CharField(
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"max_length": _TOO_LONG},
    )


class RowTextForm(SeenForm):
    """What the report says of one row."""

    text = forms.CharField(
        required=False,
        max_length=TEXT_LIMIT,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"max_length": _TOO_LONG},
    )
    left_out = forms.BooleanField(label=_("不写入正文"), required=False)
    # of what stood in the fields: a row that nobody touched is not saved
    was = forms.CharField(required=False, widget=forms.HiddenInput)


class ReasonForm(SeenForm):
    """Why a report goes back, is given up or is corrected."""

    reason = line_field(_("理由"), REASON_LIMIT, _("请写明理由。"))


class IssueForm(SeenForm):
    """文号 and the day on which it was issued."""

    number = line_field(_("文号"), 60, _("请填写文号。"), help_text=_("如：粤发改督〔2020〕12号。"))
    issued_on = DayField(
        label=_("印发日期"),
        widget=forms.DateInput,
        error_messages={"required": _("请填写印发日期。")},
    )


class CopyForm(forms.Form):
    """The paper as it went out."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("印发稿"),
        help_text=_("PDF、OFD 或 .docx，不超过 %(size)d MB。") % {"size": MAX_MEBIBYTES},
        widget=forms.FileInput(attrs={"accept": ".pdf,.ofd,.docx"}),
        error_messages={
            "required": _("请选择印发稿。"),
            "missing": _("请选择印发稿。"),
            "invalid": _("没有收到文件，请重新选择。"),
            "empty": _("文件是空的，请重新选择文件。"),
        },
    )
    number = line_field(_("文号"), 60, _("请填写文号。"))
    dated = DayField(
        label=_("成文日期"),
        widget=forms.DateInput,
        error_messages={"required": _("请填写成文日期。")},
    )
    differences = forms.CharField(
        label=_("与系统数据的差异"),
        required=False,
        max_length=DIFFERENCES_LIMIT,
        help_text=_("文号、日期系统会自己比；.docx 里的数字也会比。别处看到的不同写在这里。"),
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": _TOO_LONG},
    )

    @property
    def offered(self) -> Offered:
        """Only for a valid form."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        # a Django file answers to read and seek as any other does
        return Offered(file.name or "未命名", file.size or 0, cast("BinaryIO", file))
