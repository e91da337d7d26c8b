"""The unique constraint on (task, since) finds the spans of a row: a second index only costs."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0004_imports_answered_and_undone'),
    ]

    operations = [
        migrations.AlterField(
            model_name='markspan',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='mark_spans', to='tasks.task'),
        ),
    ]
