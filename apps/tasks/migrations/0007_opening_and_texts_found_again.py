"""期初 of rows; rows by the fingerprint of their text, which an import looks for elsewhere."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('agencies', '0001_initial'),
        ('plans', '0003_days_of_periods'),
        ('tasks', '0006_duties_know_what_came'),
    ]

    operations = [
        migrations.CreateModel(
            name='OpeningStanding',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(blank=True, default='', verbose_name='期初进展')),
                ('percent', models.DecimalField(blank=True, decimal_places=2, max_digits=5, null=True, verbose_name='期初完成比例')),
                ('reported_on', models.DateField(blank=True, null=True, verbose_name='期初报送日期')),
                ('closing', models.TextField(blank=True, default='', verbose_name='期初办结依据')),
                ('entered_on', models.DateField(verbose_name='登记日期')),
                ('file_name', models.CharField(max_length=255, verbose_name='来源文件')),
            ],
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(models.Func(models.F('content'), models.Value(0), function='hashtextextended', output_field=models.BigIntegerField()), name='tasks_task_same_text'),
        ),
        migrations.AddField(
            model_name='openingstanding',
            name='task',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='opening', to='tasks.task'),
        ),
        migrations.AddConstraint(
            model_name='openingstanding',
            constraint=models.CheckConstraint(condition=models.Q(('percent__isnull', True), ('percent__range', (0, 100)), _connector='OR'), name='tasks_openingstanding_percent'),
        ),
    ]
