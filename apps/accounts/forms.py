"""Forms of coming in, of passwords, and of who is who."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.contrib.auth import authenticate
from django.contrib.auth.password_validation import password_validators_help_texts
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Line, Membership, User
from apps.accounts.services.memberships import Grant, Terms
from apps.accounts.services.users import NewAccount
from apps.agencies.models import Agency
from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.common.fields import DayField
from apps.common.text import fold

_CHOOSE = ("", _("请选择"))


class PlainForm(forms.Form):
    """What is missing or not in the list is said with the field's own name."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            said = {"label": field.label}
            field.error_messages["required"] = _("请填写“%(label)s”。") % said
            field.error_messages["invalid_choice"] = _("“%(label)s”请从列表里选。") % said
            field.error_messages["max_length"] = _("“%(label)s”太长，请写短些。") % said


class LoginForm(forms.Form):
    """Name and password; what is wrong is said without telling which of the two."""

    username = forms.CharField(
        label=_("用户名"),
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "username", "autofocus": True}),
        error_messages={"required": _("请填写用户名。")},
    )
    password = forms.CharField(
        label=_("密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
        error_messages={"required": _("请填写密码。")},
    )

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.request = request
        self.user: User | None = None

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or {}
        if {"username", "password"} <= cleaned.keys():
            found = authenticate(
                self.request, username=cleaned["username"], password=cleaned["password"]
            )
            if not isinstance(found, User):
                raise forms.ValidationError(_("用户名或密码不对，请重新输入。"))
            self.user = found
        return cleaned


class PasswordForm(PlainForm):
    """The new password twice, after the old one where somebody knows it."""

    old = forms.CharField(
        label=_("原密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )
    new = forms.CharField(
        label=_("新密码"),
        strip=False,
        max_length=128,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    again = forms.CharField(
        label=_("再输一遍新密码"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, asks_old: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_old:
            del self.fields["old"]
        self.fields["new"].help_text = password_validators_help_texts()[-1]

    def clean(self) -> dict[str, Any]:
        cleaned = self.cleaned_data
        if {"new", "again"} <= cleaned.keys() and cleaned["new"] != cleaned["again"]:
            self.add_error("again", _("两遍输入的新密码不一样，请重新输入。"))
        return cleaned


class AccountForm(PlainForm):
    """A new account; its password is made by the system."""

    username = forms.CharField(
        label=_("用户名"),
        max_length=40,
        help_text=_("登录时用，2 至 40 个字母、数字、汉字或 . @ + - _，定了不改。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "class": "mono"}),
    )
    name = forms.CharField(
        label=_("姓名"), max_length=40, widget=forms.TextInput(attrs={"autocomplete": "off"})
    )
    email = forms.CharField(
        label=_("电子邮箱"),
        required=False,
        max_length=254,
        help_text=_("系统往这里发提醒；不填只在系统里看消息。"),
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )

    @property
    def account(self) -> NewAccount:
        """Only for a valid form."""
        cleaned = self.cleaned_data
        return NewAccount(fold(cleaned["username"]), fold(cleaned["name"]), fold(cleaned["email"]))


class ParticularsForm(PlainForm):
    """What is known of a person: only the fields that may be changed."""

    name = forms.CharField(label=_("姓名"), max_length=40)
    email = forms.CharField(
        label=_("电子邮箱"),
        required=False,
        max_length=254,
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "email"}),
    )
    digest = forms.BooleanField(
        label=_("每天汇总成一封邮件，不逐条发"),
        required=False,
    )
    is_active = forms.BooleanField(
        label=_("启用"), required=False, help_text=_("停用后立即退出登录，身份和记录都保留。")
    )

    def __init__(self, *args: Any, allowed: frozenset[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in set(self.fields) - allowed:
            del self.fields[name]


def lines_field(**kwargs: Any) -> Any:
    """条线 to tick."""
    wrong = _("没有这条条线，请刷新页面后再选。")
    return forms.ModelMultipleChoiceField(
        Line.objects.order_by("pk"),
        label=_("条线"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": wrong,
            "invalid_pk_value": wrong,
            "invalid_list": wrong,
        },
        **kwargs,
    )


def _day(label: Any, **kwargs: Any) -> DayField:
    return DayField(label=label, required=False, widget=forms.DateInput, **kwargs)


class GrantForm(PlainForm):
    """A role to be given."""

    agency = forms.ModelChoiceField(
        Agency.objects.filter(collective=False).order_by("level", "region", "rank", "pk"),
        label=_("单位"),
        empty_label=_("请选择"),
    )
    role = forms.ChoiceField(label=_("身份"), choices=[_CHOOSE, *Membership.Role.choices])
    lines = lines_field(help_text=_("督查员、领导必选；其他身份不分条线。"))
    ends_on = _day(_("截止日期"), help_text=_("当天仍有效；不填为长期。"))
    step = forms.IntegerField(
        label=_("审签环节"),
        required=False,
        min_value=1,
        max_value=9,
        help_text=_("审签人填，第几个环节；只有一个环节的单位填 1。"),
        error_messages={
            "invalid": _("审签环节填 1、2、3 这样的数字。"),
            "min_value": _("审签环节从 1 起。"),
            "max_value": _("没有这么多环节。"),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, prefix="grant", **kwargs)

    @property
    def grant(self) -> Grant:
        """Only for a valid form."""
        cleaned = self.cleaned_data
        return Grant(
            agency=cleaned["agency"],
            role=cleaned["role"],
            lines=list(cleaned["lines"]),
            ends_on=cleaned["ends_on"],
            step=cleaned["step"] or 1,
        )


class TermsForm(PlainForm):
    """On what terms somebody holds a role; `membership` says which fields there are."""

    lines = lines_field()
    ends_on = _day(_("截止日期"), help_text=_("当天仍有效；不填为长期。"))
    step = forms.TypedChoiceField(label=_("审签环节"), coerce=int)
    # the end date as the person saw it
    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, membership: Membership, places: list[tuple[int, str]]
    ) -> None:
        ends_on = membership.ends_on
        initial = {
            "lines": list(membership.lines.all()),
            "ends_on": ends_on.isoformat() if ends_on else "",
            "step": membership.step,
            "seen": ends_on.isoformat() if ends_on else "",
        }
        super().__init__(data, prefix=f"m{membership.pk}", initial=initial)
        step = self.fields["step"]
        assert isinstance(step, forms.ChoiceField)
        step.choices = places
        if membership.role != Membership.Role.APPROVER:
            del self.fields["step"]
        if membership.role not in {Membership.Role.SUPERVISOR, Membership.Role.LEADER}:
            del self.fields["lines"]
        self.membership = membership

    @property
    def seen_day(self) -> date | None:
        """The end date that was on the person's screen; nonsense stands for none."""
        try:
            return parse_day(self.cleaned_data["seen"])
        except Refused:
            return None

    @property
    def terms(self) -> Terms:
        """Only for a valid form; what the form does not ask stays."""
        cleaned = self.cleaned_data
        return Terms(
            lines=list(cleaned.get("lines", ())),
            ends_on=cleaned["ends_on"],
            step=cleaned.get("step", self.membership.step),
        )


class DutyForm(PlainForm):
    """An administrator's duty."""

    duty = forms.ChoiceField(label=_("管理职责"), required=False, choices=User.Duty.choices)


class LineForm(PlainForm):
    """The name of a line."""

    name = forms.CharField(label=_("条线名称"), max_length=60)


class ListForm(forms.Form):
    """How the list of people is narrowed; what is not in a list narrows nothing."""

    q = forms.CharField(label=_("用户名、姓名"), required=False, max_length=60)
    unit = forms.ModelChoiceField(
        Agency.objects.none(), label=_("单位"), required=False, empty_label=_("全部")
    )
    role = forms.ChoiceField(
        label=_("身份"), required=False, choices=[("", _("全部")), *Membership.Role.choices]
    )
    duty = forms.ChoiceField(
        label=_("管理职责"), required=False, choices=[("", _("全部")), *User.Duty.choices[1:]]
    )
    state = forms.ChoiceField(
        label=_("状态"),
        required=False,
        choices=[
            ("", _("全部")),
            ("on", _("启用")),
            ("off", _("停用")),
            ("never", _("从未登录")),
            ("locked", _("已锁定")),
            ("ending", _("30 天内到期")),
            ("none", _("没有身份")),
        ],
    )
