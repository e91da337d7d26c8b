"""How the lights and the missing reports have gone from period to period."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from apps.reports.selectors.board_numbers import day_url
from apps.reports.selectors.chart_pieces import Bar, bar_of
from apps.reports.selectors.ledger import Ledger
from apps.reports.selectors.past import Entered, earlier_periods, first_day, periods_until, ran_on
from apps.tasks.lights import Light
from apps.tasks.models import Duty, MarkSpan, PeriodMark

SHOWN_PERIODS = 8
_SETTLED = [Light.CLOSED.value, Light.ENDED.value]


@dataclass(frozen=True, slots=True)
class Step:
    """One period: rows not settled by light at its end, and the reports that did not come."""

    name: str
    # 上期, 去年同期, or the day up to which the one under way is shown
    said: str
    # nothing was kept of it without
    bar: Bar | None
    # None before the cut-off
    missing: int | None
    owed: int
    url: str


@dataclass(frozen=True, slots=True)
class Trend:
    """The last periods in their order; the title compares the newest."""

    title: str
    steps: Sequence[Step]


def trend_of(ledger: Ledger, spans: QuerySet[MarkSpan], day: date, today: date) -> Trend:
    """`spans` are those of the day, which the period under way is shown by; five queries."""
    entered = periods_until(ledger.plan_ids, day)
    if not entered:
        return Trend(_("还没有报告期"), ())
    shown = entered[-SHOWN_PERIODS:]
    kept = _kept(ledger.plan_ids, shown[:-1])
    running = spans.exclude(light__in=_SETTLED).order_by()
    kept[shown[-1].period.pk] = Counter(
        dict(running.values_list("light").annotate(many=Count("*")))
    )
    owed = _owed(ledger.plan_ids, shown, day)
    largest = max(lights.total() for lights in kept.values())
    before, year_ago = earlier_periods(entered, first_day(ledger.plan_ids))
    links = ledger if day == today else None

    def step(each: Entered) -> Step:
        lights = kept.get(each.period.pk)
        many, missing = owed.get(each.period.pk, (0, 0))
        url = day_url("reports:overdue", each.last_day or day, today)
        urls = dict.fromkeys(("red", "amber", "green"), url)
        if each.last_day is None:
            urls = {light: links.url(light=light) if links else url for light in urls}
        return Step(
            name=each.period.name,
            said=_said(each, before, year_ago, day),
            bar=bar_of(lights, largest, urls) if lights else None,
            missing=missing if each.cut_off < day else None,
            owed=many,
            url=url,
        )

    return Trend(_title(kept, shown[-1], before, year_ago), [step(each) for each in shown])


def _kept(plan_ids: Collection[int], entered: Sequence[Entered]) -> dict[int, Counter[str]]:
    """By period the marks it kept."""
    marks = (
        PeriodMark.objects.filter(
            plan_period__plan_id__in=plan_ids,
            plan_period__period__in=[each.period for each in entered],
        )
        .exclude(light__in=_SETTLED)
        .order_by()
        .values_list("plan_period__period_id", "light")
        .annotate(many=Count("*"))
    )
    found: dict[int, Counter[str]] = {}
    for period_id, light, many in marks:
        found.setdefault(period_id, Counter())[light] += many
    return found


def _owed(
    plan_ids: Collection[int], entered: Sequence[Entered], day: date
) -> dict[int, tuple[int, int]]:
    """By period how much was owed, and how much of it had not come by the day."""
    duties = (
        Duty.objects.filter(
            ran_on(day),
            plan_period__plan_id__in=plan_ids,
            plan_period__period__in=[each.period for each in entered],
        )
        .order_by()
        .values_list("plan_period__period_id")
        .annotate(owed=Count("pk"), missing=Count("pk", filter=~Q(delivered_on__lte=day)))
    )
    return {period_id: (owed, missing) for period_id, owed, missing in duties}


def _said(each: Entered, before: Entered | None, year_ago: Entered | None, day: date) -> str:
    if each.last_day is None:
        return _("截至 %s") % day.isoformat()
    if each == before:
        return _("上期")
    return _("去年同期") if each == year_ago else ""


def _title(
    kept: Mapping[int, Counter[str]],
    newest: Entered,
    before: Entered | None,
    year_ago: Entered | None,
) -> str:
    now = kept[newest.period.pk][Light.RED.value]
    said = [_("红灯 %d 项") % now]
    for name, each in ((_("上期末"), before), (_("去年同期"), year_ago)):
        if each and each.period.pk in kept:
            said.append(_compared(name, now - kept[each.period.pk][Light.RED.value]))
    return "，".join(said)


def _compared(name: str, more: int) -> str:
    if not more:
        return _("与%s持平") % name
    said = {"name": name, "many": abs(more)}
    return (_("比%(name)s多 %(many)d 项") if more > 0 else _("比%(name)s少 %(many)d 项")) % said
