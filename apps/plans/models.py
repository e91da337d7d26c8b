"""Where tasks come from: plans with their row rules and passages; periods and cut-offs."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import F, Q

from apps.accounts.models import Line
from apps.agencies.models import Agency
from apps.agencies.parties import Rule
from apps.common.periods import Quarter


class Plan(models.Model):
    """The document or decision that a row comes from."""

    class Relation(models.TextChoices):
        """Only own plans create duties, lights, papers and lines in a report (D0)."""

        OWN = "own", "本级督办"
        UPPER = "upper", "上级文件（对照）"
        LOWER = "lower", "下级文件（备案）"

    code = models.SlugField("代码", max_length=60, unique=True)
    title = models.CharField("标题", max_length=200)
    short_title = models.CharField("简称", max_length=40)
    document_number = models.CharField("文号", max_length=60, default="", blank=True)
    issuer = models.CharField("发文机关", max_length=80, default="", blank=True)
    issued_on = models.DateField("印发日期", null=True, blank=True)
    # what the text does not say about itself, and where a date was found instead
    facts_note = models.CharField("说明", max_length=200, default="", blank=True)
    level = models.CharField("级别", max_length=4, choices=Agency.Level.choices)
    region = models.CharField("地区", max_length=40)
    # an upper plan that others hang on stays
    parent = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="children",
        verbose_name="上级文件",
    )
    relation = models.CharField("关系", max_length=5, choices=Relation.choices)
    supervisor = models.ForeignKey(
        Agency,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="supervised_plans",
        verbose_name="督办单位",
    )
    line = models.ForeignKey(
        Line,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="plans",
        verbose_name="条线",
    )
    starts_on = models.DateField("实施期起", null=True, blank=True)
    ends_on = models.DateField("实施期止", null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(relation__in=["own", "upper", "lower"]), name="plans_plan_relation"
            ),
            models.CheckConstraint(
                condition=Q(starts_on__isnull=True)
                | Q(ends_on__isnull=True)
                | Q(starts_on__lte=F("ends_on")),
                name="plans_plan_span",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_own(self) -> bool:
        return self.relation == self.Relation.OWN


class RowRule(models.Model):
    """A rule that a document states for all its rows, with the words that state it (D3)."""

    CHOICES = [
        (Rule.FIRST_IS_LEAD.value, "列第一位者为牵头单位"),
        (Rule.RESPONSIBLE_IS_LEAD.value, "无牵头单位的，责任单位即为牵头单位"),
        (Rule.ALSO_IMPLEMENT.value, "以下均需落实，不再列出"),
    ]

    # a rule says nothing without its document
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="row_rules")
    code = models.CharField(max_length=24, choices=CHOICES)
    quote = models.CharField("原文", max_length=300)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "code"], name="plans_rowrule_once"),
        ]

    def __str__(self) -> str:
        return self.get_code_display()


class Passage(models.Model):
    """A paragraph of the document's body that names what is to be done, verbatim."""

    # a passage says nothing without its document
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField("次序")
    heading = models.CharField("所在章节", max_length=200, default="", blank=True)
    text = models.TextField("原文")
    responsibility = models.CharField("责任注", max_length=1000, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "position"], name="plans_passage_position"),
        ]

    def __str__(self) -> str:
        return f"{self.heading} {self.position}"


class Period(models.Model):
    """A reporting period: the cumulative quarters of a year (D14)."""

    code = models.CharField("代码", max_length=6, unique=True)
    ends_on = models.DateField("数据截至")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{4}Q[1-4]$"), name="plans_period_code"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def quarter(self) -> Quarter:
        return Quarter.parse(self.code)

    @property
    def name(self) -> str:
        return self.quarter.name


class PlanPeriod(models.Model):
    """A plan's own calendar for a period: until when reports are on time."""

    class State(models.TextChoices):
        OPEN = "open", "填报中"
        CLOSED = "closed", "已关闭"

    # periods that were reported on stay; a plan's calendar goes with the plan
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="plan_periods")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="plan_periods")
    cut_off = models.DateField("报送截止")
    state = models.CharField("状态", max_length=6, choices=State.choices, default=State.OPEN)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "period"], name="plans_planperiod_once"),
            models.CheckConstraint(
                condition=Q(state__in=["open", "closed"]), name="plans_planperiod_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.short_title} {self.period.name}"

    def past_cut_off(self, today: date) -> bool:
        """The cut-off day itself is still on time."""
        return today > self.cut_off
