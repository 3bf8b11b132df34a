from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('task_index', '0003_replaced_tasks')]

    operations = [
        migrations.AddIndex(
            model_name='indexedtask',
            index=models.Index(fields=['index', 'created_at', 'task_id'], name='task_index_days'),
        ),
    ]
