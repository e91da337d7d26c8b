"""A background job's page: how far it is, and what came of it."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from apps.common.errors import Refused
from apps.ops.job_kinds import JobKind, kind_of
from apps.ops.models import JobRun
from apps.tasks.views.kept_files import kept_file
from apps.tasks.views.plans import person
from apps.tasks.views.rows import HtmxRequest, Reader, reader_of


@require_safe
def job_detail(request: HtmxRequest, pk: int) -> HttpResponse:
    """The page; to htmx its part #job alone, until the job has ended."""
    _reader, run, kind = _visible(request, pk)
    template = "jobs/_job.html" if request.htmx else "jobs/detail.html"
    above = kind.above(run) if kind.above else None
    if above:
        request.nav_url = above[1]
    context = {
        "run": run,
        "title": kind.title(run),
        "home": kind.home(run),
        "above": above,
        "ended": kind.ended(run) if run.state == JobRun.State.DONE else "",
    }
    return render(request, template, context)


@require_safe
def job_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What came of it, as an attachment."""
    _reader, run, _kind = _visible(request, pk)
    return kept_file(run.result, run.result_name)


@require_POST
def job_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    """取消: whoever may see the run may give it up; what waits for it is left as it was."""
    reader, run, kind = _visible(request, pk)
    try:
        kind.cancel(run, person(request), reader.today)
    except Refused as refused:
        messages.error(request, "".join(refused.reasons))
    else:
        messages.success(request, _("已取消。"))
    return redirect("jobs:detail", run.pk)


def _visible(request: HttpRequest, pk: int) -> tuple[Reader, JobRun, JobKind]:
    """404 for who may not see it today: who asked may have lost a right since."""
    reader = reader_of(request)
    run = JobRun.objects.select_related("result").filter(pk=pk).first()
    kind = kind_of(run) if run else None
    if run is None or kind is None:
        raise Http404
    if kind.open_to:
        is_open = kind.open_to(run, person(request), reader.today)
    else:
        plans = set(run.wanted.get("plans", []))
        is_open = bool(plans) and plans <= reader.scope.supervised
    if not is_open:
        raise Http404
    return reader, run, kind
