"""Fields of forms that read what people type."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from apps.common.days import parse_day
from apps.common.errors import Refused


class DayField(forms.DateField):
    """A day as people write it: 2020-10-21, 2020/10/21, 2020年10月21日."""

    def to_python(self, value: Any) -> date | None:
        if value in self.empty_values or isinstance(value, date):
            return value or None
        try:
            return parse_day(str(value))
        except Refused as refused:
            raise ValidationError(list(refused.reasons), code="invalid") from refused
