"""A row of a table: its text, its deadline with history, who is responsible, its figures."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from django.db import models
from django.db.models import F, Func, Q, Value
from django.urls import reverse

from apps.agencies.models import Agency
from apps.agencies.parties import Role
from apps.common.spans import share_of
from apps.plans.models import Plan
from apps.targets.models import Indicator
from apps.tasks.deadlines import Every, Kind
from apps.tasks.lights import Light, ReportMark, reason_shown


class Task(models.Model):
    """A row of a 任务分工表, verbatim in `cells`, with what was read from it beside."""

    class State(models.TextChoices):
        """D9; adjustments are events with reasons, not states."""

        UNASSIGNED = "unassigned", "待交办"
        ASSIGNED = "assigned", "已交办"
        SIGNED = "signed", "已签收"
        ACTIVE = "active", "推进中"
        CLOSING = "closing", "申请办结"
        CLOSED = "closed", "已办结"
        SUSPENDED = "suspended", "挂起"
        ENDED = "ended", "终止"

    # what neither owes reports nor can be late
    SETTLED = (State.CLOSED, State.ENDED)
    # what the calendar may turn red: suspended rows wait for their conditions
    RUNNING = (State.UNASSIGNED, State.ASSIGNED, State.SIGNED, State.ACTIVE, State.CLOSING)

    # a row with history is never swept away with its plan
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="tasks")
    number = models.CharField("序号", max_length=20)
    # with gaps, so that a row moved in the file changes that row alone
    position = models.BigIntegerField("原表次序")
    category = models.JSONField("类别", default=list, blank=True)
    title = models.CharField("标题", max_length=500, default="", blank=True)
    content = models.TextField("重点工作")
    note = models.TextField("备注", default="", blank=True)
    cells = models.JSONField("原表各格", default=list)

    state = models.CharField("状态", max_length=10, choices=State.choices, default=State.UNASSIGNED)
    closed_on = models.DateField("办结日期", null=True, blank=True)
    consolidator = models.ForeignKey(
        Agency,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="consolidated_tasks",
        verbose_name="汇总单位",
    )
    # of a person's decision (领导批示, 会议, 文号); empty where the first lead is taken by order
    consolidator_basis = models.CharField("汇总单位依据", max_length=200, default="", blank=True)

    # Copies of the current deadline, for lists and the sweep.
    due_kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in Kind])
    due_on = models.DateField("最后一日", null=True, blank=True)
    due_soft = models.BooleanField(default=False)
    # The first day after the deadline, once the sweep has flagged the row.
    overdue_since = models.DateField("逾期起", null=True, blank=True)

    light = models.CharField(
        "进度灯", max_length=8, choices=Light.choices(), default=Light.NODATA.value
    )
    light_order = models.PositiveSmallIntegerField(default=Light.NODATA.order)
    light_reason = models.CharField(max_length=200, default="", blank=True)
    # what the task page opens: rule, figure, as of, who
    light_facts = models.JSONField(default=dict, blank=True)
    report_mark = models.CharField(
        "报送标", max_length=5, choices=ReportMark.choices(), default="", blank=True
    )
    report_label = models.CharField(max_length=20, default="", blank=True)
    # the business date on which light and mark were last judged, and when the mere passing of
    # days changes them next
    marks_on = models.DateField(null=True, blank=True)
    marks_next = models.DateField(null=True, blank=True)
    # the newest progress that was handed in
    last_progress = models.ForeignKey(
        "tasks.Progress", on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            # also serves: the rows of a plan by number, when a table is imported again
            models.UniqueConstraint(fields=["plan", "number"], name="tasks_task_number"),
            models.CheckConstraint(
                condition=(Q(due_kind="date") & Q(due_on__isnull=False))
                | (~Q(due_kind="date") & ~Q(due_kind="unresolved"))
                | (Q(due_kind="unresolved") & Q(due_on__isnull=True)),
                name="tasks_task_due_day",
            ),
            # unresolved or missing deadlines are never counted as overdue (D1)
            models.CheckConstraint(
                condition=Q(overdue_since__isnull=True) | Q(due_kind="date", due_soft=False),
                name="tasks_task_overdue_is_dated",
            ),
            models.CheckConstraint(
                condition=Q(
                    state__in=[
                        "unassigned", "assigned", "signed", "active",
                        "closing", "closed", "suspended", "ended",
                    ]
                ),
                name="tasks_task_state",
            ),
        ]  # fmt: skip
        indexes = [
            # serves: the ledger in the original's order
            models.Index(fields=["plan", "position"], name="tasks_task_plan_position"),
            # serves: the sweep, which reads only what may still become late
            models.Index(
                fields=["due_on"],
                condition=Q(due_kind="date", due_soft=False, overdue_since__isnull=True)
                & Q(state__in=["unassigned", "assigned", "signed", "active", "closing"]),
                name="tasks_task_to_flag",
            ),
            # serves: the first rows of the board's lists, the worst light and the oldest day first
            models.Index(
                fields=["light_order", "due_on", "plan", "position"], name="tasks_task_worst"
            ),
            # serves: what no longer owes anything, from the index alone
            models.Index(
                fields=["id"], condition=Q(state__in=["closed", "ended"]), name="tasks_task_settled"
            ),
            # serve: the board's counts and its late rows, from the index alone
            models.Index(fields=["plan", "state"], name="tasks_task_plan_state"),
            models.Index(
                fields=["plan", "state", "due_on"],
                include=["light_order", "position", "id"],
                condition=Q(overdue_since__isnull=False),
                name="tasks_task_plan_overdue",
            ),
            # serves: the sweep, which judges anew only what passing days have changed
            models.Index(
                fields=["marks_next"],
                condition=Q(marks_next__isnull=False),
                name="tasks_task_marks_next",
            ),
            # serves: the rows of one light in the order of their plans; from the index alone, the
            # ledger's counts
            models.Index(
                fields=["plan", "light_order", "position"],
                include=["state"],
                name="tasks_task_plan_light",
            ),
            # serve: the ledger over all plans with the worst first, or by deadline
            models.Index(fields=["light_order", "plan", "position"], name="tasks_task_light"),
            models.Index(fields=["due_on", "plan", "position"], name="tasks_task_due"),
            # serves: which rows of other plans have the very text of an imported one
            models.Index(
                Func(
                    F("content"),
                    Value(0),
                    function="hashtextextended",
                    output_field=models.BigIntegerField(),
                ),
                name="tasks_task_same_text",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.short_title}第{self.number}项"

    def get_absolute_url(self) -> str:
        return reverse("tasks:detail", args=[self.pk])

    @property
    def is_settled(self) -> bool:
        return self.state in self.SETTLED

    def light_text(self, today: date) -> str:
        """The reason beside the light; days overdue are counted anew each day."""
        return reason_shown(self.light_reason, self.due_on, today)


class Deadline(models.Model):
    """One reading of a row's deadline; extensions add rows, and every earlier day stays (D11)."""

    # a deadline says nothing without its task
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="deadlines")
    sequence = models.PositiveSmallIntegerField()
    current = models.BooleanField(default=True)
    # read from a cell of the table, and not decided since
    from_table = models.BooleanField(default=False)
    text = models.CharField("原文", max_length=1000, default="", blank=True)
    kind = models.CharField(max_length=10, choices=[(k.value, k.value) for k in Kind])
    due_on = models.DateField(null=True, blank=True)
    starts_on = models.DateField(null=True, blank=True)
    soft = models.BooleanField(default=False)
    every = models.CharField(
        max_length=10, choices=[(e.value, e.value) for e in Every], default="", blank=True
    )
    every_due = models.JSONField(null=True, blank=True)
    milestone = models.CharField(max_length=40, default="", blank=True)
    others = models.JSONField(default=list, blank=True)
    basis = models.CharField("依据", max_length=200)
    recorded_on = models.DateField("登记日期")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "sequence"], name="tasks_deadline_sequence"),
            models.UniqueConstraint(
                fields=["task"], condition=Q(current=True), name="tasks_deadline_one_current"
            ),
            models.CheckConstraint(
                condition=~Q(kind="date") | Q(due_on__isnull=False), name="tasks_deadline_day"
            ),
        ]

    def __str__(self) -> str:
        return self.text or self.kind

    @property
    def needs_review(self) -> bool:
        return self.kind == Kind.UNRESOLVED


class Assignment(models.Model):
    """Who has which part in a task, with the document's own word for it (D3)."""

    ROLES = [
        (Role.LEAD.value, "牵头"),
        (Role.SHARED.value, "按职责分工"),
        (Role.SUPPORT.value, "参加"),
        (Role.GUIDE.value, "指导"),
        (Role.IMPLEMENT.value, "负责落实"),
        (Role.DATA.value, "数据提供"),
    ]

    # an assignment says nothing without its task
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="assignments")
    # empty while nobody has said which unit the name means
    agency = models.ForeignKey(
        Agency, on_delete=models.PROTECT, null=True, blank=True, related_name="assignments"
    )
    name = models.CharField("原文名称", max_length=120)
    role = models.CharField("角色", max_length=10, choices=ROLES)
    word = models.CharField("原文用语", max_length=40, default="", blank=True)
    also = models.JSONField(default=list, blank=True)
    collective = models.BooleanField(default=False)
    derived_from = models.CharField(max_length=24, default="", blank=True)
    position = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "position"], name="tasks_assignment_position"),
        ]
        indexes = [
            # serves: what a unit leads or supports
            models.Index(fields=["agency", "role", "task"], name="tasks_assignment_agency"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.get_role_display()}"


class TaskIndicator(models.Model):
    """A figure that a task works towards, and which of its leads reports it."""

    # a link says nothing without its ends
    task = models.ForeignKey(Task, on_delete=models.CASCADE, related_name="task_indicators")
    indicator = models.ForeignKey(
        Indicator, on_delete=models.CASCADE, related_name="task_indicators"
    )
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    target_value = models.DecimalField("目标值", max_digits=18, decimal_places=4)

    class Meta:
        constraints = [
            # one figure per unit and row: the form asks for one value
            models.UniqueConstraint(fields=["task", "agency"], name="tasks_taskindicator_once"),
            models.CheckConstraint(
                condition=Q(target_value__gt=0), name="tasks_taskindicator_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.target_value}{self.indicator.unit}"

    def share(self, value: Decimal) -> Decimal:
        """完成比例 of the whole task's target."""
        return share_of(value, self.target_value)
