"""统稿: the parts of the text, and what the report says of each row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import Conflict, NotAllowed, Refused
from apps.reports.figures.tokens import fill_with, values
from apps.reports.forms import PartForm, RowTextForm
from apps.reports.models import ReportPart
from apps.reports.selectors.reports import ReportPage, RowLine, report_page
from apps.reports.services.editing import PartEdit, RowEdit, part_edit, row_text_edit
from apps.reports.views.asked import Asked, asked_to_change
from apps.tasks.views.plans import deny, person

_ACTION = "统稿"
_PAGE_ROWS = 50
# of a field: characters on a line, lines at most
_LINE_CHARS, _MOST_LINES = 34, 14


@dataclass(frozen=True, slots=True)
class PartOnPage:
    """One part with its field as it stands: what is saved, or what was turned down and why."""

    key: str
    heading: str
    text: str
    filled: Sequence[str]
    seen: int
    is_edited: bool
    changed_by: str
    reasons: Sequence[str] = ()
    # what somebody else saved meanwhile
    theirs: str = ""
    saved: bool = False

    @property
    def lines(self) -> int:
        return lines_of(self.text, 3)


@dataclass(frozen=True, slots=True)
class RowOnPage:
    """One row with its fields as they stand."""

    line: RowLine
    plan: str
    text: str
    left_out: bool
    seen: int
    was: str
    reasons: Sequence[str] = ()
    newer: str = ""

    @property
    def lines(self) -> int:
        return lines_of(self.text, 2)


def lines_of(text: str, fewest: int) -> int:
    """How tall a field has to be to show it all, within reason."""
    many = sum(1 + len(line) // _LINE_CHARS for line in text.split("\n"))
    return min(max(many, fewest), _MOST_LINES)


def digest(text: str, *, left_out: bool) -> str:
    """What stood in the fields of a row, short: browsers send line ends of their own."""
    told = f"{int(left_out)}{' '.join(text.split())}"
    return sha256(told.encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class _Turned:
    """What was typed and not saved."""

    text: str
    reasons: Sequence[str]
    left_out: bool = False
    is_conflict: bool = False


@require_safe
def report_write(request: HttpRequest, pk: int) -> HttpResponse:
    """Parts and rows; only while the report is a draft with figures."""
    asked = asked_to_change(request, pk, _ACTION)
    page = report_page(asked.report, asked.reader.scope, asked.reader.today)
    if page.body is None or not page.may_write:
        messages.info(request, _why_closed(page))
        return redirect("reports:detail", pk)
    return _write_answer(request, page, request.GET.get("page"))


def _why_closed(page: ReportPage) -> str:
    if page.is_busy:
        return _("正在取数，取完再统稿。")
    if page.body is None:
        return _("还没有取到数，不能统稿。")
    return _("这份报告不是草稿，不能再改文字。")


def _write_answer(
    request: HttpRequest,
    page: ReportPage,
    number: str | None,
    turned: Mapping[str, _Turned] | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> HttpResponse:
    assert page.body is not None, "only with figures"
    figures = page.body.figures
    turned = turned or {}
    known = values(figures)
    plans = {plan.code: plan.short_title for plan in figures.facts.plans}
    shown = Paginator(page.rows, _PAGE_ROWS).get_page(number)
    rows = [_row(line, plans, turned.get(str(line.row.figure.fact.task_id))) for line in shown]
    context = {
        "page": page,
        "report": page.report,
        "parts": [_part(part, known, turned.get(part.key)) for part in page.parts],
        "names": list(known.items()),
        "shown": shown,
        "rows": rows,
        "wrong": [row for row in rows if row.reasons],
        "several_plans": len(plans) > 1,
        "total": len(page.rows),
        "changed": sum(line.is_edited for line in page.rows),
        "left_out": sum(line.row.left_out for line in page.rows),
    }
    return render(request, "reports/report_write.html", context, status=status)


def _part(
    part: ReportPart,
    known: Mapping[str, str],
    turned: _Turned | None = None,
    *,
    saved: bool = False,
) -> PartOnPage:
    filled = fill_with(part.text, known)
    return PartOnPage(
        key=part.key,
        heading=part.heading or _("由头"),
        text=turned.text if turned else part.text,
        filled=[line for line in filled.split("\n") if line.strip()],
        seen=part.version,
        is_edited=part.text != part.generated,
        changed_by=part.changed_by,
        reasons=turned.reasons if turned else (),
        theirs=part.text if turned and turned.is_conflict else "",
        saved=saved,
    )


def _row(line: RowLine, plans: Mapping[str, str], turned: _Turned | None) -> RowOnPage:
    row = line.row
    return RowOnPage(
        line=line,
        plan=plans.get(row.figure.fact.plan_code, ""),
        text=turned.text if turned else row.text,
        left_out=turned.left_out if turned else row.left_out,
        seen=line.version,
        was=digest(row.text, left_out=row.left_out),
        reasons=turned.reasons if turned else (),
        newer=row.text if turned and turned.is_conflict else "",
    )


@require_POST
def report_part(request: HttpRequest, pk: int) -> HttpResponse:
    """Save one part; htmx gets it back alone."""
    asked = asked_to_change(request, pk, _ACTION)
    form = PartForm(request.POST)
    key = request.POST.get("key", "")
    before = asked.report.parts.filter(key=key).first()
    if before is None:
        raise Http404
    turned = _part_saved(request, asked, form, before)
    return _part_answer(request, asked, key, turned)


def _part_saved(
    request: HttpRequest, asked: Asked, form: PartForm, part: ReportPart
) -> _Turned | None:
    """None once it is saved."""
    typed = request.POST.get("text", "")
    if not form.is_valid():
        return _Turned(typed, _errors(form))
    text = part.generated if "restore" in request.POST else form.cleaned_data["text"]
    try:
        part_edit(
            actor=person(request),
            scope=asked.reader.scope,
            report_id=asked.report.pk,
            seen_version=form.cleaned_data["seen"],
            edit=PartEdit(part.key, text),
            today=asked.reader.today,
        )
    except NotAllowed as refused:
        deny(request, asked.reader, _about(asked), _ACTION, refused.reasons[0])
    except Refused as refused:
        return _Turned(typed, refused.reasons, is_conflict=isinstance(refused, Conflict))
    return None


def _part_answer(
    request: HttpRequest, asked: Asked, key: str, turned: _Turned | None
) -> HttpResponse:
    page = report_page(asked.report, asked.reader.scope, asked.reader.today)
    part = next((each for each in page.parts if each.key == key), None)
    if page.body is None or part is None:
        raise Http404
    status = _status([turned] if turned else [])
    if getattr(request, "htmx", False):
        shown = _part(part, values(page.body.figures), turned, saved=turned is None)
        # htmx swaps what is in order, and 422
        status = HTTPStatus.UNPROCESSABLE_ENTITY if turned else HTTPStatus.OK
        context = {"report": page.report, "part": shown}
        return render(request, "reports/_report_part.html", context, status=status)
    if turned is None:
        messages.success(request, _("已保存：%(part)s。") % {"part": part.heading or _("由头")})
        return redirect(f"{reverse('reports:write', args=[asked.report.pk])}#part-{key}")
    return _write_answer(request, page, None, {key: turned}, status)


def _status(turned: Sequence[_Turned]) -> HTTPStatus:
    if not turned:
        return HTTPStatus.OK
    if any(each.is_conflict for each in turned):
        return HTTPStatus.CONFLICT
    return HTTPStatus.UNPROCESSABLE_ENTITY


def _errors(form: PartForm | RowTextForm) -> list[str]:
    return [str(each) for errors in form.errors.values() for each in errors]


def _about(asked: Asked) -> tuple[str, str]:
    return ("quarterlyreport", str(asked.report.pk))


@require_POST
def report_texts(request: HttpRequest, pk: int) -> HttpResponse:
    """Save the rows of one page that somebody changed; each by itself."""
    asked = asked_to_change(request, pk, _ACTION)
    page = report_page(asked.report, asked.reader.scope, asked.reader.today)
    if page.body is None:
        raise Http404
    lines = {str(line.row.figure.fact.task_id): line for line in page.rows}
    turned: dict[str, _Turned] = {}
    saved = 0
    for task in request.POST.getlist("task"):
        line = lines.get(task)
        form = RowTextForm(request.POST, prefix=f"r{task}")
        if line is None or _is_untouched(form):
            continue
        refused = _row_saved(request, asked, form, line)
        if refused is None:
            saved += 1
        else:
            turned[task] = refused
    number = request.POST.get("page", "")
    if turned:
        page = report_page(asked.report, asked.reader.scope, asked.reader.today)
        return _write_answer(request, page, number, turned, _status(list(turned.values())))
    said = _("已保存 %(many)d 项。") % {"many": saved} if saved else _("没有改动，什么都没有存。")
    messages.success(request, said)
    where = f"?page={number}" if number.isascii() and number.isdigit() else ""
    return redirect(f"{reverse('reports:write', args=[pk])}{where}#rows")


def _is_untouched(form: RowTextForm) -> bool:
    data: Any = form.data
    text, left_out = data.get(form.add_prefix("text")), form.add_prefix("left_out") in data
    return text is None or digest(text, left_out=left_out) == data.get(form.add_prefix("was"))


def _row_saved(
    request: HttpRequest, asked: Asked, form: RowTextForm, line: RowLine
) -> _Turned | None:
    """None once it is saved; the units' own words, sent back as they are, are no edit."""
    fact = line.row.figure.fact
    typed = request.POST.get(form.add_prefix("text"), "")
    left_out = form.add_prefix("left_out") in request.POST
    if not form.is_valid():
        return _Turned(typed, _errors(form), left_out)
    text = form.cleaned_data["text"].replace("\r\n", "\n")
    if digest(text, left_out=False) == digest(line.row.figure.text, left_out=False):
        text = ""
    try:
        row_text_edit(
            actor=person(request),
            scope=asked.reader.scope,
            report_id=asked.report.pk,
            seen_version=form.cleaned_data["seen"],
            edit=RowEdit(fact.task_id, text, left_out),
            today=asked.reader.today,
        )
    except NotAllowed as refused:
        deny(request, asked.reader, _about(asked), _ACTION, refused.reasons[0])
    except Refused as refused:
        return _Turned(typed, refused.reasons, left_out, isinstance(refused, Conflict))
    return None
