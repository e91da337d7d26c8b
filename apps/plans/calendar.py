"""When a plan's periods are open and until when reports are on time (product.md D14).

Pure: the policy, the period and the working calendar are arguments; no database and no clock.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import takewhile

from apps.common.periods import PeriodCode
from apps.common.workdays import Workdays
from apps.plans.models import PlanPolicy

_DECEMBER = 12
# Units need time between being told and the cut-off, also where that is early in its month.
_TIME_TO_REPORT = timedelta(days=10)
# A cut-off lies at most half a year after its period; older periods are not asked for any more.
_YEARS_BACK = 2


def cut_off_of(policy: PlanPolicy, code: PeriodCode, workdays: Workdays) -> date:
    """The last day on which a report for this period is on time, by the plan's rule.

    A day that the month does not have is the month's last; the whole year may have a day of its
    own in the year after.
    """
    if code.month == _DECEMBER and policy.year_end_month and policy.year_end_day:
        day = _day(code.year + 1, policy.year_end_month, policy.year_end_day)
    elif policy.cut_off == PlanPolicy.CutOff.WORKDAY_FROM_END:
        return _workday_from_end(code.ends_on, policy.cut_off_day, workdays)
    elif policy.cut_off == PlanPolicy.CutOff.DAY_WITHIN:
        day = _day(code.year, code.month, policy.cut_off_day)
    else:
        after = code.ends_on + timedelta(days=1)
        day = _day(after.year, after.month, policy.cut_off_day)
    return workdays.move(day, policy.weekend)


def data_as_of(code: PeriodCode, cut_off: date) -> date:
    """数据截至: the period's last day, or the cut-off where reports are due before it."""
    return min(code.ends_on, cut_off)


def opens_on(code: PeriodCode, cut_off: date) -> date:
    """The first of the cut-off's month, or ten days before the cut-off where that is earlier;

    never before the year that the period speaks of.
    """
    wanted = min(cut_off.replace(day=1), cut_off - _TIME_TO_REPORT)
    return min(max(wanted, code.starts_on), cut_off)


def asks_from(policy: PlanPolicy, code: PeriodCode) -> date:
    """The first day that is new in this period, after the one before it by the plan's cadence."""
    return date(code.year, code.month - (code.month - 1) % policy.cadence, 1)


def due_period(policy: PlanPolicy, today: date, workdays: Workdays) -> PeriodCode:
    """The newest period whose time to report has begun by `today`."""
    first = PeriodCode(today.year - _YEARS_BACK, _DECEMBER)
    known = takewhile(lambda code: code.year <= today.year + 1, _codes(policy, first))
    return [code for code in known if opens_on(code, cut_off_of(policy, code, workdays)) <= today][
        -1
    ]


def upcoming(
    policy: PlanPolicy, opened: PeriodCode | None, today: date, workdays: Workdays
) -> tuple[PeriodCode, date]:
    """The first period after `opened` whose cut-off is not over, with that cut-off."""
    first = PeriodCode(today.year - _YEARS_BACK, _DECEMBER)
    if opened is not None and opened >= first:
        first = opened.following(policy.cadence)
    dated = ((code, cut_off_of(policy, code, workdays)) for code in _codes(policy, first))
    return next((code, cut_off) for code, cut_off in dated if cut_off >= today)


def _codes(policy: PlanPolicy, first: PeriodCode) -> Iterator[PeriodCode]:
    """The plan's periods from one on, without end."""
    code = first
    while True:
        yield code
        code = code.following(policy.cadence)


def policy_reasons(policy: PlanPolicy) -> dict[str, str]:
    """What is wrong with a policy, by field; one sentence each."""
    found = {}
    if not 1 <= policy.cut_off_day <= 31:  # noqa: PLR2004  # the days of the longest month
        found["cut_off_day"] = "“N”须在 1 至 31 之间。"
    for month, day, last in (
        ("year_end_month", "year_end_day", 6),
        ("goals_due_month", "goals_due_day", 12),
    ):
        wrong = _date_reason(getattr(policy, month), getattr(policy, day), last)
        if wrong:
            found[month] = wrong
    if not 0 <= policy.amber_points <= policy.red_points:
        found["amber_points"] = "黄灯的百分点不能小于零，也不能大于红灯的。"
    if not found and _year_end_is_late(policy):
        found["year_end_month"] = "年终截止日不能晚于下一期的报送截止，请改早，或调整报送频次。"
    return found


def _date_reason(month: int | None, day: int | None, last_month: int) -> str:
    if month is None and day is None:
        return ""
    if month is None or day is None:
        return "月和日要么都填，要么都不填。"
    if not 1 <= month <= last_month or not 1 <= day <= 31:  # noqa: PLR2004  # as above
        return f"月须在 1 至 {last_month} 之间，日须在 1 至 31 之间。"
    return ""


def _year_end_is_late(policy: PlanPolicy) -> bool:
    """Else the first period of a year would be due before the year before it."""
    # any year will do, in which the rule on days off says nothing
    year = PeriodCode(2020, _DECEMBER)
    plain = PlanPolicy(
        cut_off=policy.cut_off,
        cut_off_day=policy.cut_off_day,
        year_end_month=policy.year_end_month,
        year_end_day=policy.year_end_day,
        weekend=PlanPolicy.Weekend.KEEP,
    )
    following = year.following(policy.cadence)
    return cut_off_of(plain, year, Workdays()) >= cut_off_of(plain, following, Workdays())


def _day(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _workday_from_end(last: date, count: int, workdays: Workdays) -> date:
    """The month's first working day where it has not so many; its last day where it has none."""
    days = [day for n in range(last.day, 0, -1) if workdays.is_workday(day := last.replace(day=n))]
    return days[min(count, len(days)) - 1] if days else last
