"""The conditions of 操作日志."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import User
from apps.audit.models import Entry
from apps.audit.selectors import Wanted
from apps.common.fields import DayField
from apps.reports.log_words import KINDS

_ALL = ("", _("全部"))
_NOT_IN_LIST = {"invalid_choice": _("没有“%(value)s”这一项，请从列表里选。")}
_TOO_LONG = {"max_length": _("最多 %(limit_value)d 字，现在 %(show_value)d 字。")}
_DAY = timedelta(days=1)
# of what is chosen from a list, as it stands there
_WORDS: dict[str, dict[str, Any]] = {"kind": {**KINDS}, "result": dict(Entry.Result.choices)}


def _day(label: Any) -> DayField:
    attrs = {"autocomplete": "off", "placeholder": _("年-月-日")}
    return DayField(label=label, required=False, widget=forms.TextInput(attrs=attrs))


class LogForm(forms.Form):
    """Days are those of the log's own clock, both included."""

    who = forms.CharField(
        label=_("操作人"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("姓名或用户名")}),
        error_messages=_TOO_LONG,
    )
    act = forms.CharField(
        label=_("操作"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"placeholder": _("开头几个字，如 退回")}),
        error_messages=_TOO_LONG,
    )
    kind = forms.ChoiceField(
        label=_("对象"),
        required=False,
        choices=[_ALL, *KINDS.items()],
        error_messages=_NOT_IN_LIST,
    )
    # of one object; set by a link of the list
    id = forms.CharField(
        required=False, max_length=64, widget=forms.HiddenInput, error_messages=_TOO_LONG
    )
    result = forms.ChoiceField(
        label=_("结果"),
        required=False,
        choices=[_ALL, *Entry.Result.choices],
        error_messages=_NOT_IN_LIST,
    )
    since = _day(_("从"))
    until = _day(_("到"))

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        since, until = data.get("since"), data.get("until")
        if since and until and since > until:
            self.add_error("until", gettext("“到”早于“从”，请核对。"))
        return data

    @property
    def is_asked(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    @property
    def wanted(self) -> Wanted:
        """Only of a valid form; one query where a person is asked for."""
        data = self.cleaned_data
        return Wanted(
            names=_names(data["who"]),
            act=data["act"],
            kind=data["kind"],
            # a number alone says nothing of which object it is
            object_id=data["id"] if data["kind"] else "",
            result=data["result"],
            since=_begin(data["since"]),
            until=_begin(data["until"], after=_DAY),
        )

    @property
    def told(self) -> str:
        """The conditions in words, for the log; only of a valid form."""
        shown = [
            f"{field.label or gettext('编号')} {_WORDS.get(name, {}).get(value, value)}"
            for name, field in self.fields.items()
            if (value := self.cleaned_data[name])
        ]
        return "，".join(shown) or gettext("全部")


def _names(who: str) -> tuple[str, ...]:
    """As typed, and the name of whoever has that user name: the log keeps names."""
    if not who:
        return ()
    known = User.objects.filter(username=who).values_list("name", flat=True)
    return (who, *known)


def _begin(day: date | None, *, after: timedelta = timedelta()) -> datetime | None:
    if day is None:
        return None
    return timezone.make_aware(datetime.combine(day + after, time.min))
