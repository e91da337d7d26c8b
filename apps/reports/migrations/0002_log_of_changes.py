"""By which kept figures are found to be out of date."""

from django.db import migrations

from apps.reports import change_sql


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0001_initial'),
        ('ops', '0003_cancelled_jobs'),
        ('plans', '0003_days_of_periods'),
        ('reports', '0001_initial'),
        ('tasks', '0006_duties_know_what_came'),
    ]

    operations = [
        migrations.RunSQL(change_sql.INSTALL, change_sql.REMOVE),
    ]
