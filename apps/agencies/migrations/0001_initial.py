import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Agency',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=60, unique=True, verbose_name='代码')),
                ('name', models.CharField(max_length=60, verbose_name='简称')),
                ('full_name', models.CharField(max_length=120, verbose_name='全称')),
                ('full_name_sourced', models.BooleanField(default=False, verbose_name='全称有出处')),
                ('level', models.CharField(choices=[('国家', '国家'), ('省', '省'), ('市', '市'), ('区县', '区县')], max_length=4, verbose_name='级别')),
                ('region', models.CharField(help_text='简称在其中有效的地区，如 广东省', max_length=40, verbose_name='地区')),
                ('affiliation', models.CharField(choices=[('government', '政府部门'), ('party', '党委部门'), ('congress', '人大'), ('consultative', '政协'), ('judicial', '法院检察院'), ('vertical', '垂直管理'), ('institution', '事业单位和企业')], default='government', max_length=12, verbose_name='隶属')),
                ('collective', models.BooleanField(default=False, verbose_name='集合名称')),
                ('rank', models.PositiveIntegerField(default=0, verbose_name='排序')),
            ],
            options={
                'indexes': [models.Index(fields=['level', 'region', 'rank'], name='agencies_agency_tree')],
                'constraints': [models.UniqueConstraint(fields=('region', 'name'), name='agencies_agency_region_name')],
            },
        ),
        migrations.CreateModel(
            name='Alias',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='别名')),
                ('basis', models.CharField(blank=True, default='', max_length=200, verbose_name='依据')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='aliases', to='agencies.agency')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agency', 'name'), name='agencies_alias_once')],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('post', models.CharField(max_length=20, verbose_name='岗位')),
                ('name', models.CharField(max_length=20, verbose_name='姓名')),
                ('telephone', models.CharField(max_length=30, verbose_name='电话')),
                ('position', models.PositiveSmallIntegerField(default=0, verbose_name='次序')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='contacts', to='agencies.agency')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('agency', 'position'), name='agencies_contact_order')],
            },
        ),
    ]
