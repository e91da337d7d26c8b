"""标题, 主送 and 落款 as they are proposed; people may write them otherwise (product.md D15)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from apps.ops.selectors import installation
from apps.plans.models import Period, Plan
from apps.reports.figures.wording import titled
from apps.reports.models import QuarterlyReport

_Genre = QuarterlyReport.Genre
_TITLE_LIMIT = 200
# what has a 人民政府; the longer ones first
_GOVERNED = ("自治区", "自治州", "自治县", "自治旗", "省", "市", "州", "县", "区", "旗", "镇", "乡")


@dataclass(frozen=True, slots=True)
class Head:
    """What stands above and below the text."""

    title: str
    addressee: str = ""
    signatory: str = ""


def proposed_head(*, period: Period, plans: Sequence[Plan], genre: str) -> Head:
    """The same for the same plans, in whatever order they were chosen."""
    plans = sorted(plans, key=lambda plan: (plan.issued_on or date.max, plan.pk))
    ending = f"{period.name}进展情况的{_Genre(genre).label}"
    return Head(_title(plans, ending), _addressee(genre), _signatory(plans))


def _title(plans: Sequence[Plan], ending: str) -> str:
    """关于《…》2020年上半年进展情况的报告, without a second 关于 before 《关于…》."""
    first, many = plans[0], len(plans)
    if many > 1:
        return _about(f"{titled(first.short_title)}等{many}份文件", ending)
    title = _about(titled(first.title), ending)
    return title if len(title) <= _TITLE_LIMIT else _about(titled(first.short_title), ending)


def _about(documents: str, ending: str) -> str:
    return f"{'贯彻落实' if documents.startswith('《关于') else '关于'}{documents}{ending}"


def _addressee(genre: str) -> str:
    """A report goes up, a bulletin down; empty where nobody can tell whom to."""
    if genre == _Genre.BULLETIN:
        return "各有关单位"
    body = installation().body_name.removesuffix("人民政府")
    kind = next((kind for kind in _GOVERNED if body.endswith(kind)), "")
    return f"{kind}人民政府" if kind else ""


def _signatory(plans: Sequence[Plan]) -> str:
    """One supervising unit signs; of several, people say which."""
    names = {plan.supervisor.full_name for plan in plans if plan.supervisor}
    return names.pop() if len(names) == 1 else ""
