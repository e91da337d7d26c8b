"""What a lead means to reach within a year, from its 工作方案 (product.md D7)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.agencies.models import Agency
from apps.tasks.models.rows import Task


class AnnualGoal(models.Model):
    """年度目标, 阶段节点 and 成果形式 of one unit for one row and year."""

    # a goal says nothing without its task
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="annual_goals")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    year = models.PositiveSmallIntegerField("年份")
    goal = models.TextField("年度目标")
    # of the unit's own figure for this row, for the year alone; empty where the goal has no number
    value = models.DecimalField("目标值", max_digits=18, decimal_places=4, null=True, blank=True)
    stages = models.TextField("阶段节点", default="", blank=True)
    outcome = models.CharField("成果形式", max_length=200, default="", blank=True)
    filed_on = models.DateField("报备日期")
    filed_by = models.CharField("报备人", max_length=60)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "agency", "year"], name="tasks_annualgoal_once"
            ),
            models.CheckConstraint(
                condition=Q(value__isnull=True) | Q(value__gt=0), name="tasks_annualgoal_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task}{self.year}年度目标"


class PeriodMark(models.Model):
    """The light and 报送标 a row had in a period: as they are, frozen when the next one opens."""

    # history goes with its task
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="period_marks")
    plan_period = models.ForeignKey(
        "plans.PlanPeriod", on_delete=models.CASCADE, related_name="period_marks"
    )
    light = models.CharField(max_length=8)
    light_reason = models.CharField(max_length=200, default="", blank=True)
    light_facts = models.JSONField(default=dict, blank=True)
    report_mark = models.CharField(max_length=5, default="", blank=True)
    report_label = models.CharField(max_length=20, default="", blank=True)
    # the business date of this judgement
    marked_on = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan_period", "task"], name="tasks_periodmark_once"),
        ]
        indexes = [
            # serves: how one row stood from period to period
            models.Index(fields=["task", "plan_period"], name="tasks_periodmark_task"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.light}"
