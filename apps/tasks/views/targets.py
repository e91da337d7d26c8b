"""指标目标: the list, its export, and one indicator with its values and judgements."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.selectors import installation
from apps.targets.models import Indicator
from apps.targets.states import State
from apps.targets.wording import value_text
from apps.tasks.selectors.target_page import (
    TargetPage,
    judgements_seen,
    periods_offered,
    revisions_seen,
    target_page,
)
from apps.tasks.selectors.targets import TargetRow, target_rows
from apps.tasks.services.export import WORKBOOK_TYPE, workbook
from apps.tasks.services.measurements import measurement_record
from apps.tasks.services.target_judgements import target_judge
from apps.tasks.target_charts import LOOKS, Bullet, Chart, Mark, bullet, chart_of, state_look
from apps.tasks.target_forms import JudgementForm, MeasurementForm, TargetFilterForm
from apps.tasks.target_sheet import target_sheet
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of

_PER_PAGE = 50
_ACTION = "录入完成值或认定目标"
# of the chart: the newest values, with the baseline before and the targets after them
_VALUES_DRAWN = 4


@require_safe
def target_list(request: HttpRequest) -> HttpResponse:
    """Every indicator of the plans that may be seen, with the target that counts."""
    reader = reader_of(request)
    rows, form = _filtered(request, reader)
    before_state = form.but_state(rows)
    listed = form.of_state(before_state)
    page = Paginator(listed, _PER_PAGE).get_page(request.GET.get("page"))
    keep = request.GET.copy()
    keep.pop("page", None)
    counts = Counter(row.standing.state for row in before_state if row.standing)
    context = {
        "form": form,
        "page": page,
        "rows": [(row, state_look(row.standing), _bullet(row)) for row in page.object_list],
        "total": len(listed),
        "any": bool(rows),
        "states": [(state, counts[state], LOOKS[state]) for state in State if counts[state]],
        "chosen": form.data.get("state", ""),
        "keep": keep.urlencode(),
        "sees": any(row.sees for row in rows),
        "may_enter": bool(reader.scope.supervised),
    }
    return render(request, "targets/list.html", context)


@require_safe
def target_export(request: HttpRequest) -> HttpResponseBase:
    """The filtered list as .xlsx; wrong conditions go back to the page, which says so."""
    reader = reader_of(request)
    rows, form = _filtered(request, reader)
    if not form.is_valid():
        return redirect(f"{reverse('targets:list')}?{request.GET.urlencode()}")
    listed = form.of_state(form.but_state(rows))
    body = installation().body_name
    return FileResponse(
        workbook(target_sheet(listed, body=body, today=reader.today)),
        as_attachment=True,
        filename=f"指标目标-{reader.today.isoformat()}.xlsx",
        content_type=WORKBOOK_TYPE,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def target_detail(request: HttpRequest, pk: int) -> HttpResponse:
    """One indicator; its supervisor enters values and judges what is said in words."""
    reader = reader_of(request)
    page = _page_or_404(pk, reader)
    may_enter = page.plan.pk in reader.scope.supervised and page.plan.is_own
    if request.method == "POST" and not may_enter:
        about = ("indicator", str(pk))
        deny(request, reader, about, _ACTION, _("只有本任务来源的督查员可以录入完成值和认定。"))
    desk = _Desk(request, reader, page)
    if request.method == "POST" and desk.done():
        return redirect("targets:detail", pk)
    page = desk.page
    context = {
        "page": page,
        "indicator": page.indicator,
        "plan": page.plan,
        "row": page.row,
        "look": state_look(page.row.standing),
        "bullet": _bullet(page.row),
        "chart": _chart(page),
        "may_enter": may_enter,
        "is_in_words": page.indicator.kind == Indicator.Kind.QUALITATIVE,
        "entry": desk.entry if may_enter else None,
        "judge": desk.judge if may_enter and desk.judge.targets else None,
        "chosen": desk.chosen,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if desk.refused else HTTPStatus.OK
    return render(request, "targets/detail.html", context, status=status)


def _bullet(row: TargetRow) -> Bullet | None:
    """The bar of a row; None where there is nothing to draw."""
    if row.standing is None or row.period_value is None or row.target.value is None:
        return None
    return bullet(row.standing, row.period_value.value, row.target.value)


def _page_or_404(pk: int, reader: Reader) -> TargetPage:
    page = target_page(pk, scope=reader.scope, today=reader.today)
    if page is None:
        raise Http404
    return page


def _filtered(request: HttpRequest, reader: Reader) -> tuple[list[TargetRow], TargetFilterForm]:
    rows = target_rows(reader.scope.visible, scope=reader.scope, today=reader.today)
    return rows, TargetFilterForm(request.GET, rows=rows)


@dataclass
class _Desk:
    """The two forms of the page, and what came of the one that was sent."""

    request: HttpRequest
    reader: Reader
    page: TargetPage

    def __post_init__(self) -> None:
        act = self.request.POST.get("act", "") if self.request.method == "POST" else ""
        periods = periods_offered(self.reader.today)
        self.chosen = self.request.GET.get("period", "")
        self.entry = MeasurementForm(
            self.request.POST if act == "value" else None,
            page=self.page,
            periods=periods,
            chosen=self.chosen,
        )
        self.judge = JudgementForm(
            self.request.POST if act == "judge" else None, page=self.page, periods=periods
        )
        self.refused = False

    def done(self) -> bool:
        """Whether it was done; what is refused stands in its form, or in a message."""
        form = next((each for each in (self.entry, self.judge) if each.is_bound), None)
        self.refused = True
        if form is None:
            messages.error(self.request, _("没有认出要做什么，请用页面上的按钮。"))
            return False
        if not form.is_valid():
            return False
        try:
            said = self._act()
        except NotAllowed as refused:
            about = ("indicator", str(self.page.indicator.pk))
            deny(self.request, self.reader, about, _ACTION, refused.reasons[0])
        except Conflict as conflict:
            self._show_newer()
            form.add_error(None, conflict.reasons[0])
            return False
        except Refused as refused:
            form.add_reasons(refused.reasons, form.NAMED)
            return False
        messages.success(self.request, said)
        return True

    def _act(self) -> str:
        actor, scope, today = person(self.request), self.reader.scope, self.reader.today
        if self.judge.is_bound:
            verdict = self.judge.verdict
            target_judge(
                actor=actor,
                scope=scope,
                target_id=self.judge.target_id,
                verdict=verdict,
                today=today,
            )
            return _("%(period)s的认定已保存。") % {"period": verdict.period.name}
        made = measurement_record(
            actor=actor,
            scope=scope,
            indicator_id=self.page.indicator.pk,
            figure=self.entry.figure,
            today=today,
        )
        value = value_text(made.value, self.page.indicator.unit)
        said = {"period": made.period.name, "value": value}
        if made.revision > 1:
            return _("%(period)s的完成值已修订为 %(value)s，原来的数留在下面。") % said
        return _("%(period)s的完成值 %(value)s 已保存。") % said

    def _show_newer(self) -> None:
        self.page = _page_or_404(self.page.indicator.pk, self.reader)
        self.entry.use_newer(revisions_seen(self.page))
        self.judge.use_newer(judgements_seen(self.page))


def _chart(page: TargetPage) -> Chart | None:
    """Baseline, the newest values, the targets; None where fewer than two figures are known."""
    indicator = page.indicator
    marks = []
    if indicator.baseline_value is not None and indicator.baseline_year is not None:
        year, value = indicator.baseline_year, indicator.baseline_value
        marks.append(Mark(year, _("基期"), value, value_text(value, ""), "baseline"))
    for line in reversed(page.values[:_VALUES_DRAWN]):
        period, value = line.period_value.period, line.period_value.value
        marks.append(Mark(period.year, period.short_name, value, value_text(value, ""), "value"))
    for each in page.targets:
        if each.target.value is not None:
            value = each.target.value
            marks.append(Mark(each.target.year, _("目标"), value, value_text(value, ""), "target"))
    return chart_of(marks) if len(marks) > 1 else None
