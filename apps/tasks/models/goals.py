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
