"""年度目标: one small form for each row of the page."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from apps.common.fields import NumberField
from apps.tasks.selectors.goals import GoalRow
from apps.tasks.services.goals import OUTCOME_LIMIT, TEXT_LIMIT, GoalContent, GoalEntry
from apps.tasks.wording import plain_number


class _LinesField(forms.CharField):
    """Lines end as they are stored, however the browser sends them."""

    def clean(self, value: Any) -> str:
        return str(super().clean(value)).replace("\r\n", "\n")


class GoalForm(forms.Form):
    """One row; whether it may be filed so is for the service to say."""

    use_required_attribute = False

    goal = _LinesField(
        label=_("年度目标"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": TEXT_LIMIT}),
    )
    value = NumberField(
        label=_("目标值"),
        required=False,
        max_digits=18,
        decimal_places=4,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        error_messages={
            "invalid": _("目标值只填数字，单位不用写。"),
            "max_decimal_places": _("目标值最多四位小数。"),
            "max_digits": _("目标值的位数太多，请核对单位。"),
            "max_whole_digits": _("目标值的位数太多，请核对单位。"),
        },
    )
    stages = _LinesField(
        label=_("阶段节点"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "maxlength": TEXT_LIMIT}),
    )
    outcome = forms.CharField(
        label=_("成果形式"),
        required=False,
        widget=forms.TextInput(attrs={"maxlength": OUTCOME_LIMIT, "autocomplete": "off"}),
    )
    version = forms.IntegerField(min_value=0, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, row: GoalRow) -> None:
        self.row = row
        prefix = f"g{row.task.pk}-{row.agency.pk}"
        super().__init__(data, prefix=prefix, initial=_initial(row))
        if row.figure is None:
            del self.fields["value"]
        for name, field in self.fields.items():
            field.widget.attrs["aria-label"] = f"第{row.task.number}项{self.fields[name].label}"

    @property
    def entry(self) -> GoalEntry:
        """Only for a valid form."""
        data = self.cleaned_data
        content = GoalContent(data["goal"], data.get("value"), data["stages"], data["outcome"])
        return GoalEntry(self.row.task.pk, self.row.agency.pk, content, data["version"])

    def use_newer(self, row: GoalRow) -> None:
        """With the other's text beside it, sending once more is a decision."""
        self.row = row
        version = row.goal.version if row.goal else 0
        self.data = {**dict(self.data.items()), self.add_prefix("version"): str(version)}


def _initial(row: GoalRow) -> dict[str, Any]:
    goal = row.goal
    if goal is None:
        return {"version": 0}
    return {
        "goal": goal.goal,
        "value": None if goal.value is None else plain_number(goal.value),
        "stages": goal.stages,
        "outcome": goal.outcome,
        "version": goal.version,
    }
