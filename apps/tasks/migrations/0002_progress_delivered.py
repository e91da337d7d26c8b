from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('tasks', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='progress',
            name='delivered',
            field=models.JSONField(blank=True, default=dict, verbose_name='送出的内容'),
        ),
    ]
