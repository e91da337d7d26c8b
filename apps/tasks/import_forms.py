"""Forms of 任务来源: registering a plan, choosing a file to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from apps.agencies.models import Agency
from apps.common.fields import DayField
from apps.common.text import fold
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.services.uploads import MAX_MEBIBYTES, Upload

if TYPE_CHECKING:
    _PlanModelForm = forms.ModelForm[Plan]
else:
    # Django's class takes no type argument at run time
    _PlanModelForm = forms.ModelForm


class UploadForm(forms.Form):
    """One workbook; what is in it is for the reader to say."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("任务分工表"),
        help_text=_("Excel 工作簿（.xlsx、.xls），不超过 %(most)d MB，一次一个文件。")
        % {"most": MAX_MEBIBYTES},
        widget=forms.FileInput(
            attrs={
                "accept": ".xlsx,.xls,application/vnd.ms-excel,"
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
        error_messages={
            "required": _("请选择要导入的文件。"),
            "missing": _("请选择要导入的文件。"),
            "invalid": _("没有收到文件，请重新选择。"),
            "empty": _("文件是空的，请重新选择文件。"),
        },
    )

    @property
    def upload(self) -> Upload:
        """Only for a valid form."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        # a Django file answers to read and seek as any other does
        content = cast("BinaryIO", file)
        return Upload(name=file.name or "未命名", size=file.size or 0, content=content)


class PlanForm(_PlanModelForm):
    """The facts of a document. Whether the code is free is for the service to say."""

    use_required_attribute = False

    issued_on = DayField(
        label=_("印发日期"),
        required=False,
        widget=forms.DateInput,
        help_text=_("表中时限没有写年份时，按印发的年份读。"),
    )
    starts_on = DayField(label=_("实施期起"), required=False, widget=forms.DateInput)
    ends_on = DayField(label=_("实施期止"), required=False, widget=forms.DateInput)

    class Meta:
        model = Plan
        fields = (
            "title",
            "short_title",
            "code",
            "document_number",
            "issuer",
            "issued_on",
            "level",
            "region",
            "relation",
            "parent",
            "starts_on",
            "ends_on",
        )
        help_texts = {
            "title": _("文件全称，不加书名号。"),
            "short_title": _("列表里用，如“实施方案（2017年）”。"),
            "code": _("命令行和交换数据时用，小写字母、数字、短横，定了不改。"),
            "region": _("文件里的单位简称在哪个地区有效，如“广东省”；国家文件写“全国”。"),
            "relation": _("只有本级督办的任务产生应报、进度灯和督办文书。"),
            "parent": _("它贯彻哪一个文件。"),
        }
        widgets = {
            "code": forms.TextInput(attrs={"class": "mono", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        parent = self.fields["parent"]
        assert isinstance(parent, forms.ModelChoiceField)
        parent.queryset = Plan.objects.filter(pk__in=scope.visible).order_by("level", "pk")
        parent.empty_label = str(_("（没有）"))
        for name, choices in (
            ("level", Agency.Level.choices),
            ("relation", Plan.Relation.choices),
        ):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [("", str(_("请选择"))), *choices]
        for field in self.fields.values():
            said = {"label": field.label}
            field.error_messages["required"] = _("请填写“%(label)s”。") % said
            field.error_messages["invalid_choice"] = _("“%(label)s”请从列表里选。") % said
        self.fields["code"].error_messages["invalid"] = _("代码只能用小写字母、数字和短横。")

    def clean_code(self) -> str:
        code = fold(self.cleaned_data["code"]).lower()
        if Plan.objects.filter(code=code).exists():
            raise ValidationError(
                _("代码“%(code)s”已有任务来源在用，请换一个。"), params={"code": code}
            )
        return code

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("starts_on"), cleaned.get("ends_on")
        if first and last and first > last:
            self.add_error("ends_on", _("实施期的止早于起，请核对。"))
        return cleaned
