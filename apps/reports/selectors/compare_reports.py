"""与上期, 去年同期 of what was not reported: reports beside reports, of the same plans."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from functools import reduce
from operator import or_

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext as _

from apps.common.periods import PeriodCode
from apps.plans.models import Period, PlanPeriod
from apps.reports.selectors.compare import difference
from apps.reports.selectors.rounds import IN
from apps.tasks.lights import Light
from apps.tasks.models import Duty, PeriodMark, Task

_SETTLED = (Light.CLOSED.value, Light.ENDED.value)


@dataclass(frozen=True, slots=True)
class Then:
    """How many reports were missing as an earlier period ended, and are of the same plans' now."""

    # 2020年一季度; 上一期 where the plans' own periods are not the same one
    name: str
    then: int
    now: int

    @property
    def missing(self) -> str:
        return difference(self.now, self.then)


@dataclass(frozen=True, slots=True)
class Missing:
    """None where nothing was owed then: it is not guessed."""

    previous: Then | None = None
    year_ago: Then | None = None

    @property
    def either(self) -> bool:
        return bool(self.previous or self.year_ago)


@dataclass(frozen=True, slots=True)
class _Entered:
    """A plan's period; `until`: the day on which the next one was opened."""

    pk: int
    code: PeriodCode
    until: date | None


def missing_compared(plan_ids: Collection[int], period: Period | None, today: date) -> Missing:
    """Of plans whose cut-off for this period is over; three queries, none without a period."""
    if period is None or not plan_ids:
        return Missing()
    plans = _periods(plan_ids, period)
    due = PlanPeriod.objects.filter(plan_id__in=plan_ids, period=period, cut_off__lt=today)
    now = dict(due.values_list("plan_id", "pk"))
    code = PeriodCode(period.span.year - 1, period.span.month)
    previous = {plan: max(of, key=lambda each: each.code) for plan, of in plans.items() if of}
    year_ago = {plan: each for plan, of in plans.items() for each in of if each.code == code}
    counts = _missing(now.values(), [*previous.values(), *year_ago.values()])
    return Missing(_then(now, previous, counts), _then(now, year_ago, counts))


def _periods(plan_ids: Collection[int], period: Period) -> dict[int, list[_Entered]]:
    """By plan its periods before this one for which something was owed."""
    later = PlanPeriod.objects.filter(
        plan=OuterRef("plan"), period__ends_on__gt=OuterRef("period__ends_on")
    ).order_by("period__ends_on")
    owed = Exists(Duty.objects.filter(plan_period=OuterRef("pk")))
    found: defaultdict[int, list[_Entered]] = defaultdict(list)
    rows = PlanPeriod.objects.filter(
        owed, plan_id__in=plan_ids, period__ends_on__lt=period.ends_on
    ).values_list("plan_id", "pk", "period__code", Subquery(later.values("opened_on")[:1]))
    for plan_id, pk, code, until in rows:
        found[plan_id].append(_Entered(pk, PeriodCode.parse(code), until))
    return found


def _missing(now: Collection[int], earlier: Collection[_Entered]) -> dict[int, int]:
    """By plan period: today's as lists of who has not reported count, others as they ended."""
    by_day: defaultdict[date | None, set[int]] = defaultdict(set)
    for each in earlier:
        by_day[each.until].add(each.pk)
    settled = PeriodMark.objects.filter(
        task=OuterRef("task"), plan_period=OuterRef("plan_period"), light__in=_SETTLED
    )
    wanted = [Q(plan_period__in=now) & ~IN & ~Q(task__state__in=Task.SETTLED)]
    wanted += [
        Q(plan_period__in=pks) & _not_in_by(until) & ~Q(Exists(settled))
        for until, pks in by_day.items()
    ]
    duties: QuerySet[Duty] = Duty.objects.filter(reduce(or_, wanted)).order_by()
    return dict(duties.values_list("plan_period").annotate(Count("pk")))


def _not_in_by(until: date | None) -> Q:
    return ~IN if until is None else ~Q(delivered_on__lt=until)


def _then(
    now: Mapping[int, int], earlier: Mapping[int, _Entered], counts: Mapping[int, int]
) -> Then | None:
    both = [(pk, earlier[plan]) for plan, pk in now.items() if plan in earlier]
    names = {each.code.name for _pk, each in both}
    if not names:
        return None
    return Then(
        name=names.pop() if len(names) == 1 else _("上一期"),
        then=sum(counts.get(each.pk, 0) for _pk, each in both),
        now=sum(counts.get(pk, 0) for pk, _each in both),
    )
