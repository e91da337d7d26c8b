"""同报: rows of one unit that are reported with the same text, written once (product.md D10)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q

from apps.accounts.models import User
from apps.audit.services import Act, record
from apps.common.actor import Actor
from apps.common.errors import NotAllowed, Refused
from apps.plans.models import PlanPeriod
from apps.tasks.access import Scope
from apps.tasks.content import Content, RowFacts, number_of, same_words, value_reasons
from apps.tasks.models import Draft, Duty, Progress, SameReport, Task
from apps.tasks.services.reports_locked import lock_tasks


@transaction.atomic
def same_report_set(
    *, actor: Actor, scope: Scope, agency_id: int, task_id: int, source_id: int, today: date
) -> SameReport:
    """From now on the unit reports `task` with the text of `source`; another source is replaced."""
    tasks, agency_rows = _held(scope, agency_id, [task_id, source_id])
    if task_id == source_id:
        raise Refused("一项不能与自己同报。")
    links = list(
        SameReport.objects.filter(agency_id=agency_id).filter(
            Q(task_id__in=tasks) | Q(source_id__in=tasks)
        )
    )
    if any(link.task_id == source_id for link in links):
        raise Refused(f"{tasks[source_id]}自己也是同报，请直接选它所同的那一项。")
    if any(link.source_id == task_id for link in links):
        raise Refused(f"已有别的项与{tasks[task_id]}同报，不能再让它与另一项同报。")
    if not _owed_together(agency_id, task_id, source_id):
        raise Refused("两项要在同一报告期都由本单位报送，才能同报。")
    link, made = SameReport.objects.update_or_create(
        agency_id=agency_id, task_id=task_id, defaults={"source_id": source_id}
    )
    earlier = next((each for each in links if each.task_id == task_id), None)
    if made or (earlier and earlier.source_id != source_id):
        before = (
            str(Task.objects.select_related("plan").get(pk=earlier.source_id)) if earlier else None
        )
        changes = {"同报": (before, str(tasks[source_id]))}
        about = agency_rows.agency
        act = Act(f"设为同报进展（{about.name}）", tasks[task_id], changes, about_agency=about)
        record(actor=actor, today=today, act=act)
    return link


@transaction.atomic
def same_report_clear(
    *, actor: Actor, scope: Scope, agency_id: int, task_id: int, today: date
) -> None:
    """The row is written by itself again; what was reported stays."""
    tasks, owed = _held(scope, agency_id, [task_id])
    link = (
        SameReport.objects.filter(agency_id=agency_id, task_id=task_id)
        .select_related("source__plan")
        .first()
    )
    if link is None:
        return
    changes = {"同报": (str(link.source), None)}
    act = Act(
        f"取消同报进展（{owed.agency.name}）", tasks[task_id], changes, about_agency=owed.agency
    )
    link.delete()
    record(actor=actor, today=today, act=act)


def _held(scope: Scope, agency_id: int, task_ids: Sequence[int]) -> tuple[dict[int, Task], Duty]:
    """The rows, locked, and one duty of the first. Raises NotAllowed."""
    if agency_id not in scope.rights.reporter_of:
        raise NotAllowed("只有本单位填报员可以设置同报。")
    tasks = lock_tasks(task_ids)
    owed = Duty.objects.filter(agency_id=agency_id, task_id__in=tasks).select_related("agency")
    found = {duty.task_id: duty for duty in owed}
    if set(found) != set(task_ids):
        raise NotAllowed("有的项不由本单位报送，不能设置同报。")
    return tasks, found[task_ids[0]]


def _owed_together(agency_id: int, task_id: int, source_id: int) -> bool:
    periods = Duty.objects.filter(agency_id=agency_id, task_id=source_id)
    return Duty.objects.filter(
        agency_id=agency_id,
        task_id=task_id,
        plan_period__period__in=periods.values("plan_period__period"),
    ).exists()


# What goes along when rows are handed in


def linked_duties(duty_ids: Collection[int]) -> dict[int, int]:
    """By duty of a linked row the duty of its source; open periods, same unit and period."""
    links = SameReport.objects.filter(
        source__duties__in=duty_ids,
        source__duties__agency=F("agency"),
        task__duties__agency=F("agency"),
        task__duties__plan_period__period=F("source__duties__plan_period__period"),
        task__duties__plan_period__state=PlanPeriod.State.OPEN,
    ).exclude(task__state__in=Task.SETTLED)
    pairs = links.values_list("task__duties", "source__duties")
    return {own: source for own, source in pairs if own not in duty_ids}


def contents_of_linked(
    *,
    actor: Actor,
    sources: Mapping[int, Content],
    facts: Mapping[int, RowFacts],
    reports: Mapping[int, Progress],
) -> dict[int, Content]:
    """By linked duty the text of its source as it is sent, with what is its own: value, 汇总."""
    typed = _typed_values(actor, sources)
    found = {}
    for duty_id, source in sources.items():
        known, mine = facts[duty_id], reports.get(duty_id)
        before = known.previous
        value, confirmed = _own_value(typed.get(duty_id, _NOTHING), mine, known)
        # without news of its own: only where its own last report said the same
        repeats = before is not None and same_words(before.text, source.text)
        found[duty_id] = replace(
            source,
            value=value,
            unchanged=source.unchanged if repeats else "",
            whole_text=mine.whole_text if mine and known.consolidates else "",
            falling_confirmed=confirmed,
        )
    return found


# a value, and whether it is meant although it is lower than the last one
_Value = tuple[Decimal | None, bool]
_NOTHING: _Value = (None, False)


def _own_value(typed: _Value, mine: Progress | None, known: RowFacts) -> _Value:
    """The first that may be sent: as typed, as reported, as of the last period."""
    values = [typed]
    if mine is not None:
        # what was reported has been confirmed, if it had to be
        values.append((mine.value, True))
    if known.previous is not None:
        values.append((known.previous.value, False))
    for value, confirmed in values:
        if value is not None and not value_reasons(value, known, falling_confirmed=confirmed):
            return value, confirmed
    return _NOTHING


def _typed_values(actor: Actor, duty_ids: Collection[int]) -> dict[int, _Value]:
    if not isinstance(actor, User):
        return {}
    drafts = Draft.objects.filter(user=actor, duty_id__in=duty_ids)
    return {
        draft.duty_id: (
            number_of(str(draft.fields.get("value", ""))),
            bool(draft.fields.get("falling_confirmed")),
        )
        for draft in drafts
    }
