"""What a report is held against, and who signs it, for many rows at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery

from apps.accounts.models import Membership, SignStep
from apps.tasks.content import RowFacts
from apps.tasks.models import AnnualGoal, Duty, Progress, TaskIndicator

_FACTS = ("before", "consolidator", "shared", "annual", "year")


def row_facts(duties: Iterable[Duty]) -> dict[int, RowFacts]:
    """By duty; three queries for any number of them."""
    wanted = list(duties)
    others = Duty.objects.filter(
        task=OuterRef("task"), plan_period=OuterRef("plan_period")
    ).exclude(agency=OuterRef("agency"))
    goals = AnnualGoal.objects.filter(
        task=OuterRef("task"),
        agency=OuterRef("agency"),
        year=OuterRef("plan_period__period__ends_on__year"),
        value__isnull=False,
    )
    known = Duty.objects.filter(pk__in=[duty.pk for duty in wanted]).annotate(
        before=Subquery(_earlier().values("pk")[:1]),
        consolidator=F("task__consolidator"),
        shared=Exists(others),
        annual=Exists(goals),
        year=F("plan_period__period__ends_on__year"),
    )
    rows = {row["pk"]: row for row in known.values("pk", *_FACTS)}
    reports = Progress.objects.select_related("duty__plan_period__period").in_bulk(
        [row["before"] for row in rows.values() if row["before"]]
    )
    figures = _figures(wanted)
    found = {}
    for duty in wanted:
        row = rows[duty.pk]
        previous = reports.get(row["before"])
        found[duty.pk] = RowFacts(
            figure=figures.get((duty.agency_id, duty.task_id)),
            previous=previous,
            consolidates=row["shared"] and row["consolidator"] == duty.agency_id,
            counts_anew=row["annual"]
            and previous is not None
            and previous.duty.plan_period.period.span.year < row["year"],
        )
    return found


def _earlier() -> QuerySet[Progress]:
    """The unit's own reports on the row before the period of an outer duty, newest first."""
    return Progress.objects.filter(
        duty__task=OuterRef("task"),
        duty__agency=OuterRef("agency"),
        duty__plan_period__period__ends_on__lt=OuterRef("plan_period__period__ends_on"),
    ).order_by("-duty__plan_period__period__ends_on")


def _figures(duties: Sequence[Duty]) -> Mapping[tuple[int, int], TaskIndicator]:
    """By agency and task."""
    links = TaskIndicator.objects.filter(
        task_id__in={duty.task_id for duty in duties},
        agency_id__in={duty.agency_id for duty in duties},
    ).select_related("indicator")
    return {(link.agency_id, link.task_id): link for link in links}


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a unit's sign-off."""

    position: int
    post: str


# of a unit that has approvers and has not laid down any steps
ONLY_STEP = Step(1, "审签人")


def sign_steps(agency_ids: Iterable[int], today: date) -> dict[int, tuple[Step, ...]]:
    """By unit, what a report goes through before it leaves; two queries.

    A unit that laid down steps has them, whether or not somebody can sign them on screen; without
    any it has one if it has an approver in force, else none.
    """
    wanted = set(agency_ids)
    found: defaultdict[int, list[Step]] = defaultdict(list)
    rows = SignStep.objects.filter(agency_id__in=wanted).order_by("agency_id", "position")
    for row in rows:
        found[row.agency_id].append(Step(row.position, row.post))
    approvers = Membership.objects.in_force(today).filter(
        agency_id__in=wanted, role=Membership.Role.APPROVER, user__is_active=True
    )
    for agency_id in set(approvers.values_list("agency_id", flat=True)):
        found[agency_id] = found[agency_id] or [ONLY_STEP]
    return {agency_id: tuple(found[agency_id]) for agency_id in wanted}


def step_at(steps: Sequence[Step], position: int) -> Step:
    """The step a report waits for; steps may have been laid down anew since it was sent."""
    later = (step for step in steps if step.position >= position)
    return next(later, steps[-1] if steps else ONLY_STEP)
