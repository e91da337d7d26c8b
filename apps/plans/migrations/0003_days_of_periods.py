"""The policy of plans that are there, and the days their periods had so far."""

from django.db import migrations, models
from django.db.models import F


def fill(apps, schema_editor):
    Plan = apps.get_model("plans", "Plan")
    PlanPolicy = apps.get_model("plans", "PlanPolicy")
    PlanPeriod = apps.get_model("plans", "PlanPeriod")
    PlanPolicy.objects.bulk_create(
        PlanPolicy(plan=plan) for plan in Plan.objects.filter(relation="own")
    )
    for entered in PlanPeriod.objects.select_related("period"):
        entered.data_as_of = min(entered.period.ends_on, entered.cut_off)
        entered.opened_on = entered.data_as_of
        entered.save(update_fields=["data_as_of", "opened_on"])
    PlanPeriod.objects.filter(state="closed").update(closed_on=F("cut_off"))


class Migration(migrations.Migration):

    dependencies = [
        ("plans", "0002_reporting_policy"),
    ]

    operations = [
        # an UPDATE leaves checks to the end of the transaction, which ALTER TABLE does not like
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.RunSQL("SET CONSTRAINTS ALL IMMEDIATE", "SET CONSTRAINTS ALL IMMEDIATE"),
        migrations.AlterField(
            model_name="planperiod",
            name="data_as_of",
            field=models.DateField(verbose_name="数据截至"),
        ),
        migrations.AlterField(
            model_name="planperiod",
            name="opened_on",
            field=models.DateField(verbose_name="开启日期"),
        ),
        migrations.AddConstraint(
            model_name="planperiod",
            constraint=models.CheckConstraint(condition=models.Q(("state", "open"), ("closed_on__isnull", False), _connector="OR"), name="plans_planperiod_closed_on"),
        ),
    ]
