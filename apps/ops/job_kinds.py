"""The kinds of jobs that people may ask for: each app that has one registers it in its jobs.py.

One machinery claims, runs, resumes and cancels them all; what differs stands here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.utils.module_loading import autodiscover_modules

from apps.common.actor import Actor
from apps.ops.models import JobRun


@dataclass(frozen=True, slots=True)
class JobKind:
    """`today` is the business date."""

    # does it; raises Refused with a sentence, and Superseded
    make: Callable[[JobRun, date], None]
    # gives it up in one transaction, with whatever waits for it; raises Refused
    cancel: Callable[[JobRun, Actor, date], None]
    # the heading of its page
    title: Callable[[JobRun], str]
    # where it was asked for, and where what comes of it is found: name and address
    home: Callable[[JobRun], tuple[str, str]]
    # the sentence at its end
    ended: Callable[[JobRun], str]
    # who may look at it and have its file; None: whoever supervises all the plans it goes over
    open_to: Callable[[JobRun, Actor, date], bool] | None = None
    # what stands above `home`: name and address; None: the reports
    above: Callable[[JobRun], tuple[str, str]] | None = None


_KINDS: dict[str, JobKind] = {}


def register(name: str, kind: JobKind) -> None:
    """Once, when the app's jobs are imported."""
    _KINDS[name] = kind


def kind_of(run: JobRun) -> JobKind | None:
    """None for runs of sweeps, which nobody asks for, and of kinds that are gone.

    A worker has imported every app's jobs; a web process does when it first meets one of theirs.
    """
    if run.kind not in _KINDS:
        autodiscover_modules("jobs")
    return _KINDS.get(run.kind)
