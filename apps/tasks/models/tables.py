"""The table a plan's rows came from, and the files that were imported."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.ops.models import StoredFile
from apps.plans.models import Plan
from apps.tasks.models.rows import Task


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
    """One upload: kept with its file, what a person settled, and what came of it."""

    class State(models.TextChoices):
        READING = "reading", "读取中"
        FAILED = "failed", "读不出"
        PREVIEW = "preview", "待确认"
        APPLYING = "applying", "导入中"
        DONE = "done", "已导入"
        DISCARDED = "discarded", "已放弃"
        UNDONE = "undone", "已撤销"

    class Kind(models.TextChoices):
        TABLE = "table", "任务分工表"
        OPENING = "opening", "期初台账"

    # imports of a plan that has tasks stay, and so do their files
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="imports")
    kind = models.CharField(max_length=10, choices=Kind.choices, default=Kind.TABLE)
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    file_name = models.CharField("文件名", max_length=255)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PREVIEW)
    # how a person wants the sheet read (apps.tasks.decisions), what they settled of it
    # (apps.tasks.answers), and the page of the preview, so that a large file is read once
    decisions = models.JSONField(default=dict, blank=True)
    answers = models.JSONField(default=dict, blank=True)
    preview = models.JSONField(default=dict, blank=True)
    # counts the changes of the three above: of two people the second is told
    version = models.PositiveIntegerField(default=1)
    # why nothing could be read
    error = models.TextField(default="", blank=True)
    by_id = models.CharField(max_length=40)
    by_name = models.CharField("导入人", max_length=60)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    finished_at = models.DateTimeField("确认时间", null=True, blank=True)
    created = models.PositiveIntegerField("新增", default=0)
    updated = models.PositiveIntegerField("改动", default=0)
    unchanged = models.PositiveIntegerField("未变", default=0)
    cancelled = models.PositiveIntegerField("终止", default=0)
    undone_at = models.DateTimeField("撤销时间", null=True, blank=True)
    undone_by = models.CharField("撤销人", max_length=60, default="", blank=True)
    undone_reason = models.CharField("撤销原因", max_length=200, default="", blank=True)
    # the layout that the import replaced; empty where there was none
    layout_before = models.JSONField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "reading", "failed", "preview", "applying", "done", "discarded", "undone",
                    ]
                ),
                name="tasks_tableimport_state",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["table", "opening"]), name="tasks_tableimport_kind"
            ),
            models.CheckConstraint(
                condition=Q(state="undone", undone_at__isnull=False)
                | (~Q(state="undone") & Q(undone_at__isnull=True)),
                name="tasks_tableimport_undone",
            ),
        ]  # fmt: skip
        indexes = [
            # serves: the imports of a plan, newest first
            models.Index(fields=["plan", "-created_at"], name="tasks_tableimport_plan"),
        ]

    def __str__(self) -> str:
        return self.file_name


class ImportedRow(models.Model):
    """A row that an import touched, and how it was before: what undoing gives back."""

    class Action(models.TextChoices):
        CREATED = "created", "新增"
        UPDATED = "updated", "改动"
        CANCELLED = "cancelled", "终止"

    # what an import did says nothing without the import, or without the row
    table_import = models.ForeignKey(
        TableImport, on_delete=models.CASCADE, related_name="rows", db_index=False
    )
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="imported_rows")
    action = models.CharField(max_length=10, choices=Action.choices)
    # the task's version when the import was done: a later one was built on
    version = models.PositiveIntegerField()
    # fields, deadlines and assignments as they were; empty of a created row
    before = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            # also serves: the rows of an import
            models.UniqueConstraint(fields=["table_import", "task"], name="tasks_importedrow_once"),
            models.CheckConstraint(
                condition=Q(action__in=["created", "updated", "cancelled"]),
                name="tasks_importedrow_action",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.table_import} {self.task} {self.action}"


class OpeningStanding(models.Model):
    """期初: what a ledger that was kept elsewhere last said of a row; owed by nobody."""

    # says nothing without its row
    task = models.OneToOneField(Task, on_delete=models.CASCADE, related_name="opening")
    text = models.TextField("期初进展", default="", blank=True)
    percent = models.DecimalField(
        "期初完成比例", max_digits=5, decimal_places=2, null=True, blank=True
    )
    reported_on = models.DateField("期初报送日期", null=True, blank=True)
    closing = models.TextField("期初办结依据", default="", blank=True)
    entered_on = models.DateField("登记日期")
    # where it stands
    file_name = models.CharField("来源文件", max_length=255)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(percent__isnull=True) | Q(percent__range=(0, 100)),
                name="tasks_openingstanding_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task}期初"
