"""The log of changes by which kept figures are found to be out of date (migration 0002).

One row for each transaction that wrote what a board shows, and since which day of the board that
matters: `infinity` where it changes only how things stand now, `-infinity` where nobody has worked
out how far back. A transaction's number is compared with the snapshot that figures were read from
(`pg_visible_in_snapshot`), so that neither clocks nor the order of commits play a part, and no
writer ever waits for another.
"""

from __future__ import annotations

_TABLE = "CREATE TABLE reports_change (xid xid8 PRIMARY KEY, since date NOT NULL);\n"

_NOTE_BODY = """
BEGIN
    IF day IS NULL THEN RETURN; END IF;
    INSERT INTO reports_change AS c (xid, since) VALUES (pg_current_xact_id(), day)
        ON CONFLICT (xid) DO UPDATE SET since = excluded.since WHERE c.since > excluded.since;
END """

_WHOLE_BODY = """
BEGIN
    PERFORM reports_change_note(TG_ARGV[0]::date);
    RETURN NULL;
END """

# A span that merely ends tells of the day on which it ends, not of those before.
_SPANS_BODY = """
DECLARE day date;
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN SELECT min(since) INTO day FROM now_there;
    WHEN 'DELETE' THEN SELECT min(since) INTO day FROM was_there;
    ELSE
        SELECT min(CASE WHEN (a.task_id, a.plan_id, a.since, a.state, a.light, a.cause, a.due_on)
                             IS DISTINCT FROM
                             (b.task_id, b.plan_id, b.since, b.state, b.light, b.cause, b.due_on)
                        THEN least(a.since, b.since)
                        ELSE least(coalesce(a.until, 'infinity'), coalesce(b.until, 'infinity'))
                   END) INTO day
          FROM was_there AS a FULL JOIN now_there AS b ON b.id = a.id;
    END CASE;
    PERFORM reports_change_note(day);
    RETURN NULL;
END """

# what has not left its unit counts on no day
_REPORTS_BODY = """
DECLARE day date;
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        SELECT min(coalesce(delivered_on, 'infinity')) INTO day FROM now_there;
    WHEN 'DELETE' THEN
        SELECT min(coalesce(delivered_on, 'infinity')) INTO day FROM was_there;
    ELSE
        SELECT min(CASE WHEN (a.duty_id, a.delivered_on)
                             IS DISTINCT FROM (b.duty_id, b.delivered_on)
                        THEN least(coalesce(a.delivered_on, 'infinity'),
                                   coalesce(b.delivered_on, 'infinity'))
                        ELSE 'infinity' END) INTO day
          FROM was_there AS a FULL JOIN now_there AS b ON b.id = a.id;
    END CASE;
    PERFORM reports_change_note(day);
    RETURN NULL;
END """

FUNCTIONS = {
    "reports_change_note(day date)": ("void", _NOTE_BODY),
    "reports_change_whole()": ("trigger", _WHOLE_BODY),
    "reports_change_spans()": ("trigger", _SPANS_BODY),
    "reports_change_reports()": ("trigger", _REPORTS_BODY),
}

# what is shown as it is now, also beside figures of a past day
_NOW = (
    "tasks_task",
    "tasks_assignment",
    "tasks_deadline",
    "tasks_periodmark",
    "plans_plan",
    "agencies_agency",
    "agencies_contact",
    "ops_workdayoverride",
)
# of which period a report is missing, and from which day on, hangs on these; that a report came is
# told by the report
_EVER = {
    "plans_period": "UPDATE",
    "plans_planperiod": "UPDATE",
    "tasks_duty": "UPDATE OF task_id, agency_id, plan_period_id",
}
_DATED = {"tasks_markspan": "reports_change_spans()", "tasks_progress": "reports_change_reports()"}
_SEEN = {
    "INSERT": "NEW TABLE AS now_there",
    "DELETE": "OLD TABLE AS was_there",
    "UPDATE": "OLD TABLE AS was_there NEW TABLE AS now_there",
}


def _on(table: str, event: str, call: str, seen: str = "") -> tuple[str, str]:
    name = f"reports_change_{event.split(maxsplit=1)[0].lower()}"
    referencing = f"REFERENCING {seen} " if seen else ""
    made = f"CREATE TRIGGER {name} AFTER {event} ON {table} {referencing}"
    return f"{name} ON {table}", f"{made}FOR EACH STATEMENT EXECUTE FUNCTION {call}"


_ANY = "INSERT OR DELETE OR TRUNCATE OR"
TRIGGERS = dict(
    [
        *(_on(table, f"{_ANY} UPDATE", "reports_change_whole('infinity')") for table in _NOW),
        *(
            _on(table, f"{_ANY} {update}", "reports_change_whole('-infinity')")
            for table, update in _EVER.items()
        ),
        *(
            _on(table, event, call, seen)
            for table, call in _DATED.items()
            for event, seen in _SEEN.items()
        ),
        *(_on(table, "TRUNCATE", "reports_change_whole('-infinity')") for table in _DATED),
    ]
)

INSTALL = (
    _TABLE
    + "".join(
        f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE plpgsql AS $${body}$$;\n"
        for signature, (returns, body) in FUNCTIONS.items()
    )
    + "".join(f"{made};\n" for made in TRIGGERS.values())
)
REMOVE = "".join(f"DROP TRIGGER {name};\n" for name in TRIGGERS)
REMOVE += "".join(f"DROP FUNCTION {signature};\n" for signature in reversed(FUNCTIONS))
REMOVE += "DROP TABLE reports_change;\n"
