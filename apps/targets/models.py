"""How much: indicators, the figures a plan sets for them, and what was reached (product.md D19)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from apps.agencies.models import Agency
from apps.plans.models import Period, Plan


class Indicator(models.Model):
    """What is counted, in which unit, and which way is good."""

    class Kind(models.TextChoices):
        """What may be worked out of its values."""

        AMOUNT = "amount", "数量"
        SHARE = "share", "比重"
        # compared with the target directly, never with the calendar (D5)
        GROWTH = "growth", "增速"
        # in words: a person judges it
        QUALITATIVE = "qualitative", "定性"

    class Direction(models.TextChoices):
        # a "lower is better" indicator has no completion ratio (D5)
        HIGHER = "higher", "越高越好"
        LOWER = "lower", "越低越好"

    class Nature(models.TextChoices):
        BINDING = "binding", "约束性"
        EXPECTED = "expected", "预期性"

    # an indicator belongs to the plan that names it
    plan = models.ForeignKey(Plan, on_delete=models.CASCADE, related_name="indicators")
    position = models.PositiveIntegerField("次序", default=0)
    name = models.CharField("指标", max_length=80)
    # empty only for what is said in words
    unit = models.CharField("单位", max_length=20, default="", blank=True)
    # what the figure covers, where the sentence says so: 全省, 珠三角
    scope = models.CharField("范围", max_length=40, default="", blank=True)
    kind = models.CharField("类型", max_length=12, choices=Kind.choices, default=Kind.AMOUNT)
    direction = models.CharField(
        "方向", max_length=6, choices=Direction.choices, default=Direction.HIGHER
    )
    # empty where the document does not say
    nature = models.CharField("性质", max_length=8, choices=Nature.choices, default="", blank=True)
    # the unit whose figure counts; it stays while figures name it
    source_unit = models.ForeignKey(
        Agency,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name="数据来源单位",
    )
    baseline_year = models.PositiveSmallIntegerField("基期年份", null=True, blank=True)
    baseline_value = models.DecimalField(
        "基期值", max_digits=18, decimal_places=4, null=True, blank=True
    )
    # the sentence the baseline stands in, verbatim
    baseline_quote = models.TextField("基期原文", default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["plan", "name"], name="targets_indicator_once"),
            models.CheckConstraint(
                condition=Q(baseline_year__isnull=True, baseline_value__isnull=True)
                | Q(baseline_year__isnull=False, baseline_value__isnull=False),
                name="targets_indicator_baseline",
            ),
            models.CheckConstraint(
                condition=Q(kind="qualitative") | ~Q(unit=""), name="targets_indicator_unit"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Target(models.Model):
    """The figure for a year, with the sentence it stands in."""

    class Operator(models.TextChoices):
        AT_LEAST = ">=", "不低于"
        MORE = ">", "高于"
        EQUAL = "=", "达到"
        AT_MOST = "<=", "不高于"
        LESS = "<", "低于"
        RANGE = "range", "区间"
        ABOUT = "about", "左右"
        QUALITATIVE = "qualitative", "定性"

    # a target says nothing without its indicator
    indicator = models.ForeignKey(Indicator, on_delete=models.CASCADE, related_name="targets")
    year = models.PositiveSmallIntegerField("年份")
    operator = models.CharField("关系", max_length=12, choices=Operator.choices)
    # empty only for what is said in words
    value = models.DecimalField("目标值", max_digits=18, decimal_places=4, null=True, blank=True)
    # the upper end of a range
    value_max = models.DecimalField(
        "目标值上限", max_digits=18, decimal_places=4, null=True, blank=True
    )
    quote = models.TextField("原文")
    # the heading the sentence stands under
    section = models.CharField("出处", max_length=200, default="", blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["indicator", "year"], name="targets_target_year"),
            models.CheckConstraint(
                condition=Q(operator="qualitative", value__isnull=True)
                | (~Q(operator="qualitative") & Q(value__gt=0)),
                name="targets_target_value",
            ),
            models.CheckConstraint(
                condition=Q(operator="range", value_max__gt=F("value"))
                | (~Q(operator="range") & Q(value_max__isnull=True)),
                name="targets_target_range",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.year}"


class Measurement(models.Model):
    """完成值 of an indicator for a period; a revision is a new row, the old one stays."""

    class Basis(models.TextChoices):
        """口径."""

        CUMULATIVE = "cumulative", "累计"
        CURRENT = "current", "当期"
        POINT = "point", "时点"

    class Release(models.TextChoices):
        FLASH = "flash", "快报"
        FINAL = "final", "正式"

    # figures that were typed stay with their indicator, and their period with them
    indicator = models.ForeignKey(Indicator, on_delete=models.PROTECT, related_name="measurements")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    revision = models.PositiveSmallIntegerField("修订", default=1)
    current = models.BooleanField(default=True)
    # eight places: 8123.45 亿元 of an indicator in 万亿元 lose nothing
    value = models.DecimalField("完成值", max_digits=22, decimal_places=8)
    # typed where the ledger is younger than that period
    year_ago = models.DecimalField(
        "去年同期", max_digits=22, decimal_places=8, null=True, blank=True
    )
    basis = models.CharField("口径", max_length=10, choices=Basis.choices)
    release = models.CharField("发布", max_length=5, choices=Release.choices)
    source = models.CharField("来源", max_length=200)
    # why it was revised
    reason = models.CharField("修订说明", max_length=300, default="", blank=True)
    recorded_by = models.CharField("录入人", max_length=60)
    recorded_on = models.DateField("录入日期")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["indicator", "period", "revision"], name="targets_measurement_revision"
            ),
            models.UniqueConstraint(
                fields=["indicator", "period"],
                condition=Q(current=True),
                name="targets_measurement_one_current",
            ),
            models.CheckConstraint(
                condition=Q(revision=1) | ~Q(reason=""), name="targets_measurement_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.indicator} {self.period} {self.value}"


class TargetJudgement(models.Model):
    """A person's word on a target that cannot be worked out, for one period."""

    class State(models.TextChoices):
        DONE = "done", "已完成"
        ON_TRACK = "on_track", "达到预期进度"
        BEHIND = "behind", "进度滞后"
        MISSED = "missed", "未完成"
        NO_DATA = "no_data", "暂无数据"

    # a judgement says nothing without its target
    target = models.ForeignKey(Target, on_delete=models.CASCADE, related_name="judgements")
    period = models.ForeignKey(Period, on_delete=models.PROTECT, related_name="+")
    state = models.CharField("状态", max_length=8, choices=State.choices)
    reason = models.CharField("理由", max_length=500)
    judged_by = models.CharField("认定人", max_length=60)
    judged_on = models.DateField("认定日期")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["target", "period"], name="targets_judgement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.target} {self.get_state_display()}"
