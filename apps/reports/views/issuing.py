"""A report's way from draft to the paper that came back: each act asks one service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.models import JobRun
from apps.reports.forms import CopyForm, HeadForm, IssueForm, ReasonForm, SeenForm, UnitsForm
from apps.reports.services.asking import Wish, report_ask, report_refresh
from apps.reports.services.copies import Imprinted, copy_upload
from apps.reports.services.editing import head_edit, units_name
from apps.reports.services.heads import Head
from apps.reports.services.issuing import (
    Imprint,
    report_discard,
    report_finalise,
    report_issue,
    report_reopen,
)
from apps.reports.views.asked import Asked, asked_to_change
from apps.reports.views.detail import detail_answer
from apps.reports.views.reports import send_after_commit
from apps.tasks.views.plans import deny, person

Common = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Done:
    """What the page says afterwards, the job that goes on with it, and which report to show."""

    said: str
    run: JobRun | None = None
    report_id: int | None = None


@dataclass(frozen=True, slots=True)
class _Act:
    """`name` is the form's on the page; without one, what is wrong stands above the page."""

    action: str
    do: Callable[[Asked, Common, dict[str, Any]], _Done]
    name: str = ""


def _acted(request: HttpRequest, asked: Asked, act: _Act, form: forms.Form) -> HttpResponse:
    """Done and told, or the page again with what was typed and why it was turned down."""
    status = HTTPStatus.UNPROCESSABLE_ENTITY
    if form.is_valid():
        try:
            done = act.do(asked, _common(request, asked, form), form.cleaned_data)
        except NotAllowed as refused:
            about = ("quarterlyreport", str(asked.report.pk))
            deny(request, asked.reader, about, act.action, refused.reasons[0])
        except Refused as refused:
            status = HTTPStatus.CONFLICT if isinstance(refused, Conflict) else status
            for reason in refused.reasons:
                form.add_error(None, reason)
        else:
            if done.run is not None:
                send_after_commit(done.run)
            messages.success(request, done.said)
            return redirect("reports:detail", done.report_id or asked.report.pk)
    return _turned_down(request, asked, act, form, status)


def _common(request: HttpRequest, asked: Asked, form: forms.Form) -> Common:
    """What every service takes."""
    common = {
        "actor": person(request),
        "scope": asked.reader.scope,
        "report_id": asked.report.pk,
        "today": asked.reader.today,
    }
    if isinstance(form, SeenForm):
        common["seen_version"] = form.cleaned_data["seen"]
    return common


def _turned_down(
    request: HttpRequest, asked: Asked, act: _Act, form: forms.Form, status: HTTPStatus
) -> HttpResponse:
    """At its form; above the page where it has none, or the report is not as it was any more."""
    asked.report.refresh_from_db()
    reasons = [str(each) for errors in form.errors.values() for each in errors]
    if act.name and status != HTTPStatus.CONFLICT and "seen" not in form.errors:
        return detail_answer(request, asked, {act.name: form}, status)
    return detail_answer(request, asked, {"reasons": reasons}, status)


@require_POST
def refresh(request: HttpRequest, pk: int) -> HttpResponse:
    """Take the figures anew."""
    asked = asked_to_change(request, pk, "重新取数")

    def do(_asked: Asked, common: Common, _typed: dict[str, Any]) -> _Done:
        run = report_refresh(**common)
        return _Done(_("正在重新取数，改过的文字都留着。"), run)

    return _acted(request, asked, _Act("重新取数", do), SeenForm(request.POST))


@require_POST
def head(request: HttpRequest, pk: int) -> HttpResponse:
    """标题, 主送, 落款."""
    asked = asked_to_change(request, pk, "修改报告标题和主送")

    def do(_asked: Asked, common: Common, typed: dict[str, Any]) -> _Done:
        said = Head(typed["title"], typed["addressee"], typed["signatory"])
        head_edit(**common, head=said)
        return _Done(_("标题、主送、落款已保存。"))

    return _acted(
        request, asked, _Act("修改报告标题和主送", do, "head_form"), HeadForm(request.POST)
    )


@require_POST
def units(request: HttpRequest, pk: int) -> HttpResponse:
    """Who is named as 未按时报送."""
    asked = asked_to_change(request, pk, "勾选未按时报送单位")

    def do(_asked: Asked, common: Common, typed: dict[str, Any]) -> _Done:
        report = units_name(**common, codes=typed["unit"])
        many = {"many": len(report.named_units)}
        return _Done(_("报告将点名 %(many)d 个单位。") % many)

    return _acted(request, asked, _Act("勾选未按时报送单位", do), UnitsForm(request.POST))


@require_POST
def finalise(request: HttpRequest, pk: int) -> HttpResponse:
    """草稿 → 送审稿."""
    asked = asked_to_change(request, pk, "生成送审稿")

    def do(_asked: Asked, common: Common, _typed: dict[str, Any]) -> _Done:
        return _Done(_("正在生成送审稿，做好后领导就能看到。"), report_finalise(**common))

    return _acted(request, asked, _Act("生成送审稿", do), SeenForm(request.POST))


@require_POST
def reopen(request: HttpRequest, pk: int) -> HttpResponse:
    """送审稿 → 草稿."""
    asked = asked_to_change(request, pk, "退回草稿")

    def do(_asked: Asked, common: Common, typed: dict[str, Any]) -> _Done:
        report_reopen(**common, reason=typed["reason"])
        return _Done(_("已退回草稿，可以接着统稿。"))

    form = ReasonForm(request.POST, auto_id="reopen_%s")
    return _acted(request, asked, _Act("退回草稿", do, "reopen_form"), form)


@require_POST
def issue(request: HttpRequest, pk: int) -> HttpResponse:
    """送审稿 → 印发."""
    asked = asked_to_change(request, pk, "登记印发")

    def do(_asked: Asked, common: Common, typed: dict[str, Any]) -> _Done:
        run = report_issue(**common, imprint=Imprint(typed["number"], typed["issued_on"]))
        return _Done(_("正在登记印发，定稿的文件做好后就不再变。"), run)

    form = IssueForm(request.POST, auto_id="issue_%s")
    return _acted(request, asked, _Act("登记印发", do, "issue_form"), form)


@require_POST
def discard(request: HttpRequest, pk: int) -> HttpResponse:
    """作废."""
    asked = asked_to_change(request, pk, "作废报告")

    def do(_asked: Asked, common: Common, typed: dict[str, Any]) -> _Done:
        report_discard(**common, reason=typed["reason"])
        return _Done(_("已作废，只供查阅；可以另起一份。"))

    form = ReasonForm(request.POST, auto_id="discard_%s")
    return _acted(request, asked, _Act("作废报告", do, "discard_form"), form)


@require_POST
def correct(request: HttpRequest, pk: int) -> HttpResponse:
    """更正: another report that names this one."""
    asked = asked_to_change(request, pk, "起草更正")

    def do(asked: Asked, common: Common, _typed: dict[str, Any]) -> _Done:
        old = asked.report
        plans = list(old.plans.order_by("issued_on", "pk"))
        report, run = report_ask(
            actor=common["actor"],
            scope=common["scope"],
            wish=Wish(old.period, plans, old.genre, corrects=old),
            today=common["today"],
        )
        return _Done(_("这是更正的草稿，数字按现在的情况重取。"), run, report.pk)

    return _acted(request, asked, _Act("起草更正", do), SeenForm(request.POST))


@require_POST
def copy(request: HttpRequest, pk: int) -> HttpResponse:
    """定稿回传."""
    asked = asked_to_change(request, pk, "上传印发稿")
    form = CopyForm(request.POST, request.FILES, auto_id="copy_%s")

    def do(_asked: Asked, common: Common, typed: dict[str, Any]) -> _Done:
        imprinted = Imprinted(typed["number"], typed["dated"], typed["differences"])
        kept = copy_upload(**common, offered=form.offered, imprinted=imprinted)
        if kept.differences:
            return _Done(_("印发稿已存，和系统数据有不一致的地方，见“定稿回传”。"))
        return _Done(_("印发稿已存，没有发现和系统数据不一致的地方。"))

    return _acted(request, asked, _Act("上传印发稿", do, "copy_form"), form)
