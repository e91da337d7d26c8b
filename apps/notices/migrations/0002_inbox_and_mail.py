"""The outbox becomes the inbox; what is mailed to whom stands beside it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0002_sign_steps_and_mail"),
        ("agencies", "0001_initial"),
        ("notices", "0001_initial"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="outboxmessage", name="notices_outbox_unsent"),
        migrations.RenameModel("OutboxMessage", "Message"),
        migrations.RenameField("message", "sent_at", "addressed_at"),
        migrations.AddField(
            model_name="message",
            name="role",
            field=models.CharField(blank=True, choices=[("reporter", "填报员"), ("approver", "审签人"), ("supervisor", "督查员"), ("leader", "领导"), ("unit_admin", "单位管理员")], default="", max_length=12, verbose_name="身份"),
        ),
        migrations.AddField(
            model_name="message",
            name="body",
            field=models.TextField(blank=True, default="", verbose_name="内容"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(condition=models.Q(("addressed_at__isnull", True)), fields=["created_at"], name="notices_message_unaddressed"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["agency", "-created_at"], name="notices_message_inbox"),
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("read_at", models.DateTimeField(auto_now_add=True)),
                ("message", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="readings", to="notices.message")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("message", "user"), name="notices_reading_once")],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("address", models.EmailField(max_length=254, verbose_name="电子邮箱")),
                ("digest", models.BooleanField(default=False, verbose_name="并入每日汇总")),
                ("due_at", models.DateTimeField()),
                ("claimed_at", models.DateTimeField(blank=True, null=True)),
                ("sent_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("error", models.CharField(blank=True, default="", max_length=300, verbose_name="未送出原因")),
                ("message", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="deliveries", to="notices.message")),
                ("user", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "indexes": [models.Index(condition=models.Q(("claimed_at__isnull", True)), fields=["due_at"], name="notices_delivery_unsent"), models.Index(condition=models.Q(("claimed_at__isnull", False), ("sent_at__isnull", True)), fields=["claimed_at"], name="notices_delivery_troubled")],
                "constraints": [models.UniqueConstraint(fields=("message", "user"), name="notices_delivery_once")],
            },
        ),
    ]
