"""The table a plan's rows came from, and the files that were imported."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.ops.models import StoredFile
from apps.plans.models import Plan


class SourceTable(models.Model):
    """How a plan's table is laid out: enough to give the original back."""

    # the layout goes with its plan
    plan = models.OneToOneField(Plan, on_delete=models.CASCADE, related_name="source_table")
    layout = models.JSONField()

    class Meta:
        pass

    def __str__(self) -> str:
        return f"{self.plan} 原表"


class TableImport(models.Model):
    """One upload: kept with its file, its reader's decisions and what came of it."""

    class State(models.TextChoices):
        PREVIEW = "preview", "待确认"
        DONE = "done", "已导入"
        DISCARDED = "discarded", "已放弃"

    # imports of a plan that has tasks stay, and so do their files
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="imports")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField("文件名", max_length=255)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEW)
    by_id = models.CharField(max_length=40)
    by_name = models.CharField("导入人", max_length=60)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    finished_at = models.DateTimeField("确认时间", null=True, blank=True)
    created = models.PositiveIntegerField("新增", default=0)
    updated = models.PositiveIntegerField("改动", default=0)
    unchanged = models.PositiveIntegerField("未变", default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["preview", "done", "discarded"]),
                name="tasks_tableimport_state",
            ),
        ]
        indexes = [
            # serves: the imports of a plan, newest first
            models.Index(fields=["plan", "-created_at"], name="tasks_tableimport_plan"),
        ]

    def __str__(self) -> str:
        return self.file_name
