import django.db.models.functions.datetime
from django.db import migrations, models

from apps.audit import sql


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False, verbose_name='时间')),
                ('business_date', models.DateField(verbose_name='业务日期')),
                ('actor_id', models.CharField(max_length=40)),
                ('actor_name', models.CharField(max_length=60, verbose_name='操作人')),
                ('agency_name', models.CharField(blank=True, default='', max_length=80, verbose_name='单位')),
                ('action', models.CharField(max_length=160, verbose_name='操作')),
                ('object_type', models.CharField(max_length=20)),
                ('object_id', models.CharField(max_length=64)),
                ('object_label', models.CharField(max_length=200, verbose_name='对象')),
                ('about_agency_id', models.CharField(blank=True, default='', max_length=40)),
                ('changes', models.JSONField(default=dict, verbose_name='变动')),
                ('reason', models.TextField(blank=True, default='', verbose_name='理由')),
                ('result', models.CharField(choices=[('done', '成功'), ('refused', '被拒绝')], default='done', max_length=10, verbose_name='结果')),
                ('chain_no', models.PositiveIntegerField(default=0, editable=False)),
                ('previous_hash', models.CharField(blank=True, default='', editable=False, max_length=64)),
                ('hash', models.CharField(blank=True, default='', editable=False, max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('object_type', 'object_id', 'chain_no'), name='audit_entry_chain')],
            },
        ),
        migrations.CreateModel(
            name='Head',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('object_type', models.CharField(max_length=20)),
                ('object_id', models.CharField(max_length=64)),
                ('length', models.PositiveIntegerField()),
                ('hash', models.CharField(max_length=64)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('object_type', 'object_id'), name='audit_head_object')],
            },
        ),
        migrations.RunSQL(sql.INSTALL, sql.REMOVE),
    ]
