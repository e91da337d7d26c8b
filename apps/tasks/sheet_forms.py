"""Forms of 回收, of uploading one's own sheet, and of a signature given on paper."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, BinaryIO, cast

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

from apps.common.fields import DayField
from apps.tasks.forms import SeenField
from apps.tasks.services.evidence import Offered
from apps.tasks.services.returns import MOST_FILES, MOST_MEBIBYTES
from apps.tasks.services.uploads import Upload

_WORKBOOKS = (
    ".xlsx,.xls,application/vnd.ms-excel,"
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
)
_FILE_ERRORS = {
    "required": _("请选择填报表。"),
    "missing": _("请选择填报表。"),
    "invalid": _("没有收到文件，请重新选择。"),
    "empty": _("文件是空的，请重新选择文件。"),
}


class _ManyInput(forms.FileInput):
    """A field for several files; Django asks for this by name."""

    allow_multiple_selected = True

    def value_from_datadict(self, _data: Any, files: Any, name: str) -> Any:
        return files.getlist(name)


class _ManyFiles(forms.Field):
    """Files as they came, also empty ones: each is answered by itself."""

    widget = _ManyInput


class ReturnsForm(forms.Form):
    """Several workbooks; what is in them, also that one is empty, is for the reader to say."""

    use_required_attribute = False

    sheets = _ManyFiles(
        label=_("填报表"),
        error_messages=_FILE_ERRORS,
        help_text=_("可一次选多个，最多 %(files)d 个，每个不超过 %(size)d MB；不收压缩包。")
        % {"files": MOST_FILES, "size": MOST_MEBIBYTES},
        widget=_ManyInput(attrs={"accept": _WORKBOOKS}),
    )

    @property
    def uploads(self) -> list[Upload]:
        """Only for a valid form."""
        return [_upload(file) for file in self.cleaned_data["sheets"]]


class OwnSheetForm(forms.Form):
    """The unit's own workbook."""

    use_required_attribute = False

    file = forms.FileField(
        label=_("填报表"),
        help_text=_("系统导出的填报表，填好后上传，不超过 %(size)d MB。")
        % {"size": MOST_MEBIBYTES},
        widget=forms.FileInput(attrs={"accept": _WORKBOOKS}),
        error_messages=_FILE_ERRORS,
    )

    @property
    def upload(self) -> Upload:
        """Only for a valid form."""
        return _upload(self.cleaned_data["file"])


def _upload(file: UploadedFile[Any]) -> Upload:
    # a Django file answers to read and seek as any other does
    return Upload(file.name or "未命名", file.size or 0, cast("BinaryIO", file))


class PaperSignForm(forms.Form):
    """Who signed on paper, when, for which rows as they were seen; perhaps with a scan."""

    use_required_attribute = False

    progress = SeenField(error_messages={"required": _("没有勾选任何一项。")})
    post = forms.ChoiceField(
        label=_("岗位"), error_messages={"required": _("请选择签字人的岗位。")}
    )
    signer = forms.CharField(
        label=_("签字人"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": _("请填写签字人姓名。")},
    )
    signed_on = DayField(
        label=_("签字日期"),
        widget=forms.DateInput,
        error_messages={"required": _("请填写签字日期。")},
    )
    scan = forms.FileField(
        label=_("签批单扫描件"),
        required=False,
        help_text=_("PDF、OFD 或图片。"),
        widget=forms.FileInput(attrs={"accept": ".pdf,.ofd,image/*"}),
        error_messages=_FILE_ERRORS,
    )

    def __init__(self, *args: Any, posts: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["post"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(post, post) for post in posts]
        field.error_messages["invalid_choice"] = str(_("“岗位”请从列表里选。"))

    @property
    def scan_offered(self) -> Offered | None:
        """Only for a valid form."""
        file: UploadedFile[Any] | None = self.cleaned_data.get("scan")
        if file is None:
            return None
        return Offered(file.name or "未命名", file.size or 0, cast("BinaryIO", file))
