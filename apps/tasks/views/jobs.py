"""A background job's page: how far it is, and what came of it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_safe

from apps.ops.models import JobRun
from apps.tasks.views.kept_files import kept_file
from apps.tasks.views.rows import HtmxRequest, reader_of


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
    return kept_file(run.result, run.result_name)


def _is_open(run: JobRun) -> bool:
    return run.state in {JobRun.State.WAITING, JobRun.State.RUNNING}


def _visible(request: HttpRequest, pk: int) -> JobRun:
    """Whoever supervises all the plans it goes over today: who asked may have lost one since."""
    run = JobRun.objects.select_related("result").filter(pk=pk).first()
    plans = set(run.wanted.get("plans", [])) if run else set()
    if run is None or not plans or not plans <= reader_of(request).scope.supervised:
        raise Http404
    return run
