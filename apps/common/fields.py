"""Fields of forms that read what people type."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.common.days import parse_day
from apps.common.errors import Refused
from apps.common.text import fold_tight


class DayField(forms.DateField):
    """A day as people write it: 2020-10-21, 2020/10/21, 2020年10月21日."""

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return value or None
        try:
            return parse_day(str(value))
        except Refused as refused:
            raise ValidationError(list(refused.reasons), code="invalid") from refused

    def prepare_value(self, value: Any) -> Any:
        return value.isoformat() if isinstance(value, date) else value


class NumberField(forms.DecimalField):
    """A number as people type it, 1,013 and １０１３ too."""

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = fold_tight(value).replace(",", "")
        return super().to_python(value)
