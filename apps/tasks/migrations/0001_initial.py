import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('agencies', '0001_initial'),
        ('ops', '0001_initial'),
        ('plans', '0001_initial'),
        ('targets', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Duty',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='agencies.agency')),
                ('plan_period', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='plans.planperiod')),
            ],
        ),
        migrations.CreateModel(
            name='Progress',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('text', models.TextField(verbose_name='本期进展')),
                ('value', models.DecimalField(blank=True, decimal_places=4, max_digits=18, null=True, verbose_name='完成值')),
                ('self_assessment', models.CharField(choices=[('not_started', '未启动'), ('normal', '正常推进'), ('ahead', '超序时进度'), ('behind', '滞后'), ('difficult', '有困难'), ('done', '已完成'), ('done_early', '提前完成'), ('impossible', '不能完成'), ('other', '其他')], max_length=12, verbose_name='自评')),
                ('problems', models.TextField(blank=True, default='', verbose_name='存在问题')),
                ('next_step', models.TextField(blank=True, default='', verbose_name='下一步措施')),
                ('state', models.CharField(choices=[('signing', '待单位审签'), ('submitted', '待审核'), ('approved', '审核通过'), ('returned', '退回修改')], max_length=10, verbose_name='状态')),
                ('first_submitted_on', models.DateField(verbose_name='首次报送')),
                ('submitted_on', models.DateField(verbose_name='报送日期')),
                ('delivered_on', models.DateField(blank=True, null=True, verbose_name='送出日期')),
                ('delivered', models.JSONField(blank=True, default=dict, verbose_name='送出的内容')),
                ('submitted_by', models.CharField(max_length=40, verbose_name='填报人')),
                ('signed_by', models.CharField(blank=True, default='', max_length=40, verbose_name='审签人')),
                ('return_reason', models.CharField(blank=True, default='', max_length=500, verbose_name='退回理由')),
                ('judgement', models.CharField(blank=True, choices=[('not_started', '未启动'), ('normal', '正常推进'), ('ahead', '超序时进度'), ('behind', '滞后'), ('difficult', '有困难'), ('done', '已完成'), ('done_early', '提前完成'), ('impossible', '不能完成'), ('other', '其他')], default='', max_length=12, verbose_name='认定')),
                ('judgement_reason', models.CharField(blank=True, default='', max_length=500, verbose_name='认定理由')),
                ('judged_by', models.CharField(blank=True, default='', max_length=40, verbose_name='认定人')),
                ('judged_on', models.DateField(blank=True, null=True, verbose_name='认定日期')),
                ('version', models.PositiveIntegerField(default=1)),
                ('duty', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='progress', to='tasks.duty')),
            ],
        ),
        migrations.CreateModel(
            name='SourceTable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('layout', models.JSONField()),
                ('plan', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='source_table', to='plans.plan')),
            ],
        ),
        migrations.CreateModel(
            name='TableImport',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=255, verbose_name='文件名')),
                ('state', models.CharField(choices=[('preview', '待确认'), ('done', '已导入'), ('discarded', '已放弃')], default='preview', max_length=10)),
                ('by_id', models.CharField(max_length=40)),
                ('by_name', models.CharField(max_length=60, verbose_name='导入人')),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='上传时间')),
                ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='确认时间')),
                ('created', models.PositiveIntegerField(default=0, verbose_name='新增')),
                ('updated', models.PositiveIntegerField(default=0, verbose_name='改动')),
                ('unchanged', models.PositiveIntegerField(default=0, verbose_name='未变')),
                ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='ops.storedfile')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='imports', to='plans.plan')),
            ],
        ),
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('number', models.CharField(max_length=20, verbose_name='序号')),
                ('position', models.BigIntegerField(verbose_name='原表次序')),
                ('category', models.JSONField(blank=True, default=list, verbose_name='类别')),
                ('title', models.CharField(blank=True, default='', max_length=500, verbose_name='标题')),
                ('content', models.TextField(verbose_name='重点工作')),
                ('note', models.TextField(blank=True, default='', verbose_name='备注')),
                ('cells', models.JSONField(default=list, verbose_name='原表各格')),
                ('state', models.CharField(choices=[('unassigned', '待交办'), ('assigned', '已交办'), ('signed', '已签收'), ('active', '推进中'), ('closing', '申请办结'), ('closed', '已办结'), ('suspended', '挂起'), ('ended', '终止')], default='unassigned', max_length=10, verbose_name='状态')),
                ('closed_on', models.DateField(blank=True, null=True, verbose_name='办结日期')),
                ('due_kind', models.CharField(choices=[('date', 'date'), ('ongoing', 'ongoing'), ('recurring', 'recurring'), ('none', 'none'), ('unresolved', 'unresolved')], max_length=10)),
                ('due_on', models.DateField(blank=True, null=True, verbose_name='最后一日')),
                ('due_soft', models.BooleanField(default=False)),
                ('overdue_since', models.DateField(blank=True, null=True, verbose_name='逾期起')),
                ('light', models.CharField(choices=[('red', '红'), ('amber', '黄'), ('pending', '待认定'), ('nodata', '无数据'), ('green', '绿'), ('closed', '已办结'), ('ended', '终止')], default='nodata', max_length=8, verbose_name='进度灯')),
                ('light_order', models.PositiveSmallIntegerField(default=3)),
                ('light_reason', models.CharField(blank=True, default='', max_length=200)),
                ('light_facts', models.JSONField(blank=True, default=dict)),
                ('report_mark', models.CharField(blank=True, choices=[('due', '未到期'), ('in', '已报'), ('late', '迟报'), ('miss', '未报')], default='', max_length=5, verbose_name='报送标')),
                ('report_label', models.CharField(blank=True, default='', max_length=20)),
                ('marks_on', models.DateField(blank=True, null=True)),
                ('marks_next', models.DateField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=1)),
                ('consolidator', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='consolidated_tasks', to='agencies.agency', verbose_name='汇总单位')),
                ('last_progress', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='tasks.progress')),
                ('plan', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='tasks', to='plans.plan')),
            ],
        ),
        migrations.AddField(
            model_name='duty',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='duties', to='tasks.task'),
        ),
        migrations.CreateModel(
            name='Deadline',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('sequence', models.PositiveSmallIntegerField()),
                ('current', models.BooleanField(default=True)),
                ('from_table', models.BooleanField(default=False)),
                ('text', models.CharField(blank=True, default='', max_length=1000, verbose_name='原文')),
                ('kind', models.CharField(choices=[('date', 'date'), ('ongoing', 'ongoing'), ('recurring', 'recurring'), ('none', 'none'), ('unresolved', 'unresolved')], max_length=10)),
                ('due_on', models.DateField(blank=True, null=True)),
                ('starts_on', models.DateField(blank=True, null=True)),
                ('soft', models.BooleanField(default=False)),
                ('every', models.CharField(blank=True, choices=[('month', 'month'), ('quarter', 'quarter'), ('half_year', 'half_year'), ('year', 'year')], default='', max_length=10)),
                ('every_due', models.JSONField(blank=True, null=True)),
                ('milestone', models.CharField(blank=True, default='', max_length=40)),
                ('others', models.JSONField(blank=True, default=list)),
                ('basis', models.CharField(max_length=200, verbose_name='依据')),
                ('recorded_on', models.DateField(verbose_name='登记日期')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deadlines', to='tasks.task')),
            ],
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=120, verbose_name='原文名称')),
                ('role', models.CharField(choices=[('lead', '牵头'), ('shared', '按职责分工'), ('support', '参加'), ('guide', '指导'), ('implement', '负责落实'), ('data', '数据提供')], max_length=10, verbose_name='角色')),
                ('word', models.CharField(blank=True, default='', max_length=40, verbose_name='原文用语')),
                ('also', models.JSONField(blank=True, default=list)),
                ('collective', models.BooleanField(default=False)),
                ('derived_from', models.CharField(blank=True, default='', max_length=24)),
                ('position', models.PositiveSmallIntegerField()),
                ('agency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='assignments', to='agencies.agency')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='tasks.task')),
            ],
        ),
        migrations.CreateModel(
            name='TaskIndicator',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('target_value', models.DecimalField(decimal_places=4, max_digits=18, verbose_name='目标值')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='agencies.agency')),
                ('indicator', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='task_indicators', to='targets.indicator')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='task_indicators', to='tasks.task')),
            ],
        ),
        migrations.AddIndex(
            model_name='progress',
            index=models.Index(condition=models.Q(('state__in', ['signing', 'submitted'])), fields=['state', 'submitted_on'], name='tasks_progress_waiting'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['signing', 'submitted', 'approved', 'returned'])), name='tasks_progress_state'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(('value__isnull', True), ('value__gte', 0), _connector='OR'), name='tasks_progress_value_not_negative'),
        ),
        migrations.AddConstraint(
            model_name='progress',
            constraint=models.CheckConstraint(condition=models.Q(('judgement', ''), ('judged_on__isnull', False), _connector='OR'), name='tasks_progress_judged_on'),
        ),
        migrations.AddIndex(
            model_name='tableimport',
            index=models.Index(fields=['plan', '-created_at'], name='tasks_tableimport_plan'),
        ),
        migrations.AddConstraint(
            model_name='tableimport',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['preview', 'done', 'discarded'])), name='tasks_tableimport_state'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['plan', 'position'], name='tasks_task_plan_position'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('due_kind', 'date'), ('due_soft', False), ('overdue_since__isnull', True), ('state__in', ['unassigned', 'assigned', 'signed', 'active', 'closing'])), fields=['due_on'], name='tasks_task_to_flag'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('overdue_since__isnull', False)), fields=['overdue_since'], name='tasks_task_overdue'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(condition=models.Q(('marks_next__isnull', False)), fields=['marks_next'], name='tasks_task_marks_next'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['plan', 'light_order', 'position'], name='tasks_task_plan_light'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['light_order', 'plan', 'position'], name='tasks_task_light'),
        ),
        migrations.AddIndex(
            model_name='task',
            index=models.Index(fields=['due_on', 'plan', 'position'], name='tasks_task_due'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.UniqueConstraint(fields=('plan', 'number'), name='tasks_task_number'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('due_kind', 'date'), ('due_on__isnull', False)), models.Q(models.Q(('due_kind', 'date'), _negated=True), models.Q(('due_kind', 'unresolved'), _negated=True)), models.Q(('due_kind', 'unresolved'), ('due_on__isnull', True)), _connector='OR'), name='tasks_task_due_day'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('overdue_since__isnull', True), models.Q(('due_kind', 'date'), ('due_soft', False)), _connector='OR'), name='tasks_task_overdue_is_dated'),
        ),
        migrations.AddConstraint(
            model_name='task',
            constraint=models.CheckConstraint(condition=models.Q(('state__in', ['unassigned', 'assigned', 'signed', 'active', 'closing', 'closed', 'suspended', 'ended'])), name='tasks_task_state'),
        ),
        migrations.AddIndex(
            model_name='duty',
            index=models.Index(fields=['agency', 'plan_period'], name='tasks_duty_agency'),
        ),
        migrations.AddConstraint(
            model_name='duty',
            constraint=models.UniqueConstraint(fields=('plan_period', 'task', 'agency'), name='tasks_duty_once'),
        ),
        migrations.AddConstraint(
            model_name='deadline',
            constraint=models.UniqueConstraint(fields=('task', 'sequence'), name='tasks_deadline_sequence'),
        ),
        migrations.AddConstraint(
            model_name='deadline',
            constraint=models.UniqueConstraint(condition=models.Q(('current', True)), fields=('task',), name='tasks_deadline_one_current'),
        ),
        migrations.AddConstraint(
            model_name='deadline',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kind', 'date'), _negated=True), ('due_on__isnull', False), _connector='OR'), name='tasks_deadline_day'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['agency', 'role', 'task'], name='tasks_assignment_agency'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('task', 'position'), name='tasks_assignment_position'),
        ),
        migrations.AddConstraint(
            model_name='taskindicator',
            constraint=models.UniqueConstraint(fields=('task', 'agency'), name='tasks_taskindicator_once'),
        ),
        migrations.AddConstraint(
            model_name='taskindicator',
            constraint=models.CheckConstraint(condition=models.Q(('target_value__gt', 0)), name='tasks_taskindicator_positive'),
        ),
    ]
