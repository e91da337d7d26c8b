"""工作台 of a unit: what its reporters owe, what its approvers are to sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Exists, IntegerField, OuterRef, QuerySet, Value, When
from django.utils.translation import gettext as _

from apps.agencies.parties import Role
from apps.common.templatetags.pieces import cn_date
from apps.plans.models import Period, Plan, PlanPeriod
from apps.reports.selectors.lines import Line, lines_of
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Assignment, Duty, Progress, Task, TaskIndicator
from apps.tasks.selectors.openings import following_period
from apps.tasks.wording import plain_number

_State = Progress.State


@dataclass(frozen=True, slots=True)
class Owed:
    """One row my unit owes, with what it wrote last; `earlier`: for a period before this one."""

    duty: Duty
    progress: Progress | None
    previous: Progress | None
    earlier: bool

    @property
    def to_do(self) -> bool:
        return self.progress is None or self.progress.state == _State.RETURNED


@dataclass(frozen=True, slots=True)
class ReporterHome:
    """What my units owe this period; before it what earlier open periods still lack.

    Without a `period` nothing is owed, and `following` names the next one as far as it is known.
    """

    period: Period | None
    cut_off: date | None
    today: date
    owed: Sequence[Owed]
    warned: Sequence[Line]
    following: str = ""

    @property
    def now(self) -> Sequence[Owed]:
        return [each for each in self.owed if not each.earlier]

    @property
    def earlier(self) -> int:
        return len(self.owed) - len(self.now)

    @property
    def delivered(self) -> int:
        """Left the unit: what the 报送标 and the supervisor's figures count."""
        return sum(bool(each.progress and each.progress.delivered_on) for each in self.now)

    @property
    def signing(self) -> int:
        return sum(
            bool(each.progress and each.progress.state == _State.SIGNING) for each in self.now
        )

    @property
    def returned(self) -> int:
        return sum(bool(each.progress and each.to_do) for each in self.now)

    @property
    def to_do(self) -> Sequence[Owed]:
        return [each for each in self.owed if each.to_do]

    @property
    def several(self) -> bool:
        """Rows of more than one plan: each says which."""
        return len({each.duty.task.plan_id for each in self.owed}) > 1

    @property
    def days_left(self) -> int:
        return (self.cut_off - self.today).days if self.cut_off else 0

    @property
    def days_over(self) -> int:
        return -self.days_left


def reporter_home(scope: Scope, today: date) -> ReporterHome:
    """Returned ones first, then what is not written yet, older periods before newer ones."""
    units = scope.rights.reporter_of
    duties = list(_open_duties(units))
    warned = _led_by(units).filter(light__in=[Light.RED, Light.AMBER])
    lines = lines_of({"warned": warned}, scope=scope, today=today)["warned"]
    if not duties:
        return ReporterHome(None, None, today, [], lines, _following(units, today))
    owing = PlanPeriod.objects.filter(pk__in={duty.plan_period_id for duty in duties})
    period = owing.soonest_first(today)[0].period
    duties = [duty for duty in duties if _ends_on(duty) <= period.ends_on]
    previous = _previous(duties)
    owed = [
        Owed(
            duty,
            _progress(duty),
            previous.get(duty.pk),
            duty.plan_period.period_id != period.pk,
        )
        for duty in duties
    ]
    return ReporterHome(
        period=period,
        cut_off=min(d.plan_period.cut_off for d in duties if d.plan_period.period_id == period.pk),
        today=today,
        owed=[each for each in owed if each.to_do or not each.earlier],
        warned=lines,
    )


def _open_duties(units: frozenset[int]) -> QuerySet[Duty]:
    return (
        Duty.objects.filter(agency_id__in=units, plan_period__state=PlanPeriod.State.OPEN)
        .exclude(task__state__in=Task.SETTLED)
        .select_related("task__plan", "agency", "plan_period__period", "progress")
        .annotate(
            first=Case(
                When(progress__state=_State.RETURNED, then=Value(0)),
                When(progress__isnull=True, then=Value(1)),
                default=Value(2),
                output_field=IntegerField(),
            )
        )
        .order_by("first", "plan_period__period__ends_on", "task__plan_id", "task__position", "pk")
    )


def _previous(duties: Sequence[Duty]) -> dict[int, Progress]:
    """By duty: what the same unit wrote last for the same row before that period."""
    written: dict[tuple[int, int], list[Progress]] = {}
    oldest = min(duty.plan_period.period.ends_on for duty in duties)
    closed = (
        Progress.objects.filter(
            duty__task_id__in={duty.task_id for duty in duties},
            duty__agency_id__in={duty.agency_id for duty in duties},
            duty__plan_period__period__ends_on__lt=oldest,
        )
        .select_related("duty__plan_period__period")
        .order_by("duty__task_id", "duty__agency_id", "-duty__plan_period__period__ends_on")
        .distinct("duty__task_id", "duty__agency_id")
    )
    open_ones = (progress for duty in duties if (progress := _progress(duty)))
    for progress in (*closed, *open_ones):
        written.setdefault((progress.duty.task_id, progress.duty.agency_id), []).append(progress)
    found = {}
    for duty in duties:
        mine = written.get((duty.task_id, duty.agency_id), [])
        before = [p for p in mine if _ends_on(p.duty) < _ends_on(duty)]
        if before:
            found[duty.pk] = max(before, key=lambda p: _ends_on(p.duty))
    return found


def _progress(duty: Duty) -> Progress | None:
    progress: Progress | None = getattr(duty, "progress", None)
    return progress


def _ends_on(duty: Duty) -> date:
    return duty.plan_period.period.ends_on


def _led_by(units: frozenset[int]) -> QuerySet[Task]:
    leads = Assignment.objects.filter(
        task=OuterRef("pk"), agency_id__in=units, role=Role.LEAD.value
    )
    return Task.objects.filter(Exists(leads), plan__relation=Plan.Relation.OWN)


def _following(units: frozenset[int], today: date) -> str:
    """2020年全年，2021年1月5日截止."""
    following = following_period(units, today)
    if following is None:
        return ""
    return _("%(period)s，%(day)s截止") % {"period": following[0], "day": cn_date(following[1])}


@dataclass(frozen=True, slots=True)
class ToSign:
    """One report that waits for its unit's approver."""

    progress: Progress
    # 完成值 31 家，目标 40 家; empty where nothing is measured
    figure: str


@dataclass(frozen=True, slots=True)
class Signing:
    """One list for one answer."""

    rows: Sequence[ToSign]

    @property
    def several(self) -> bool:
        """More than one plan or period: each row says which."""
        duties = [row.progress.duty for row in self.rows]
        return len({(d.task.plan_id, d.plan_period.period_id) for d in duties}) > 1


def to_sign(scope: Scope) -> Signing:
    """What waits for this approver, in the tables' order; two queries."""
    waiting = list(
        Progress.objects.filter(scope.waits_for_me())
        .select_related("duty__task__plan", "duty__agency", "duty__plan_period__period")
        .order_by(
            "duty__plan_period__period__ends_on", "duty__task__plan_id", "duty__task__position"
        )
    )
    links = TaskIndicator.objects.filter(
        task_id__in={p.duty.task_id for p in waiting},
        agency_id__in={p.duty.agency_id for p in waiting},
    ).select_related("indicator")
    figures = {(link.task_id, link.agency_id): link for link in links}
    return Signing(
        [
            ToSign(each, _figure(each, figures.get((each.duty.task_id, each.duty.agency_id))))
            for each in waiting
        ]
    )


def _figure(progress: Progress, link: TaskIndicator | None) -> str:
    if link is None or progress.value is None:
        return ""
    return _("%(name)s %(value)s %(unit)s，目标 %(target)s %(unit)s") % {
        "name": link.indicator.name,
        "value": plain_number(progress.value),
        "target": plain_number(link.target_value),
        "unit": link.indicator.unit,
    }
