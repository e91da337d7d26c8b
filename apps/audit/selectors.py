"""Reading the log and proving that nobody altered it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import connection
from django.db.models import Count, Model, Q, QuerySet

from apps.audit import sql
from apps.audit.models import Entry, Head
from apps.ops.models import JobRun

# the kind of the runs that say what `verify_audit` found
VERIFY = "verify_audit"


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain of one object does not hold."""

    object_type: str
    object_id: str
    chain_no: int
    what: str


# Each row is hashed anew and compared with its neighbours; each chain's end with its head. The
# database's own function is not asked: whoever alters rows may have altered it too.
_BREAKS = f"""
    WITH chain AS (
        SELECT {sql.HASH} AS true_hash,
               e.object_type, e.object_id, e.chain_no, e.hash, e.previous_hash,
               row_number() OVER w AS place,
               coalesce(lag(e.hash) OVER w, '') AS before
          FROM audit_entry AS e
        WINDOW w AS (PARTITION BY e.object_type, e.object_id ORDER BY e.chain_no)
    )
    SELECT object_type, object_id, chain_no::bigint,
           CASE WHEN hash <> true_hash THEN '内容与校验值不符'
                WHEN chain_no <> place THEN '前面缺少记录'
                ELSE '与前一条接不上' END
      FROM chain
     WHERE hash <> true_hash OR chain_no <> place OR previous_hash <> before
     UNION ALL
    SELECT h.object_type, h.object_id, h.length::bigint, '末尾缺少记录'
      FROM audit_head AS h
      LEFT JOIN audit_entry AS e
        ON e.object_type = h.object_type AND e.object_id = h.object_id AND e.chain_no = h.length
     WHERE e.id IS NULL OR e.hash <> h.hash
     UNION ALL
    SELECT e.object_type, e.object_id, max(e.chain_no)::bigint, '记录多于登记的条数'
      FROM audit_entry AS e
      LEFT JOIN audit_head AS h
        ON h.object_type = e.object_type AND h.object_id = e.object_id
     GROUP BY e.object_type, e.object_id, h.length
    HAVING h.length IS NULL OR max(e.chain_no) > h.length
     ORDER BY 1, 2, 3
"""  # noqa: S608  # made of our own constants


def breaks() -> list[Break]:
    """Every place where the log was altered behind its back; empty when it is whole."""
    with connection.cursor() as cursor:
        cursor.execute(_BREAKS)
        return [Break(*row) for row in cursor.fetchall()]


_TRIGGERS = """
    SELECT t.tgname, t.tgenabled, pg_get_triggerdef(t.oid, true)
      FROM pg_trigger AS t
     WHERE t.tgrelid IN ('audit_entry'::regclass, 'audit_head'::regclass) AND NOT t.tgisinternal
     ORDER BY t.tgname
"""


def unguarded() -> list[str]:
    """What is missing of the triggers and functions that keep the log; empty when all is there."""
    with connection.cursor() as cursor:
        cursor.execute(_TRIGGERS)
        triggers = {name: (enabled, made) for name, enabled, made in cursor.fetchall()}
        cursor.execute(
            "SELECT proname, prosrc FROM pg_proc"
            " WHERE pronamespace = current_schema()::regnamespace AND proname LIKE 'audit\\_%'"
        )
        functions = cursor.fetchall()
    said = [_trigger_fault(name, *triggers.get(name, ("", ""))) for name in sql.TRIGGERS]
    said += [f"多出触发器 {name}" for name in triggers if name not in sql.TRIGGERS]
    for signature, (_, body) in sql.FUNCTIONS.items():
        name = signature.partition("(")[0]
        # a second one of the same name is no more ours than an altered one
        sources = [source for found, source in functions if found == name]
        if sources != [body]:
            said.append(f"函数 {name} {'被改动' if sources else '不在'}")
    return list(filter(None, said))


def _trigger_fault(name: str, enabled: str, made: str) -> str:
    if not made:
        return f"触发器 {name} 不在"
    if made != sql.TRIGGERS[name][1]:
        return f"触发器 {name} 被改动"
    # O: fires in ordinary sessions
    return "" if enabled == "O" else f"触发器 {name} 被停用"


@dataclass(frozen=True, slots=True)
class Refusals:
    """How often somebody was turned away."""

    log_ins: int
    acts: int


def refusals_since(instant: datetime) -> Refusals:
    """Log-ins apart from what people tried once they were in."""
    refused = Entry.objects.filter(result=Entry.Result.REFUSED, at__gte=instant)
    counted = refused.aggregate(
        log_ins=Count("pk", filter=Q(action="登录")), acts=Count("pk", filter=~Q(action="登录"))
    )
    return Refusals(**counted)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What of the log is asked for; what is empty narrows nothing. `until` is not included."""

    names: tuple[str, ...] = ()
    act: str = ""
    kind: str = ""
    object_id: str = ""
    result: str = ""
    since: datetime | None = None
    until: datetime | None = None


def entries_wanted(wanted: Wanted) -> QuerySet[Entry]:
    """Newest first. Each condition has an index of its own."""
    conditions = {
        "actor_name__in": wanted.names,
        "action__startswith": wanted.act,
        "object_type": wanted.kind,
        "object_id": wanted.object_id,
        "result": wanted.result,
        "at__gte": wanted.since,
        "at__lt": wanted.until,
    }
    asked = {name: value for name, value in conditions.items() if value}
    return Entry.objects.filter(**asked).order_by("-at", "-pk")


def last_verification() -> JobRun | None:
    """What `verify_audit` found when it was last run; None if it never was."""
    runs = JobRun.objects.filter(kind=VERIFY, finished_at__isnull=False)
    return runs.order_by("-finished_at").first()


def last_numbers(model: type[Model], ids: Iterable[int]) -> dict[int, int]:
    """By id, the number of the newest entry in each one's log; without those that have none."""
    heads = Head.objects.filter(object_type=model._meta.model_name, object_id__in=map(str, ids))  # noqa: SLF001  # Django's documented name for it
    return {int(pk): length for pk, length in heads.values_list("object_id", "length")}


def history(obj: Model) -> QuerySet[Entry]:
    """The log of one object, newest first."""
    return Entry.objects.filter(object_type=_kind(obj), object_id=str(obj.pk)).order_by("-chain_no")


def _kind(obj: Model) -> str:
    return obj._meta.model_name or ""  # noqa: SLF001  # Django's documented name for it
