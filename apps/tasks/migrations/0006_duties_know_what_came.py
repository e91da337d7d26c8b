"""Duties know whether their report came; the board finds its first rows in an index."""

from django.db import migrations, models

from apps.tasks import delivered_sql


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0005_spans_without_a_second_index'),
    ]

    operations = [
        migrations.AddField(
            model_name='duty',
            name='delivered_on',
            field=models.DateField(blank=True, editable=False, null=True, verbose_name='送出日期'),
        ),
        migrations.RunSQL(delivered_sql.FILL, migrations.RunSQL.noop),
        # what was filled in waits for its checks, and no index is made before they are done
        migrations.RunSQL('SET CONSTRAINTS ALL IMMEDIATE', migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(condition=models.Q(('delivered_on__isnull', True)), fields=['plan_period', 'task'], name='tasks_duty_missing'),
        ),
        migrations.RunSQL(delivered_sql.INSTALL, delivered_sql.REMOVE),
        migrations.RemoveIndex(
            model_name='markspan',
            name='tasks_markspan_warned',
        ),
        migrations.AddIndex(
            model_name='markspan',
            index=models.Index(condition=models.Q(('light__in', ['red', 'amber'])), fields=['plan', 'cause', 'until', 'since', 'due_on'], include=['light', 'task'], name='tasks_markspan_warned'),
        ),
        migrations.RemoveIndex(
            model_name='task',
            name='tasks_task_overdue',
        ),
        migrations.RemoveIndex(
            model_name='task',
            name='tasks_task_plan_overdue',
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('overdue_since__isnull', False)), fields=['plan', 'state', 'due_on'], include=['light_order', 'position', 'id'], name='tasks_task_plan_overdue'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['light_order', 'due_on', 'plan', 'position'], name='tasks_task_worst'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('state__in', ['closed', 'ended'])), fields=['id'], name='tasks_task_settled'),
        ),
    ]
