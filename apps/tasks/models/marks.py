"""How rows stood: period by period, and from day to day."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from apps.tasks.models.rows import Task


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
            # serves: how many rows had which light in a period, from the index alone
            models.Index(
                fields=["plan_period", "light", "report_mark"], name="tasks_periodmark_counts"
            ),
            # serves: how one row stood from period to period
            models.Index(fields=["task", "plan_period"], name="tasks_periodmark_task"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.light}"


class MarkSpan(models.Model):
    """How a row stood from one day on: what as-of views of past days read (product.md D11)."""

    # history goes with its task
    # looked for by the unique constraint that begins with it
    task = models.ForeignKey(
        Task, on_delete=models.CASCADE, related_name="mark_spans", db_index=False
    )
    # the task's, so that figures of a day are counted without reading tasks
    plan = models.ForeignKey(
        "plans.Plan", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    # business dates: from this day on, until the day before the other; empty: still so
    since = models.DateField()
    until = models.DateField(null=True, blank=True)
    state = models.CharField(max_length=10)
    light = models.CharField(max_length=8)
    cause = models.CharField(max_length=12, default="", blank=True)
    light_reason = models.CharField(max_length=200, default="", blank=True)
    # the deadline in force, for the days overdue
    due_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "since"], name="tasks_markspan_once"),
            models.UniqueConstraint(
                fields=["task"], condition=Q(until__isnull=True), name="tasks_markspan_one_current"
            ),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")),
                name="tasks_markspan_days",
            ),
        ]
        indexes = [
            # serves: the numbers of the board on any day and the first of its rows, from the index
            # alone
            models.Index(
                fields=["plan", "cause", "until", "since", "due_on"],
                include=["light", "task"],
                condition=Q(light__in=["red", "amber"]),
                name="tasks_markspan_warned",
            ),
            # serves: since when anything is known of a plan
            models.Index(fields=["plan", "since"], name="tasks_markspan_since"),
        ]

    def __str__(self) -> str:
        return f"{self.task} {self.light} {self.since}"
