"""The file of an import, given back; and an import taken back."""

from __future__ import annotations

from http import HTTPStatus

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from apps.common.errors import Conflict, Refused
from apps.tasks.import_forms import UndoForm
from apps.tasks.models import TableImport
from apps.tasks.selectors.imports import rows_of
from apps.tasks.services.table_undo import import_undo as undo
from apps.tasks.services.table_undo import undo_hindrances
from apps.tasks.views.imports import import_of, importable_plan
from apps.tasks.views.kept_files import kept_file
from apps.tasks.views.plans import person
from apps.tasks.views.rows import Reader, reader_of

_MOST_SHOWN = 200


@require_safe
def import_file(request: HttpRequest, pk: int, import_pk: int) -> HttpResponseBase:
    """The file as it came, as an attachment."""
    plan = importable_plan(request, pk, reader_of(request))
    kept = import_of(plan, import_pk)
    return kept_file(kept.file, kept.file_name)


@require_http_methods(["GET", "HEAD", "POST"])
def import_undo(request: HttpRequest, pk: int, import_pk: int) -> HttpResponse:
    """撤销本次导入: what would be taken back, or what stands in the way."""
    reader = reader_of(request)
    kept = import_of(importable_plan(request, pk, reader), import_pk)
    form = UndoForm(request.POST or None)
    status = HTTPStatus.OK
    if request.method == "POST":
        if form.is_valid() and _undone(request, reader, kept, form):
            messages.success(request, _("已撤销，任务恢复到这次导入以前。"))
            return redirect("plans:import_preview", kept.plan_id, kept.pk)
        status = HTTPStatus.UNPROCESSABLE_ENTITY
    rows = rows_of(kept)
    context = {
        "plan": kept.plan,
        "kept": kept,
        "form": form,
        "hindrances": undo_hindrances(kept),
        "rows": rows[:_MOST_SHOWN],
        "row_count": rows.count(),
    }
    return render(request, "imports/undo.html", context, status=status)


def _undone(request: HttpRequest, reader: Reader, kept: TableImport, form: UndoForm) -> bool:
    try:
        undo(
            actor=person(request),
            scope=reader.scope,
            kept_id=kept.pk,
            today=reader.today,
            reason=form.cleaned_data["reason"],
        )
    except Conflict as conflict:
        form.add_error(None, "".join(conflict.reasons))
        kept.refresh_from_db()
    except Refused as refused:
        # the page lists what stands in the way by itself
        form.add_error(None, refused.reasons[0])
    else:
        return True
    return False
