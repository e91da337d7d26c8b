"""审核: reading what units reported, approving, sending back, judging."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import Conflict, NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.assessments import Assessment
from apps.tasks.models import Progress
from apps.tasks.review_forms import CLEAR, WARNED, AnswerForm, BatchForm, ReviewFilterForm
from apps.tasks.selectors.reviews import (
    UNJUDGED,
    WAITING,
    Review,
    review_choices,
    review_counts,
    review_rows,
    reviews,
    reviews_of,
)
from apps.tasks.services.reviewing import (
    Verdict,
    progress_approve,
    progress_judge,
    progress_send_back,
)
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader, reader_of

_PAGE_ROWS = 30
_STATE = Progress.State


@dataclass(frozen=True, slots=True)
class _Turned:
    """What was turned down: why, and what had been typed or ticked, to stand there again."""

    reasons: Sequence[str] = ()
    # of one report
    progress_id: int | None = None
    typed: QueryDict | None = None
    # of many; None: what has no warning
    ticked: frozenset[int] | None = None


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """One report on the page with its form as it stands."""

    review: Review
    warnings: Sequence[str]
    ticked: bool
    assessment: str
    reason: str = ""
    why: str = ""
    reasons: Sequence[str] = ()
    may_return: bool = True
    next_pk: str = ""


@dataclass(slots=True)
class _Answered:
    """What came of a form."""

    said: str = ""
    turned: _Turned = field(default_factory=_Turned)


@require_safe
def review_list(request: HttpRequest) -> HttpResponse:
    """What waits; with ?tab=unjudged what was approved and not judged."""
    reader = _reviewer(request)
    return _page(request, reader, request.GET, _Turned())


@require_POST
def review_act(request: HttpRequest) -> HttpResponse:
    """The answer to one report, or to all that are ticked."""
    reader = _reviewer(request)
    params = QueryDict(request.POST.get("query", ""))
    try:
        batch = request.POST.get("action") == "batch"
        answered = _batch(request, reader) if batch else _answer(request, reader)
    except NotAllowed as refused:
        deny(request, reader, ("progress", ""), _("审核"), refused.reasons[0])
    if answered.turned.reasons:
        return _page(request, reader, params, answered.turned)
    messages.success(request, answered.said)
    following = request.POST.get("next", "")
    where = f"#r{following}" if following.isdecimal() else ""
    query = f"?{params.urlencode()}" if params else ""
    return redirect(f"{reverse('reviews:list')}{query}{where}")


@require_POST
def progress_judged(request: HttpRequest) -> HttpResponse:
    """认定 of an approved report, from the page of its task."""
    reader = _reviewer(request)
    form = AnswerForm(request.POST)
    seen = form.cleaned_data.get("progress", {}) if form.is_valid() else {}
    found = _own(reader, list(seen)[:1])
    if not found:
        raise Http404
    [report] = found
    try:
        progress_judge(
            actor=person(request),
            scope=reader.scope,
            verdict=_verdict(form, report.pk),
            today=reader.today,
        )
    except NotAllowed as refused:
        deny(request, reader, ("progress", str(report.pk)), _("认定"), refused.reasons[0])
    except Refused as refused:
        messages.error(request, "；".join(refused.reasons))
    else:
        messages.success(request, _("已认定。"))
    return redirect(f"{report.duty.task.get_absolute_url()}#progress")


def _reviewer(request: HttpRequest) -> Reader:
    reader = reader_of(request)
    if not reader.scope.rights.is_supervisor:
        reason = _("审核只对督查员开放。")
        deny(request, reader, ("progress", ""), _("审核"), reason)
    return reader


def _own(reader: Reader, ids: Sequence[int]) -> list[Progress]:
    """404 where one is of a plan that is somebody else's."""
    found = reviews_of(reader.scope, ids)
    if len(found) != len(set(ids)):
        raise Http404
    return found


def _answer(request: HttpRequest, reader: Reader) -> _Answered:
    form = AnswerForm(request.POST)
    valid = form.is_valid()
    seen = form.cleaned_data.get("progress", {})
    if len(seen) != 1:
        return _Answered(turned=_Turned((_("没有选中任何一项。"),)))
    found = _own(reader, list(seen))
    [report] = found
    if not valid:
        reasons = [str(error) for errors in form.errors.values() for error in errors]
        return _Answered(turned=_Turned(reasons, report.pk, request.POST))
    try:
        said = _act(request, reader, form, report)
    except Conflict as conflict:
        reasons = _moved(found, seen) or list(conflict.reasons)
        return _Answered(turned=_Turned(reasons, report.pk, request.POST))
    except NotAllowed:
        raise
    except Refused as refused:
        return _Answered(turned=_Turned(refused.reasons, report.pk, request.POST))
    return _Answered(said)


def _act(request: HttpRequest, reader: Reader, form: AnswerForm, report: Progress) -> str:
    actor, scope, today = person(request), reader.scope, reader.today
    which = _("第%(number)s项（%(unit)s）") % {
        "number": report.duty.task.number,
        "unit": report.duty.agency.name,
    }
    action = form.cleaned_data["action"]
    if action == AnswerForm.RETURN:
        seen, why = form.cleaned_data["progress"], form.cleaned_data["why"]
        progress_send_back(actor=actor, scope=scope, seen=seen, reason=why, today=today)
        return _("%(which)s已退回修改。") % {"which": which}
    verdict = _verdict(form, report.pk)
    if action == AnswerForm.JUDGE:
        progress_judge(actor=actor, scope=scope, verdict=verdict, today=today)
    else:
        progress_approve(actor=actor, scope=scope, verdicts=[verdict], today=today)
    said = verdict.assessment.label if verdict.assessment else _("未核")
    return _("%(which)s已审核通过，认定：%(said)s。") % {"which": which, "said": said}


def _verdict(form: AnswerForm, pk: int) -> Verdict:
    data = form.cleaned_data
    return Verdict(pk, data["progress"][pk], data["assessment"], data["reason"])


def _batch(request: HttpRequest, reader: Reader) -> _Answered:
    """All that are ticked or none: what has a warning is to be read by itself."""
    form = BatchForm(request.POST)
    if not form.is_valid():
        reasons = [str(error) for errors in form.errors.values() for error in errors]
        return _Answered(turned=_Turned(reasons, ticked=frozenset()))
    seen = form.cleaned_data["ticked"]
    found = _own(reader, list(seen))
    warned = [row.progress for row in review_rows(found) if row.warnings]
    if warned:
        said = _("第%(numbers)s项有提示，不能批量通过，请逐份审核。选中的都没有处理。")
        reasons = [said % {"numbers": _numbers(warned)}]
        kept = frozenset(seen) - {report.pk for report in warned}
        return _Answered(turned=_Turned(reasons, ticked=kept))
    verdicts = [Verdict(p.pk, seen[p.pk], Assessment(p.self_assessment)) for p in found]
    try:
        many = progress_approve(
            actor=person(request), scope=reader.scope, verdicts=verdicts, today=reader.today
        )
    except Conflict as conflict:
        reasons = _moved(found, seen) or list(conflict.reasons)
        return _Answered(turned=_Turned(reasons, ticked=frozenset(seen)))
    return _Answered(_("已审核通过 %(many)d 项，按自评认定。") % {"many": many})


def _moved(found: Iterable[Progress], seen: dict[int, int]) -> list[str]:
    """Which of them are not as they were before the person."""
    moved = [p for p in found if p.version != seen[p.pk]]
    if not moved:
        return []
    said = _("第%(numbers)s项在您打开后又改过或已被别人处理，没有处理。下面是最新内容，请再看。")
    return [said % {"numbers": _numbers(moved)}]


def _numbers(reports: Iterable[Progress]) -> str:
    return "、".join(dict.fromkeys(report.duty.task.number for report in reports))


def _page(request: HttpRequest, reader: Reader, params: QueryDict, turned: _Turned) -> HttpResponse:
    counts = review_counts(reader.scope)
    tab = params.get("tab", "")
    tab = tab if tab in counts else WAITING
    form = ReviewFilterForm(params, choices=review_choices(reader.scope, tab))
    rows = _warned(review_rows(reviews(reader.scope, form.asked(tab))), form)
    page: Page[Review] = Paginator(rows, _PAGE_ROWS).get_page(params.get("page"))
    shown = _rows(list(page), turned)
    elsewhere = turned.progress_id not in {row.review.progress.pk for row in shown}
    context: dict[str, Any] = {
        "tab": tab,
        "tabs": [(key, _labels()[key], many) for key, many in counts.items()],
        "form": form,
        "page": page,
        "rows": shown,
        "total": page.paginator.count,
        "clear": sum(not row.warnings for row in shown),
        "ticked": sum(row.ticked for row in shown),
        "query": params.urlencode(),
        "keep": urlencode([pair for pair in params.items() if pair[0] != "page"]),
        "assessments": _assessments(),
        "stock": _stock(),
        # beside its own report, unless that is no longer here
        "reasons": turned.reasons if elsewhere else (),
        "wrong": next((row for row in shown if row.reasons), None),
        "several_plans": len({row.review.progress.duty.task.plan_id for row in shown}) > 1,
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if turned.reasons else HTTPStatus.OK
    return render(request, "reviews/list.html", context, status=status)


def _warned(rows: list[Review], form: ReviewFilterForm) -> list[Review]:
    if form.warned_only == WARNED:
        return [row for row in rows if row.warnings]
    if form.warned_only == CLEAR:
        return [row for row in rows if not row.warnings]
    return rows


def _rows(found: Sequence[Review], turned: _Turned) -> list[ReviewRow]:
    following = [str(row.progress.pk) for row in found[1:]]
    return [
        _row(row, turned, following[place] if place < len(following) else "")
        for place, row in enumerate(found)
    ]


def _row(review: Review, turned: _Turned, following: str) -> ReviewRow:
    report, warnings = review.progress, review.warnings
    mine = turned.typed if turned.progress_id == report.pk else None
    typed = mine if mine is not None else {}
    ticked = not warnings if turned.ticked is None else report.pk in turned.ticked
    waits = report.state == _STATE.SUBMITTED
    return ReviewRow(
        review=review,
        warnings=warnings,
        ticked=ticked,
        assessment=typed.get("assessment", report.self_assessment),
        reason=typed.get("reason", ""),
        why=typed.get("why", ""),
        reasons=turned.reasons if mine is not None else (),
        may_return=waits or report.duty.plan_period.state == PlanPeriod.State.OPEN,
        next_pk=following,
    )


def _labels() -> dict[str, str]:
    return {WAITING: _("待审核"), UNJUDGED: _("已审核未认定")}


def _assessments() -> list[tuple[str, str, str]]:
    """(key to press, code, label)."""
    keyed = enumerate(Assessment.choices(), start=1)
    return [*((str(key), *pair) for key, pair in keyed), ("", "", _("暂不认定（未核）"))]


def _stock() -> list[str]:
    """The reasons for which most reports are sent back."""
    return [
        _("未写具体进展"),
        _("数据与上期矛盾"),
        _("未说明存在问题"),
        _("未写下一步措施和时间"),
    ]
