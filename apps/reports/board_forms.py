"""The day that 督办看板 is asked for."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.common.fields import DayField


class DayForm(forms.Form):
    """A day of which something is known: neither ahead, nor before anything was kept."""

    on = DayField(
        label=_("截至"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "placeholder": _("年-月-日")}),
    )

    def __init__(self, *args: Any, today: date, first: date | None, **more: Any) -> None:
        super().__init__(*args, **more)
        self.today, self.first = today, first

    def clean_on(self) -> date:
        day: date | None = self.cleaned_data["on"]
        if day is None or day == self.today:
            return self.today
        if day > self.today:
            raise forms.ValidationError(
                gettext("%(day)s还没到，请填%(today)s或以前的日期。")
                % {"day": day.isoformat(), "today": self.today.isoformat()}
            )
        if self.first is None:
            raise forms.ValidationError(gettext("还没有保存过往日期的情况，只能看今天的。"))
        if day < self.first:
            raise forms.ValidationError(
                gettext("%(day)s的情况没有保存，最早可以看%(first)s的。")
                % {"day": day.isoformat(), "first": self.first.isoformat()}
            )
        return day
