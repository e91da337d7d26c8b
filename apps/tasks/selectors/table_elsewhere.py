"""Rows whose text stands word for word in another plan."""

from __future__ import annotations

from collections.abc import Collection

from django.db import connection

from apps.plans.models import Plan

# of one text, in a sentence
_MOST_NAMED = 3
# By the index over the texts' fingerprints (tasks_task_same_text): what is looked for decides the
# cost, not how many rows there are.
_SAME = """
    SELECT wanted.text, t.plan_id, t.number
      FROM (SELECT DISTINCT text FROM unnest(%(texts)s::text[]) AS given (text)) AS wanted
      JOIN tasks_task AS t
        ON hashtextextended(t.content, 0) = hashtextextended(wanted.text, 0)
       AND t.content = wanted.text AND t.plan_id = ANY(%(plans)s)
     ORDER BY t.plan_id, t.position
"""


def elsewhere(
    plan: Plan, texts: Collection[str], visible: Collection[int]
) -> dict[str, tuple[str, ...]]:
    """By text, where it stands in other plans that the reader may see; two queries at most."""
    plans = [pk for pk in visible if pk != plan.pk]
    if not plans or not texts:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_SAME, {"texts": list(texts), "plans": plans})
        rows = cursor.fetchall()
    titles = dict(
        Plan.objects.filter(pk__in={row[1] for row in rows}).values_list("pk", "short_title")
    )
    found: dict[str, list[str]] = {}
    for text, plan_id, number in rows:
        said = found.setdefault(text, [])
        if len(said) < _MOST_NAMED:
            said.append(f"与《{titles[plan_id]}》第{number}项文字相同")
    return {text: tuple(said) for text, said in found.items()}
