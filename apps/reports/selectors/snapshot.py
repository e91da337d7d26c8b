"""Everything a report speaks of, read as it stood at one instant; as many queries for any size."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date

from django.db import connection, transaction
from django.db.models import Count, Max, Q

from apps.agencies.models import Agency
from apps.common.periods import PeriodCode
from apps.ops.selectors import installation
from apps.plans.models import Period, Plan, PlanPeriod
from apps.reports.figures.codec import from_json
from apps.reports.figures.kinds import Earlier, Facts, PlanFact, TargetFact, UnitFact
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.snapshot_rows import row_facts
from apps.tasks.selectors.periods import DELIVERED, LATE, counted_duties
from apps.tasks.selectors.targets import target_lines

# 党委, 人大, 政协, 法检 and 垂直管理 are not supervised: a report never names them (D12)
_SUPERVISED = (Agency.Affiliation.GOVERNMENT, Agency.Affiliation.INSTITUTION)


@contextmanager
def one_snapshot() -> Iterator[None]:
    """All that is read inside stood so at one instant, whatever others commit meanwhile.

    Inside another transaction that one's isolation holds: the sample is loaded in a single one.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


def scope_text(plans: Sequence[Plan]) -> str:
    """What makes two reports the same: the codes, sorted."""
    return ",".join(sorted(plan.code for plan in plans))


def read_facts(*, plans: Sequence[Plan], period: Period, today: date, genre: str) -> Facts:
    """The period in these plans, each of which has it; the caller holds `one_snapshot`."""
    entered = list(
        PlanPeriod.objects.filter(plan__in=plans, period=period)
        .select_related("plan__supervisor", "period")
        .order_by("plan__issued_on", "plan_id")
    )
    here = installation()
    lines = target_lines(plans=[each.plan for each in entered], period=period, today=today)
    previous, year_ago = _earlier(plans, period, genre)
    return Facts(
        period_code=period.code,
        period_name=period.name,
        data_as_of=max(each.data_as_of for each in entered),
        taken_on=today,
        body_name=here.body_name,
        plans=tuple(_plan_fact(each) for each in entered),
        rows=row_facts(entered, today),
        units=_units(entered),
        targets=tuple(TargetFact(**asdict(line)) for line in lines),
        is_sample=here.sample,
        previous=previous,
        year_ago=year_ago,
    )


def _plan_fact(entered: PlanPeriod) -> PlanFact:
    plan = entered.plan
    return PlanFact(
        code=plan.code,
        title=plan.title,
        short_title=plan.short_title,
        document_number=plan.document_number,
        supervisor=plan.supervisor.name if plan.supervisor else "",
        cut_off=entered.cut_off,
        data_as_of=entered.data_as_of,
    )


def _units(entered: Sequence[PlanPeriod]) -> tuple[UnitFact, ...]:
    """As the lists of who has reported count them, over all plans of the report together."""
    rows = (
        counted_duties([each.pk for each in entered])
        .values_list("agency__code", "agency__name", "agency__affiliation")
        .annotate(
            owed=Count("pk"),
            delivered=Count("pk", filter=DELIVERED),
            late=Count("pk", filter=LATE),
            cut_off=Max("plan_period__cut_off"),
        )
        .order_by("agency__rank", "agency_id")
    )
    return tuple(
        UnitFact(code, name, owed, delivered, late, affiliation in _SUPERVISED, cut_off)
        for code, name, affiliation, owed, delivered, late, cut_off in rows
    )


def _earlier(
    plans: Sequence[Plan], period: Period, genre: str
) -> tuple[Earlier | None, Earlier | None]:
    """The newest issued report of the period before, and of the same one a year ago."""
    before = (
        Period.objects.filter(plan_periods__plan__in=plans, ends_on__lt=period.ends_on)
        .order_by("-ends_on")
        .values_list("code", flat=True)
        .first()
    )
    span = period.span
    year_ago = PeriodCode(span.year - 1, span.month).code
    issued = (
        QuarterlyReport.objects.filter(
            Q(period__code=before) | Q(period__code=year_ago),
            scope=scope_text(plans),
            state=QuarterlyReport.State.ISSUED,
        )
        .select_related("period")
        .order_by("pk")
    )
    # a correction comes after what it corrects; one of the same 文种 goes before another
    issued_last = sorted(issued, key=lambda report: report.genre == genre)
    newest = {report.period.code: report for report in issued_last}
    return _counts(newest.get(before or "")), _counts(newest.get(year_ago))


def _counts(report: QuarterlyReport | None) -> Earlier | None:
    if report is None:
        return None
    figures = from_json(report.figures)
    return Earlier(
        title=report.title,
        period_name=report.period.name,
        total=figures.total,
        counts={each.key: each.count for each in figures.classes},
        overdue=figures.overdue,
        owed=figures.owed,
        missing=figures.missing,
    )
