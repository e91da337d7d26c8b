"""What units owe for a period, and what they reported."""

from __future__ import annotations

import copy
from collections.abc import Collection
from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import Q

from apps.agencies.models import Agency
from apps.ops.models import StoredFile
from apps.plans.models import PlanPeriod
from apps.tasks.assessments import Assessment
from apps.tasks.models.rows import Task


class Duty(models.Model):
    """应报: what one unit owes for one task and period; created once when the period opens."""

    # what was owed stays as long as the task and its period
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="duties")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="duties")
    plan_period = models.ForeignKey(PlanPeriod, on_delete=models.PROTECT, related_name="duties")
    # the report's; written by triggers alone (apps/tasks/delivered_sql.py), so that what is missing
    # is counted without looking at what came
    delivered_on = models.DateField("送出日期", null=True, blank=True, editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan_period", "task", "agency"], name="tasks_duty_once"
            ),
        ]
        indexes = [
            # serves: what my unit owes this period
            models.Index(fields=["agency", "plan_period"], name="tasks_duty_agency"),
            # serves: what is missing in a period, from the index alone
            models.Index(
                fields=["plan_period", "task"],
                condition=Q(delivered_on__isnull=True),
                name="tasks_duty_missing",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.agency}"


class Progress(models.Model):
    """进展: what was reported for a duty, with its way through sign-off and review.

    The row is the newest text, which the unit itself always reads. Others read what has left the
    unit: nothing before `delivered_on`. When a report that has left is written anew and waits for
    the unit's approver, or was sent back by him, `delivered` keeps what left; all others go on
    reading that, until the approver agrees. Readers outside the unit take `as_delivered`, or
    Coalesce with the keys of `delivered` in SQL; never the row.
    """

    class State(models.TextChoices):
        SIGNING = "signing", "待单位审签"
        SUBMITTED = "submitted", "待审核"
        APPROVED = "approved", "审核通过"
        RETURNED = "returned", "退回修改"

    class Unchanged(models.TextChoices):
        """同上期，无新增进展, and why: never counts against a unit (D10)."""

        NO_STAGE = "no_stage", "本期无节点"
        AWAITING = "awaiting", "已完成待验收"
        NOT_READY = "not_ready", "条件不具备"

    # a report belongs to what was owed
    duty = models.OneToOneField(Duty, on_delete=models.PROTECT, related_name="progress")
    text = models.TextField("本期进展")
    # set: `text` is the last period's, taken over
    unchanged = models.CharField(
        "无新增进展", max_length=10, choices=Unchanged.choices, default="", blank=True
    )
    # 汇总: what the 汇总单位 says for the whole row, and the leads whose part it did without
    whole_text = models.TextField("汇总进展", default="", blank=True)
    whole_missing = models.JSONField("缺报单位", default=list, blank=True)
    value = models.DecimalField("完成值", max_digits=18, decimal_places=4, null=True, blank=True)
    self_assessment = models.CharField("自评", max_length=12, choices=Assessment.choices())
    problems = models.TextField("存在问题", default="", blank=True)
    next_step = models.TextField("下一步措施", default="", blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices)
    first_submitted_on = models.DateField("首次报送")
    # The day that is held against the cut-off: the first submission, or sign-off where the plan
    # says so; a later one where it was sent back and the window for that was missed (D10).
    counted_on = models.DateField("计时日期", null=True, blank=True)
    # sent back: until when it may come again and still be on time
    resubmit_by = models.DateField("重报期限", null=True, blank=True)
    submitted_on = models.DateField("报送日期")
    # The first day on which it left the unit: nobody outside counts what its approver still has.
    delivered_on = models.DateField("送出日期", null=True, blank=True)
    # empty, or _KEPT as JSON, and "log_no": the last entry of the row's log others may read of it
    delivered = models.JSONField("送出的内容", default=dict, blank=True)
    submitted_by = models.CharField("填报人", max_length=40)
    # typed by another for the unit (代录), from this file
    entered_by = models.CharField("代录人", max_length=60, default="", blank=True)
    source_file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    source_name = models.CharField("来源文件", max_length=255, default="", blank=True)
    # which of its unit's SignSteps it waits for
    sign_step = models.PositiveSmallIntegerField("待审签环节", default=1)
    signed_by = models.CharField("审签人", max_length=40, default="", blank=True)
    return_reason = models.CharField("退回理由", max_length=500, default="", blank=True)
    judgement = models.CharField(
        "认定", max_length=12, choices=Assessment.choices(), default="", blank=True
    )
    judgement_reason = models.CharField("认定理由", max_length=500, default="", blank=True)
    judged_by = models.CharField("认定人", max_length=40, default="", blank=True)
    judged_on = models.DateField("认定日期", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["signing", "submitted", "approved", "returned"]),
                name="tasks_progress_state",
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gte=0),
                name="tasks_progress_value_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(judgement="") | Q(judged_on__isnull=False),
                name="tasks_progress_judged_on",
            ),
        ]
        indexes = [
            # serves: what waits for sign-off or review
            models.Index(
                fields=["state", "submitted_on"],
                condition=Q(state__in=["signing", "submitted"]),
                name="tasks_progress_waiting",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.duty}进展"

    def keep_delivered(self, *, log_no: int) -> None:
        """Before the row is written anew: keep what others may read. `log_no`: see `delivered`."""
        kept = {name: getattr(self, name) for name in _KEPT}
        self.delivered = {
            **kept,
            "value": None if self.value is None else str(self.value),
            "submitted_on": self.submitted_on.isoformat(),
            "counted_on": self.counted_on and self.counted_on.isoformat(),
            "log_no": log_no,
        }

    @property
    def as_delivered(self) -> Progress | None:
        """What others may read, None for nothing. To be read only: saved, it would undo the new."""
        if self.delivered_on is None:
            return None
        if not self.delivered:
            return self
        left = copy.copy(self)
        for name in _KEPT:
            setattr(left, name, self.delivered[name])
        value = self.delivered["value"]
        left.value = None if value is None else Decimal(value)
        left.submitted_on = date.fromisoformat(self.delivered["submitted_on"])
        # kept since the day that counts can change with a new text; left out by older releases
        counted = self.delivered.get("counted_on")
        left.counted_on = date.fromisoformat(counted) if counted else self.counted_on
        left.delivered = {}
        return left

    def seen_by(self, agency_ids: Collection[int]) -> Progress | None:
        """As somebody of these units may read it."""
        return self if self.duty.agency_id in agency_ids else self.as_delivered


_KEPT = (
    "text",
    "unchanged",
    "whole_text",
    "whole_missing",
    "value",
    "self_assessment",
    "problems",
    "next_step",
    "state",
    "submitted_on",
    "submitted_by",
    "signed_by",
    "return_reason",
)
