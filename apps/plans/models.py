"""Where tasks come from: plans with their row rules and passages; periods and cut-offs."""

from __future__ import annotations

from datetime import date

from django.db import models
from django.db.models import Case, F, Q, When

from apps.accounts.models import Line
from apps.agencies.models import Agency
from apps.agencies.parties import Rule
from apps.common.periods import PeriodCode


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


class PlanPolicy(models.Model):
    """How a plan of ours is reported on and judged (D6, D8, D10, D14)."""

    class Cadence(models.IntegerChoices):
        """Months from one period to the next."""

        MONTH = 1, "每月"
        QUARTER = 3, "每季度"
        HALF_YEAR = 6, "每半年"
        YEAR = 12, "每年"

    class CutOff(models.TextChoices):
        DAY_AFTER = "day_after", "期后次月第 N 日"
        DAY_WITHIN = "day_within", "期末当月第 N 日"
        WORKDAY_FROM_END = "workday_from_end", "期末当月倒数第 N 个工作日"

    class Weekend(models.TextChoices):
        """What becomes of a cut-off on a day off, by the national calendar."""

        EARLIER = "earlier", "提前到前一个工作日"
        LATER = "later", "顺延到后一个工作日"
        KEEP = "keep", "不变"

    class Owes(models.TextChoices):
        EACH_LEAD = "each_lead", "每个牵头单位各报各的部分"
        CONSOLIDATOR = "consolidator", "只由汇总单位报"
        EACH_RESPONSIBLE = "each_responsible", "每个责任单位都报"

    class OnTime(models.TextChoices):
        SUBMISSION = "submission", "填报员提交的时间"
        SIGN_OFF = "sign_off", "单位审签同意的时间"

    # a policy says nothing without its plan
    plan = models.OneToOneField(Plan, on_delete=models.CASCADE, related_name="policy")
    cadence = models.PositiveSmallIntegerField(
        "报送频次", choices=Cadence.choices, default=Cadence.QUARTER
    )
    cut_off = models.CharField(
        "报送截止", max_length=16, choices=CutOff.choices, default=CutOff.DAY_AFTER
    )
    cut_off_day = models.PositiveSmallIntegerField("N", default=20)
    # the whole year's own cut-off in the year after, such as 3 January
    year_end_month = models.PositiveSmallIntegerField("年终截止月", null=True, blank=True)
    year_end_day = models.PositiveSmallIntegerField("年终截止日", null=True, blank=True)
    weekend = models.CharField(
        "截止日遇休息日", max_length=8, choices=Weekend.choices, default=Weekend.LATER
    )
    owes = models.CharField("由谁报送", max_length=16, choices=Owes.choices, default=Owes.EACH_LEAD)
    on_time_by = models.CharField(
        "是否按时以何为准", max_length=10, choices=OnTime.choices, default=OnTime.SUBMISSION
    )
    resubmission_days = models.PositiveSmallIntegerField("退回后重报期限（工作日）", default=2)
    opens_by_itself = models.BooleanField("到期自动开启报告期", default=False)
    # working days after the cut-off; empty: somebody closes it
    closes_after = models.PositiveSmallIntegerField(
        "截止后自动关闭（工作日）", null=True, blank=True
    )
    red_points = models.DecimalField(
        "红灯：落后超过（百分点）", max_digits=5, decimal_places=1, default=30
    )
    amber_points = models.DecimalField(
        "黄灯：落后达到（百分点）", max_digits=5, decimal_places=1, default=10
    )
    near_days = models.PositiveSmallIntegerField("黄灯：距完成时限（天）", default=30)
    # until which day of the year the leads file their 工作方案; empty: no day is set
    goals_due_month = models.PositiveSmallIntegerField("工作方案报备截止月", null=True, blank=True)
    goals_due_day = models.PositiveSmallIntegerField("工作方案报备截止日", null=True, blank=True)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(cadence__in=[1, 3, 6, 12]), name="plans_planpolicy_cadence"
            ),
            models.CheckConstraint(
                condition=Q(cut_off_day__range=(1, 31)), name="plans_planpolicy_cut_off_day"
            ),
            models.CheckConstraint(
                condition=Q(year_end_month__isnull=True, year_end_day__isnull=True)
                | Q(year_end_month__range=(1, 6), year_end_day__range=(1, 31)),
                name="plans_planpolicy_year_end",
            ),
            models.CheckConstraint(
                condition=Q(goals_due_month__isnull=True, goals_due_day__isnull=True)
                | Q(goals_due_month__range=(1, 12), goals_due_day__range=(1, 31)),
                name="plans_planpolicy_goals_due",
            ),
            models.CheckConstraint(
                condition=Q(amber_points__gte=0) & Q(red_points__gte=F("amber_points")),
                name="plans_planpolicy_points",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.short_title}填报规则"


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
    """A reporting period: cumulative from January on (D14)."""

    code = models.CharField("代码", max_length=7, unique=True)
    ends_on = models.DateField("数据截至")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]{4}(Q[1-4]|M(0[124578]|1[01]))$"),
                name="plans_period_code",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def span(self) -> PeriodCode:
        return PeriodCode.parse(self.code)

    @property
    def name(self) -> str:
        return self.span.name

    @property
    def short_name(self) -> str:
        return self.span.short_name


class PlanPeriodQuerySet(models.QuerySet["PlanPeriod"]):
    def soonest_first(self, today: date) -> PlanPeriodQuerySet:
        """What is open and not over by its cut-off, the next one first; then the newest.

        A period may be opened before the one before it is over.
        """
        ahead = When(state=PlanPeriod.State.OPEN, cut_off__gte=today, then=F("cut_off"))
        due = Case(ahead, output_field=models.DateField())
        return self.select_related("period").order_by(
            due.asc(nulls_last=True), "-period__ends_on", "cut_off"
        )


class PlanPeriod(models.Model):
    """A plan's own calendar for a period: until when reports are on time."""

    class State(models.TextChoices):
        OPEN = "open", "填报中"
        CLOSED = "closed", "已关闭"

    # periods that were reported on stay; a plan's calendar goes with the plan
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="plan_periods")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="plan_periods")
    cut_off = models.DateField("报送截止")
    # the period's own last day, or the cut-off where reports are due before the period is over
    data_as_of = models.DateField("数据截至")
    state = models.CharField("状态", max_length=6, choices=State.choices, default=State.OPEN)
    opened_on = models.DateField("开启日期")
    closed_on = models.DateField("关闭日期", null=True, blank=True)

    objects = PlanPeriodQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "period"], name="plans_planperiod_once"),
            models.CheckConstraint(
                condition=Q(state="open") | Q(closed_on__isnull=False),
                name="plans_planperiod_closed_on",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["open", "closed"]), name="plans_planperiod_state"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.short_title} {self.period.name}"

    def past_cut_off(self, today: date) -> bool:
        """The cut-off day itself is still on time."""
        return today > self.cut_off
