"""Forms of 任务来源: registering a plan, choosing a file to import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from apps.agencies.models import Agency
from apps.common.fields import DayField
from apps.common.text import fold
from apps.plans.models import Plan
from apps.tasks.access import Scope
from apps.tasks.models import TableImport
from apps.tasks.services.uploads import MAX_MEBIBYTES, Upload, upload_pasted

if TYPE_CHECKING:
    _PlanModelForm = forms.ModelForm[Plan]
else:
    # Django's class takes no type argument at run time
    _PlanModelForm = forms.ModelForm

_ACCEPTED = ".xlsx,.xlsm,.xls,.et,.ods,.csv,.txt,.tsv,.docx,.doc,.wps,.html,.htm"
# of a pasted table; a larger one comes as a file
_PASTED_CHARS = 1_500_000


class UploadForm(forms.Form):
    """One file, or a table that was pasted; what is in it is for the reader to say."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("文件"),
        required=False,
        help_text=_(
            "Excel（.xlsx、.xls、.xlsm）、WPS 表格、.ods、.csv，Word（.docx、.doc）里的表也行；"
            "不超过 %(most)d MB，一次一个文件。"
        )
        % {"most": MAX_MEBIBYTES},
        widget=forms.FileInput(attrs={"accept": _ACCEPTED}),
        error_messages={
            "invalid": _("没有收到文件，请重新选择。"),
            "empty": _("文件是空的，请重新选择文件。"),
            "max_length": _("文件名太长，请改短后重新选择。"),
        },
    )
    pasted = forms.CharField(
        label=_("或者粘贴表格"),
        required=False,
        max_length=_PASTED_CHARS,
        strip=False,
        help_text=_("在 Word、Excel 或网页里选中整张表（连表头）复制，粘贴到这里。"),
        widget=forms.Textarea(attrs={"rows": 6, "data-paste-table": "html"}),
        error_messages={
            "max_length": _("粘贴的内容太多（超过 %(limit_value)d 字），请改用上传文件。")
        },
    )
    # what the clipboard held beside the text, filled by the page's script
    html = forms.CharField(
        required=False, strip=False, max_length=_PASTED_CHARS, widget=forms.HiddenInput
    )
    kind = forms.ChoiceField(
        label=_("导入的是"),
        choices=TableImport.Kind.choices,
        initial=TableImport.Kind.TABLE,
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": _("请选择导入的是任务分工表还是期初台账。")},
    )

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or TableImport.Kind.TABLE.value

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if self.errors:
            return cleaned
        if not cleaned.get("file") and not (cleaned.get("pasted") or "").strip():
            self.add_error("file", _("请选择要导入的文件，或者粘贴表格。"))
        elif cleaned.get("file") and (cleaned.get("pasted") or "").strip():
            self.add_error("pasted", _("文件和粘贴只能用一种，请清空粘贴框，或者不选文件。"))
        return cleaned

    @property
    def upload(self) -> Upload:
        """Only for a valid form."""
        file: UploadedFile[Any] | None = self.cleaned_data.get("file")
        if file is None:
            return upload_pasted(
                html=self.cleaned_data["html"],
                text=self.cleaned_data["pasted"],
                when=timezone.localtime().strftime("%Y-%m-%d %H%M"),
            )
        # a Django file answers to read and seek as any other does
        content = cast("BinaryIO", file)
        return Upload(name=file.name or "未命名", size=file.size or 0, content=content)


class UndoForm(forms.Form):
    """Why an import is taken back."""

    use_required_attribute = False

    reason = forms.CharField(
        label=_("撤销原因"),
        max_length=200,
        help_text=_("如“文件拿错了，应为9月修订稿”。写进操作日志。"),
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={
            "required": _("请写明撤销的原因。"),
            "max_length": _("撤销的原因最多 %(limit_value)d 字。"),
        },
    )


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
