"""进展报告与通报: figures frozen for a period, the texts made of them, and what was issued."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from apps.ops.models import StoredFile
from apps.plans.models import Period, Plan
from apps.tasks.models import Task


class QuarterlyReport(models.Model):
    """One report over a period and a scope of plans; once issued the database refuses changes."""

    class Genre(models.TextChoices):
        """文种: one set of figures, a template each (D15)."""

        REPORT = "report", "报告"
        BULLETIN = "bulletin", "通报"

    class State(models.TextChoices):
        DRAFT = "draft", "草稿"
        # the text is closed and goes to whoever signs
        FINAL = "final", "送审稿"
        ISSUED = "issued", "已印发"
        DISCARDED = "discarded", "已作废"

    # what has not been issued and may be
    OPEN = (State.DRAFT, State.FINAL)

    # a report is kept with all it speaks of
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="reports")
    plans = models.ManyToManyField(Plan, related_name="reports", verbose_name="任务来源")
    # the codes of its plans, sorted, with commas: what makes two reports the same
    scope = models.CharField(max_length=2000)
    genre = models.CharField("文种", max_length=8, choices=Genre.choices)
    state = models.CharField("状态", max_length=9, choices=State.choices, default=State.DRAFT)
    title = models.CharField("标题", max_length=200)
    # 主送; a bulletin may go to many
    addressee = models.CharField("主送", max_length=500, default="", blank=True)
    # whose name stands under it
    signatory = models.CharField("落款", max_length=80, default="", blank=True)
    corrects = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="corrections"
    )
    # frozen, as apps.reports.figures.codec writes it; empty until the figures are taken
    figures = models.JSONField(default=dict, blank=True)
    # the real instant of the snapshot, and the business date it was taken on
    taken_at = models.DateTimeField("取数时间", null=True, blank=True)
    taken_on = models.DateField("取数日期", null=True, blank=True)
    # codes of the units that the supervisor ticked to be named as 未按时报送
    named_units = models.JSONField(default=list, blank=True)
    made_by = models.CharField("起草人", max_length=60)
    made_on = models.DateField("起草日期")
    number = models.CharField("文号", max_length=60, default="", blank=True)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    issued_by = models.CharField("登记人", max_length=60, default="", blank=True)
    # SHA-256 over the frozen figures and the final texts, as services.freezing writes it
    checksum = models.CharField("校验码", max_length=64, default="", blank=True)
    document = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    workbook = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    data = models.ForeignKey(
        StoredFile, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["period", "scope", "genre"],
                condition=Q(state__in=["draft", "final"]),
                name="reports_report_open_once",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["draft", "final", "issued", "discarded"]),
                name="reports_report_state",
            ),
            models.CheckConstraint(
                condition=~Q(state="issued")
                | (
                    ~Q(number="")
                    & Q(issued_on__isnull=False)
                    & Q(checksum__regex=r"^[0-9a-f]{64}$")
                    & Q(document__isnull=False, workbook__isnull=False, data__isnull=False)
                ),
                name="reports_report_issued_whole",
            ),
        ]
        indexes = [
            # serves: the list of reports, newest first
            models.Index(fields=["-made_on", "-id"], name="reports_report_newest"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_open(self) -> bool:
        return self.state in self.OPEN


class ReportPart(models.Model):
    """One part of the text: as it was generated, and as it was edited."""

    # a part goes with its report
    report = models.ForeignKey(QuarterlyReport, on_delete=models.CASCADE, related_name="parts")
    key = models.CharField(max_length=12)
    position = models.PositiveSmallIntegerField()
    heading = models.CharField("标题", max_length=60)
    # both with figures as names in braces, {任务总数}: nobody types a figure
    generated = models.TextField("自动生成")
    text = models.TextField("正文")
    changed_by = models.CharField("修改人", max_length=60, default="", blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "key"], name="reports_part_once"),
        ]

    def __str__(self) -> str:
        return self.heading


class ReportText(models.Model):
    """统稿: what the report says of one row instead of the unit's own words, which stay theirs."""

    # goes with its report; the row stays as long as a report speaks of it
    report = models.ForeignKey(QuarterlyReport, on_delete=models.CASCADE, related_name="texts")
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="+")
    text = models.TextField("报告用文字", default="", blank=True)
    # left out of the body; the ledger has every row
    left_out = models.BooleanField("不写入正文", default=False)
    changed_by = models.CharField("修改人", max_length=60)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "task"], name="reports_text_once"),
        ]

    def __str__(self) -> str:
        return f"{self.report} {self.task}"


class IssuedCopy(models.Model):
    """定稿回传: the paper as it went out, beside the report that it was made from."""

    report = models.ForeignKey(QuarterlyReport, on_delete=models.PROTECT, related_name="copies")
    file = models.ForeignKey(StoredFile, on_delete=models.PROTECT, related_name="+")
    name = models.CharField("文件名", max_length=255)
    number = models.CharField("文号", max_length=60)
    dated = models.DateField("成文日期")
    # which figures differ from the frozen ones, in words; empty: none
    differences = models.TextField("与系统数据的差异", default="", blank=True)
    uploaded_by = models.CharField("上传人", max_length=60)
    uploaded_on = models.DateField("上传日期")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "file"], name="reports_copy_once"),
        ]

    def __str__(self) -> str:
        return self.name
