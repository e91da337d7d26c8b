"""The functions and triggers of the log, as migration 0001 installs them.

The canonical text of a row is the JSON array below; its SHA-256 is the row's hash, and each row
carries the hash of the one before it in its object's chain.
"""

from __future__ import annotations

INSTALL = """
CREATE FUNCTION audit_entry_hash(e audit_entry) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_array(
        e.object_type, e.object_id, e.chain_no, e.previous_hash,
        to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        to_char(e.business_date, 'YYYY-MM-DD'),
        e.actor_id, e.actor_name, e.agency_name, e.action, e.object_label,
        e.changes, e.reason, e.result)::text, 'UTF8')), 'hex')
$$;

-- The head's row lock orders writers of one chain; the instant is the database's own.
CREATE FUNCTION audit_entry_chain() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO audit_head AS h (object_type, object_id, length, hash)
         VALUES (NEW.object_type, NEW.object_id, 1, '')
    ON CONFLICT (object_type, object_id) DO UPDATE SET length = h.length + 1
      RETURNING h.length, h.hash INTO NEW.chain_no, NEW.previous_hash;
    NEW.at := clock_timestamp();
    NEW.hash := audit_entry_hash(NEW);
    UPDATE audit_head SET hash = NEW.hash
     WHERE object_type = NEW.object_type AND object_id = NEW.object_id;
    RETURN NEW;
END $$;

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '操作日志只能追加，不能修改或删除'
          USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Only the chain trigger above, one level deeper, may write heads.
CREATE FUNCTION audit_head_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF pg_trigger_depth() < 2 OR TG_OP = 'DELETE' THEN
        RAISE EXCEPTION '操作日志只能追加，不能修改或删除'
              USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER audit_entry_chain BEFORE INSERT ON audit_entry
   FOR EACH ROW EXECUTE FUNCTION audit_entry_chain();
CREATE TRIGGER audit_entry_no_change BEFORE UPDATE OR DELETE ON audit_entry
   FOR EACH ROW EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_entry_no_truncate BEFORE TRUNCATE ON audit_entry
   FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
CREATE TRIGGER audit_head_guard BEFORE INSERT OR UPDATE OR DELETE ON audit_head
   FOR EACH ROW EXECUTE FUNCTION audit_head_guard();
CREATE TRIGGER audit_head_no_truncate BEFORE TRUNCATE ON audit_head
   FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
"""

REMOVE = """
DROP TRIGGER audit_head_no_truncate ON audit_head;
DROP TRIGGER audit_head_guard ON audit_head;
DROP TRIGGER audit_entry_no_truncate ON audit_entry;
DROP TRIGGER audit_entry_no_change ON audit_entry;
DROP TRIGGER audit_entry_chain ON audit_entry;
DROP FUNCTION audit_head_guard();
DROP FUNCTION audit_refuse();
DROP FUNCTION audit_entry_chain();
DROP FUNCTION audit_entry_hash(audit_entry);
"""
