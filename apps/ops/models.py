"""The installation itself, the runs of background jobs, and stored files."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class Installation(models.Model):
    """The one row that says whose installation this is."""

    body_name = models.CharField("本级", max_length=40, default="")
    sample = models.BooleanField("演示数据", default=False)
    business_date = models.DateField("业务日期", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pk=1), name="ops_installation_is_single"),
            # Only the sample moves its date; real work always lives in the real today.
            models.CheckConstraint(
                condition=Q(business_date__isnull=True) | Q(sample=True),
                name="ops_business_date_only_in_sample",
            ),
        ]

    def __str__(self) -> str:
        return self.body_name


class JobRun(models.Model):
    """One background job: asked for, running, ended. At most one open run per kind and key."""

    class State(models.TextChoices):
        WAITING = "waiting", "等待"
        RUNNING = "running", "进行中"
        DONE = "done", "完成"
        FAILED = "failed", "失败"
        CANCELLED = "cancelled", "已取消"

    # what waits for a worker or has one
    OPEN = (State.WAITING, State.RUNNING)

    kind = models.CharField(max_length=40)
    key = models.CharField(max_length=120)
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    stage = models.CharField(max_length=60, default="", blank=True)
    done = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    error = models.TextField(default="", blank=True)
    # what the job was asked to do, and by whom
    wanted = models.JSONField(default=dict, blank=True)
    by_id = models.CharField(max_length=40, default="", blank=True)
    by_name = models.CharField("发起人", max_length=60, default="", blank=True)
    # the file that came of it stays as long as the run does
    result = models.ForeignKey(
        "ops.StoredFile", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    result_name = models.CharField("结果文件名", max_length=255, default="", blank=True)
    # a running job says now and then that it is alive; one that fell silent is taken up again
    heard_at = models.DateTimeField(null=True, blank=True)
    # how often it was taken up; who took it up last owns it, an earlier worker finds it is not his
    attempts = models.PositiveSmallIntegerField(default=0)
    # who asked that it stop; the job stops at its next sign of life
    cancelled_by = models.CharField("取消人", max_length=60, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["kind", "key"],
                condition=Q(state__in=["waiting", "running"]),
                name="ops_jobrun_open_once",
            ),
            models.UniqueConstraint(
                # of sweeps; what a person asks for may be asked for again
                fields=["kind", "key"],
                condition=Q(state="done", by_id=""),
                name="ops_jobrun_done_once",
            ),
        ]
        indexes = [
            # serves: "when did this kind last finish", on the board
            models.Index(fields=["kind", "-finished_at"], name="ops_jobrun_kind_finished"),
            # serves: what waits for a worker or fell silent, looked for every minute
            models.Index(
                fields=["created_at"],
                condition=Q(state__in=["waiting", "running"]),
                name="ops_jobrun_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class WorkdayOverride(models.Model):
    """A day on which this installation departs from the national calendar."""

    day = models.DateField("日期", unique=True)
    is_workday = models.BooleanField("上班")
    note = models.CharField("说明", max_length=100)

    class Meta:
        pass

    def __str__(self) -> str:
        return f"{self.day} {'上班' if self.is_workday else '放假'}"


class StoredFile(models.Model):
    """A file under the default storage, addressed by its content, so kept once."""

    sha256 = models.CharField(max_length=64, primary_key=True)
    size = models.PositiveBigIntegerField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sha256__regex=r"^[0-9a-f]{64}$"), name="ops_storedfile_sha256"
            ),
        ]

    def __str__(self) -> str:
        return self.sha256

    @property
    def path(self) -> str:
        """Name under the default storage."""
        return f"{self.sha256[:2]}/{self.sha256}"
