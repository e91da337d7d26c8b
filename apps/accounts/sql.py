"""The trigger that keeps administrators' duties and roles in units apart (三员分立), in both

directions, as migration 0001 installs it."""

from __future__ import annotations

INSTALL = """
CREATE FUNCTION accounts_duty_apart() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE person bigint;
BEGIN
    person := CASE TG_TABLE_NAME WHEN 'accounts_user' THEN (to_jsonb(NEW) ->> 'id')::bigint
                                 ELSE (to_jsonb(NEW) ->> 'user_id')::bigint END;
    -- both directions take the person's row first, so that two at once cannot pass each other
    PERFORM 1 FROM accounts_user WHERE id = person FOR UPDATE;
    IF EXISTS (SELECT 1 FROM accounts_user WHERE id = person AND duty <> '')
       AND EXISTS (SELECT 1 FROM accounts_membership WHERE user_id = person) THEN
        RAISE EXCEPTION '系统、安全、审计管理员不能兼任业务身份'
              USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER accounts_user_duty_apart AFTER INSERT OR UPDATE OF duty ON accounts_user
   FOR EACH ROW EXECUTE FUNCTION accounts_duty_apart();
CREATE TRIGGER accounts_membership_duty_apart AFTER INSERT OR UPDATE ON accounts_membership
   FOR EACH ROW EXECUTE FUNCTION accounts_duty_apart();
"""

REMOVE = """
DROP TRIGGER accounts_membership_duty_apart ON accounts_membership;
DROP TRIGGER accounts_user_duty_apart ON accounts_user;
DROP FUNCTION accounts_duty_apart();
"""
