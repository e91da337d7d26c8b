"""What a person does on the page of an import: read anew, save answers, confirm, give up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from apps.common.errors import Conflict, NotAllowed, Refused
from apps.tasks.answers import Answers
from apps.tasks.import_answers import AnswerForm
from apps.tasks.import_fields import ALL_NEW
from apps.tasks.import_reading import ReadingForm
from apps.tasks.jobs import run_at_once
from apps.tasks.models import TableImport
from apps.tasks.selectors.imports import finder, plan_print
from apps.tasks.services.imports import (
    Settled,
    answered_meanwhile,
    import_answer,
    import_cancel,
    import_confirm,
    import_discard,
    import_settle,
    what_became,
)
from apps.tasks.views.plans import deny, person
from apps.tasks.views.rows import Reader

State = TableImport.State
# while somebody else's answers are compared, what is typed on the page before is not lost
_TYPED_INTO = (State.PREVIEW, State.READING)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the preview says beside itself; the forms where something was typed into them."""

    said: tuple[str, ...] = ()
    status: HTTPStatus = HTTPStatus.OK
    answers: AnswerForm | None = None
    reading: ReadingForm | None = None


def answered(request: HttpRequest, reader: Reader, kept: TableImport) -> HttpResponse | Shown:
    """An answer that leads on, or what the preview has to say."""
    act = _ACTS.get(request.POST.get("action", ""), _save)
    try:
        return act(request, reader, kept)
    except NotAllowed as refused:
        about = ("plan", str(kept.plan_id))
        deny(request, reader, about, _("导入"), refused.reasons[0])
    except Conflict as conflict:
        kept.refresh_from_db()
        if kept.state == State.PREVIEW:
            return Shown(conflict.reasons, HTTPStatus.CONFLICT)
        messages.warning(request, conflict.reasons[0])
    except Refused as refused:
        kept.refresh_from_db()
        if kept.state == State.PREVIEW:
            return Shown(refused.reasons, HTTPStatus.UNPROCESSABLE_ENTITY)
        messages.warning(request, refused.reasons[0])
    return _page(kept)


def _page(kept: TableImport, request: HttpRequest | None = None) -> HttpResponse:
    """Back to the page, to the same part of it."""
    response = redirect("plans:import_preview", kept.plan_id, kept.pk)
    kept_params = {
        name: request.GET[name] for name in ("part", "page") if request and name in request.GET
    }
    if kept_params:
        response["Location"] += f"?{urlencode(kept_params)}"
    return response


def _discard(request: HttpRequest, reader: Reader, kept: TableImport) -> HttpResponse:
    import_discard(scope=reader.scope, kept=kept)
    messages.info(request, _("已放弃，什么都没有改。"))
    return redirect("plans:detail", kept.plan_id)


def _cancel(request: HttpRequest, reader: Reader, kept: TableImport) -> HttpResponse:
    import_cancel(scope=reader.scope, kept=kept, actor=person(request))
    messages.info(request, _("已取消，什么都没有改。"))
    return _page(kept)


def _save(request: HttpRequest, reader: Reader, kept: TableImport) -> HttpResponse | Shown:
    """保存核对, and 按此重新读取."""
    typed = _typed(request, kept)
    if isinstance(typed, Shown):
        return typed
    answers, reading = typed
    if not _is_new(kept, answers, reading):
        messages.info(request, _("没有新的改动。"))
        return _page(kept, request)
    return _saved(request, reader, kept, (answers, reading)) or _after_saving(request, kept)


def _compare(request: HttpRequest, reader: Reader, kept: TableImport) -> HttpResponse | Shown:
    """重新比对 a large file, after its plan has changed."""
    typed = _typed(request, kept)
    if isinstance(typed, Shown):
        return typed
    return _saved(request, reader, kept, typed) or _page(kept, request)


def _after_saving(request: HttpRequest, kept: TableImport) -> HttpResponse:
    if kept.state == State.PREVIEW:
        messages.success(request, _("已保存核对，下面是按您的核对重新比对的结果。"))
    return _page(kept, request)


def _confirm(request: HttpRequest, reader: Reader, kept: TableImport) -> HttpResponse | Shown:
    """Only what was seen is imported: what was typed and not yet compared is saved first."""
    typed = _typed(request, kept)
    if isinstance(typed, Shown):
        return typed
    answers, reading = typed
    if _is_new(kept, answers, reading):
        shown = _saved(request, reader, kept, typed)
        if shown is not None:
            return shown
        said = _("您填的核对已保存，还没有导入。请看一遍重新比对的结果，再确认导入。")
        messages.warning(request, said)
        return _page(kept)
    run = import_confirm(
        actor=person(request), scope=reader.scope, kept=kept, seen=request.POST.get("seen", "")
    )
    run_at_once(run, reader.today)
    import_settle(kept.pk)
    kept.refresh_from_db()
    if kept.state == State.PREVIEW and kept.error:
        seen = (request.POST.get("seen", ""), plan_print(kept.plan))
        is_old = seen != (kept.preview.get("digest"), kept.preview.get("plan"))
        return Shown(status=HTTPStatus.CONFLICT if is_old else HTTPStatus.UNPROCESSABLE_ENTITY)
    return _page(kept)


def _typed(request: HttpRequest, kept: TableImport) -> tuple[AnswerForm, ReadingForm] | Shown:
    """What came in, or the page again with it, where it is wrong or somebody else was quicker."""
    if kept.state not in _TYPED_INTO or not kept.preview:
        raise Conflict(what_became(kept))
    in_conflict = request.POST.get("version", str(kept.version)) != str(kept.version)
    answers = AnswerForm(
        kept.preview,
        Answers.from_dict(kept.answers),
        finder(kept.plan.region),
        request.POST,
        in_conflict=in_conflict,
    )
    reading = ReadingForm(kept.preview, kept.decisions, request.POST)
    if in_conflict:
        return Shown((answered_meanwhile(kept),), HTTPStatus.CONFLICT, answers, reading)
    if answers.errors or reading.errors:
        said = (*answers.errors, *reading.errors.values())
        return Shown(said, HTTPStatus.UNPROCESSABLE_ENTITY, answers, reading)
    return answers, reading


def _is_new(kept: TableImport, answers: AnswerForm, reading: ReadingForm) -> bool:
    return answers.answers != Answers.from_dict(kept.answers) or reading.decisions != kept.decisions


def _saved(
    request: HttpRequest,
    reader: Reader,
    kept: TableImport,
    typed: tuple[AnswerForm, ReadingForm],
) -> Shown | None:
    """None once it is on its way; else the page again, with what was typed and what is wrong."""
    answers, reading = typed
    try:
        run = import_answer(
            actor=person(request),
            scope=reader.scope,
            kept=kept,
            settled=Settled(reading.decisions, answers.answers.as_dict(), kept.version),
        )
    except Conflict as conflict:
        kept.refresh_from_db()
        if kept.state not in _TYPED_INTO:
            raise
        return Shown(conflict.reasons, HTTPStatus.CONFLICT, answers, reading)
    run_at_once(run, reader.today)
    import_settle(kept.pk)
    kept.refresh_from_db()
    if kept.state == State.PREVIEW and kept.error:
        return Shown(status=HTTPStatus.UNPROCESSABLE_ENTITY, answers=answers, reading=reading)
    return None


_Act = Callable[[HttpRequest, Reader, TableImport], HttpResponse | Shown]
_ACTS: dict[str, _Act] = {
    "confirm": _confirm,
    "discard": _discard,
    "cancel": _cancel,
    "save": _save,
    "read": _save,
    ALL_NEW: _save,
    "compare": _compare,
}
