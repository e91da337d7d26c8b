"""What the database itself refuses of an issued report, as migration 0001 installs it.

The row, its parts, its texts and its plans stay as they were issued; papers that came back may be
added beside it, and stay as they were added.
"""

from __future__ import annotations

_FAIL_BODY = """
BEGIN
    RAISE EXCEPTION '已印发的报告不能修改或删除，更正请另起一份'
          USING ERRCODE = 'integrity_constraint_violation';
END """

_ROW_BODY = """
BEGIN
    IF OLD.state = 'issued' THEN PERFORM reports_issued_fail(); END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END """

# The report's row is held, so that nothing is added while another transaction issues it.
_BELONGING_BODY = """
DECLARE its_state text;
BEGIN
    FOR its_state IN
        SELECT state FROM reports_quarterlyreport
         WHERE id IN ((to_jsonb(OLD) ->> 'report_id')::bigint,
                      (to_jsonb(OLD) ->> 'quarterlyreport_id')::bigint,
                      (to_jsonb(NEW) ->> 'report_id')::bigint,
                      (to_jsonb(NEW) ->> 'quarterlyreport_id')::bigint)
         ORDER BY id FOR SHARE
    LOOP
        IF its_state = 'issued' THEN PERFORM reports_issued_fail(); END IF;
    END LOOP;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END """

_REFUSE_BODY = """
BEGIN
    PERFORM reports_issued_fail();
    RETURN NULL;
END """

# the first is needed by the others
FUNCTIONS = {
    "reports_issued_fail()": ("void", _FAIL_BODY),
    "reports_issued_row()": ("trigger", _ROW_BODY),
    "reports_issued_belonging()": ("trigger", _BELONGING_BODY),
    "reports_issued_refuse()": ("trigger", _REFUSE_BODY),
}

_BELONGING = ("reports_reportpart", "reports_reporttext", "reports_quarterlyreport_plans")
_ALL = ("reports_quarterlyreport", *_BELONGING, "reports_issuedcopy")

# by name: the table and the definition
TRIGGERS = {
    name: (table, f"CREATE TRIGGER {name} BEFORE {event} ON {table} {rest}")
    for name, table, event, rest in (
        (
            "reports_issued_no_change",
            "reports_quarterlyreport",
            "DELETE OR UPDATE",
            "FOR EACH ROW EXECUTE FUNCTION reports_issued_row()",
        ),
        *(
            (
                f"{table}_issued",
                table,
                "INSERT OR DELETE OR UPDATE",
                "FOR EACH ROW EXECUTE FUNCTION reports_issued_belonging()",
            )
            for table in _BELONGING
        ),
        (
            "reports_issuedcopy_no_change",
            "reports_issuedcopy",
            "DELETE OR UPDATE",
            "FOR EACH ROW EXECUTE FUNCTION reports_issued_refuse()",
        ),
        *(
            (
                f"{table}_no_truncate",
                table,
                "TRUNCATE",
                "FOR EACH STATEMENT EXECUTE FUNCTION reports_issued_refuse()",
            )
            for table in _ALL
        ),
    )
}

INSTALL = "".join(
    f"CREATE FUNCTION {signature} RETURNS {returns} LANGUAGE plpgsql AS $${body}$$;\n"
    for signature, (returns, body) in FUNCTIONS.items()
) + "".join(f"{made};\n" for _, made in TRIGGERS.values())

REMOVE = "".join(f"DROP TRIGGER {name} ON {table};\n" for name, (table, _) in TRIGGERS.items())
REMOVE += "".join(f"DROP FUNCTION {signature};\n" for signature in reversed(FUNCTIONS))
