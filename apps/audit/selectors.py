"""Reading the log and proving that nobody altered it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Model, QuerySet

from apps.audit.models import Entry


@dataclass(frozen=True, slots=True)
class Break:
    """A place where the chain of one object does not hold."""

    object_type: str
    object_id: str
    chain_no: int
    what: str


# Each row is hashed anew and compared with its neighbours; each chain's end with its head.
_BREAKS = """
    WITH chain AS (
        SELECT e AS entry, e.object_type, e.object_id, e.chain_no, e.hash, e.previous_hash,
               row_number() OVER w AS place,
               coalesce(lag(e.hash) OVER w, '') AS before
          FROM audit_entry AS e
        WINDOW w AS (PARTITION BY e.object_type, e.object_id ORDER BY e.chain_no)
    )
    SELECT object_type, object_id, chain_no::bigint,
           CASE WHEN hash <> audit_entry_hash(entry) THEN '内容与校验值不符'
                WHEN chain_no <> place THEN '前面缺少记录'
                ELSE '与前一条接不上' END
      FROM chain
     WHERE hash <> audit_entry_hash(entry) OR chain_no <> place OR previous_hash <> before
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
"""


def breaks() -> list[Break]:
    """Every place where the log was altered behind its back; empty when it is whole."""
    with connection.cursor() as cursor:
        cursor.execute(_BREAKS)
        return [Break(*row) for row in cursor.fetchall()]


def history(obj: Model) -> QuerySet[Entry]:
    """The log of one object, newest first."""
    return Entry.objects.filter(
        object_type=obj._meta.model_name or "",  # noqa: SLF001  # Django's documented name for it
        object_id=str(obj.pk),
    ).order_by("-chain_no")
