"""What units owe for a period, and what they reported."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.agencies.models import Agency
from apps.plans.models import PlanPeriod
from apps.tasks.assessments import Assessment
from apps.tasks.models.rows import Task


class Duty(models.Model):
    """应报: what one unit owes for one task and period; created once when the period opens."""

    # what was owed stays as long as the task and its period
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="duties")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="duties")
    plan_period = models.ForeignKey(PlanPeriod, on_delete=models.PROTECT, related_name="duties")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan_period", "task", "agency"], name="tasks_duty_once"
            ),
        ]
        indexes = [
            # serves: what my unit owes this period
            models.Index(fields=["agency", "plan_period"], name="tasks_duty_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.agency}"


class Progress(models.Model):
    """进展: what was reported for a duty, with its way through sign-off and review."""

    class State(models.TextChoices):
        SIGNING = "signing", "待单位审签"
        SUBMITTED = "submitted", "待审核"
        APPROVED = "approved", "审核通过"
        RETURNED = "returned", "退回修改"

    # a report belongs to what was owed
    duty = models.OneToOneField(Duty, on_delete=models.PROTECT, related_name="progress")
    text = models.TextField("本期进展")
    value = models.DecimalField("完成值", max_digits=18, decimal_places=4, null=True, blank=True)
    self_assessment = models.CharField("自评", max_length=12, choices=Assessment.choices())
    problems = models.TextField("存在问题", default="", blank=True)
    next_step = models.TextField("下一步措施", default="", blank=True)
    state = models.CharField("状态", max_length=10, choices=State.choices)
    # On time is judged by the first submission (D10).
    first_submitted_on = models.DateField("首次报送")
    submitted_on = models.DateField("报送日期")
    # The first day on which it left the unit: nobody outside counts what its approver still has.
    delivered_on = models.DateField("送出日期", null=True, blank=True)
    submitted_by = models.CharField("填报人", max_length=40)
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
