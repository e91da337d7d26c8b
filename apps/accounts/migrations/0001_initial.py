import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from apps.accounts import sql


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('agencies', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Line',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('code', models.CharField(max_length=40, unique=True)),
                ('name', models.CharField(max_length=60, verbose_name='条线')),
            ],
        ),
        migrations.CreateModel(
            name='User',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('password', models.CharField(max_length=128, verbose_name='password')),
                ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                ('username', models.CharField(max_length=40, unique=True, verbose_name='用户名')),
                ('name', models.CharField(max_length=40, verbose_name='姓名')),
                ('duty', models.CharField(blank=True, choices=[('', '无'), ('system', '系统管理员'), ('security', '安全管理员'), ('audit', '审计管理员')], default='', max_length=10, verbose_name='管理职责')),
                ('is_active', models.BooleanField(default=True, verbose_name='启用')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('duty__in', ['', 'system', 'security', 'audit'])), name='accounts_user_one_duty')],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('reporter', '填报员'), ('approver', '审签人'), ('supervisor', '督查员'), ('leader', '领导')], max_length=12, verbose_name='身份')),
                ('ends_on', models.DateField(blank=True, null=True, verbose_name='截止日期')),
                ('agency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='agencies.agency')),
                ('lines', models.ManyToManyField(blank=True, to='accounts.line', verbose_name='条线')),
                ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['agency', 'role'], name='accounts_membership_agency')],
                'constraints': [models.UniqueConstraint(fields=('user', 'agency', 'role'), name='accounts_membership_once')],
            },
        ),
        migrations.RunSQL(sql.INSTALL, sql.REMOVE),
    ]
