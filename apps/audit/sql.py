"""The functions and triggers of the log: migration 0001 installs them, `verify_audit` expects them.

The canonical text of a row is the JSON array of HASH; its SHA-256 is the row's hash, and each row
carries the hash of the one before it in its object's chain.
"""

from __future__ import annotations

# Of a row `e` of audit_entry.
HASH = """encode(sha256(convert_to(jsonb_build_array(
        e.object_type, e.object_id, e.chain_no, e.previous_hash,
        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        to_char(e.business_date, 'YYYY-MM-DD'),
        e.actor_id, e.actor_name, e.agency_name, e.action, e.object_label, e.about_agency_id,
        e.changes, e.reason, e.result)::text, 'UTF8')), 'hex')"""

_HASH_BODY = f"""
BEGIN
    RETURN {HASH};
END """

# The head's row lock orders writers of one chain; the instant is the database's own. The second
# INSERT always meets the head of the first: it goes by the unique index, while an UPDATE reads the
# whole table for each of many entries where statistics still say that it is empty.
_CHAIN_BODY = """
BEGIN
    INSERT INTO audit_head AS h (object_type, object_id, length, hash)
         VALUES (NEW.object_type, NEW.object_id, 1, '')
    ON CONFLICT (object_type, object_id) DO UPDATE SET length = h.length + 1
      RETURNING h.length, h.hash INTO NEW.chain_no, NEW.previous_hash;
    NEW.at := clock_timestamp();
    NEW.hash := audit_entry_hash(NEW);
    INSERT INTO audit_head (object_type, object_id, length, hash)
         VALUES (NEW.object_type, NEW.object_id, NEW.chain_no, NEW.hash)
    ON CONFLICT (object_type, object_id) DO UPDATE SET hash = EXCLUDED.hash;
    RETURN NEW;
END """

_REFUSE_BODY = """
BEGIN
    RAISE EXCEPTION '操作日志只能追加，不能修改或删除'
          USING ERRCODE = 'integrity_constraint_violation';
END """

# Only the chain trigger above, one level deeper, may write heads.
_GUARD_BODY = """
BEGIN
    IF pg_trigger_depth() < 2 OR TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '操作日志只能追加，不能修改或删除'
              USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END """

# {signature: (what it returns, body)}; the first is needed by the second
FUNCTIONS = {
    "audit_entry_hash(e audit_entry)": ("text LANGUAGE plpgsql IMMUTABLE", _HASH_BODY),
    "audit_entry_chain()": ("trigger LANGUAGE plpgsql", _CHAIN_BODY),
    "audit_refuse()": ("trigger LANGUAGE plpgsql", _REFUSE_BODY),
    "audit_head_guard()": ("trigger LANGUAGE plpgsql", _GUARD_BODY),
}

# {name: (table, definition)}, written as pg_get_triggerdef(oid, true) writes it
TRIGGERS = {
    name: (table, f"CREATE TRIGGER {name} BEFORE {event} ON {table} {rest}")
    for name, table, event, rest in (
        (
            "audit_entry_chain",
            "audit_entry",
            "INSERT",
            "FOR EACH ROW EXECUTE FUNCTION audit_entry_chain()",
        ),
        (
            "audit_entry_no_change",
            "audit_entry",
            "DELETE OR UPDATE",
            "FOR EACH ROW EXECUTE FUNCTION audit_refuse()",
        ),
        (
            "audit_entry_no_truncate",
            "audit_entry",
            "TRUNCATE",
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        ),
        (
            "audit_head_guard",
            "audit_head",
            "INSERT OR DELETE OR UPDATE",
            "FOR EACH ROW EXECUTE FUNCTION audit_head_guard()",
        ),
        (
            "audit_head_no_truncate",
            "audit_head",
            "TRUNCATE",
            "FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()",
        ),
    )
}

# Replacing what is there serves a migration that changes a body.
INSTALL_FUNCTIONS = "".join(
    f"CREATE OR REPLACE FUNCTION {signature} RETURNS {returns} AS $${body}$$;\n"
    for signature, (returns, body) in FUNCTIONS.items()
)
INSTALL = INSTALL_FUNCTIONS + "".join(f"{made};\n" for _, made in TRIGGERS.values())

REMOVE = "".join(f"DROP TRIGGER {name} ON {table};\n" for name, (table, _) in TRIGGERS.items())
REMOVE += "".join(f"DROP FUNCTION {signature};\n" for signature in reversed(FUNCTIONS))
