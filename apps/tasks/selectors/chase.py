"""催报名单: who has not reported for a period, whom to telephone, and a text to paste."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import OuterRef, Q, QuerySet, Subquery

from apps.agencies.models import Agency, Contact
from apps.ops.selectors import workdays
from apps.plans.models import Period, Plan, PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.models import Duty, Task

# A unit that is chased gets as many working days as one whose report was sent back (D10).
_DAYS_TO_ANSWER = 2
# Nobody telephones through a longer list; a single plan's is shorter.
MOST_REPORTS = 2_000
# Whoever did not report for a year is no longer chased for the oldest.
_RECENT_PERIODS = 4


@dataclass(frozen=True, slots=True)
class ChaseRows:
    """The rows of one plan that one unit has not reported."""

    plan: Plan
    cut_off: date
    numbers: tuple[str, ...]

    @property
    def said(self) -> str:
        """第3、5、27项."""
        return f"第{'、'.join(self.numbers)}项"


@dataclass(frozen=True, slots=True)
class ChaseUnit:
    """A unit with whom to telephone and what it owes; `text` can be pasted into a message."""

    agency: Agency
    contacts: tuple[Contact, ...]
    rows: tuple[ChaseRows, ...]
    text: str

    @property
    def many(self) -> int:
        return sum(len(each.numbers) for each in self.rows)

    @property
    def line(self) -> str:
        """省经信委 张某 020-… 欠第 3、5、27 项."""
        whom = " ".join(f"{each.name} {each.telephone}" for each in self.contacts[:1])
        owed = "；".join(_of_plan(each, several=len(self.rows) > 1) for each in self.rows)
        return " ".join(filter(None, (self.agency.name, whom, f"欠{owed}")))


@dataclass(frozen=True, slots=True)
class Chase:
    """One period. Before the cut-off nobody is late yet: `over` is False."""

    period: Period
    cut_off: date
    over: bool
    closed: bool
    units: tuple[ChaseUnit, ...]
    # more than MOST_REPORTS: left to the pages of the single plans, and no unit is listed
    too_many: bool = False

    @property
    def many(self) -> int:
        return sum(unit.many for unit in self.units)

    @property
    def text(self) -> str:
        """The whole list, a line for each unit."""
        return "\n".join(unit.line for unit in self.units)

    @property
    def messages(self) -> str:
        """All messages, one below the other."""
        return "\n\n".join(unit.text for unit in self.units)


def chases_of(scope: Scope, today: date, *, agency: Agency | None = None) -> list[Chase]:
    """The periods in which somebody is to be chased, the most pressing first; at most three.

    One that is over and still takes reports, the open one that is due next, one that was closed
    without them. Nothing for anybody but a supervisor.
    """
    if not scope.supervised:
        return []
    found = (
        chase_of(scope, today, period=period, agency=agency)
        for period in _periods(_missing(scope, agency), scope, today)
    )
    return [chase for chase in found if chase is not None and (chase.units or chase.too_many)]


def chase_of(
    scope: Scope,
    today: date,
    *,
    period: Period,
    agency: Agency | None = None,
    plan: Plan | None = None,
) -> Chase | None:
    """Who is missing in this person's own plans; None for anybody but a supervisor.

    Where a cut-off is over in some plans and not in others, only the former count. The queries
    grow neither with units nor with rows.
    """
    if not scope.supervised:
        return None
    missing = _missing(scope, agency)
    if plan is not None:
        missing = missing.filter(plan_period__plan=plan)
    missing = missing.filter(plan_period__period=period)
    if missing.order_by()[: MOST_REPORTS + 1].count() > MOST_REPORTS:
        return _without_units(scope, period, today)
    duties = list(
        missing.select_related("task__plan__supervisor", "agency", "plan_period").order_by(
            "agency__rank", "agency_id", "task__plan_id", "task__position", "pk"
        )
    )
    late = [duty for duty in duties if duty.plan_period.past_cut_off(today)]
    duties = late or duties
    cut_off = _cut_off(scope, period, duties)
    if cut_off is None:
        return None
    return Chase(
        period=period,
        cut_off=cut_off,
        over=cut_off < today,
        closed=bool(duties) and all(_is_closed(duty) for duty in duties),
        units=_units(duties, period, today),
    )


def _without_units(scope: Scope, period: Period, today: date) -> Chase:
    entered = list(PlanPeriod.objects.filter(period=period, plan_id__in=scope.supervised))
    counted = [each for each in entered if each.past_cut_off(today)] or entered
    cut_off = min(each.cut_off for each in counted)
    closed = all(each.state == PlanPeriod.State.CLOSED for each in counted)
    return Chase(period, cut_off, cut_off < today, closed, units=(), too_many=True)


def contacts_of(agency_ids: Iterable[int]) -> dict[int, Contact]:
    """By unit whom to telephone first; one query."""
    found = Contact.objects.filter(agency_id__in=list(agency_ids)).order_by("agency_id", "position")
    return {contact.agency_id: contact for contact in found.distinct("agency_id")}


def _missing(scope: Scope, agency: Agency | None) -> QuerySet[Duty]:
    """Never left its unit; a settled row owes nothing any more."""
    duties = Duty.objects.filter(
        plan_period__plan_id__in=scope.supervised,
        plan_period__plan__relation=Plan.Relation.OWN,
        delivered_on__isnull=True,
    ).exclude(task__state__in=Task.SETTLED)
    return duties if agency is None else duties.filter(agency=agency)


def _periods(missing: QuerySet[Duty], scope: Scope, today: date) -> list[Period]:
    """Of each kind one, once: the newest, or of those still ahead the one that is due next."""
    entered = PlanPeriod.objects.filter(plan_id__in=scope.supervised)
    recent = Period.objects.filter(plan_periods__in=entered).order_by("-ends_on").distinct()
    # one look for each; what is missing in all of them together may be very much
    first = missing.filter(plan_period=OuterRef("pk")).order_by().values("pk")[:1]
    owing = (
        entered.filter(period__in=list(recent[:_RECENT_PERIODS]))
        .annotate(owing=Subquery(first))
        .filter(owing__isnull=False)
        .soonest_first(today)
    )
    can_report, over = Q(state=PlanPeriod.State.OPEN), Q(cut_off__lt=today)
    found = (owing.filter(kind).first() for kind in (can_report & over, can_report, over))
    return list(dict.fromkeys(each.period for each in found if each is not None))


def _cut_off(scope: Scope, period: Period, duties: list[Duty]) -> date | None:
    """The earliest of those listed; with nobody missing, of the person's plans."""
    if duties:
        return min(duty.plan_period.cut_off for duty in duties)
    entered = PlanPeriod.objects.filter(period=period, plan_id__in=scope.supervised)
    return entered.order_by("cut_off").values_list("cut_off", flat=True).first()


def _is_closed(duty: Duty) -> bool:
    return duty.plan_period.state == PlanPeriod.State.CLOSED


def _units(duties: list[Duty], period: Period, today: date) -> tuple[ChaseUnit, ...]:
    grouped: dict[int, dict[int, list[Duty]]] = {}
    for duty in duties:
        grouped.setdefault(duty.agency_id, {}).setdefault(duty.task.plan_id, []).append(duty)
    bodies = {duty.task.plan.supervisor_id for duty in duties} - {None}
    contacts = _contacts({*grouped, *(pk for pk in bodies if pk is not None)})
    answer_by = workdays().add(today, _DAYS_TO_ANSWER)
    units = []
    for agency_id, plans in grouped.items():
        first = next(iter(plans.values()))[0]
        rows = tuple(_rows(found) for found in plans.values())
        text = _text(first, rows, period, today=today, answer_by=answer_by)
        asking = contacts.get(first.task.plan.supervisor_id or 0, ())
        units.append(
            ChaseUnit(
                agency=first.agency,
                contacts=contacts.get(agency_id, ()),
                rows=rows,
                text=f"{text}{_asking(first.task.plan.supervisor, asking)}",
            )
        )
    return tuple(units)


def _contacts(agency_ids: Collection[int]) -> dict[int, tuple[Contact, ...]]:
    found: dict[int, list[Contact]] = {}
    for contact in Contact.objects.filter(agency_id__in=agency_ids).order_by("position"):
        found.setdefault(contact.agency_id, []).append(contact)
    return {pk: tuple(contacts) for pk, contacts in found.items()}


def _rows(duties: list[Duty]) -> ChaseRows:
    first = duties[0]
    numbers = tuple(duty.task.number for duty in duties)
    return ChaseRows(first.task.plan, first.plan_period.cut_off, numbers)


def _text(
    first: Duty, rows: tuple[ChaseRows, ...], period: Period, *, today: date, answer_by: date
) -> str:
    owed = "；".join(_of_plan(each, several=len(rows) > 1) for each in rows)
    cut_off = min(each.cut_off for each in rows)
    day = f"{cut_off.month}月{cut_off.day}日"
    opening = f"{first.agency.name}：{period.name}进展报送"
    if cut_off >= today:
        return f"{opening}将于{day}截止，尚未截止，贵单位还有{owed}未报，请按时报送。"
    if _is_closed(first):
        return f"{opening}已于{day}截止并关闭，贵单位{owed}没有报送，请说明原因。"
    wanted = f"{answer_by.month}月{answer_by.day}日"
    return f"{opening}已于{day}截止，贵单位还有{owed}未报，请于{wanted}前报送。"


def _of_plan(rows: ChaseRows, *, several: bool) -> str:
    return f"《{rows.plan.short_title}》{rows.said}" if several else rows.said


def _asking(body: Agency | None, contacts: tuple[Contact, ...]) -> str:
    """联系人：省发展改革委 李某 020-…; without a known person the unit alone."""
    if body is None:
        return ""
    whom = "".join(f" {each.name} {each.telephone}" for each in contacts[:1])
    return f"联系人：{body.name}{whom}。"
