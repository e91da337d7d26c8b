import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('accounts', '0001_initial'),
        ('agencies', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Period',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=6, unique=True, verbose_name='代码')),
                ('ends_on', models.DateField(verbose_name='数据截至')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]{4}Q[1-4]$')), name='plans_period_code')],
            },
        ),
        migrations.CreateModel(
            name='Plan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.SlugField(max_length=60, unique=True, verbose_name='代码')),
                ('title', models.CharField(max_length=200, verbose_name='标题')),
                ('short_title', models.CharField(max_length=40, verbose_name='简称')),
                ('document_number', models.CharField(blank=True, default='', max_length=60, verbose_name='文号')),
                ('issuer', models.CharField(blank=True, default='', max_length=80, verbose_name='发文机关')),
                ('issued_on', models.DateField(blank=True, null=True, verbose_name='印发日期')),
                ('facts_note', models.CharField(blank=True, default='', max_length=200, verbose_name='说明')),
                ('level', models.CharField(choices=[('国家', '国家'), ('省', '省'), ('市', '市'), ('区县', '区县')], max_length=4, verbose_name='级别')),
                ('region', models.CharField(max_length=40, verbose_name='地区')),
                ('relation', models.CharField(choices=[('own', '本级督办'), ('upper', '上级文件（对照）'), ('lower', '下级文件（备案）')], max_length=5, verbose_name='关系')),
                ('starts_on', models.DateField(blank=True, null=True, verbose_name='实施期起')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='实施期止')),
                ('line', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='plans', to='accounts.line', verbose_name='条线')),
                ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='plans.plan', verbose_name='上级文件')),
                ('supervisor', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='supervised_plans', to='agencies.agency', verbose_name='督办单位')),
            ],
        ),
        migrations.CreateModel(
            name='Passage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField(verbose_name='次序')),
                ('heading', models.CharField(blank=True, default='', max_length=200, verbose_name='所在章节')),
                ('text', models.TextField(verbose_name='原文')),
                ('responsibility', models.CharField(blank=True, default='', max_length=1000, verbose_name='责任注')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='passages', to='plans.plan')),
            ],
        ),
        migrations.CreateModel(
            name='PlanPeriod',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cut_off', models.DateField(verbose_name='报送截止')),
                ('state', models.CharField(choices=[('open', '填报中'), ('closed', '已关闭')], default='open', max_length=6, verbose_name='状态')),
                ('period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='plan_periods', to='plans.period')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='plan_periods', to='plans.plan')),
            ],
        ),
        migrations.CreateModel(
            name='RowRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(choices=[('first_is_lead', '列第一位者为牵头单位'), ('responsible_is_lead', '无牵头单位的，责任单位即为牵头单位'), ('also_implement', '以下均需落实，不再列出')], max_length=24)),
                ('quote', models.CharField(max_length=300, verbose_name='原文')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='row_rules', to='plans.plan')),
            ],
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('relation__in', ['own', 'upper', 'lower'])), name='plans_plan_relation'),
        ),
        migrations.AddConstraint(
            model_name='plan',
            constraint=models.CheckConstraint(condition=models.Q(('starts_on__isnull', True), ('ends_on__isnull', True), ('starts_on__lte', models.F('ends_on')), _connector='OR'), name='plans_plan_span'),
        ),
        migrations.AddConstraint(
            model_name='passage',
            constraint=models.UniqueConstraint(fields=('plan', 'position'), name='plans_passage_position'),
        ),
        migrations.AddConstraint(
            model_name='planperiod',
            constraint=models.UniqueConstraint(fields=('plan', 'period'), name='plans_planperiod_once'),
        ),
        migrations.AddConstraint(
            model_name='planperiod',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['open', 'closed'])), name='plans_planperiod_state'),
        ),
        migrations.AddConstraint(
            model_name='rowrule',
            constraint=models.UniqueConstraint(fields=('plan', 'code'), name='plans_rowrule_once'),
        ),
    ]
