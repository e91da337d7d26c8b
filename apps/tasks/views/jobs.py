"""A background job's page: how far it is, and what came of it."""

from __future__ import annotations

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.ops.models import JobRun
from apps.tasks.views.plans import person
from apps.tasks.views.rows import HtmxRequest, Reader, reader_of


@require_safe
def job_detail(request: HtmxRequest, pk: int) -> HttpResponse:
    """The page; to htmx its part #job alone, until the job has ended."""
    run = _visible(request, pk)
    template = "jobs/_job.html" if request.htmx else "jobs/detail.html"
    return render(request, template, {"run": run, "is_open": _is_open(run)})


@require_safe
def job_file(request: HttpRequest, pk: int) -> HttpResponseBase:
    """What came of it, as an attachment."""
    run = _visible(request, pk)
    if run.result is None or not default_storage.exists(run.result.path):
        raise Http404
    return FileResponse(
        default_storage.open(run.result.path, "rb"),
        as_attachment=True,
        filename=run.result_name,
        content_type="application/octet-stream",
    )


def _is_open(run: JobRun) -> bool:
    return run.state in {JobRun.State.WAITING, JobRun.State.RUNNING}


def _visible(request: HttpRequest, pk: int) -> JobRun:
    """Whoever asked for it, and whoever supervises all the plans it goes over."""
    reader = reader_of(request)
    run = JobRun.objects.select_related("result").filter(pk=pk).first()
    if run is None or not (_same_plans(run, reader) or run.by_id == person(request).actor_id):
        raise Http404
    return run


def _same_plans(run: JobRun, reader: Reader) -> bool:
    plans = set(run.wanted.get("plans", []))
    return bool(plans) and plans <= reader.scope.supervised
