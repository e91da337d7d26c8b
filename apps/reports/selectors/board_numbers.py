"""The four numbers of 督办看板, each with what it was at earlier moments."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from apps.common.templatetags.pieces import cn_date_weekday
from apps.reports.selectors.past import (
    Entered,
    Figures,
    earlier_periods,
    figures_on,
    first_day,
    periods_until,
)
from apps.reports.selectors.rounds import Due, Turns


@dataclass(frozen=True, slots=True)
class Counted:
    """Rows of a day."""

    tasks: int
    open: int
    overdue: int
    overdue_year: int
    oldest: date | None
    behind: int
    difficult: int
    impossible: int


@dataclass(frozen=True, slots=True)
class Earlier:
    """An earlier moment beside the day of the board; nothing was kept of it without figures."""

    name: str
    # until when its marks were those of the period
    entered: Entered | None = None
    figures: Figures | None = None
    url: str = ""


@dataclass(frozen=True, slots=True)
class Then:
    """One number at an earlier moment; None is one that was not kept."""

    name: str
    value: int | None
    url: str


@dataclass(frozen=True, slots=True)
class Number:
    """One of the four, with the list below it and what it was before."""

    key: str
    name: str
    value: int
    unit: str
    note: str
    url: str
    tone: str
    then: Sequence[Then]


def day_url(name: str, day: date, today: date) -> str:
    """A tab of the board as of a day."""
    address = reverse(name)
    return f"{address}?{urlencode({'on': day.isoformat()})}" if day < today else address


def earlier_of(plan_ids: Collection[int], day: date, today: date) -> list[Earlier]:
    """上期末 and 去年同期: the last days on which the marks were those periods'; five queries."""
    entered = periods_until(plan_ids, day)
    previous, year_ago = earlier_periods(entered, first_day(plan_ids))
    moments = {_("上期末"): previous, _("去年同期"): year_ago}
    days = {each.last_day for each in moments.values() if each and each.last_day}
    figures = figures_on(plan_ids, days, entered)
    return [_moment(name, each, figures, today) for name, each in moments.items()]


def _moment(
    name: str, entered: Entered | None, figures: dict[date, Figures], today: date
) -> Earlier:
    if entered is None or entered.last_day is None:
        return Earlier(name)
    url = day_url("reports:overdue", entered.last_day, today)
    return Earlier(name, entered, figures[entered.last_day], url)


def numbers_of(
    counted: Counted, rounds: Turns, day: date, earlier: Sequence[Earlier]
) -> list[Number]:
    """In the order in which they stand."""
    longest = ""
    if counted.oldest:
        longest = _("最长 %d 天") % (day - counted.oldest).days
    missing, note = _missing_said(rounds)
    ended = rounds.ended
    tiles = [
        ("overdue", _("逾期任务"), counted.overdue, _("完成时限已过，未办结"), "year", "red"),
        ("overdue_year", _("其中一年以上"), counted.overdue_year, longest, "year", "red"),
        ("behind", _("滞后"), counted.behind, _("落后序时或认定滞后"), "behind", "amber"),
        ("missing", missing, ended.missing if ended else 0, note, "missing", ""),
    ]
    return [
        Number(
            key=key,
            name=name,
            value=value,
            unit=_("份") if key == "missing" else _("项"),
            note=note,
            url=f"#{anchor}",
            tone=tone if value else "",
            then=[_then(each, key) for each in earlier],
        )
        for key, name, value, note, anchor, tone in tiles
    ]


def _then(earlier: Earlier, key: str) -> Then:
    value = getattr(earlier.figures, key) if earlier.figures else None
    return Then(earlier.name, value, earlier.url if value is not None else "")


def _missing_said(rounds: Turns) -> tuple[str, str]:
    """Name and note: of which period, and whether the one under way is due."""
    newest, ended = rounds.current, rounds.ended
    if ended is None:
        return _("未报"), _("还没有截止的报告期")
    name = _("未报（%s）") % ended.period.name
    if newest and newest.days_left >= 0:
        return name, _("本期 %s截止，还没到") % _near(newest)
    return name, _("%s已截止") % _near(ended)


def _near(round_: Due) -> str:
    return cn_date_weekday(round_.cut_off)
