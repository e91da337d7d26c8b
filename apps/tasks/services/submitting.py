"""Handing in: by the unit itself, or typed for it from a returned file (product.md D10)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import transaction

from apps.accounts.models import User
from apps.common.actor import Actor
from apps.common.errors import NotAllowed
from apps.tasks.access import Scope
from apps.tasks.content import Content, RowFacts, content_reasons
from apps.tasks.models import Draft, Progress
from apps.tasks.selectors.filling import sign_steps
from apps.tasks.services.handing_in import (
    Entry,
    RowsRefused,
    Source,
    Way,
    checked,
    closed_reasons,
    hand_in,
    held,
)
from apps.tasks.services.reports_locked import Doing
from apps.tasks.services.same_reports import contents_of_linked, linked_duties
from apps.tasks.services.sheet_drafts import drafts_hold

__all__ = [
    "Content",
    "Entry",
    "RowFacts",
    "RowsRefused",
    "Source",
    "closed_reasons",
    "content_reasons",
    "progress_enter",
    "progress_submit",
]


@transaction.atomic
def progress_submit(
    *, actor: Actor, scope: Scope, entries: Sequence[Entry], today: date
) -> list[Progress]:
    """Hand in these rows, all or none, and what is 同报 with them; the unit's sign-off comes next.

    In the order of the entries, linked rows behind. Raises NotAllowed, and RowsRefused with what
    is wrong row by row; somebody else's newer text is never overwritten.
    """
    linked = linked_duties([entry.duty_id for entry in entries])
    rows = held(entries, linked)
    if not all(scope.may_report(duty) for duty in rows.duties.values()):
        raise NotAllowed("只有本单位填报员可以填报。")
    contents = checked(entries, rows)
    open_links = {
        duty_id: contents[source]
        for duty_id, source in linked.items()
        if rows.goes_along(duty_id, source)
    }
    contents |= contents_of_linked(
        actor=actor, sources=open_links, facts=rows.facts, reports=rows.reports
    )
    agencies = {duty.agency_id for duty in rows.duties.values()}
    way = Way(Doing(actor, today, "填报"), sign_steps(agencies, today))
    for duty_id in open_links:
        way.reasons[duty_id] = f"同报，文字取自{rows.duties[linked[duty_id]].task}"
    found = hand_in(way, rows, contents)
    if isinstance(actor, User):
        drafts_hold(actor)
        Draft.objects.filter(user=actor, duty_id__in=contents).delete()
    return found


@transaction.atomic
def progress_enter(
    *, actor: Actor, scope: Scope, entries: Sequence[Entry], source: Source, today: date
) -> list[Progress]:
    """代录 by a supervisor of the plan: it is with the supervisor at once, and says who typed it.

    Raises as progress_submit; what the unit itself wrote since is a conflict.
    """
    rows = held(entries, {})
    if not all(scope.may_review(duty.task) for duty in rows.duties.values()):
        raise NotAllowed("只有本任务来源的督查员可以代录。")
    contents = checked(entries, rows)
    way = Way(Doing(actor, today, "代录", f"来源文件：{source.name}"), {}, source)
    return hand_in(way, rows, contents)
