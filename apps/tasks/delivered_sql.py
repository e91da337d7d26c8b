"""`Duty.delivered_on` follows the duty's report by itself, as migration 0006 installs it.

Whoever writes reports holds the rows of their tasks, so nobody waits here for a duty.
"""

from __future__ import annotations

_BODY = """
BEGIN
    IF TG_OP = 'DELETE' THEN
        UPDATE tasks_duty AS d SET delivered_on = NULL
          FROM was_there AS a
         WHERE d.id = a.duty_id AND d.delivered_on IS NOT NULL;
    ELSE
        UPDATE tasks_duty AS d SET delivered_on = b.delivered_on
          FROM now_there AS b
         WHERE d.id = b.duty_id AND d.delivered_on IS DISTINCT FROM b.delivered_on;
    END IF;
    RETURN NULL;
END """
_SEEN = {"INSERT": "NEW TABLE AS now_there", "UPDATE": "NEW TABLE AS now_there",
         "DELETE": "OLD TABLE AS was_there"}  # fmt: skip
_NAMES = {event: f"tasks_duty_delivered_{event.lower()}" for event in _SEEN}

INSTALL = f"CREATE FUNCTION tasks_duty_delivered() RETURNS trigger LANGUAGE plpgsql AS $${_BODY}$$;"
INSTALL += "".join(
    f"CREATE TRIGGER {_NAMES[event]} AFTER {event} ON tasks_progress REFERENCING {seen} "
    "FOR EACH STATEMENT EXECUTE FUNCTION tasks_duty_delivered();"
    for event, seen in _SEEN.items()
)
REMOVE = "".join(f"DROP TRIGGER {name} ON tasks_progress;" for name in _NAMES.values())
REMOVE += "DROP FUNCTION tasks_duty_delivered();"

FILL = """
    UPDATE tasks_duty AS d SET delivered_on = p.delivered_on
      FROM tasks_progress AS p
     WHERE p.duty_id = d.id AND p.delivered_on IS NOT NULL
"""
