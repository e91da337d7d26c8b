"""Many entries in one transaction cost as much each as one: heads are found by their index."""

from django.db import migrations

from apps.audit.sql import INSTALL_FUNCTIONS


class Migration(migrations.Migration):

    dependencies = [
        ('audit', '0002_reading_the_log'),
    ]

    # the function is replaced as a whole; what the one before it wrote stays as it is
    operations = [migrations.RunSQL(INSTALL_FUNCTIONS, migrations.RunSQL.noop)]
