"""A ledger of any size with its history, for measuring; only where nothing real can be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db import connection, transaction

from apps.accounts.models import Line, Membership, User
from apps.agencies.models import Agency
from apps.common.errors import Refused
from apps.common.periods import PeriodCode
from apps.common.workdays import Workdays
from apps.ops.models import Installation
from apps.plans.calendar import cut_off_of, data_as_of
from apps.plans.models import Period, Plan, PlanPeriod, PlanPolicy
from apps.tasks.bulk_sql import GUARDS, INDEXES, LAST, ONCE, PER_PERIOD, TABLES

# the day in which the rows live
DAY = date(2020, 10, 12)
_NEWEST, _NEXT = PeriodCode(2020, 9), PeriodCode(2020, 12)
MOST_TASKS, LEAST_PERIODS = 5_000_000, 2
_PERIODS = 8
_PER_PLAN, _MOST_PLANS = 500, 200
_FEWEST_AGENCIES, _MOST_AGENCIES = 40, 2000
_REGION = "测速省"
_JUDGE = "测速督查员"


@dataclass(frozen=True, slots=True)
class BulkMade:
    """What was written."""

    tasks: int
    plans: int
    agencies: int
    duties: int
    progress: int


def check_bulk_database() -> None:
    """Refused unless nothing stands here, and not in the trial run's database either."""
    name = connection.settings_dict["NAME"]
    named = name.startswith(("test_", "bench_"))
    found = Installation.objects.filter(sample=True).exists() and not named
    filled = (Plan, Agency, User, Line, Period)
    if found or any(model.objects.exists() for model in filled):
        raise Refused(
            f"数据库 {name} 里已有内容，没有改动它。测速数据只写入空库，"
            "请用 DATABASE_URL 指向一个新建的空库（先运行 migrate）。"
        )


@transaction.atomic
def bulk_make(*, tasks: int, periods: int = 3) -> BulkMade:
    """Fill an empty database: `tasks` rows, each owing reports for the newest `periods` periods.

    The mark of the sample is set, so that production never starts with this. The accounts
    bulk_dc, bulk_ld and bulk_tb (督查员, 领导, 填报员) have no password.
    """
    if not (1 <= tasks <= MOST_TASKS and LEAST_PERIODS <= periods <= _PERIODS):
        raise Refused(
            f"任务数须在 1 至 {MOST_TASKS:,} 之间，期数须在 {LEAST_PERIODS} 至 {_PERIODS} 之间。"
        )
    check_bulk_database()
    plans = min(-(-tasks // _PER_PLAN), _MOST_PLANS)
    agencies = min(max(tasks // 50, _FEWEST_AGENCIES), _MOST_AGENCIES)
    Installation.objects.update_or_create(
        pk=1, defaults={"sample": True, "business_date": DAY, "body_name": _REGION}
    )
    line = Line.objects.create(code="bulk", name="测速条线")
    _agencies(agencies)
    _people(line)
    _plans(plans, line)
    values: dict[str, int | str | date] = {
        "tasks": tasks,
        "per_plan": -(-tasks // plans),
        "agencies": agencies,
        "periods": periods,
        "entered": _PERIODS,
        "today": DAY,
        "cut_off": _cut_off(_NEWEST),
        "next_cut_off": _cut_off(_NEXT),
        "judge": _JUDGE,
    }
    duties, progress = _fill(values, periods)
    _settle()
    return BulkMade(tasks, plans, agencies, duties, progress)


def _cut_off(code: PeriodCode) -> date:
    return cut_off_of(PlanPolicy(), code, Workdays())


def _agencies(many: int) -> None:
    """With keys from 1 on, which the statements count with; the first one supervises."""
    Agency.objects.bulk_create(
        Agency(
            pk=place,
            code=f"bulk-{place}",
            name="省督办委" if place == 1 else f"省第{place}厅",
            full_name=f"{_REGION}第{place}厅",
            level=Agency.Level.PROVINCE,
            region=_REGION,
            rank=place,
        )
        for place in range(1, many + 1)
    )


def _people(line: Line) -> None:
    roles = {
        "bulk_dc": (Membership.Role.SUPERVISOR, 1, _JUDGE),
        "bulk_ld": (Membership.Role.LEADER, 1, "测速领导"),
        "bulk_tb": (Membership.Role.REPORTER, 2, "测速填报员"),
    }
    for username, (role, agency_id, name) in roles.items():
        user = User(username=username, name=name)
        user.set_unusable_password()
        user.save()
        membership = Membership.objects.create(user=user, agency_id=agency_id, role=role)
        if role != Membership.Role.REPORTER:
            membership.lines.set([line])


def _plans(many: int, line: Line) -> None:
    Plan.objects.bulk_create(
        Plan(
            pk=place,
            code=f"bulk-{place}",
            title=f"测速文件第{place}号任务分工方案",
            short_title=f"测速文件{place}",
            level=Agency.Level.PROVINCE,
            region=_REGION,
            relation=Plan.Relation.OWN,
            supervisor_id=1,
            line=line,
            issued_on=date(2018, 1, 8),
            starts_on=date(2018, 1, 1),
            ends_on=date(2022, 12, 31),
        )
        for place in range(1, many + 1)
    )
    PlanPolicy.objects.bulk_create(PlanPolicy(plan_id=place) for place in range(1, many + 1))
    codes = [_NEWEST]
    while len(codes) < _PERIODS:
        before = codes[0]
        codes.insert(0, _quarter_before(before))
    Period.objects.bulk_create(
        Period(pk=place, code=code.code, ends_on=code.ends_on)
        for place, code in enumerate(codes, start=1)
    )
    PlanPeriod.objects.bulk_create(
        _entered(plan, place, code)
        for plan in range(1, many + 1)
        for place, code in enumerate(codes, start=1)
    )


def _quarter_before(code: PeriodCode) -> PeriodCode:
    quarter = 3
    if code.month == quarter:
        return PeriodCode(code.year - 1, 12)
    return PeriodCode(code.year, code.month - quarter)


def _entered(plan: int, place: int, code: PeriodCode) -> PlanPeriod:
    cut_off = _cut_off(code)
    is_open = code == _NEWEST
    return PlanPeriod(
        pk=(plan - 1) * _PERIODS + place,
        plan_id=plan,
        period_id=place,
        cut_off=cut_off,
        data_as_of=data_as_of(code, cut_off),
        state=PlanPeriod.State.OPEN if is_open else PlanPeriod.State.CLOSED,
        opened_on=cut_off.replace(day=1),
        closed_on=None if is_open else cut_off.replace(day=28),
    )


def _fill(values: dict[str, int | str | date], periods: int) -> tuple[int, int]:
    """The big tables; how many duties and reports there are then."""
    tables = {"tables": list(TABLES)}
    with connection.cursor() as cursor:
        # what was written above is checked before the tables beside it are altered
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL maintenance_work_mem = '256MB'")
        cursor.execute("SET LOCAL work_mem = '64MB'")
        cursor.execute(GUARDS, tables)
        guards = cursor.fetchall()
        for drop, _ in guards:
            cursor.execute(drop)
        cursor.execute(INDEXES, tables)
        indexes = cursor.fetchall()
        for drop, _ in indexes:
            cursor.execute(drop)
        for statement in ONCE:
            cursor.execute(statement, values)
        counts = [0] * len(PER_PERIOD)
        for period in range(periods):
            for place, statement in enumerate(PER_PERIOD):
                cursor.execute(statement, {**values, "period": period})
                counts[place] += cursor.rowcount
        for statement in LAST:
            cursor.execute(statement, values)
        for _, make in [*indexes, *reversed(guards)]:
            cursor.execute(make)
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    return counts[0], counts[1]


# Keys were given by hand: the next one that is drawn comes after them.
_SEQUENCES = """
    SELECT format('SELECT setval(%%L, (SELECT coalesce(max(id), 0) + 1 FROM %%I), false)',
                  pg_get_serial_sequence(name, 'id'), name)
      FROM unnest(%(tables)s) AS name
"""
_NUMBERED = (*TABLES, "agencies_agency", "plans_plan", "plans_period", "plans_planperiod")


def _settle() -> None:
    """Sequences and statistics are those of the rows."""
    with connection.cursor() as cursor:
        cursor.execute(_SEQUENCES, {"tables": list(_NUMBERED)})
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)
        cursor.execute("ANALYZE")
