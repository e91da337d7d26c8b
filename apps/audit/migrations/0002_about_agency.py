from django.db import migrations, models

from apps.audit import sql

# The canonical text has grown by the unit: rows written before are hashed and chained anew.
_REHASH = """
ALTER TABLE audit_entry DISABLE TRIGGER USER;
ALTER TABLE audit_head DISABLE TRIGGER USER;
DO $$
DECLARE
    e audit_entry;
    chain text := '';
    before text := '';
BEGIN
    FOR e IN SELECT * FROM audit_entry ORDER BY object_type, object_id, chain_no LOOP
        IF chain <> e.object_type || ' ' || e.object_id THEN
            chain := e.object_type || ' ' || e.object_id;
            before := '';
        END IF;
        e.previous_hash := before;
        e.hash := audit_entry_hash(e);
        before := e.hash;
        UPDATE audit_entry SET previous_hash = e.previous_hash, hash = e.hash WHERE id = e.id;
    END LOOP;
    UPDATE audit_head AS h SET hash = e.hash FROM audit_entry AS e
     WHERE e.object_type = h.object_type AND e.object_id = h.object_id AND e.chain_no = h.length;
END $$;
ALTER TABLE audit_entry ENABLE TRIGGER USER;
ALTER TABLE audit_head ENABLE TRIGGER USER;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='entry',
            name='about_agency_id',
            field=models.CharField(blank=True, default='', max_length=40),
        ),
        migrations.AlterField(
            model_name='entry',
            name='action',
            field=models.CharField(max_length=160, verbose_name='操作'),
        ),
        migrations.RunSQL(sql.INSTALL_FUNCTIONS + _REHASH, migrations.RunSQL.noop),
    ]
