"""The form of 人员交接."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.accounts.forms import PlainForm
from apps.accounts.models import User
from apps.common.fields import DayField

if TYPE_CHECKING:
    _Choice = forms.ModelChoiceField[User]
else:
    # generic in the stubs alone
    _Choice = forms.ModelChoiceField


class PersonChoice(_Choice):
    """People with the name of their account: two may share a name."""

    def label_from_instance(self, obj: Any) -> str:
        return f"{obj.name}（{obj.username}）"


class HandoverForm(PlainForm):
    """Who goes on, from when."""

    successor = PersonChoice(User.objects.none(), label=_("接手人"), empty_label=_("请选择"))
    day = DayField(
        label=_("交出日期"),
        widget=forms.DateInput,
        help_text=_("这一天原来的人仍可办理，第二天起失效；接手人马上可以办理。"),
    )
    switch_off = forms.BooleanField(
        label=_("同时停用原来的账号（交出日期须是今天）"), required=False
    )
