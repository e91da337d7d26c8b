"""Indexes for whoever reads the log: by time, person, act, and what was refused."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0001_initial'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['at', 'id'], name='audit_entry_at'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['actor_name', 'at'], name='audit_entry_actor'),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(fields=['action'], name='audit_entry_action', opclasses=['varchar_pattern_ops']),
        ),
        migrations.AddIndex(
            model_name='entry',
            index=models.Index(condition=models.Q(('result', 'refused')), fields=['at'], name='audit_entry_refused'),
        ),
    ]
