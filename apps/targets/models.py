"""How much: indicators and the figures a plan sets for them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.plans.models import Plan


class Indicator(models.Model):
    """What is counted, in which unit."""

    # an indicator belongs to the plan that names it
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="indicators")
    name = models.CharField("指标", max_length=80)
    unit = models.CharField("单位", max_length=20)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "name"], name="targets_indicator_once"),
        ]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """The figure for a year, with the sentence it stands in (D19)."""

    class Operator(models.TextChoices):
        AT_LEAST = ">=", "不低于"
        MORE = ">", "高于"
        EQUAL = "=", "达到"
        ABOUT = "about", "左右"

    # a target says nothing without its indicator
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="targets")
    year = models.PositiveSmallIntegerField("年份")
    operator = models.CharField("关系", max_length=6, choices=Operator.choices)
    value = models.DecimalField("目标值", max_digits=18, decimal_places=4)
    quote = models.TextField("原文")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["indicator", "year"], name="targets_target_year"),
            models.CheckConstraint(condition=Q(value__gt=0), name="targets_target_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"
