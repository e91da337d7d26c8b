"""任务来源: the plans a person may see as a tree, and everything one plan's page shows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Count, Q, QuerySet

from apps.agencies.models import Agency
from apps.plans.models import Passage, Plan, RowRule
from apps.targets.models import Target
from apps.targets.wording import goal_text
from apps.tasks.access import Scope
from apps.tasks.deadlines import Kind
from apps.tasks.layout import Layout
from apps.tasks.models import Assignment, SourceTable, TableImport, Task
from apps.tasks.selectors.rows import listed, tasks_visible

SHORT_LIST = 10
_LEVELS = [level.value for level in Agency.Level]


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A plan in the tree. Open and overdue are None where the reader may not know."""

    plan: Plan
    depth: int
    rows: int
    open: int | None
    overdue: int | None


def plan_tree(scope: Scope, today: date) -> list[PlanLine]:
    """The visible plans, each below the one it carries out, 国家 before 省 before 市.

    A plan whose upper plan is not visible stands at the top.
    """
    plans = list(Plan.objects.filter(pk__in=scope.visible).select_related("supervisor", "line"))
    counts = _counts(plans, today)
    plans.sort(key=lambda p: (_LEVELS.index(p.level), p.issued_on or date.max, p.pk))
    known = {plan.pk for plan in plans}
    below: dict[int | None, list[Plan]] = {}
    for plan in plans:
        below.setdefault(plan.parent_id if plan.parent_id in known else None, []).append(plan)
    lines: list[PlanLine] = []
    waiting = [(plan, 0) for plan in reversed(below.get(None, []))]
    while waiting:
        plan, depth = waiting.pop()
        rows, still_open, overdue = counts.get(plan.pk, (0, 0, 0))
        told = plan.is_own and plan.pk in scope.overseen
        lines.append(
            PlanLine(plan, depth, rows, still_open if told else None, overdue if told else None)
        )
        waiting += [(child, depth + 1) for child in reversed(below.get(plan.pk, []))]
    return lines


def _counts(plans: Iterable[Plan], today: date) -> dict[int, tuple[int, int, int]]:
    rows = (
        Task.objects.filter(plan__in=[plan.pk for plan in plans])
        .order_by()
        .values("plan_id")
        .annotate(
            total=Count("pk"),
            still_open=Count("pk", filter=~Q(state__in=Task.SETTLED)),
            late=Count("pk", filter=overdue_on(today)),
        )
    )
    return {row["plan_id"]: (row["total"], row["still_open"], row["late"]) for row in rows}


def plan_names(ids: Iterable[int]) -> dict[int, str]:
    """Short titles by id, for lists over several plans."""
    return dict(Plan.objects.filter(pk__in=ids).values_list("pk", "short_title"))


def suggested_code(today: date) -> str:
    """A code that is free, for a new plan: plan-2020-3."""
    start = f"plan-{today.year}-"
    taken = set(Plan.objects.filter(code__startswith=start).values_list("code", flat=True))
    return next(f"{start}{n}" for n in range(1, len(taken) + 2) if f"{start}{n}" not in taken)


def overdue_on(today: date) -> Q:
    """Rows whose hard last day has passed while they are still to be done."""
    return Q(state__in=Task.RUNNING, due_kind="date", due_soft=False, due_on__lt=today)


@dataclass(frozen=True, slots=True)
class PlanTarget:
    """One target of a plan; `goal` in words: 2020年不低于 40 家."""

    indicator_id: int
    indicator: str
    goal: str
    quote: str


@dataclass(frozen=True, slots=True)
class PassageLine:
    """A passage of the document; `opening` is its text without the heading it begins with."""

    heading: str
    opening: str
    text: str
    responsibility: str


@dataclass(frozen=True, slots=True)
class PlanPage:
    """What a plan's page shows: the first of `line.rows` rows, the newest of the imports."""

    line: PlanLine
    rows: list[Task]
    rules: list[RowRule]
    passages: list[PassageLine]
    targets: list[PlanTarget]
    layout: Layout | None
    imports: list[TableImport]
    import_count: int
    children: list[Plan]


def plan_page(plan: Plan, scope: Scope, today: date) -> PlanPage:
    """Everything of one plan that this reader may see; imports only for its overseers."""
    counts = _counts([plan], today).get(plan.pk, (0, 0, 0))
    told = plan.is_own and plan.pk in scope.overseen
    source = SourceTable.objects.filter(plan=plan).first()
    targets = Target.objects.filter(indicator__plan=plan).select_related("indicator")
    imports = plan.imports.all() if plan.pk in scope.overseen else plan.imports.none()
    return PlanPage(
        line=PlanLine(plan, 0, counts[0], counts[1] if told else None, counts[2] if told else None),
        rows=list(short_list(tasks_visible(scope).filter(plan=plan))),
        rules=list(plan.row_rules.order_by("pk")),
        passages=[_passage(passage) for passage in plan.passages.order_by("position")],
        targets=[
            _target(target)
            for target in targets.order_by("indicator__position", "indicator_id", "year")
        ],
        layout=Layout.from_dict(source.layout) if source else None,
        # not the pages of their previews, which are large
        imports=list(imports.defer("preview", "answers").order_by("-created_at")[:SHORT_LIST]),
        import_count=imports.count(),
        children=list(plan.children.filter(pk__in=scope.visible).order_by("pk")),
    )


def _passage(passage: Passage) -> PassageLine:
    """二（一）智能制造 is the heading of a text that begins with （一）智能制造。"""
    opening = passage.text
    for start in range(len(passage.heading)):
        if opening.startswith(passage.heading[start:]):
            opening = opening.removeprefix(passage.heading[start:]).lstrip("。 \u3000")
            break
    return PassageLine(passage.heading, opening, passage.text, passage.responsibility)


def _target(target: Target) -> PlanTarget:
    indicator = target.indicator
    goal = f"{target.year}年{goal_text(target, indicator.unit)}"
    return PlanTarget(indicator.pk, indicator.name, goal, target.quote)


def short_list(rows: QuerySet[Task]) -> QuerySet[Task]:
    """The first few rows in the original's order, with what a list shows of them."""
    return listed(rows).select_related(None).order_by("plan_id", "position")[:SHORT_LIST]


@dataclass(frozen=True, slots=True)
class Unsettled:
    """What of a plan's rows a person still has to settle: names of no unit, unread deadlines."""

    names: int
    deadlines: int


def unsettled(plan: Plan) -> Unsettled:
    """Over all rows of the plan, whichever import brought them."""
    unknown = Assignment.objects.filter(task__plan=plan, agency__isnull=True, collective=False)
    return Unsettled(
        names=unknown.order_by().values("name").distinct().count(),
        deadlines=plan.tasks.filter(due_kind=Kind.UNRESOLVED).count(),
    )
