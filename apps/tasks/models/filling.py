"""What belongs to the writing of a report: drafts, evidence, linked rows, signatures, returns."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import User
from apps.agencies.models import Agency
from apps.ops.models import StoredFile
from apps.plans.models import Period
from apps.tasks.models.reporting import Duty, Progress
from apps.tasks.models.rows import Task


class Draft(models.Model):
    """What somebody has typed and not handed in: one per person, so that nobody's is lost."""

    # a draft says nothing without what it is for
    duty = models.ForeignKey(Duty, on_delete=models.CASCADE, related_name="drafts")
    # whoever leaves hands drafts over with the role; an account goes only with all that is its own
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    # the fields of the sheet as typed, strings, right or wrong
    fields = models.JSONField()
    # the version of the report this was written on, 0 for none
    seen_version = models.PositiveIntegerField(default=0)
    saved_at = models.DateTimeField("暂存时间")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["duty", "user"], name="tasks_draft_once"),
        ]

    def __str__(self) -> str:
        return f"{self.duty} {self.user}"


class Evidence(models.Model):
    """A file that shows what was done; never asked for, always kept."""

    duty = models.ForeignKey(Duty, on_delete=models.PROTECT, related_name="evidence")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("文件名", max_length=255)
    added_by = models.CharField("上传人", max_length=60)
    added_on = models.DateField("上传日期")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["duty", "file"], name="tasks_evidence_once"),
        ]

    def __str__(self) -> str:
        return self.name


class SameReport(models.Model):
    """同报: for this unit `task` is reported with the text of `source`, written once (D10)."""

    # says nothing without its ends
    agency = models.ForeignKey(Agency, on_delete=models.CASCADE, related_name="+")
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="same_reports")
    source = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency", "task"], name="tasks_samereport_once"),
            models.CheckConstraint(condition=~Q(task=F("source")), name="tasks_samereport_apart"),
        ]

    def __str__(self) -> str:
        return f"{self.task}同{self.source}"


class Signature(models.Model):
    """One step of a unit's sign-off, on screen or on paper (线下审签)."""

    # a signature belongs to what was signed
    progress = models.ForeignKey(Progress, on_delete=models.PROTECT, related_name="signatures")
    # the version of the report that was agreed to
    version = models.PositiveIntegerField()
    post = models.CharField("岗位", max_length=20)
    signer = models.CharField("审签人", max_length=40)
    signed_on = models.DateField("审签日期")
    on_paper = models.BooleanField("线下审签", default=False)
    registered_by = models.CharField("登记人", max_length=60, default="", blank=True)
    scan = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    scan_name = models.CharField("扫描件", max_length=255, default="", blank=True)

    class Meta:
        indexes = [
            # serves: who signed a report, in order
            models.Index(fields=["progress", "id"], name="tasks_signature_progress"),
        ]

    def __str__(self) -> str:
        return f"{self.post} {self.signer}"


class SheetReturn(models.Model):
    """回收: a 填报表 that came back as a file, and what was done with it."""

    class State(models.TextChoices):
        READ = "read", "待确认"
        REFUSED = "refused", "没有接收"
        TAKEN = "taken", "已代录"
        DISCARDED = "discarded", "已放弃"

    # what came in stays, and so does its file; of what was refused only the name is kept
    file = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    file_name = models.CharField("文件名", max_length=255)
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    # empty where the file does not say whose it is
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.READ)
    # why it was not taken, one sentence each
    reasons = models.JSONField(default=list, blank=True)
    by_id = models.CharField(max_length=40)
    by_name = models.CharField("回收人", max_length=60)
    created_at = models.DateTimeField("上传时间", auto_now_add=True)
    taken = models.PositiveIntegerField("代录项数", default=0)
    # what the sheet says, row by row as text: compared with the reports anew on every look
    reading = models.JSONField(default=dict, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="refused") | Q(file__isnull=False, agency__isnull=False),
                name="tasks_sheetreturn_kept",
            ),
        ]
        indexes = [
            # serves: what came back in a period, newest first
            models.Index(fields=["period", "-created_at"], name="tasks_sheetreturn_period"),
        ]

    def __str__(self) -> str:
        return self.file_name
