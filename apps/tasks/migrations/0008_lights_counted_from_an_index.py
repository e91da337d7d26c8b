"""The ledger counts its lights from an index alone."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0007_opening_and_texts_found_again'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='task',
            name='tasks_task_plan_light',
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['plan', 'light_order', 'position'], include=['state'], name='tasks_task_plan_light'),
        ),
    ]
