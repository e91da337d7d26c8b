"""A report is asked for: made or found, then drafted by its job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db import IntegrityError, transaction

from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.ops.models import JobRun
from apps.plans.models import Period, Plan, PlanPeriod
from apps.reports.models import QuarterlyReport
from apps.reports.selectors.reports import last_run
from apps.reports.selectors.snapshot import scope_text
from apps.reports.services.heads import proposed_head
from apps.reports.services.held import State, hold, locked, tell, want
from apps.tasks.access import Scope

# steps of the job
DRAFT, FINAL, ISSUE = "draft", "final", "issue"
_Genre = QuarterlyReport.Genre
_SCOPE_LIMIT = 2000


@dataclass(frozen=True, slots=True)
class Wish:
    """What the report is to be about. `corrects`: the issued one it stands in for."""

    period: Period
    plans: Sequence[Plan]
    genre: str
    corrects: QuarterlyReport | None = None


@transaction.atomic
def report_ask(
    *, actor: Actor, scope: Scope, wish: Wish, today: date
) -> tuple[QuarterlyReport, JobRun]:
    """The open report of this period, scope and genre, made now if there is none, with its job.

    A second request finds the first. Raises NotAllowed, and Refused by name: a plan that is not
    ours or has no such period, and a report that is issued already and is not being corrected.
    """
    if not {plan.pk for plan in wish.plans} <= scope.supervised:
        raise NotAllowed("只有督办所选全部任务来源的督查员可以生成报告。")
    _check(wish)
    report = _open(wish)
    while report is None:
        _check_issued(wish)
        report = _made(actor, wish, today) or _open(wish)
    if wish.corrects is not None and report.corrects_id != wish.corrects.pk:
        raise Refused("这份报告之后又印发过一份，正在更正的是最新的一份，请到那里接着改。")
    run = last_run(report)
    if run is None or not (run.is_open or report.figures):
        run = want(report=report, actor=actor, step=DRAFT)
    return report, run


@transaction.atomic
def report_refresh(
    *, actor: Actor, scope: Scope, report_id: int, seen_version: int, today: date
) -> JobRun:
    """Take the figures anew; what people wrote for the report is kept."""
    report = hold(scope=scope, report_id=report_id, states=[State.DRAFT], seen_version=seen_version)
    tell(report, actor, today, "重新取数")
    return want(report=report, actor=actor, step=DRAFT)


def _check(wish: Wish) -> None:
    if not wish.plans:
        raise Refused("没有选中任何任务来源。")
    if wish.genre not in _Genre.values:
        raise Refused("没有这个文种，请从列表里选。")
    if wish.corrects is not None and wish.corrects.state != State.ISSUED:
        raise Refused("要更正的报告没有印发：没有印发的直接改，不用更正。")
    _check_plans(wish)


def _check_plans(wish: Wish) -> None:
    entered = set(
        PlanPeriod.objects.filter(plan__in=wish.plans, period=wish.period).values_list(
            "plan_id", flat=True
        )
    )
    reasons = []
    for plan in wish.plans:
        if not plan.is_own:
            reasons.append(f"“{plan.short_title}”不是本级督办的任务来源，不进入报告。")
        elif plan.pk not in entered:
            reasons.append(f"“{plan.short_title}”没有开启过{wish.period.name}，没有可报告的数据。")
    if len(scope_text(wish.plans)) > _SCOPE_LIMIT:
        reasons.append("一份报告包含的任务来源太多，请分成几份。")
    if reasons:
        raise Refused(*reasons)


def _open(wish: Wish) -> QuarterlyReport | None:
    known = QuarterlyReport.objects.filter(**_same(wish), state__in=QuarterlyReport.OPEN).first()
    return locked(known.pk) if known else None


def _check_issued(wish: Wish) -> None:
    """A correction names the newest that was issued, and only a correction comes after it."""
    issued = (
        QuarterlyReport.objects.filter(**_same(wish), state=State.ISSUED).order_by("-pk").first()
    )
    wanted = wish.corrects.pk if wish.corrects else None
    if issued is None and wanted is not None:
        raise Refused("要更正的报告不是同一报告期、同样的任务来源和文种。")
    if issued is not None and wanted is None:
        raise Refused(
            f"{wish.period.name}的{_Genre(wish.genre).label}已经印发（{issued.number}）。"
            "已印发的不能改动，请从那份报告上选“更正”，另起一份。"
        )
    if issued is not None and issued.pk != wanted:
        raise Refused(f"要更正的报告之后又印发了一份（{issued.number}），请更正最新的一份。")


def _same(wish: Wish) -> dict[str, object]:
    return {"period": wish.period, "scope": scope_text(wish.plans), "genre": wish.genre}


def _made(actor: Actor, wish: Wish, today: date) -> QuarterlyReport | None:
    """None where somebody else was quicker: then that one is the report."""
    head = proposed_head(period=wish.period, plans=wish.plans, genre=wish.genre)
    try:
        with transaction.atomic():
            report = QuarterlyReport.objects.create(
                **_same(wish),
                title=head.title,
                addressee=head.addressee,
                signatory=head.signatory,
                corrects=wish.corrects,
                made_by=actor.actor_name,
                made_on=today,
            )
    except IntegrityError:
        return None
    report.plans.set(wish.plans)
    reason = f"更正{wish.corrects.number}" if wish.corrects else ""
    tell(report, actor, today, f"起草{report.get_genre_display()}", reason=reason)
    return report
