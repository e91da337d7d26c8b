"""Bringing a table in: diffed, refused as a whole when a row is wrong, applied all at once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from django.db import transaction

from apps.agencies.models import Agency
from apps.agencies.services import (
    AgencyFacts,
    OtherName,
    agency_change,
    agency_register,
    facts_digest,
)
from apps.audit.services import Act, record_all
from apps.common.actor import Actor
from apps.common.errors import Conflict, NotAllowed, Refused
from apps.ops.telling import Heard, nothing
from apps.plans.models import Plan, RowRule
from apps.tasks.access import Scope
from apps.tasks.answers import Answers
from apps.tasks.layout import Layout, TableReading
from apps.tasks.models import Duty, SourceTable, TableImport, Task
from apps.tasks.selectors.table_cells import headers, keyed
from apps.tasks.selectors.table_consequences import is_silent
from apps.tasks.selectors.tables import Action, TableDiff, layout_kept, table_diff
from apps.tasks.services.marks import marks_refresh
from apps.tasks.services.table_history import Before
from apps.tasks.services.table_writing import BATCH, Writing, batches, tasks_store
from apps.tasks.telling import telling_headers

_BASIS_CHARS = 200
_MARKED_AT_ONCE = 5 * BATCH


@dataclass(frozen=True, slots=True)
class Import:
    """What is brought in, and from where."""

    plan: Plan
    reading: TableReading
    file_name: str
    # the digest of the preview that a person agreed to; "" where nobody was shown one
    seen: str = ""
    answers: Answers = field(default_factory=Answers)
    # document rules that a person put in force with this table
    rules: tuple[str, ...] = ()
    # what came of it is written here, so that it can be undone
    kept: TableImport | None = None


@transaction.atomic
def table_import(
    *,
    actor: Actor,
    scope: Scope,
    wanted: Import,
    today: date,
    strict: bool = False,
    heard: Heard = nothing,
) -> TableDiff:
    """Apply a table to its plan. All or nothing; re-importing the same file changes nothing.

    Raises NotAllowed, Conflict when it would do something else than the preview `seen`, and
    Refused with a sentence per bad row; with `strict` what is only doubtful (an unknown agency,
    an unreadable deadline) is refused as well. `heard` is told the step, and how far it is.
    """
    if not scope.may_import(wanted.plan):
        raise NotAllowed("只有本任务来源的督查员可以导入。")
    plan = plan_held(wanted.plan)
    heard("比对", 0, len(wanted.reading.rows))
    diff = table_diff(
        plan, wanted.reading, wanted.answers, visible=scope.visible, rules=wanted.rules
    )
    if wanted.seen and wanted.seen != diff.digest:
        raise Conflict("预览以后任务有了变动，没有导入。下面是新的预览，请核对后再确认。")
    refused = [*diff.errors, *(diff.doubts if strict else ())]
    if refused:
        raise Refused(*(problem.message for problem in refused))
    if not diff.changes_anything:
        return diff
    enter_agencies(diff, actor, wanted.file_name, today)
    _Applying(plan, wanted, diff, actor, today, heard).apply()
    return diff


def plan_held(plan: Plan) -> Plan:
    """The plan and its rows, in the order in which everybody holds them."""
    # no_key: rows of marks that others write beside their tasks refer to the plan meanwhile
    held = Plan.objects.select_for_update(of=("self",), no_key=True).get(pk=plan.pk)
    rows = Task.objects.select_for_update(of=("self",)).filter(plan=held).order_by("pk")
    list(rows.values_list("pk"))
    return held


def enter_agencies(diff: TableDiff, actor: Actor, file_name: str, today: date) -> None:
    """The new units and other names that a person settled; the diff's units get their keys."""
    basis = f"导入 {file_name}"[:_BASIS_CHARS]
    for agency in diff.new_agencies:
        facts = AgencyFacts(
            name=agency.name, full_name=agency.full_name, level=agency.level, region=agency.region
        )
        names = [OtherName(name, basis) for name, meant in diff.new_aliases if meant is agency]
        made = agency_register(actor=actor, today=today, facts=facts, aliases=names)
        agency.pk, agency.code = made.pk, made.code
    fresh = {agency.pk for agency in diff.new_agencies}
    added: dict[int, list[OtherName]] = {}
    known: dict[int, Agency] = {}
    for name, agency in diff.new_aliases:
        if agency.pk not in fresh:
            known[agency.pk] = agency
            added.setdefault(agency.pk, []).append(OtherName(name, basis))
    for pk, agency in known.items():
        aliases = [OtherName(alias.name, alias.basis) for alias in agency.aliases.order_by("pk")]
        agency_change(
            actor=actor,
            today=today,
            agency=agency,
            facts=_facts(agency),
            aliases=[*aliases, *added[pk]],
            seen=facts_digest(agency),
        )


def _facts(agency: Agency) -> AgencyFacts:
    return AgencyFacts(
        name=agency.name,
        full_name=agency.full_name,
        level=agency.level,
        region=agency.region,
        affiliation=agency.affiliation,
        full_name_sourced=agency.full_name_sourced,
        collective=agency.collective,
        rank=agency.rank,
    )


class _Applying:
    """A diff that is agreed to, being written."""

    def __init__(
        self,
        plan: Plan,
        wanted: Import,
        diff: TableDiff,
        actor: Actor,
        today: date,
        heard: Heard,
    ) -> None:
        self._plan, self._wanted, self._diff = plan, wanted, diff
        self._actor, self._today, self._heard = actor, today, heard
        self._renumbered = [
            *(row.task.pk for row in diff.rows if row.task and row.task.number != row.number),
            *(each.task.pk for each in diff.renamed),
        ]
        told = telling_headers(diff.layout)
        if layout := layout_kept(plan):
            told |= telling_headers(layout)
        self._writing = Writing(plan, wanted.file_name, actor.actor_name, today, told=told)
        self._before = Before(wanted.kept)
        self._updated = [row for row in diff.rows if row.action is Action.UPDATE]
        self._created = [row for row in diff.rows if row.action is Action.CREATE]
        # rows of ours that are stored anew, by key
        self._stored: dict[int, Task] = {}

    def apply(self) -> None:
        diff = self._diff
        total = len(self._updated) + len(self._created)
        self._heard("写入", 0, total)
        acts = self._rules() + self._withdraw()
        tasks_store([], self._renumbered)
        done = 0
        for batch in batches(self._updated):
            acts += self._writing.update(batch, self._before)
            self._store([row.task for row in batch if row.task], acts)
            acts = []
            done += len(batch)
            self._heard("写入", done, total)
        acts += self._cancel() + self._rename()
        if diff.layout_changed:
            acts.append(Act("导入：表样变动", self._plan, {}, self._wanted.file_name))
            self._reorder_cells()
        written = {row.task.pk for row in self._updated if row.task}
        self._store([task for pk, task in self._stored.items() if pk not in written], acts)
        for batch in batches(self._created):
            acts = self._writing.create(batch, self._before)
            record_all(actor=self._actor, today=self._today, acts=acts)
            done += len(batch)
            self._heard("写入", done, total)
        self._keep_layout()
        self._mark(list(self._stored))

    def _store(self, tasks: Sequence[Task], acts: Sequence[Act]) -> None:
        """These rows are as they will be."""
        self._take(tasks)
        tasks_store(tasks, [])
        self._before.write({task.pk: task.version for task in tasks})
        record_all(actor=self._actor, today=self._today, acts=acts)

    def _take(self, tasks: Iterable[Task]) -> None:
        self._stored.update((task.pk, task) for task in tasks)

    def _mark(self, keys: Sequence[int]) -> None:
        for start in range(0, len(keys), _MARKED_AT_ONCE):
            marks_refresh(task_ids=keys[start : start + _MARKED_AT_ONCE], today=self._today)
            self._heard("计灯", min(start + _MARKED_AT_ONCE, len(keys)), len(keys))

    def _rules(self) -> list[Act]:
        labels = dict(RowRule.CHOICES)
        RowRule.objects.bulk_create(
            RowRule(plan=self._plan, code=code, quote=labels[code]) for code in self._diff.new_rules
        )
        changes = {"全表规则": (None, "；".join(labels[code] for code in self._diff.new_rules))}
        act = Act("登记全表规则", self._plan, changes, self._wanted.file_name)
        return [act] if self._diff.new_rules else []

    def _withdraw(self) -> list[Act]:
        """What nobody owes any more and nobody wrote in; who writes at this moment keeps it."""
        keys = [duty.pk for duty in self._diff.withdrawn]
        if not keys:
            return []
        list(Duty.objects.select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk"))
        gone = [
            duty
            for duty in Duty.objects.filter(pk__in=keys)
            .select_related("agency", "plan_period__period", "task__plan", "progress")
            .prefetch_related("drafts", "evidence")
            .order_by("pk")
            if is_silent(duty)
        ]
        touched = {duty.task_id for duty in gone}
        rows = [row.task for row in self._updated if row.task] + list(self._diff.cancelled)
        self._before.tasks([task for task in rows if task.pk in touched], "updated")
        self._before.duties(gone)
        acts = [withdrawal(duty, self._wanted.file_name) for duty in gone]
        Duty.objects.filter(pk__in=[duty.pk for duty in gone]).delete()
        return acts

    def _cancel(self) -> list[Act]:
        """Rows that the new table has not, ended as a person ticked them."""
        self._before.tasks(self._diff.cancelled, "cancelled")
        acts = []
        for task in self._diff.cancelled:
            changes = {
                "状态": (task.get_state_display(), Task.State.ENDED.label),
                "办结日期": (None, self._today),
            }
            task.state, task.closed_on = Task.State.ENDED, self._today
            task.version += 1
            acts.append(
                Act("导入：终止", task, changes, f"修订后的表里没有（{self._wanted.file_name}）")
            )
        self._take(self._diff.cancelled)
        return acts

    def _rename(self) -> list[Act]:
        """Rows that stay make room for those that have their number now."""
        ended = {task.pk for task in self._diff.cancelled}
        others = [each.task for each in self._diff.renamed if each.task.pk not in ended]
        self._before.tasks(others, "updated")
        acts = []
        for each in self._diff.renamed:
            changes = {"序号": (each.task.number, each.number)}
            acts.append(Act("导入：序号让出", each.task, changes, self._wanted.file_name))
            each.task.number = each.number
            if each.task.pk not in ended:
                each.task.version += 1
        self._take(others)
        return acts

    def _reorder_cells(self) -> None:
        """All rows get their cells in the order of the new columns, those not in the file too."""
        source = SourceTable.objects.get(plan=self._plan)
        old, new = headers(Layout.from_dict(source.layout)), headers(self._diff.layout)
        keys = keyed(new, new)
        in_file = {row.task.pk: row for row in self._diff.rows if row.task}
        others = [row.task for row in in_file.values() if row.task]
        others += [*self._diff.missing, *self._skipped(in_file)]
        moved = []
        for task in {each.pk: each for each in others}.values():
            row = in_file.get(task.pk)
            kept = keyed(old, task.cells)
            cells = list(row.source.cells) if row else [kept.get(key, "") for key in keys]
            if cells != task.cells:
                moved.append((task, cells))
        self._before.tasks([t for t, _ in moved if t.pk not in self._stored], "updated")
        for task, cells in moved:
            task.cells = cells
        self._take(task for task, _ in moved)

    def _skipped(self, in_file: Collection[int]) -> list[Task]:
        """Rows of ours behind rows of the file that were left out."""
        if not self._diff.skipped:
            return []
        known = {*in_file, *(task.pk for task in self._diff.missing)}
        return list(self._plan.tasks.exclude(pk__in=known))

    def _keep_layout(self) -> None:
        """The layout with the sheet row of each task; rows not in the file have none."""
        stored = {
            **self._diff.layout.as_dict(),
            "task_rows": {row.number: row.source.row for row in self._diff.rows},
        }
        source = SourceTable.objects.filter(plan=self._plan).first()
        kept = self._wanted.kept
        if kept is not None:
            kept.layout_before = source.layout if source else None
            kept.cancelled = len(self._diff.cancelled)
            kept.save(update_fields=["layout_before", "cancelled"])
        SourceTable.objects.update_or_create(plan=self._plan, defaults={"layout": stored})


def withdrawal(duty: Duty, reason: str) -> Act:
    """What the log says of a duty that is taken back."""
    told = f"{duty.plan_period.period.name} {duty.agency.name}"
    return Act("撤回应报", duty.task, {"应报": (told, None)}, reason, about_agency=duty.agency)
