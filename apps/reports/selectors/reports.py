"""Reports as pages show them and papers print them, as far as their reader may know of them.

Whoever supervises every plan of a report sees it in any state; whoever oversees every plan (the
leaders of its line) once the text is closed; everybody else does not know that there is one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from apps.ops.models import JobRun
from apps.plans.models import Period, Plan
from apps.reports.body import Body, BodyRow, FinalPart
from apps.reports.figures.codec import from_json
from apps.reports.figures.kinds import Figures, RowFigure, UnitFact
from apps.reports.figures.tokens import fill_with, values
from apps.reports.figures.wording import titled
from apps.reports.models import IssuedCopy, QuarterlyReport, ReportPart, ReportText
from apps.reports.selectors.snapshot import scope_text
from apps.tasks.access import Scope

REPORT_JOB = "report"
_State = QuarterlyReport.State
# what leaders read
READABLE = (_State.FINAL, _State.ISSUED)


def reports_visible(scope: Scope) -> QuerySet[QuarterlyReport]:
    """Newest first."""
    of_report = QuarterlyReport.plans.through.objects.filter(quarterlyreport=OuterRef("pk"))
    unsupervised = Exists(of_report.exclude(plan_id__in=scope.supervised))
    unseen = Exists(of_report.exclude(plan_id__in=scope.overseen))
    return (
        QuarterlyReport.objects.filter(~unseen)
        .filter(~unsupervised | Q(state__in=READABLE))
        .select_related("period")
        .order_by("-made_on", "-pk")
    )


def report_counts(visible: QuerySet[QuarterlyReport]) -> dict[str, int]:
    """By state; one query."""
    return dict(visible.order_by().values_list("state").annotate(Count("pk")))


def reports_for(
    visible: QuerySet[QuarterlyReport], period: Period, plans: Sequence[Plan]
) -> dict[str, QuarterlyReport]:
    """By 文种 the one that is at work for just these plans, else the newest issued; one query."""
    kept = visible.filter(
        period=period, scope=scope_text(plans), state__in=[*QuarterlyReport.OPEN, _State.ISSUED]
    )
    return {report.genre: report for report in kept.order_by("pk")}


def may_edit(report: QuarterlyReport, scope: Scope) -> bool:
    """A supervisor of every plan it goes over; `report` with its plans prefetched."""
    return {plan.pk for plan in report.plans.all()} <= scope.supervised


def run_key(report: QuarterlyReport) -> str:
    """One run at a time for each report."""
    return str(report.pk)


def last_run(report: QuarterlyReport) -> JobRun | None:
    runs = JobRun.objects.filter(kind=REPORT_JOB, key=run_key(report))
    return runs.order_by("-created_at", "-pk").first()


def figures_of(report: QuarterlyReport) -> Figures | None:
    """None until they are taken."""
    return from_json(report.figures) if report.figures else None


def body_of(report: QuarterlyReport) -> Body:
    """What pages and papers print; only of a report whose figures are taken. Three queries."""
    parts = report.parts.order_by("position")
    return body_with(report, from_json(report.figures), parts)


def body_with(report: QuarterlyReport, figures: Figures, parts: Iterable[ReportPart]) -> Body:
    """The same with figures and parts that are not kept yet."""
    texts = {text.task_id: text for text in report.texts.all()}
    corrected = report.corrects
    ticked = set(report.named_units)
    known = values(figures)
    return Body(
        title=report.title,
        genre=report.genre,
        addressee=report.addressee,
        signatory=report.signatory,
        number=report.number,
        issued_on=report.issued_on,
        state_label=report.get_state_display(),
        corrects=f"{titled(corrected.title)}（{corrected.number}）" if corrected else "",
        figures=figures,
        parts=[FinalPart(part.key, part.heading, fill_with(part.text, known)) for part in parts],
        rows=[_body_row(row, texts.get(row.fact.task_id)) for row in figures.rows],
        named_units=[unit for unit in figures.facts.units if unit.code in ticked],
    )


def _body_row(row: RowFigure, edited: ReportText | None) -> BodyRow:
    """What somebody wrote for the report stands instead of the units' words."""
    text = edited.text if edited and edited.text else row.text
    return BodyRow(figure=row, text=text, left_out=bool(edited and edited.left_out))


@dataclass(frozen=True, slots=True)
class RowLine:
    """One row of 统稿. `version` is what an edit has to have seen, 0 for none."""

    row: BodyRow
    version: int
    is_edited: bool
    changed_by: str


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit with something missing, and whether it is to be named."""

    unit: UnitFact
    missing: int
    ticked: bool
    may_be_ticked: bool


@dataclass(frozen=True, slots=True)
class ReportPage:
    """One report with all that its page says. `body` is empty until the figures are taken."""

    report: QuarterlyReport
    plans: Sequence[Plan]
    body: Body | None
    parts: Sequence[ReportPart]
    rows: Sequence[RowLine]
    units: Sequence[UnitLine]
    # of all plans the last; until it is over nobody is named
    cut_off: date | None
    cut_off_over: bool
    # over by now, but not when the figures were taken
    taken_early: bool
    run: JobRun | None
    copies: Sequence[IssuedCopy]
    corrections: Sequence[QuarterlyReport]
    may_edit: bool

    @property
    def is_busy(self) -> bool:
        """A job is at it, or waits for a worker: nothing may be changed meanwhile."""
        return self.run is not None and self.run.is_open

    @property
    def may_write(self) -> bool:
        return self.may_edit and not self.is_busy and self.report.state == _State.DRAFT


def report_page(report: QuarterlyReport, scope: Scope, today: date) -> ReportPage:
    """Of a report that this reader may see."""
    body = body_of(report) if report.figures else None
    figures = body.figures if body else None
    texts = {text.task_id: text for text in report.texts.all()}
    plans = list(report.plans.order_by("issued_on", "pk"))
    cut_off = max((plan.cut_off for plan in figures.facts.plans), default=None) if figures else None
    return ReportPage(
        report=report,
        plans=plans,
        body=body,
        parts=list(report.parts.order_by("position")),
        rows=[
            _row_line(row, texts.get(row.figure.fact.task_id))
            for row in (body.rows if body else ())
        ],
        units=_unit_lines(figures, report) if figures else [],
        cut_off=cut_off,
        cut_off_over=cut_off is not None and today > cut_off,
        taken_early=bool(figures and cut_off and figures.facts.taken_on <= cut_off < today),
        run=last_run(report),
        copies=list(report.copies.select_related("file").order_by("pk")),
        corrections=list(
            reports_visible(scope).filter(corrects=report).exclude(state=_State.DISCARDED)
        ),
        may_edit={plan.pk for plan in plans} <= scope.supervised,
    )


def _row_line(row: BodyRow, edited: ReportText | None) -> RowLine:
    if edited is None:
        return RowLine(row, 0, is_edited=False, changed_by="")
    return RowLine(row, edited.version, bool(edited.text), edited.changed_by)


def _unit_lines(figures: Figures, report: QuarterlyReport) -> list[UnitLine]:
    return [
        UnitLine(
            unit=unit,
            missing=unit.owed - unit.delivered,
            ticked=unit.code in report.named_units,
            may_be_ticked=unit.code in figures.nameable,
        )
        for unit in figures.facts.units
        if unit.delivered < unit.owed
    ]
