"""工作台 of a leader: the whole, what needs him, what needs attention; one printable page."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Case, Count, F, OuterRef, Q, QuerySet, Subquery, TextField, When
from django.db.models.fields.json import KeyTextTransform
from django.utils.translation import gettext as _

from apps.plans.models import PlanPeriod
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.board import own_rows
from apps.reports.selectors.compare import Compared, compared
from apps.reports.selectors.ledger import Ledger, ledger_of
from apps.reports.selectors.lines import LIST_LIMIT, Line, Unit, lines_of
from apps.reports.selectors.reports import READABLE, reports_visible
from apps.reports.selectors.rounds import Rounds, missing_duties, rounds_of, units_missing
from apps.tasks.access import Scope
from apps.tasks.lights import Light
from apps.tasks.models import Progress, Task

ATTENTION = 10


@dataclass(frozen=True, slots=True)
class LightCount:
    """How many rows have one light, with the ledger's rows behind the number; `previous` and

    `year_ago` say the change, empty where there is nothing to compare with.
    """

    light: str
    name: str
    note: str
    count: int
    url: str
    previous: str
    year_ago: str


@dataclass(frozen=True, slots=True)
class Words:
    """What one unit reported as its problem; `unjudged`: no supervisor has judged it (D17)."""

    agency: str
    period: str
    problems: str
    next_step: str
    unjudged: bool


@dataclass(frozen=True, slots=True)
class Trouble:
    """A row whose newest reports speak of problems."""

    line: Line
    words: Sequence[Words]


@dataclass(frozen=True, slots=True)
class Missing:
    """A unit that did not report for the period that is over, and of how many rows."""

    unit: Unit
    many: int


@dataclass(frozen=True, slots=True)
class LeaderHome:
    """`attention` leaves out what stands among `troubles`; both are cut, their totals are whole."""

    plans: int
    total: int
    lights: Sequence[LightCount]
    compared: Compared
    rounds: Rounds
    troubles: Sequence[Trouble]
    troubles_total: int
    attention: Sequence[Line]
    attention_total: int
    # of the latter, how many stand among `troubles`
    attention_above: int
    missing: Sequence[Missing]
    report: QuarterlyReport | None


def leader_home(scope: Scope, today: date, *, whole: bool = False) -> LeaderHome:
    """Over our own plans of this leader's lines; `whole`: every row that needs him."""
    ledger = ledger_of(scope)
    rows = own_rows(ledger.plan_ids)
    counted = dict(rows.order_by().values_list("light").annotate(Count("pk")))
    rounds = rounds_of(ledger.plan_ids, today)
    beside = compared(ledger.plan_ids, rounds.current.period if rounds.current else None)
    troubled = _with_problems(ledger.plan_ids, today)
    most = LIST_LIMIT if whole else ATTENTION
    in_trouble = rows.filter(pk__in=troubled.values("duty__task_id"))
    lines = lines_of(
        {
            "troubled": in_trouble,
            "warned": rows.filter(light__in=[Light.RED, Light.AMBER]),
        },
        scope=scope,
        today=today,
        # as many as may stand in the first list, and as many again for the second
        limit=most + ATTENTION,
    )
    first = lines["troubled"][:most]
    above = {line.task.pk for line in first}
    return LeaderHome(
        plans=len(ledger.plan_ids),
        total=sum(counted.values()),
        lights=_light_counts(counted, ledger, beside),
        compared=beside,
        rounds=rounds,
        troubles=_troubles(first, troubled),
        troubles_total=in_trouble.count(),
        attention=[line for line in lines["warned"] if line.task.pk not in above][:ATTENTION],
        attention_total=counted.get(Light.RED.value, 0) + counted.get(Light.AMBER.value, 0),
        attention_above=sum(line.task.light in {Light.RED, Light.AMBER} for line in first),
        missing=_missing(ledger.plan_ids, rounds),
        report=reports_visible(scope).filter(state__in=READABLE).first(),
    )


def _with_problems(plan_ids: Collection[int], today: date) -> QuerySet[Progress]:
    """The newest report of each unit on each row, where it has problems to tell.

    Of the periods from each plan's last one whose cut-off is over; what is older was told before.
    Only what has left its unit.
    """
    over = (
        PlanPeriod.objects.filter(plan=OuterRef("plan"), cut_off__lt=today)
        .order_by("-period__ends_on")
        .values("period__ends_on")[:1]
    )
    recent = (
        PlanPeriod.objects.filter(plan_id__in=plan_ids)
        .annotate(over=Subquery(over))
        .filter(Q(over=None) | Q(period__ends_on__gte=F("over")))
    )
    newest = (
        Progress.objects.filter(
            duty__plan_period__in=recent.values("pk"), delivered_on__isnull=False
        )
        .exclude(duty__task__state__in=Task.SETTLED)
        .order_by("duty__task_id", "duty__agency_id", "-duty__plan_period__period__ends_on")
        .distinct("duty__task_id", "duty__agency_id")
    )
    left = Case(
        When(delivered={}, then=F("problems")),
        default=KeyTextTransform("problems", "delivered"),
        output_field=TextField(),
    )
    return Progress.objects.filter(pk__in=newest.values("pk")).annotate(told=left).exclude(told="")


def _troubles(lines: Sequence[Line], troubled: QuerySet[Progress]) -> list[Trouble]:
    reports = (
        troubled.filter(duty__task__in=[line.task.pk for line in lines])
        .select_related("duty__agency", "duty__plan_period__period")
        .order_by("duty__agency__rank", "duty_id")
    )
    words: dict[int, list[Words]] = {}
    for report in reports:
        read = report.as_delivered or report
        words.setdefault(report.duty.task_id, []).append(
            Words(
                agency=report.duty.agency.name,
                period=report.duty.plan_period.period.short_name,
                problems=read.problems,
                next_step=read.next_step,
                unjudged=report.state != Progress.State.APPROVED or not report.judgement,
            )
        )
    return [Trouble(line, words.get(line.task.pk, [])) for line in lines]


def _missing(plan_ids: Collection[int], rounds: Rounds) -> list[Missing]:
    """As they stand in the tables, never by how many (D20)."""
    if rounds.ended is None or not rounds.ended.missing:
        return []
    found = units_missing(missing_duties(plan_ids, rounds.ended))
    return [Missing(unit, many) for unit, many in found]


def _light_counts(counted: dict[str, int], ledger: Ledger, beside: Compared) -> list[LightCount]:
    """Every row is in one of them; a light without a note only where there are such rows."""
    notes = {
        Light.RED: _("逾期、落后 30 个百分点以上、不能完成"),
        Light.AMBER: _("落后、有困难、临近时限"),
        Light.GREEN: _("正常推进"),
        Light.PENDING: _("已报，督查员未核"),
        Light.NODATA: _("还没有报来进展"),
        Light.CLOSED: _("不再计灯"),
    }
    others = [light for light in Light if light not in notes and counted.get(light.value)]
    return [
        LightCount(
            light.value,
            light.label,
            notes.get(light, ""),
            counted.get(light.value, 0),
            ledger.url(light=light.value),
            beside.previous.light(light.value) if beside.previous else "",
            beside.year_ago.light(light.value) if beside.year_ago else "",
        )
        for light in [*notes, *others]
    ]
