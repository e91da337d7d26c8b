"""Which rows and which reports a person may see (product.md D17).

Rows: every unit named in the plan or still owing something in it, its supervisors, the leaders of
its line; plans above and below a supervised one for those two, to read. Reports (progress,
problems, marks): the unit that answers for them (牵头, 按职责分工), the 汇总单位, the plan's
supervisors and leaders; those who take part see the row alone. Administrators see neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Exists, OuterRef, Q

from apps.accounts.access import Person, Rights, rights_of
from apps.agencies.parties import Role
from apps.plans.models import Plan
from apps.tasks.models import Assignment, Duty, Progress, Task


@dataclass(frozen=True, slots=True)
class Scope:
    """A person's plans: `supervised` to change, `overseen` with everything, `visible` with the

    printed rows.
    """

    rights: Rights
    supervised: frozenset[int]
    overseen: frozenset[int]
    visible: frozenset[int]

    def visible_to(self) -> Q:
        """Rows of tasks."""
        return Q(plan_id__in=self.visible)

    def reports_visible_to(self) -> Q:
        """Tasks whose progress, problems and marks may be seen: all of theirs or a part."""
        units = self.rights.agency_ids
        answers = Assignment.objects.filter(
            task=OuterRef("pk"), agency_id__in=units, role__in=[Role.LEAD, Role.SHARED]
        )
        owes = Duty.objects.filter(task=OuterRef("pk"), agency_id__in=units)
        mine = Exists(answers) | Exists(owes) | Q(consolidator_id__in=units)
        return Q(plan_id__in=self.overseen) | (Q(plan_id__in=self.visible) & mine)

    def sees_reports_of(self, task: Task, agency_id: int) -> bool:
        """Whether the report of this unit on this task may be seen."""
        mine = self.rights.agency_ids
        return task.plan_id in self.overseen or agency_id in mine or task.consolidator_id in mine

    def told_whole_to(self) -> Q:
        """Tasks of which one may read what is told for all who answer together: 期初, a cell.

        Whoever answers for a part alone would read the others' part with it.
        """
        units = self.rights.agency_ids
        parts = Assignment.objects.filter(task=OuterRef("pk"))
        others = Q(agency=None) | ~Q(agency_id__in=units)
        leads, shared = parts.filter(role=Role.LEAD), parts.filter(role=Role.SHARED)
        # who answers: those who lead, or where nobody does all who share
        alone = Q(Exists(leads), ~Exists(leads.filter(others)))
        alone |= Q(~Exists(leads), Exists(shared), ~Exists(shared.filter(others)))
        mine = Q(consolidator_id__in=units) | alone
        return Q(plan_id__in=self.overseen) | (Q(plan_id__in=self.visible) & mine)

    def may_report(self, duty: Duty) -> bool:
        """A reporter of the unit that owes it."""
        return duty.agency_id in self.rights.reporter_of

    def may_sign(self, progress: Progress) -> bool:
        """An approver of the unit that reported, at the step it waits for."""
        return (progress.duty.agency_id, progress.sign_step) in self.rights.signs

    def waits_for_me(self) -> Q:
        """Reports that this person may sign now."""
        mine = Q(pk__in=[])
        for agency_id, step in sorted(self.rights.signs):
            mine |= Q(duty__agency_id=agency_id, sign_step=step)
        return mine & Q(state=Progress.State.SIGNING)

    def may_register_paper(self, progress: Progress) -> bool:
        """线下审签 is entered by the unit's own people, or by the plan's supervisor for them."""
        rights = self.rights
        own = rights.reporter_of | rights.approver_of | rights.administers
        return progress.duty.agency_id in own or self.may_review(progress.duty.task)

    def may_review(self, task: Task) -> bool:
        """A supervisor of the plan, of the reporting unit itself too (本单位自督)."""
        return task.plan_id in self.supervised

    def may_import(self, plan: Plan) -> bool:
        """Adding and changing rows: a supervisor of the plan."""
        return plan.pk in self.supervised


def everything() -> Scope:
    """The scope of the system itself: commands without a person, the loader."""
    plans = frozenset(Plan.objects.values_list("pk", flat=True))
    return Scope(Rights(), plans, plans, plans)


def scope_of(person: Person, today: date) -> Scope:
    """The person's scope; two queries, kept on the person's object for the request."""
    kept: tuple[date, Scope] | None = person.__dict__.get("_scope")
    if kept is None or kept[0] != today:
        kept = today, _read(rights_of(person, today))
        person.__dict__["_scope"] = kept
    return kept[1]


def _read(rights: Rights) -> Scope:
    if not rights.agency_ids:
        return Scope(rights, frozenset(), frozenset(), frozenset())
    plans = list(Plan.objects.only("pk", "supervisor_id", "line_id", "relation", "parent_id"))
    supervised = {p.pk for p in plans if _is_supervised(p, rights)}
    led = {p.pk for p in plans if p.line_id in rights.leads}
    overseen = supervised | led
    overseen |= _family(plans, overseen)
    visible = overseen | _naming(rights.agency_ids, {p.pk for p in plans} - overseen)
    return Scope(rights, frozenset(supervised), frozenset(overseen), frozenset(visible))


def _is_supervised(plan: Plan, rights: Rights) -> bool:
    """A plan that is not ours has no supervisor: those of its line keep its rows."""
    if plan.supervisor_id is None and not plan.is_own:
        return plan.line_id in {line for _, line in rights.supervises}
    return (plan.supervisor_id, plan.line_id) in rights.supervises


def _naming(agency_ids: frozenset[int], plan_ids: set[int]) -> set[int]:
    """Those of these plans that name one of the units anywhere, or to which one owes a report."""
    if not plan_ids:
        return set()
    named = Assignment.objects.filter(task__plan=OuterRef("pk"), agency_id__in=agency_ids)
    owing = Duty.objects.filter(task__plan=OuterRef("pk"), agency_id__in=agency_ids)
    found = Plan.objects.filter(Exists(named) | Exists(owing), pk__in=plan_ids)
    return set(found.values_list("pk", flat=True))


def _family(plans: list[Plan], members: set[int]) -> set[int]:
    """Upper and lower plans connected with these: held and laid beside our own (D0)."""
    parents = {p.pk: p.parent_id for p in plans}
    foreign = {p.pk for p in plans if not p.is_own}
    family: set[int] = set()
    grown = True
    while grown:
        known = members | family
        more = {
            pk
            for pk in foreign - family
            if parents[pk] in known or any(parents[k] == pk for k in known)
        }
        grown = bool(more)
        family |= more
    return family
